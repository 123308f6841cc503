//! Why a line carries the tax that it does.

use money::{Exact, MoneyError};
use rust_decimal::Decimal;

use super::{BilledLine, Node, TaxOfLine};

/// The line's part of its tax row: its percent, and what the rounding of the row gives or takes; and what it rests on.
pub(super) fn taxed(line: &BilledLine) -> Result<Node, MoneyError> {
    let TaxOfLine { amount, treatment, base, engine, tax_point, .. } = &line.tax;
    let (category, percent) = (treatment.category.code(), treatment.percent);
    let exact = percent_of(base.amount(), percent.value())?;
    let rounding = amount.amount().checked_sub(exact).ok_or(MoneyError::Overflow)?;
    let mut parts = vec![Node::exact(format!("{percent} % of {base}"), Exact::of(line.currency, exact))];
    if !rounding.is_zero() {
        let label = "Rounding: the tax of a category and percent is rounded once, over the document";
        parts.push(Node::exact(label, Exact::of(line.currency, rounding)));
    }
    let no_tax = Some(&treatment.reason).filter(|reason| !reason.is_empty());
    let by = match (engine, no_tax) {
        (Some(engine), _) => format!("Determined by the tax engine {engine}"),
        (None, Some(reason)) => reason.clone(),
        (None, None) => format!("Rate of the tax code {:?}", line.tax.tax_code),
    };
    let tax_point = format!("Tax point {tax_point}: the last day of the service");
    let grounds = [Node::fact(by), Node::fact(tax_point), row(&line.tax)];
    let label = format!("Tax {category} of {percent} %, the line's part");
    Ok(Node::money(label, *amount).of(parts).resting_on(place(&line.tax)).resting_on(grounds))
}

/// Where it is taxed.
fn place(tax: &TaxOfLine) -> Option<Node> {
    let shared = |(share, all): (i64, i64)| {
        Node::fact(format!("Seen in {}, of {all} impressions", tax.place))
            .counted(Decimal::from(share), "impression")
    };
    let place = Node::fact(format!("Place of supply {}", tax.place)).resting_on(tax.share.map(shared));
    (!tax.place.is_empty()).then_some(place)
}

/// The row of the document that it is a part of.
fn row(tax: &TaxOfLine) -> Node {
    let (base, amount) = tax.row;
    Node::money(format!("The document's tax at {} %, on {base}", tax.treatment.percent), amount)
}

fn percent_of(base: Decimal, percent: Decimal) -> Result<Decimal, MoneyError> {
    let product = base.checked_mul(percent).ok_or(MoneyError::Overflow)?;
    product.checked_div(Decimal::ONE_HUNDRED).map(|exact| exact.normalize()).ok_or(MoneyError::Overflow)
}
