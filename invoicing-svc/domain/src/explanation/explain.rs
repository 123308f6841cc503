//! From the facts of a billed line to its tree.

use money::{Exact, Money, MoneyError, Rate};
use rust_decimal::Decimal;

use super::{BilledLine, CapOfLine, Earlier, Landed, Node, Subject, taxed::taxed};
use crate::order::Cap;
use crate::rating::{Basis, LineKind};
use crate::tax::TaxCategory;

/// The payable amount of the line as a tree that adds up.
pub fn explain(line: &BilledLine) -> Result<Node, MoneyError> {
    let label = match &line.document {
        Some(number) => format!("Line {} of {number}", line.number),
        None => format!("Line {} of a draft", line.number),
    };
    let mut parts = vec![gross(line)?];
    if !line.commission.is_zero() {
        let label = format!("Agency commission of {} %, the line's part", line.commission_percent);
        parts.push(Node::money(label, line.commission.negate()));
    }
    let payable = Node::money(label, line.net.plus(line.tax.amount)?);
    if line.tax.treatment.category == TaxCategory::OutsideScope {
        return Ok(payable.of(parts).resting_on([Node::fact(line.tax.treatment.reason.clone())]));
    }
    parts.push(taxed(line)?);
    Ok(payable.of(parts))
}

/// Rated to date, less billed before, rounded.
fn gross(line: &BilledLine) -> Result<Node, MoneyError> {
    if let Some(number) = &line.rebills {
        let billed = Node::money(format!("Billed by {number}, which it replaces"), line.gross);
        return Ok(Node::money("Gross", line.gross).counted(line.quantity, &line.unit).of(vec![billed]));
    }
    let parts = if line.bucket.kind == LineKind::SchedulePart { scheduled(line)? } else { metered(line)? };
    let before = Node::money("Billed of the order line before", sum(line, |_| true)?).of(line
        .earlier
        .iter()
        .map(|entry| earlier(line, entry, 1))
        .collect());
    let cap = line.cap.map(|cap| capped(line, cap)).transpose()?.flatten();
    let gross = Node::money("Gross", line.gross).counted(line.quantity, &line.unit);
    Ok(gross.of(parts).resting_on(cap).resting_on([before]))
}

/// A part of a schedule less what was billed of its period.
fn scheduled(line: &BilledLine) -> Result<Vec<Node>, MoneyError> {
    let of_period =
        |entry: &&Earlier| counts(entry.basis) && line.bucket.origin.contains(entry.bucket.origin.first());
    let billed = sum(line, |entry| of_period(&entry))?;
    let scheduled = Node::money(format!("Scheduled for {}", line.bucket.origin), line.gross.plus(billed)?);
    let mut parts = vec![scheduled.about(Some(Subject::Order(line.account, line.order)))];
    // A fee is counted once, however many documents bill it.
    let uncounted = |entry| Node { count: None, ..earlier(line, entry, -1) };
    parts.extend(line.earlier.iter().filter(of_period).map(uncounted));
    Ok(parts)
}

/// Units at their price less those billed before at the same one, and what the rounding of the whole line adds.
fn metered(line: &BilledLine) -> Result<Vec<Node>, MoneyError> {
    let same = |entry: &&Earlier| {
        let (theirs, ours) = (entry.bucket, line.bucket);
        entry.basis != Basis::Opening && counts(entry.basis) && theirs == ours
    };
    let before: Option<Decimal> =
        line.earlier.iter().filter(same).try_fold(Decimal::ZERO, |sum, entry| sum.checked_add(entry.units));
    let before = before.ok_or(MoneyError::Overflow)?;
    let after = before.checked_add(line.quantity).ok_or(MoneyError::Overflow)?;
    let mut parts = vec![at_price(line, "To date", after)?.resting_on(terms(line)).resting_on(landed(line)?)];
    for entry in line.earlier.iter().filter(same) {
        let invoice = entry.invoice.map(|invoice| Subject::Invoice(line.account, invoice));
        parts.push(at_price(line, "Billed before", -entry.units)?.about(invoice));
    }
    let exact = line.bucket.worth(line.quantity, line.currency)?;
    let rounding = exact_of(line.gross.amount(), line).plus(negative(exact))?;
    parts.push(Node::exact("Rounding: the order line is rounded once, over its life", rounding));
    Ok(parts)
}

fn at_price(line: &BilledLine, label: &str, units: Decimal) -> Result<Node, MoneyError> {
    let node = Node::exact(label, line.bucket.worth(units, line.currency)?);
    Ok(node.counted(units, &line.unit).priced(line.bucket.rate, line.bucket.price_base))
}

