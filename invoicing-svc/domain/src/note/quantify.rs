//! How much of each line: quantity at a price, and what that comes to.

use std::collections::BTreeMap;

use ids::LineId;
use money::{Currency, Exact, Money, MoneyError, Rate, Rounding};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Asked, By, Ledgers, NoteBasis, NoteRefusal, Original, OriginalLine, Share};
use crate::invoice::DocumentKind;
use crate::rating::{Basis, Billed, Bucket, Change, LineKind, Unit, apportion};

/// A line of the note to be, before commission and tax.
#[derive(Clone, Debug)]
pub(super) struct Piece<'a> {
    pub(super) of: &'a OriginalLine,
    pub(super) bucket: Bucket,
    pub(super) quantity: Decimal,
    pub(super) unit: Unit,
    pub(super) gross: Money,
    /// What the ledger takes in.
    pub(super) units: Decimal,
}

/// How many decimals a quantity has that is not counted whole.
const DECIMALS: u32 = 6;

/// The ledger of an order line, while corrections are made on it.
pub(super) struct Ledger {
    pub(super) billed: Money,
    pub(super) worth: Exact,
}

/// The pieces of what is asked, in the order of the document's lines.
pub(super) fn pieces<'a>(
    original: &'a Original,
    asked: &Asked,
    (ledgers, shares): (Ledgers, &[Share]),
    rounding: Rounding,
) -> Result<Vec<Piece<'a>>, NoteRefusal> {
    let mut lines: Vec<_> = asked
        .lines
        .iter()
        .map(|line| Ok((original.line(line.number)?, line.by)))
        .collect::<Result<_, NoteRefusal>>()?;
    lines.sort_by_key(|(line, _)| line.number);
    let mut ledgers = sums(original.currency, ledgers)?;
    let mut pieces = Vec::with_capacity(lines.len());
    for (line, by) in lines {
        check_way(line, by, asked.kind)?;
        let found = match asked.basis {
            NoteBasis::Correction => {
                let nothing =
                    Ledger { billed: Money::zero(original.currency), worth: Exact::zero(original.currency) };
                let ledger = ledgers.entry(line.line).or_insert(nothing);
                match held(shares, line, (by, asked.kind)) {
                    Some(share) => of_share(line, share, ledger)?,
                    None => correction(line, by, asked.kind, ledger, rounding)?,
                }
            }
            NoteBasis::Commercial | NoteBasis::Tax | NoteBasis::Makegood | NoteBasis::Rebill => {
                vec![allowance(line, by, rounding)?]
            }
        };
        if asked.kind == DocumentKind::CreditNote {
            line.check_left(Money::sum(original.currency, found.iter().map(|piece| piece.gross))?)?;
        }
        pieces.extend(found);
    }
    Ok(pieces)
}

fn sums(currency: Currency, ledgers: Ledgers) -> Result<BTreeMap<LineId, Ledger>, MoneyError> {
    ledgers.into_iter().map(|(line, entries)| Ok((line, Ledger::of(currency, &entries)?))).collect()
}

/// What rating holds of a line, where a credit is of exactly that.
fn held<'s>(shares: &'s [Share], line: &OriginalLine, (by, kind): (By, DocumentKind)) -> Option<&'s Share> {
    match (by, kind) {
        (By::Gross(gross), DocumentKind::CreditNote) => shares
            .iter()
            .find(|share| share.number == line.number && share.gross == gross && !share.changes.is_empty()),
        (
            By::Gross(_) | By::Quantity(_) | By::Rate(_),
            DocumentKind::CreditNote | DocumentKind::DebitNote | DocumentKind::Invoice,
        ) => None,
    }
}

/// The units that rating takes back of a line, and those that it puts there instead.
fn of_share<'a>(
    line: &'a OriginalLine,
    share: &Share,
    ledger: &mut Ledger,
) -> Result<Vec<Piece<'a>>, NoteRefusal> {
    let currency = line.gross.currency();
    let piece = |change: &Change| Piece {
        of: line,
        bucket: change.bucket,
        quantity: -change.units,
        unit: line.unit,
        gross: Money::zero(currency),
        units: change.units,
    };
    let mut pieces: Vec<Piece<'_>> = share.changes.iter().map(piece).collect();
    ledger.take(DocumentKind::CreditNote, &pieces, share.gross)?;
    if !ledger.is_explained()? {
        return Err(needs_quantity(line, share.gross));
    }
    let exact: Result<Vec<Exact>, _> =
        pieces.iter().map(|piece| piece.bucket.worth(piece.quantity, currency)).collect();
    let amounts = apportion(share.gross, &exact?, money::Remainder::First)?;
    for (piece, gross) in pieces.iter_mut().zip(amounts) {
        piece.gross = gross;
    }
    Ok(pieces)
}

