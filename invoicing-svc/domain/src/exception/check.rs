use std::collections::{BTreeMap, BTreeSet};

use calendar::Days;
use jiff::civil::Date;
use money::{Currency, Money};
use rust_decimal::{Decimal, RoundingStrategy};

use super::Finding;
use crate::ad_product::ProductState;
use crate::invoice::Draft;
use crate::rate_card::Below;
use crate::tax::TaxRegistration;

/// By how many percent an account may be apart from its recent months.
const VARIANCE_PERCENT: i64 = 50;

/// What is known of an account.
#[derive(Clone, Debug)]
pub struct AccountFacts {
    pub currency: Currency,
    /// Reason and owner of the hold that holds today.
    pub hold: Option<(String, String)>,
    /// With the draft: what it owes, and what it may owe.
    pub credit_limit: Option<Money>,
    pub owed: Money,
    pub purchase_order_required: bool,
    /// `9` a digit, `A` a letter, everything else itself; empty: any.
    pub purchase_order_format: String,
    /// Whether it says a tax id without the days over which it is one.
    pub has_tax_id: bool,
    /// The tax ids that are one over some days.
    pub registrations: Vec<TaxRegistration>,
    /// What the account was billed in each of its recent months that billed anything, in the draft's currency, and what
    /// this run bills it.
    pub recent: Recent,
}

/// The recent months of an account in one currency.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    pub months: Vec<Money>,
    pub this: Option<Money>,
}

/// What is known of a draft besides itself.
#[derive(Clone, Debug)]
pub struct DraftFacts<'a> {
    pub account: &'a AccountFacts,
    /// Another document or draft that bills as much for the same days.
    pub twin: Option<&'a str>,
    /// Something came that the draft does not know.
    pub stale: bool,
}

/// What is known of an order line that bills.
#[derive(Clone, Debug)]
pub struct LineState {
    pub line: ids::LineId,
    /// Its number in the order.
    pub number: String,
    pub product: String,
    pub product_state: ProductState,
    /// Its lowest price, where that is too far below the list price.
    pub below_list: Option<Below>,
    /// The last day that has delivery and the days in which it was to deliver; `None` where delivery is not by day.
    pub delivered_until: Option<(Date, Days)>,
    /// The billing periods of which several sources count for the line, and those sources.
    pub several: BTreeMap<Days, BTreeSet<String>>,
}

/// Everything worth a look before the draft becomes a document, besides what is looked at order by order.
pub fn check(draft: &Draft, facts: &DraftFacts<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = of_account(draft, facts.account).into_iter().flatten().collect();
    found.extend(variance(&facts.account.recent));
    found.extend(facts.twin.map(|other| Finding::Duplicate { other: other.to_owned(), gross: draft.gross }));
    found.extend(facts.stale.then_some(Finding::StaleInput));
    found
}

/// Everything worth a look of one of the orders that a draft bills, besides its purchase order's value. `lines` are its
/// order lines on the draft.
pub fn check_order(
    account: &AccountFacts,
    purchase_order: Option<&str>,
    lines: &[LineState],
) -> Vec<Finding> {
    let mut found: Vec<Finding> = of_purchase_order(account, purchase_order).into_iter().collect();
    found.extend(lines.iter().filter_map(of_product));
    found.extend(lines.iter().filter_map(off_rate_card));
    found.extend(lines.iter().filter_map(missing_days));
    found.extend(lines.iter().filter_map(counted_by_several));
    found
}

fn of_account(draft: &Draft, account: &AccountFacts) -> [Option<Finding>; 4] {
    let hold = account.hold.clone().map(|(reason, owner)| Finding::CreditHold { reason, owner });
    let limit = account.credit_limit.filter(|limit| limit.currency() == account.owed.currency());
    let limit = limit.filter(|limit| account.owed.amount() > limit.amount());
    let limit = limit.map(|limit| Finding::CreditLimitExceeded { limit, owed: account.owed });
    let foreign = (draft.currency != account.currency).then(|| Finding::CurrencyMismatch {
        currency: draft.currency.code().to_owned(),
        account_currency: account.currency.code().to_owned(),
    });
    [hold, limit, foreign, tax_id(draft, account)]
}

