//! What an amendment makes of a line that is known: which of its days keep their price, and which parts of a fee stay.

use std::collections::BTreeMap;

use calendar::Days;
use jiff::ToSpan;
use jiff::civil::Date;
use money::{Money, MoneyError, Remainder};
use rust_decimal::Decimal;

use super::line_terms::beyond;
use super::schedule::{self, Part};
use super::sync::{InDraft, KnownLine};
use super::{BillingTerms, Line, LineTerms, OrderRefusal, OrderReview, Price, digest, fit};
use crate::pricing::{PricingModel, Schedule};

/// From when on a changed term holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermScope {
    /// Its name in the contract; `None`: every changed term.
    pub term: Option<String>,
    pub holds: Holds,
    /// What proves that it was agreed.
    pub evidence: String,
}

/// From when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    From(Date),
    /// As if it had never been otherwise.
    FromStart,
}

/// The price of a line over a run of its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermSegment {
    pub days: Days,
    /// The revision that said it.
    pub revision: i64,
    pub price: Price,
}

/// Terms that are the price of a unit, and hold by day.
const PRICE: [&str; 4] = ["rate", "tiers", "discount", "order_discount"];
/// Terms that say themselves from when on they hold.
const DATED: [&str; 5] = ["flight", "cancelled_on", "short_rate", "opening_balances", "quantities"];

/// The terms of the line as they are amended, and what somebody has to look at first.
pub(super) fn amend(
    known: &KnownLine,
    (line, billing): (&Line, BillingTerms),
    terms: LineTerms,
    (revision, remainder): (i64, Remainder),
) -> Result<(LineTerms, Vec<OrderReview>), OrderRefusal> {
    let changed = changed(known, &terms);
    let changed: Vec<&str> = changed.iter().map(String::as_str).collect();
    check_draft(known, line, &changed)?;
    let mut findings = Vec::new();
    let unscoped: Vec<&str> =
        changed.iter().copied().filter(|term| !DATED.contains(term) && scope(line, term).is_none()).collect();
    if known.is_billed && !unscoped.is_empty() {
        let terms = unscoped.join(", ");
        findings.push(OrderReview::AmendmentScopeMissing { line: line.number.clone(), terms });
    }
    if known.is_billed && is_cut(known, &terms) && !has_evidence(line, &changed) {
        findings.push(OrderReview::PriceCutWithoutEvidence { line: line.number.clone() });
    }
    let terms = match terms.pricing_model {
        PricingModel::FlatFee => fee(known, (line, billing), terms, &changed, remainder)?,
        PricingModel::PerSpot
        | PricingModel::Cpm
        | PricingModel::Vcpm
        | PricingModel::Cpc
        | PricingModel::Cpv
        | PricingModel::Cpcv
        | PricingModel::Cpa
        | PricingModel::Cpd
        | PricingModel::PercentOfSpend
        | PricingModel::Graduated
        | PricingModel::Volume
        | PricingModel::Package
        | PricingModel::TieredFlat
        | PricingModel::GraduatedPercent
        | PricingModel::Subscription
        | PricingModel::TimeAndMaterials => by_day(known, line, terms, (&changed, revision))?,
    };
    Ok((terms, findings))
}

/// The terms whose texts are others than before. What is known without texts has changed in all of them, or in none.
pub(super) fn changed(known: &KnownLine, terms: &LineTerms) -> Vec<String> {
    let now = |term: &str| terms.said.get(term);
    let before =
        known.said.iter().filter(|(term, said)| now(term) != Some(said)).map(|(term, _)| term.as_str());
    let new = terms.said.keys().copied().filter(|term| !known.said.contains_key(*term));
    let is_same = known.said.is_empty() && known.terms_digest == terms.digest;
    before.chain(new).filter(|_| !is_same).map(str::to_owned).collect()
}