fn needs_quantity(line: &OriginalLine, gross: Money) -> NoteRefusal {
    NoteRefusal::NeedsQuantity {
        line: line.number,
        amount: crate::figure::grouped(gross),
        unit: line.unit.name().to_owned(),
    }
}

/// Amounts and quantities have the sign of the line; a credit lowers the price, a debit raises it.
fn check_way(line: &OriginalLine, by: By, kind: DocumentKind) -> Result<(), NoteRefusal> {
    let is_right = match by {
        By::Gross(gross) => !gross.is_zero() && gross.is_negative() == line.gross.is_negative(),
        By::Quantity(quantity) => {
            !quantity.is_zero() && quantity.is_sign_negative() == line.quantity.is_sign_negative()
        }
        By::Rate(rate) => match kind {
            DocumentKind::CreditNote => rate < line.bucket.rate,
            DocumentKind::DebitNote | DocumentKind::Invoice => rate > line.bucket.rate,
        },
    };
    if is_right { Ok(()) } else { Err(NoteRefusal::OtherWay { line: line.number }) }
}

/// What does not count as billed: an amount, or a quantity at the line's price.
fn allowance(line: &OriginalLine, by: By, rounding: Rounding) -> Result<Piece<'_>, NoteRefusal> {
    match by {
        By::Gross(gross) => amount(line, gross),
        By::Quantity(quantity) if quantity == line.quantity => Ok(Piece {
            of: line,
            bucket: line.bucket,
            quantity,
            unit: line.unit,
            gross: line.gross,
            units: Decimal::ZERO,
        }),
        By::Quantity(quantity) => {
            let gross = line.bucket.worth(quantity, line.gross.currency())?.round(rounding)?;
            Ok(Piece {
                of: line,
                bucket: line.bucket,
                quantity,
                unit: line.unit,
                gross,
                units: Decimal::ZERO,
            })
        }
        By::Rate(_) => Err(NoteRefusal::OtherWay { line: line.number }),
    }
}

/// An amount as a whole, as the price of one.
fn amount(line: &OriginalLine, gross: Money) -> Result<Piece<'_>, NoteRefusal> {
    let rate = Rate::of(gross.amount().abs()).map_err(|_| MoneyError::Overflow)?;
    let quantity = if gross.is_negative() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
    let bucket = Bucket { rate, price_base: 1, ..line.bucket };
    Ok(Piece { of: line, bucket, quantity, unit: Unit::Fee, gross, units: Decimal::ZERO })
}

/// What counts as billed: units at their prices, so that the ledger still says what they are worth.
fn correction<'a>(
    line: &'a OriginalLine,
    by: By,
    kind: DocumentKind,
    ledger: &mut Ledger,
    rounding: Rounding,
) -> Result<Vec<Piece<'a>>, NoteRefusal> {
    let piece = |bucket, quantity| Piece {
        of: line,
        bucket,
        quantity,
        unit: line.unit,
        gross: Money::zero(line.gross.currency()),
        units: signed(kind, quantity),
    };
    match by {
        // A part of a fee is the price of one, whatever it comes to.
        By::Gross(gross) if is_amount(line.bucket.kind) => {
            let whole = amount(line, gross)?;
            let whole = Piece { units: signed(kind, whole.quantity), ..whole };
            ledger.take(kind, std::slice::from_ref(&whole), gross)?;
            Ok(vec![whole])
        }
        By::Gross(gross) => {
            let quantity = units_of(line, gross)?;
            let whole = Piece { gross, ..piece(line.bucket, quantity) };
            ledger.take(kind, std::slice::from_ref(&whole), gross)?;
            if ledger.is_explained()? {
                return Ok(vec![whole]);
            }
            Err(needs_quantity(line, gross))
        }
        By::Quantity(quantity) => ledger.settle(kind, vec![piece(line.bucket, quantity)], rounding),
        By::Rate(rate) => {
            let new = Bucket { rate, ..line.bucket };
            // A credit takes the old price back and bills the new one; a debit the other way round, as amounts to pay.
            let pieces = match kind {
                DocumentKind::CreditNote => {
                    vec![piece(line.bucket, line.quantity), piece(new, -line.quantity)]
                }
                DocumentKind::DebitNote | DocumentKind::Invoice => {
                    vec![piece(line.bucket, -line.quantity), piece(new, line.quantity)]
                }
            };
            ledger.settle(kind, pieces, rounding)
        }
    }
}

