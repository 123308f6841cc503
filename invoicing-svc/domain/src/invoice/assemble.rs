use calendar::{Days, Month};
use ids::{AccountId, EntityId, InvoiceId, LineId, OrderId, RunId};
use money::{Currency, Exact, Money, MoneyError, Percent, Remainder, Rounding};
use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{DocumentKind, Draft, DraftLine, text};
use crate::order::BillingTerms;
use crate::rating::{LineKind, RatedItem, RatedLine, apportion};

/// The order that is billed, with the settings of the entity that bills it.
#[derive(Clone, Copy, Debug)]
pub struct OrderFacts {
    pub account: AccountId,
    pub order: OrderId,
    pub entity: EntityId,
    pub currency: Currency,
    pub commission_percent: Percent,
    /// Net days.
    pub payment_terms_days: u16,
    pub billing: BillingTerms,
    pub rounding: Rounding,
    pub remainder: Remainder,
}

/// The order line that is billed.
#[derive(Clone, Debug)]
pub struct LineFacts {
    pub line: LineId,
    /// Its number in the order.
    pub number: String,
    /// Its place in the order.
    pub ordinal: i32,
    /// The line's own text; may be empty.
    pub description: String,
    /// The product's invoice text.
    pub product_text: String,
    /// GL account of the product's revenue.
    pub gl_revenue: String,
    pub tax_code: String,
    pub flight: Days,
}

/// The draft of an order, or none where there is nothing to bill. Over-delivery and free spots alone make no document;
/// they stand on the next one that has an amount, because the ledger knows only what was issued.
pub fn assemble(
    run: RunId,
    order: &OrderFacts,
    month: Month,
    rated: &[(LineFacts, RatedLine)],
) -> Result<Option<Draft>, MoneyError> {
    let lines = in_order(rated);
    let gross = Money::sum(order.currency, lines.iter().map(|(_, item)| item.gross))?;
    let Some(period) = span(&lines).filter(|_| !gross.is_zero()) else {
        return Ok(None);
    };
    let net = gross.less_percent(order.commission_percent, order.rounding);
    let commission = gross.minus(net)?;
    let tax = Money::zero(order.currency);
    Ok(Some(Draft {
        id: InvoiceId::of(run, order.account, &order.order.to_string(), order.currency.code(), "INVOICE"),
        run,
        entity: order.entity,
        account: order.account,
        order: order.order,
        kind: DocumentKind::Invoice,
        currency: order.currency,
        billing_month: month,
        period,
        payment_terms_days: order.payment_terms_days,
        spots: spots(&lines)?,
        commission_percent: order.commission_percent,
        gross,
        commission,
        net,
        tax,
        total: net.plus(tax)?,
        lines: with_commission(commission, order, &lines)?,
    }))
}

/// Lines as on the document: by order line, then origin, kind, terms and price.
fn in_order(rated: &[(LineFacts, RatedLine)]) -> Vec<(&LineFacts, &RatedItem)> {
    let mut lines: Vec<_> =
        rated.iter().flat_map(|(facts, rated)| rated.items.iter().map(move |item| (facts, item))).collect();
    lines.sort_by_key(|(facts, item)| (facts.ordinal, facts.line, item.bucket));
    lines
}

/// From the first day of an origin period to the last.
fn span(lines: &[(&LineFacts, &RatedItem)]) -> Option<Days> {
    let origins = || lines.iter().map(|(_, item)| item.bucket.origin);
    Days::new(origins().map(Days::first).min()?, origins().map(Days::last).max()?).ok()
}

fn spots(lines: &[(&LineFacts, &RatedItem)]) -> Result<i64, MoneyError> {
    let billed = lines.iter().filter(|(_, item)| match item.bucket.kind {
        LineKind::Spots | LineKind::Makegood => true,
        LineKind::SchedulePart
        | LineKind::Delivery
        | LineKind::TierFee
        | LineKind::Expenses
        | LineKind::Minimum
        | LineKind::OverDelivery => false,
    });
    let count = |(_, item): &(&LineFacts, &RatedItem)| item.quantity.to_i64();
    billed.map(count).try_fold(0_i64, |sum, count| sum.checked_add(count?)).ok_or(MoneyError::Overflow)
}

/// The lines with their parts of the commission: each its percent of the line, by largest remainder.
fn with_commission(
    commission: Money,
    order: &OrderFacts,
    lines: &[(&LineFacts, &RatedItem)],
) -> Result<Vec<DraftLine>, MoneyError> {
    let exact: Result<Vec<Exact>, _> =
        lines.iter().map(|(_, item)| percent_of(item.gross, order.commission_percent)).collect();
    let commissions = apportion(commission, &exact?, order.remainder)?;
    lines
        .iter()
        .zip(commissions)
        .map(|((facts, item), commission)| line(order, facts, item, commission))
        .collect()
}

fn line(
    order: &OrderFacts,
    facts: &LineFacts,
    item: &RatedItem,
    commission: Money,
) -> Result<DraftLine, MoneyError> {
    let (origin, note) = (item.bucket.origin, text::note(item, order.billing.month_of(item.bucket.origin)));
    // A part of a fee lists no spots, and neither does a price that is taken back.
    let service = item.delivered.or_else(|| origin.intersect(facts.flight)).unwrap_or(origin);
    Ok(DraftLine {
        line: facts.line,
        item: RatedItem { note, ..item.clone() },
        description: text::description(facts),
        commission,
        net: item.gross.minus(commission)?,
        gl_revenue: facts.gl_revenue.clone(),
        tax_code: facts.tax_code.clone(),
        service,
        tax_point: service.last(),
    })
}

/// So many percent of an amount, exactly.
fn percent_of(amount: Money, percent: Percent) -> Result<Exact, MoneyError> {
    let (amount, currency, percent) = (amount.amount(), amount.currency(), percent.value());
    let hundredths = amount.mantissa().checked_mul(percent.mantissa()).ok_or(MoneyError::Overflow)?;
    let scale = amount.scale() + percent.scale() + 2;
    let exact = Decimal::try_from_i128_with_scale(hundredths, scale).map_err(|_| MoneyError::Overflow)?;
    Ok(Exact::of(currency, exact))
}