/// A signed draft says what will be issued: its lines wait until it is.
fn check_draft(known: &KnownLine, line: &Line, changed: &[&str]) -> Result<(), OrderRefusal> {
    let reopens = changed.contains(&"opening_balances");
    match known.draft {
        Some(InDraft::Signed(run)) if !changed.is_empty() || !line.scopes.is_empty() => {
            Err(OrderRefusal::LineInDraft { line: line.number.clone(), run: format!("billingRuns/{run}") })
        }
        Some(InDraft::Waiting(run)) if reopens => {
            Err(OrderRefusal::LineInDraft { line: line.number.clone(), run: format!("billingRuns/{run}") })
        }
        _ if reopens && known.is_billed => {
            Err(OrderRefusal::OpeningBalancesMoved { line: line.number.clone() })
        }
        Some(InDraft::Signed(_) | InDraft::Waiting(_)) | None => Ok(()),
    }
}

fn scope<'a>(line: &'a Line, term: &str) -> Option<&'a TermScope> {
    let of = |name: Option<&str>| line.scopes.iter().find(|scope| scope.term.as_deref() == name);
    of(Some(term)).or_else(|| of(None))
}

fn has_evidence(line: &Line, changed: &[&str]) -> bool {
    changed.iter().filter_map(|term| scope(line, term)).any(|scope| !scope.evidence.is_empty())
}

/// The line comes out cheaper than it was last.
fn is_cut(known: &KnownLine, terms: &LineTerms) -> bool {
    let net = |price: &Price| {
        let off = price.discount.map_or(Decimal::ZERO, |percent| percent.value());
        price.rate.and_then(|rate| rate.value().checked_mul(Decimal::ONE_HUNDRED - off))
    };
    let before = known.segments.last().and_then(|segment| net(&segment.price));
    let is_cheaper = before.zip(net(&terms.price)).is_some_and(|(before, now)| now < before);
    let fee = known.parts.iter().map(|part| part.amount.amount()).sum::<Decimal>();
    is_cheaper || (terms.pricing_model == PricingModel::FlatFee && terms.amount.amount() < fee)
}

/// What bills by units has its price by day: earlier days keep theirs.
fn by_day(
    known: &KnownLine,
    line: &Line,
    terms: LineTerms,
    (changed, revision): (&[&str], i64),
) -> Result<LineTerms, OrderRefusal> {
    let price_changed = PRICE.iter().any(|term| changed.contains(term));
    // A scope that is said again may move the day of a price that stays.
    let named = || PRICE.iter().filter(|term| **term == "rate" || changed.contains(*term));
    let mut scopes: Vec<Holds> =
        named().filter_map(|term| scope(line, term)).map(|scope| scope.holds).collect();
    scopes.dedup();
    let runs = line.runs();
    let holds = match scopes[..] {
        _ if line.is_short() => Holds::FromStart,
        [] if price_changed => Holds::FromStart,
        [] => Holds::From(runs.last().saturating_add(1.day())),
        [holds] => holds,
        [..] => return Err(scope_day(line, "its terms of price hold from different days".to_owned())),
    };
    let new = |days| TermSegment { days, revision, price: terms.price.clone() };
    let segments = match holds {
        Holds::FromStart => vec![new(runs)],
        Holds::From(day) if day <= runs.first() => vec![new(runs)],
        Holds::From(day) => {
            if price_changed && day > runs.last() {
                return Err(scope_day(line, format!("{day} is after its last day, {}", runs.last())));
            }
            let mut segments = kept(&known.segments, runs, day.saturating_sub(1.day()));
            if let Ok(rest) = Days::new(day, runs.last()) {
                segments.push(new(rest));
            }
            if segments.is_empty() { vec![new(runs)] } else { segments }
        }
    };
    Ok(with_digest(LineTerms { segments, ..terms }))
}

/// The segments up to a day, stretched or cut to the days that the line runs.
fn kept(segments: &[TermSegment], runs: Days, until: Date) -> Vec<TermSegment> {
    let last = segments.len().saturating_sub(1);
    let stretched = segments.iter().enumerate().filter_map(|(n, segment)| {
        let first = if n == 0 { runs.first() } else { segment.days.first() };
        let end = if n == last { runs.last() } else { segment.days.last() };
        let days = Days::new(first.max(runs.first()), end.min(runs.last()).min(until)).ok()?;
        Some(TermSegment { days, ..segment.clone() })
    });
    stretched.collect()
}