/// Whoever is billed tax has a tax id on the tax point. What is said is of the latest tax point without one.
fn tax_id(draft: &Draft, account: &AccountFacts) -> Option<Finding> {
    let taxed = draft.lines.iter().filter(|line| !line.tax.amount.is_zero());
    let registered = |day| account.registrations.iter().any(|id| id.valid.includes(day));
    let tax_point = taxed.map(|line| line.tax_point).filter(|day| !registered(*day)).max()?;
    if account.has_tax_id {
        return None;
    }
    let ended = |id: &TaxRegistration| {
        id.valid.last.filter(|last| *last < tax_point).map(|last| (last, id.number.clone()))
    };
    Some(match account.registrations.iter().filter_map(ended).max() {
        Some((expired, number)) => Finding::TaxIdExpired { number, expired, tax_point },
        None => Finding::TaxIdMissing,
    })
}

fn of_purchase_order(account: &AccountFacts, number: Option<&str>) -> Option<Finding> {
    let Some(number) = number else {
        return account.purchase_order_required.then_some(Finding::PurchaseOrderMissing);
    };
    let format = &account.purchase_order_format;
    (!format.is_empty() && !fits(number, format))
        .then(|| Finding::InstructionNotMet { number: number.to_owned(), format: format.clone() })
}

/// Whether a number is written as the format says.
fn fits(number: &str, format: &str) -> bool {
    let fits = |(said, asked): (char, char)| match asked {
        '9' => said.is_ascii_digit(),
        'A' => said.is_ascii_alphabetic(),
        other => said == other,
    };
    number.chars().count() == format.chars().count() && number.chars().zip(format.chars()).all(fits)
}

fn of_product(line: &LineState) -> Option<Finding> {
    let (number, product) = (line.number.clone(), line.product.clone());
    match line.product_state {
        ProductState::Live => None,
        ProductState::Draft => Some(Finding::ProductNotLive { line: number, product }),
        ProductState::Retired => Some(Finding::ProductRetired { line: number, product }),
    }
}

fn off_rate_card(line: &LineState) -> Option<Finding> {
    let Below { list_price, price, percent } = line.below_list.clone()?;
    Some(Finding::OffRateCard { line: line.number.clone(), price, percent, list_price })
}

fn missing_days(line: &LineState) -> Option<Finding> {
    let (latest, days) = line.delivered_until?;
    (latest < days.last()).then(|| Finding::DeliveryDaysMissing {
        line: line.number.clone(),
        latest,
        expected: days.last(),
    })
}

/// What is said is of the latest period.
fn counted_by_several(line: &LineState) -> Option<Finding> {
    let (period, sources) = line.several.last_key_value()?;
    let sources = sources.iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
    Some(Finding::CountedBySeveral { line: line.number.clone(), sources, period: *period })
}

/// Needs two months to compare with: one is no habit.
fn variance(recent: &Recent) -> Option<Finding> {
    let (net, count) = (recent.this?, Decimal::from(recent.months.len()));
    let sum = Money::sum(net.currency(), recent.months.iter().copied()).ok()?;
    if count < Decimal::TWO || sum.is_zero() {
        return None;
    }
    // An average is not billed: it is rounded to be read.
    let places = net.currency().minor_units();
    let average =
        (sum.amount() / count).round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    let average = Money::of(net.currency(), average).ok().filter(|average| !average.is_zero())?;
    let percent = ((net.amount() - average.amount()) / average.amount() * Decimal::ONE_HUNDRED).abs().round();
    (percent > Decimal::from(VARIANCE_PERCENT)).then_some(Finding::Variance { net, average, percent })
}
