//! Notes, rebills and corrections of tax ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use ids::AccountId;
use invoicing_domain::{
    invoice::DocumentKind,
    note::{Asked, AskedLine, By, NoteBasis, Original, RightTax, everything_left},
    tax::Treatment,
};
use jiff::civil::Date;
use money::{Currency, Money, Quantity, Rate};
use refusal::{Refusal, Violations};
use rust_decimal::Decimal;

use super::{
    choice::{choice, given},
    money::percent,
    name,
    period::optional_day,
    tax,
    text::{Text, purchase_order_number, text, texts},
};

/// How many spots a line credits by name.
const SPOTS_MAX: usize = 1_000;

/// What a note asks, with what is said on it.
#[derive(Clone, Debug)]
pub struct Note {
    pub asked: Asked,
    pub reason: String,
    /// None: today.
    pub issue_date: Option<Date>,
    pub keep_due_date: bool,
    /// The spots that are credited, by the number of their line.
    pub spots: Vec<(u32, String)>,
}

/// A note of a document in its currency.
pub fn parse(kind: DocumentKind, note: Option<&pb::Note>, currency: Currency) -> Result<Note, Refusal> {
    let mut v = Violations::new();
    let Some(pb::Note { basis, reason, lines, issue_date, keep_due_date }) = note else {
        v.add("note", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("note", |v| {
        let basis = self::basis(v, *basis);
        let reason = text(v, "reason", reason, Text::Required(1_000));
        let issue_date = optional_day(v, "issue_date", issue_date.as_ref());
        if *keep_due_date && kind == DocumentKind::CreditNote {
            v.add("keep_due_date", "is for debit notes: a credit note is not due");
        }
        if lines.is_empty() {
            v.add("lines", "must name at least one line of the document");
        }
        let (lines, spots) = (self::lines(v, lines, currency), self::spots(v, kind, lines));
        let asked = Asked { kind, basis: basis?, lines: lines? };
        let (reason, issue_date, keep_due_date) = (reason?, issue_date?, *keep_due_date);
        Some(Note { asked, reason, issue_date, keep_due_date, spots: spots? })
    });
    match parsed {
        Some(note) => v.check().map(|()| note),
        None => Err(v.refusal()),
    }
}

/// The spots that are to be made good, as the credit that is not given instead; without a reason.
pub fn missed(v: &mut Violations, lines: &[pb::MissedSpots]) -> Option<Note> {
    if lines.is_empty() {
        v.add("lines", "must name at least one line of the document");
        return None;
    }
    let (mut numbers, mut asked, mut spots) = (Vec::new(), Vec::new(), Vec::new());
    for (n, pb::MissedSpots { line, names }) in lines.iter().enumerate() {
        let (number, names) = v.within(&format!("lines[{n}]"), |v| {
            if names.is_empty() {
                v.add("names", "must name at least one spot");
            }
            (line_number(v, *line, &mut numbers), texts(v, "names", names, Text::Required(128), SPOTS_MAX))
        });
        let (number, names) = (number?, names.filter(|names| !names.is_empty())?);
        asked.push(AskedLine { number, by: By::Quantity(names.len().into()) });
        spots.extend(names.into_iter().map(|name| (number, name)));
    }
    let asked = Asked { kind: DocumentKind::CreditNote, basis: NoteBasis::Makegood, lines: asked };
    Some(Note { asked, reason: String::new(), issue_date: None, keep_due_date: false, spots })
}

/// What a rebill asks.
#[derive(Clone, Debug)]
pub struct Rebill {
    pub account: AccountId,
    /// Empty: none is said.
    pub purchase_order: String,
    /// Of the credit note.
    pub note: Note,
}

/// A rebill of a document.
pub fn parse_rebill(rebill: Option<&pb::Rebill>, original: &Original) -> Result<Rebill, Refusal> {
    let mut v = Violations::new();
    let Some(pb::Rebill { account, reason, lines, purchase_order, issue_date }) = rebill else {
        v.add("rebill", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("rebill", |v| {
        let account = name::account(v, "account", account);
        let reason = text(v, "reason", reason, Text::Required(1_000));
        let purchase_order = purchase_order_number(v, "purchase_order", purchase_order, Text::Optional(64));
        let issue_date = optional_day(v, "issue_date", issue_date.as_ref());
        // A spot that is billed to somebody else is not given back.
        let spots = spots(v, DocumentKind::Invoice, lines)?;
        let lines = match lines.is_empty() {
            true => v.take("lines", everything_left(original)),
            false => self::lines(v, lines, original.currency),
        };
        let lines = lines?;
        for (n, _) in lines.iter().enumerate().filter(|(_, line)| matches!(line.by, By::Rate(_))) {
            v.add(
                &format!("lines[{n}].rate"),
                "is for corrections: say gross or quantity, or leave the lines out",
            );
        }
        let asked = Asked { kind: DocumentKind::CreditNote, basis: NoteBasis::Rebill, lines };
        let note = Note { asked, reason: reason?, issue_date: issue_date?, keep_due_date: false, spots };
        Some(Rebill { account: account?, purchase_order: purchase_order?, note })
    });
    match parsed {
        Some(rebill) => v.check().map(|()| rebill),
        None => Err(v.refusal()),
    }
}

/// A correction of nothing but tax.
#[derive(Clone, Debug)]
pub struct TaxCorrection {
    pub lines: Vec<RightTax>,
    pub reason: String,
    /// None: today.
    pub issue_date: Option<Date>,
}

/// A correction of the tax of a document.
pub fn parse_tax_correction(correction: Option<&pb::TaxCorrection>) -> Result<TaxCorrection, Refusal> {
    let mut v = Violations::new();
    let Some(pb::TaxCorrection { reason, lines, issue_date }) = correction else {
        v.add("tax_correction", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("tax_correction", |v| {
        let reason = text(v, "reason", reason, Text::Required(1_000));
        let issue_date = optional_day(v, "issue_date", issue_date.as_ref());
        if lines.is_empty() {
            v.add("lines", "must name at least one line of the document");
        }
        let mut numbers = Vec::with_capacity(lines.len());
        let parsed = lines.iter().enumerate().map(|(n, line)| {
            v.within(&format!("lines[{n}]"), |v| {
                let number = line_number(v, line.line, &mut numbers);
                let treatment = treatment(v, line);
                let place = tax::optional_place(v, "place", &line.place);
                Some(RightTax { number: number?, place: place?, treatment: treatment? })
            })
        });
        let lines: Option<Vec<RightTax>> = parsed.collect::<Vec<_>>().into_iter().collect();
        Some(TaxCorrection { lines: lines?, reason: reason?, issue_date: issue_date? })
    });
    match parsed {
        Some(correction) => v.check().map(|()| correction),
        None => Err(v.refusal()),
    }
}

fn treatment(v: &mut Violations, line: &pb::RightTax) -> Option<Treatment> {
    let category = tax::category(v, line.category);
    let percent = percent(v, "percent", &line.percent);
    let reason = text(v, "exemption_reason", &line.exemption_reason, Text::Optional(200));
    let treatment = Treatment { category: category?, percent: percent?, reason: reason? };
    let checked = treatment.check_beside_others();
    v.take("category", checked.map(|()| treatment))
}

/// The number of a line, which stands once.
fn line_number(v: &mut Violations, line: i32, numbers: &mut Vec<i32>) -> Option<u32> {
    if numbers.contains(&line) {
        v.add("line", format!("names line {line} again; each line stands once"));
    }
    numbers.push(line);
    let number = u32::try_from(line).ok().filter(|number| *number > 0);
    v.take("line", number.ok_or("must be the number of a line of the document"))
}

fn basis(v: &mut Violations, value: i32) -> Option<NoteBasis> {
    let basis = match choice(v, "basis", value)? {
        pb::NoteBasis::Unspecified => None,
        pb::NoteBasis::Correction => Some(NoteBasis::Correction),
        pb::NoteBasis::Commercial => Some(NoteBasis::Commercial),
        pb::NoteBasis::Tax => Some(NoteBasis::Tax),
        pb::NoteBasis::Makegood => Some(NoteBasis::Makegood),
        pb::NoteBasis::Rebill => {
            v.add("basis", "is that of a rebill, which makes its own credit note: call RebillInvoice");
            return None;
        }
    };
    given(v, "basis", basis)
}

fn lines(v: &mut Violations, lines: &[pb::NoteLine], currency: Currency) -> Option<Vec<AskedLine>> {
    let mut numbers = Vec::with_capacity(lines.len());
    let parsed: Vec<Option<AskedLine>> = lines
        .iter()
        .enumerate()
        .map(|(n, pb::NoteLine { line, by })| {
            v.within(&format!("lines[{n}]"), |v| {
                let number = line_number(v, *line, &mut numbers);
                let by = self::by(v, by.as_ref(), currency);
                Some(AskedLine { number: number?, by: by? })
            })
        })
        .collect();
    parsed.into_iter().collect()
}

/// The spots of all lines.
fn spots(v: &mut Violations, kind: DocumentKind, lines: &[pb::NoteLine]) -> Option<Vec<(u32, String)>> {
    let mut named = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let Some(pb::note_line::By::Spots(pb::CreditedSpots { names })) = &line.by else { continue };
        if kind != DocumentKind::CreditNote {
            v.add(&format!("lines[{n}].spots"), "is for credit notes: what is debited is said as an amount");
        }
        let names = texts(v, &format!("lines[{n}].spots.names"), names, Text::Required(128), SPOTS_MAX)?;
        let number = u32::try_from(line.line).ok()?;
        named.extend(names.into_iter().map(|name| (number, name)));
    }
    Some(named)
}

fn by(v: &mut Violations, by: Option<&pb::note_line::By>, currency: Currency) -> Option<By> {
    match by {
        Some(pb::note_line::By::Gross(gross)) => {
            v.take("gross", Money::parse(currency, gross)).map(By::Gross)
        }
        Some(pb::note_line::By::Quantity(quantity)) => quantity_of(v, quantity).map(By::Quantity),
        Some(pb::note_line::By::Rate(rate)) => v.take("rate", Rate::parse(rate)).map(By::Rate),
        // As many as are named; which they are is checked by their names.
        Some(pb::note_line::By::Spots(pb::CreditedSpots { names })) if names.is_empty() => {
            given(v, "spots.names", None)
        }
        Some(pb::note_line::By::Spots(pb::CreditedSpots { names })) => Some(By::Quantity(names.len().into())),
        None => given(v, "gross", None),
    }
}

/// A quantity that may be below zero.
fn quantity_of(v: &mut Violations, text: &str) -> Option<Decimal> {
    let (digits, is_negative) = text.strip_prefix('-').map_or((text, false), |digits| (digits, true));
    let quantity = v.take("quantity", Quantity::parse(digits))?.value();
    Some(if is_negative { -quantity } else { quantity })
}