/// What is billed of a fee, or lies before the day of the amendment, stays; the rest is split over the open periods.
fn fee(
    known: &KnownLine,
    (line, billing): (&Line, BillingTerms),
    terms: LineTerms,
    changed: &[&str],
    remainder: Remainder,
) -> Result<LineTerms, OrderRefusal> {
    let holds: Vec<Holds> =
        changed.iter().filter_map(|term| scope(line, term)).map(|scope| scope.holds).collect();
    if changed.is_empty() || holds.contains(&Holds::FromStart) || known.billed.is_empty() && holds.is_empty()
    {
        let parts = if changed.is_empty() { known.parts.clone() } else { terms.parts.clone() };
        return Ok(with_digest(LineTerms { parts, ..terms }));
    }
    let from = holds.iter().map(|holds| match holds {
        Holds::From(day) => *day,
        Holds::FromStart => line.flight.first(),
    });
    let from = from.min().unwrap_or(line.flight.first());
    let mut fixed: BTreeMap<Days, Money> = known.billed.iter().copied().collect();
    for part in known.parts.iter().filter(|part| part.period.last() < from) {
        fixed.entry(part.period).or_insert(part.amount);
    }
    let parts = rest(&fixed, (line, billing), &terms, remainder).map_err(beyond(line))?;
    Ok(with_digest(LineTerms { parts, ..terms }))
}

/// The fixed parts, and what is left of the fee in the periods that are open; where none is, in the last fixed one.
fn rest(
    fixed: &BTreeMap<Days, Money>,
    (line, billing): (&Line, BillingTerms),
    terms: &LineTerms,
    remainder: Remainder,
) -> Result<Vec<Part>, MoneyError> {
    let currency = terms.amount.currency();
    let fee = Money::sum(currency, terms.parts.iter().map(|part| part.amount))?;
    let left = fee.minus(Money::sum(currency, fixed.values().copied())?)?;
    let mut parts: Vec<Part> =
        fixed.iter().map(|(period, amount)| Part { period: *period, amount: *amount }).collect();
    let is_open = |period: &Days| !fixed.contains_key(period);
    let open: Vec<Part> = terms.parts.iter().copied().filter(|part| is_open(&part.period)).collect();
    if left.is_negative() || open.is_empty() {
        take_back(&mut parts, left)?;
        return Ok(parts);
    }
    let periods: Vec<Days> = open.iter().map(|part| part.period).collect();
    let split = match terms.schedule {
        Schedule::EvenSplit => schedule::evenly(left, periods, remainder),
        Schedule::ProRataDays => schedule::by_days(left, line.runs(), &periods, remainder)?,
        Schedule::OnDelivery
        | Schedule::Upfront
        | Schedule::Milestone
        | Schedule::InAdvance
        | Schedule::InArrears => schedule::like(left, &open, remainder)?,
    };
    debug_assert!(split.iter().all(|part| billing.period_of(part.period.first()) == part.period));
    parts.extend(split);
    parts.sort_by_key(|part| part.period);
    Ok(parts)
}

/// What is too much comes off the last parts first, and no part below zero; what is missing goes onto the last.
fn take_back(parts: &mut [Part], left: Money) -> Result<(), MoneyError> {
    let mut left = left;
    for part in parts.iter_mut().rev() {
        let amount = part.amount.plus(left)?;
        let zero = Money::zero(left.currency());
        (part.amount, left) = if amount.is_negative() { (zero, amount) } else { (amount, zero) };
    }
    Ok(())
}

fn with_digest(terms: LineTerms) -> LineTerms {
    let digest = digest::terms_digest(&terms);
    LineTerms { digest, ..terms }
}

fn scope_day(line: &Line, problem: String) -> OrderRefusal {
    OrderRefusal::ScopeDay { line: line.number.clone(), problem }
}

/// The line's product, which stays: an amendment of its pricing model would leave what was billed without one.
pub(super) fn check_model(known: &KnownLine, line: &Line, terms: &LineTerms) -> Result<(), OrderRefusal> {
    let before = known.said.get("pricing_model");
    let now = terms.said.get("pricing_model");
    let moved = known.is_billed && before.is_some() && before != now;
    if moved {
        Err(fit::does_not_fit(line, "another pricing model after billing", terms.pricing_model))
    } else {
        Ok(())
    }
}
