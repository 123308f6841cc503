//! Lines of an adjustment ↔ domain.

use adjustments_domain::adjustment::{AdjustedLine, AdjustmentKind, AskedLine, By, RightTax, TaxCategory};
use billing_proto::billing::{adjustments::v1 as pb, invoicing::v1 as invoicing};
use money::{Percent, Quantity};
use refusal::Violations;

use super::{money as wire_money, text};

/// How many lines an adjustment may name.
const LINES_MAX: usize = 1_000;

/// How many spots a line may name.
const SPOTS_MAX: usize = 1_000;

/// The lines of an adjustment of a kind.
pub fn parse(
    v: &mut Violations,
    kind: AdjustmentKind,
    lines: &[pb::AdjustmentLine],
) -> Option<Vec<AskedLine>> {
    if lines.len() > LINES_MAX {
        v.add("lines", format!("has {} entries; at most {LINES_MAX} are allowed", lines.len()));
        return None;
    }
    let parsed: Vec<Option<AskedLine>> = lines
        .iter()
        .enumerate()
        .map(|(place, line)| {
            v.within(&format!("lines[{place}]"), |v| {
                let by = by(v, line)?;
                fits(v, kind, &by).then_some(AskedLine { number: line.line, by })
            })
        })
        .collect();
    parsed.into_iter().collect()
}

/// How much it is, which is said in one way.
fn by(v: &mut Violations, line: &pb::AdjustmentLine) -> Option<By> {
    match (&line.gross, line.quantity.as_str(), &line.spots[..], &line.right_tax) {
        (Some(gross), "", [], None) => wire_money::amount(v, "gross", gross).map(By::Gross),
        (None, quantity, [], None) if !quantity.is_empty() => {
            v.take("quantity", Quantity::parse(quantity)).map(By::Quantity)
        }
        (None, "", names, None) if !names.is_empty() => spots(v, names).map(By::Spots),
        (None, "", [], Some(right)) => v.within("right_tax", |v| right_tax(v, right)).map(By::Tax),
        (_, _, _, _) => {
            v.add("gross", "must be given, or one of quantity, spots and right_tax in its place");
            None
        }
    }
}

/// Whether invoicing takes it said so, for what becomes of the kind.
fn fits(v: &mut Violations, kind: AdjustmentKind, by: &By) -> bool {
    let said = match by {
        By::Gross(_) => "gross",
        By::Quantity(_) => "quantity",
        By::Spots(_) => "spots",
        By::Tax(_) => "right_tax",
    };
    let ways: &[&str] = match kind {
        AdjustmentKind::Credit | AdjustmentKind::Goodwill | AdjustmentKind::RatingCorrection => {
            &["gross", "quantity", "spots"]
        }
        AdjustmentKind::Debit | AdjustmentKind::Rebill => &["gross", "quantity"],
        AdjustmentKind::WriteOff => &["gross"],
        AdjustmentKind::Makegood | AdjustmentKind::MakegoodRelease => &["spots"],
        AdjustmentKind::TaxCorrection => &["right_tax"],
    };
    let fits = ways.contains(&said);
    if !fits {
        v.add(said, format!("does not say how much of a line a {kind} is; say {}", ways.join(" or ")));
    }
    fits
}

fn spots(v: &mut Violations, names: &[String]) -> Option<Vec<String>> {
    if names.len() > SPOTS_MAX {
        v.add("spots", format!("has {} entries; at most {SPOTS_MAX} are allowed", names.len()));
        return None;
    }
    let named = names.iter().enumerate();
    let parsed: Vec<Option<String>> =
        named.map(|(place, name)| text::required(v, &format!("spots[{place}]"), name, 128)).collect();
    parsed.into_iter().collect()
}

fn right_tax(v: &mut Violations, right: &pb::AdjustmentTax) -> Option<RightTax> {
    let category = text::choice(v, "category", right.category).and_then(|category| category_of(v, category));
    let percent = v.take("percent", Percent::parse(&right.percent));
    let exemption_reason = text::optional(v, "exemption_reason", &right.exemption_reason, 200);
    let place = text::optional(v, "place", &right.place, 16);
    Some(RightTax {
        category: category?,
        percent: percent?,
        exemption_reason: exemption_reason?,
        place: place?,
    })
}

fn category_of(v: &mut Violations, category: invoicing::TaxCategory) -> Option<TaxCategory> {
    match category {
        invoicing::TaxCategory::S => Some(TaxCategory::Standard),
        invoicing::TaxCategory::Z => Some(TaxCategory::Zero),
        invoicing::TaxCategory::E => Some(TaxCategory::Exempt),
        invoicing::TaxCategory::Ae => Some(TaxCategory::ReverseCharge),
        invoicing::TaxCategory::K => Some(TaxCategory::IntraCommunity),
        invoicing::TaxCategory::G => Some(TaxCategory::Export),
        invoicing::TaxCategory::O | invoicing::TaxCategory::Unspecified => {
            v.add(
                "category",
                "must not be O, which stands alone on a document: credit the document and bill it anew",
            );
            None
        }
    }
}

/// A category as a message.
pub fn category(category: TaxCategory) -> invoicing::TaxCategory {
    match category {
        TaxCategory::Standard => invoicing::TaxCategory::S,
        TaxCategory::Zero => invoicing::TaxCategory::Z,
        TaxCategory::Exempt => invoicing::TaxCategory::E,
        TaxCategory::ReverseCharge => invoicing::TaxCategory::Ae,
        TaxCategory::IntraCommunity => invoicing::TaxCategory::K,
        TaxCategory::Export => invoicing::TaxCategory::G,
    }
}

/// A line as a message.
pub fn message(line: &AdjustedLine) -> pb::AdjustmentLine {
    let said = match &line.by {
        By::Gross(gross) => {
            pb::AdjustmentLine { gross: Some(wire_money::message(*gross)), ..pb::AdjustmentLine::default() }
        }
        By::Quantity(quantity) => {
            pb::AdjustmentLine { quantity: quantity.to_string(), ..pb::AdjustmentLine::default() }
        }
        By::Spots(names) => pb::AdjustmentLine { spots: names.clone(), ..pb::AdjustmentLine::default() },
        By::Tax(right) => pb::AdjustmentLine {
            right_tax: Some(pb::AdjustmentTax {
                category: category(right.category).into(),
                percent: right.percent.to_string(),
                exemption_reason: right.exemption_reason.clone(),
                place: right.place.clone(),
            }),
            ..pb::AdjustmentLine::default()
        },
    };
    pb::AdjustmentLine { line: line.number, amount: Some(wire_money::message(line.amount)), ..said }
}