/// An entry of the ledger, added or taken away.
fn earlier(line: &BilledLine, entry: &Earlier, sign: i8) -> Node {
    let Earlier { bucket, basis, units, gross, invoice } = entry;
    let who = match basis {
        Basis::Rated => "Billed",
        Basis::Correction => "Corrected",
        Basis::Opening => "Billed by another system",
        Basis::Commercial => "Credited for goodwill",
        Basis::Tax => "Tax corrected",
        Basis::Makegood => "Value of a makegood",
        Basis::WriteOff => "Written off",
        Basis::Rebill => "Billed to somebody else instead",
    };
    let amount = if sign < 0 { gross.negate() } else { *gross };
    let units = if sign < 0 { -*units } else { *units };
    Node::money(format!("{who} for {}", bucket.origin), amount)
        .counted(units, &line.unit)
        .about(invoice.map(|invoice| Subject::Invoice(line.account, invoice)))
}

/// What the cap left for the line before it was billed.
fn capped(line: &BilledLine, CapOfLine { cap, booked }: CapOfLine) -> Result<Option<Node>, MoneyError> {
    let used = |entry: &&Earlier| counts(entry.basis) && is_capped(entry.bucket.kind, cap);
    let units = line.earlier.iter().filter(used).try_fold(Decimal::ZERO, |sum, e| sum.checked_add(e.units));
    let units = units.ok_or(MoneyError::Overflow)?;
    let of_units = |label: String, most: Decimal| {
        let parts = vec![
            Node::fact(label).counted(most, &line.unit),
            Node::fact("Used before").counted(-units, &line.unit),
        ];
        Node::fact("Left of the cap before this document").counted(most - units, &line.unit).of(parts)
    };
    Ok(match cap {
        Cap::LesserOfBookedAndDelivered => Some(of_units("Booked".to_owned(), booked.value())),
        Cap::Percent(percent) => {
            // Not a price, but the one product that is formed exactly.
            let percent_as_rate = Rate::of(percent.value()).map_err(|_| MoneyError::Overflow)?;
            let hundredths = percent_as_rate.times(booked, line.currency)?.amount();
            let most = Decimal::from_i128_with_scale(hundredths.mantissa(), hundredths.scale() + 2);
            Some(of_units(format!("{percent} % of booked"), most.normalize()))
        }
        Cap::Budget(budget) => {
            let billed = sum(line, |entry| used(&entry))?;
            let parts = vec![Node::money("Budget", budget), Node::money("Billed before", billed.negate())];
            Some(Node::money("Left of the budget before this document", budget.minus(billed)?).of(parts))
        }
        Cap::Uncapped => None,
    })
}

/// The segment that prices the line.
fn terms(line: &BilledLine) -> Option<Node> {
    let order = Some(Subject::Order(line.account, line.order));
    line.terms.map(|terms| {
        let label = format!("Terms of {}, from revision {} of the order", terms.days, terms.revision);
        Node::fact(label).priced(line.bucket.rate, line.bucket.price_base).about(order)
    })
}

/// What landed, by batch.
fn landed(line: &BilledLine) -> Result<Option<Node>, MoneyError> {
    let Some(first) = line.landed.first() else { return Ok(None) };
    let total = line.landed.iter().try_fold(Decimal::ZERO, |sum, landed| sum.checked_add(landed.units));
    let parts = line.landed.iter().map(batch).collect();
    let label = format!("Delivered for {}", line.bucket.origin);
    Ok(Some(Node::fact(label).counted(total.ok_or(MoneyError::Overflow)?, &first.unit).of(parts)))
}

fn batch(landed: &Landed) -> Node {
    let Landed { batch, external_id, source, units, unit, airings } = landed;
    let mut node = Node::fact(format!("Batch {external_id} of {source}"))
        .counted(*units, unit)
        .about(Some(Subject::Batch(*batch)));
    node.subjects.extend(airings.iter().map(|airing| Subject::Airing(*airing)));
    node
}

/// Whether an entry counts as billed before.
fn counts(basis: Basis) -> bool {
    match basis {
        Basis::Rated | Basis::Correction | Basis::Opening => true,
        Basis::Commercial | Basis::Tax | Basis::Makegood | Basis::WriteOff | Basis::Rebill => false,
    }
}

/// Whether what the kind bills uses up a cap. Fees and expenses are no units, but they are money.
fn is_capped(kind: LineKind, cap: Cap) -> bool {
    match kind {
        LineKind::Spots | LineKind::Delivery => true,
        LineKind::TierFee | LineKind::Expenses => matches!(cap, Cap::Budget(_)),
        LineKind::SchedulePart
        | LineKind::Makegood
        | LineKind::Minimum
        | LineKind::TrueUp
        | LineKind::Rebate
        | LineKind::AdCredit
        | LineKind::OverDelivery => false,
    }
}

fn sum(line: &BilledLine, which: impl Fn(&Earlier) -> bool) -> Result<Money, MoneyError> {
    let entries = line.earlier.iter().filter(|entry| which(entry));
    Money::sum(line.currency, entries.map(|entry| entry.gross))
}

fn exact_of(amount: Decimal, line: &BilledLine) -> Exact {
    Exact::of(line.currency, amount)
}

fn negative(amount: Exact) -> Exact {
    Exact::of(amount.currency(), -amount.amount())
}
