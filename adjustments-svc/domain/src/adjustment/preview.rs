//! What an adjustment would do to its document, worked out before anybody is asked.

use std::collections::BTreeMap;

use money::{Money, MoneyError, Percent, Rounding};
use rust_decimal::Decimal;

use super::{AdjustedLine, AdjustmentKind, AdjustmentRefusal};

/// A line of the document as it was billed, and what has been taken back of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledLine {
    pub number: i32,
    pub gross: Money,
    /// The line's part of the document's commission.
    pub commission: Money,
    pub commission_percent: Percent,
    /// Of its net; the category's rate on the original document, whatever it is today.
    pub tax_percent: Percent,
    pub taken: Taken,
}

/// What was taken back of a line, in gross amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// By documents that are out.
    pub credited: Money,
    /// By adjustments that wait for approval or are approved.
    pub pending: Money,
}

/// The effect of an adjustment, signed as on its document: what is taken back is below zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub lines: Vec<LineEffect>,
    pub taxes: Vec<TaxEffect>,
    pub gross: Money,
    pub commission: Money,
    pub net: Money,
    pub tax: Money,
    /// Net and tax.
    pub total: Money,
}

/// The effect on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineEffect {
    pub number: i32,
    pub gross: Money,
    pub commission: Money,
    pub net: Money,
    /// What can still be taken back afterwards, pending ones counted in.
    pub left: Money,
}

/// The effect on the tax of one rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxEffect {
    pub percent: Percent,
    pub base: Money,
    pub tax: Money,
}

impl BilledLine {
    /// What can still be taken back.
    pub fn left(&self) -> Result<Money, MoneyError> {
        self.gross.minus(self.taken.credited)?.minus(self.taken.pending)
    }

    /// What was taken back, or will be once all that waits is approved.
    fn before(&self) -> Result<Money, MoneyError> {
        self.taken.credited.plus(self.taken.pending)
    }

    /// The net of so much of the line's gross. Of all of it, the net that the document has, where cents of the
    /// commission went by largest remainder.
    fn net_of(&self, gross: Money, rounding: Rounding) -> Result<Money, MoneyError> {
        if gross == self.gross {
            self.gross.minus(self.commission)
        } else {
            Ok(gross.less_percent(self.commission_percent, rounding))
        }
    }
}

/// Works out an adjustment of a document with all its lines.
///
/// Order of refusal: NOTHING_TO_ADJUST, LINE_AMOUNT, LINE_MISSING, LINE_EXHAUSTED.
pub fn preview(
    kind: AdjustmentKind,
    document: (&str, &[BilledLine]),
    asked: &[AdjustedLine],
    rounding: Rounding,
) -> Result<Effect, AdjustmentRefusal> {
    let (invoice, billed) = document;
    let first = asked.first().ok_or_else(|| AdjustmentRefusal::Nothing { invoice: invoice.to_owned() })?;
    let currency = first.gross.currency();
    let by_number: BTreeMap<i32, &BilledLine> = billed.iter().map(|line| (line.number, line)).collect();
    check_amounts(asked)?;
    let missing = |line: i32| AdjustmentRefusal::LineMissing { invoice: invoice.to_owned(), line };
    let mut lines = Vec::with_capacity(asked.len());
    for line in asked {
        let of = by_number.get(&line.number).ok_or_else(|| missing(line.number))?;
        lines.push(effect_on_line(kind, of, *line, rounding)?);
    }
    let taxes = taxes(kind, billed, &lines, rounding)?;
    let sum = |part: fn(&LineEffect) -> Money| Money::sum(currency, lines.iter().map(part));
    let (gross, commission, net) = (sum(|l| l.gross)?, sum(|l| l.commission)?, sum(|l| l.net)?);
    let tax = Money::sum(currency, taxes.iter().map(|row| row.tax))?;
    Ok(Effect { total: net.plus(tax)?, lines, taxes, gross, commission, net, tax })
}

fn check_amounts(asked: &[AdjustedLine]) -> Result<(), AdjustmentRefusal> {
    for (place, line) in asked.iter().enumerate() {
        let again = asked.iter().take(place).any(|other| other.number == line.number);
        let other_currency = asked.iter().any(|other| other.gross.currency() != line.gross.currency());
        if again || other_currency || !line.gross.is_positive() {
            let amount = format!("{} {}", line.gross.currency(), line.gross);
            return Err(AdjustmentRefusal::LineAmount { line: line.number, amount });
        }
    }
    Ok(())
}

fn effect_on_line(
    kind: AdjustmentKind,
    of: &BilledLine,
    asked: AdjustedLine,
    rounding: Rounding,
) -> Result<LineEffect, AdjustmentRefusal> {
    let left = of.left()?;
    if !kind.takes_back() {
        let net = asked.gross.less_percent(of.commission_percent, rounding);
        let commission = asked.gross.minus(net)?;
        return Ok(LineEffect { number: of.number, gross: asked.gross, commission, net, left });
    }
    if asked.gross.compare(left)?.is_gt() {
        return Err(AdjustmentRefusal::LineExhausted {
            line: of.number,
            asked: asked.gross.to_string(),
            left: left.to_string(),
            pending: of.taken.pending.to_string(),
        });
    }
    let before = of.before()?;
    let to_date = before.plus(asked.gross)?;
    let net = of.net_of(to_date, rounding)?.minus(of.net_of(before, rounding)?)?;
    let commission = asked.gross.minus(net)?;
    Ok(LineEffect {
        number: of.number,
        gross: asked.gross.negate(),
        commission: commission.negate(),
        net: net.negate(),
        left: left.minus(asked.gross)?,
    })
}

/// The tax of each rate on the net of all its lines, as the document was taxed.
fn taxes(
    kind: AdjustmentKind,
    billed: &[BilledLine],
    lines: &[LineEffect],
    rounding: Rounding,
) -> Result<Vec<TaxEffect>, AdjustmentRefusal> {
    let mut rows: BTreeMap<Percent, (Money, Money)> = BTreeMap::new();
    for line in billed {
        let zero = Money::zero(line.gross.currency());
        let before = if kind.takes_back() { line.net_of(line.before()?, rounding)? } else { zero };
        let now = lines.iter().find(|effect| effect.number == line.number).map_or(zero, |effect| effect.net);
        let (sum_before, sum_now) = rows.entry(line.tax_percent).or_insert((zero, zero));
        (*sum_before, *sum_now) = (sum_before.plus(before.negate())?, sum_now.plus(now)?);
    }
    let mut taxes = Vec::new();
    for (percent, (before, base)) in rows.into_iter().filter(|(_, (_, base))| !base.is_zero()) {
        let tax =
            percent_of(before.plus(base)?, percent, rounding).minus(percent_of(before, percent, rounding))?;
        taxes.push(TaxEffect { percent, base, tax });
    }
    Ok(taxes)
}

/// So many percent of an amount, rounded once (BT-117).
fn percent_of(base: Money, percent: Percent, rounding: Rounding) -> Money {
    let rest = Percent::of(Decimal::ONE_HUNDRED - percent.value());
    base.less_percent(rest.expect("what is left of a hundred is a percent"), rounding)
}