/// Whether a line of this kind is an amount, and its quantity is one or any other.
pub(super) fn is_amount(kind: LineKind) -> bool {
    match kind {
        LineKind::SchedulePart | LineKind::TrueUp => true,
        LineKind::Spots
        | LineKind::Makegood
        | LineKind::Delivery
        | LineKind::TierFee
        | LineKind::Expenses
        | LineKind::Minimum
        | LineKind::Rebate
        | LineKind::AdCredit
        | LineKind::OverDelivery => false,
    }
}

/// As the ledger takes it in: a credit takes away.
fn signed(kind: DocumentKind, quantity: Decimal) -> Decimal {
    match kind {
        DocumentKind::CreditNote => -quantity,
        DocumentKind::DebitNote | DocumentKind::Invoice => quantity,
    }
}

/// How many units come closest to an amount at the price of the line.
fn units_of(line: &OriginalLine, gross: Money) -> Result<Decimal, MoneyError> {
    let decimals = match line.unit {
        Unit::Fee | Unit::Spend | Unit::Hour => DECIMALS,
        Unit::Spot
        | Unit::Impression
        | Unit::ViewableImpression
        | Unit::Click
        | Unit::View
        | Unit::CompletedView
        | Unit::Action
        | Unit::Day
        | Unit::Package
        | Unit::Seat => 0,
    };
    let units = gross.amount().checked_mul(Decimal::from(line.bucket.price_base));
    let units =
        units.and_then(|amount| amount.checked_div(line.bucket.rate.value())).ok_or(MoneyError::Overflow)?;
    Ok(units.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero).normalize())
}

impl Ledger {
    /// What counts of these entries.
    pub(super) fn of(currency: Currency, entries: &[Billed]) -> Result<Self, MoneyError> {
        let mut ledger = Self { billed: Money::zero(currency), worth: Exact::zero(currency) };
        for entry in entries {
            match entry.basis {
                Basis::Rated | Basis::Correction => {
                    ledger.billed = ledger.billed.plus(entry.gross)?;
                    ledger.worth = ledger.worth.plus(entry.bucket.worth(entry.units, currency)?)?;
                }
                Basis::Opening
                | Basis::Commercial
                | Basis::Tax
                | Basis::Makegood
                | Basis::WriteOff
                | Basis::Rebill => {}
            }
        }
        Ok(ledger)
    }

    /// Takes pieces in that come to an amount together.
    fn take(&mut self, kind: DocumentKind, pieces: &[Piece<'_>], gross: Money) -> Result<(), MoneyError> {
        for piece in pieces {
            self.worth = self.worth.plus(piece.bucket.worth(piece.units, gross.currency())?)?;
        }
        self.billed = match kind {
            DocumentKind::CreditNote => self.billed.minus(gross)?,
            DocumentKind::DebitNote | DocumentKind::Invoice => self.billed.plus(gross)?,
        };
        Ok(())
    }

    /// Whether its units at their prices are what was billed, but for half a minor unit (INV-10).
    fn is_explained(&self) -> Result<bool, MoneyError> {
        let off = self.worth.plus(Exact::of(self.billed.currency(), self.billed.negate().amount()))?;
        Ok(off.amount().abs() <= Decimal::new(5, self.billed.currency().minor_units() + 1))
    }

    /// The pieces with their amounts: what was billed less what is left to be billed, rounded once.
    fn settle<'a>(
        &mut self,
        kind: DocumentKind,
        mut pieces: Vec<Piece<'a>>,
        rounding: Rounding,
    ) -> Result<Vec<Piece<'a>>, NoteRefusal> {
        let (before, currency) = (self.billed, self.billed.currency());
        self.take(kind, &pieces, Money::zero(currency))?;
        self.billed = self.worth.round(rounding)?;
        let change = self.billed.minus(before)?;
        let gross = if kind == DocumentKind::CreditNote { change.negate() } else { change };
        let exact: Result<Vec<Exact>, _> =
            pieces.iter().map(|piece| piece.bucket.worth(piece.quantity, currency)).collect();
        let amounts = apportion(gross, &exact?, money::Remainder::First)?;
        for (piece, gross) in pieces.iter_mut().zip(amounts) {
            piece.gross = gross;
        }
        Ok(pieces)
    }
}
