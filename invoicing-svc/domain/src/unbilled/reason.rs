//! Why money that a line is worth is not billed.

use std::collections::BTreeSet;

use calendar::{Days, Month};
use ids::{InvoiceId, RunId};
use jiff::civil::Date;
use money::{Money, MoneyError};
use refusal::Refusal;
use rust_decimal::Decimal;

use super::standing::period_of;
use super::{Apart, Standing};
use crate::rating::{LineToRate, Unit};

/// Why something is not billed. The order is that of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// An exception stands in the way.
    Blocked,
    /// Somebody keeps it from being billed.
    OnHold,
    /// It would take money back, or waits for what would.
    Held,
    /// Two count it, and somebody has to choose whose count bills.
    Apart,
    /// A draft has it.
    InDraft,
    /// It came after the inputs of an open run.
    StaleInput,
    /// Its period is over, and no run has taken it.
    Due,
    /// Its period is not over.
    NotYetDue,
    /// The line cannot be rated, so nobody knows the amount.
    CannotBeRated,
    /// The order, or its amendment, waits for somebody to look at it.
    InOrderReview,
    /// Rows of delivery that could not be used; nobody knows the amount.
    Quarantined,
    /// Free by contract: there is nothing to bill.
    OverCap,
}

/// What frees what two counts are apart by.
const CHOOSE: &str = "choose one of the outcomes of the exception in a billing run (ChooseBillingOutcome), or have the count mended or sent; then refresh the run";

/// With what the reasons begin of the exceptions that two counts make.
const THIRD_PARTY: &str = "THIRD_PARTY_";

impl Why {
    /// What frees it.
    fn act(self) -> &'static str {
        match self {
            Self::Blocked => "mend what the exception names, or override it; then refresh the run",
            Self::OnHold => "release the hold, or wait until it expires",
            Self::Held => "decide on the correction: credit what was billed too much, or mend the input",
            Self::Apart => CHOOSE,
            Self::InDraft => "approve the billing run and issue it",
            Self::StaleInput => "refresh the billing run, or bill it with the next one",
            Self::Due => "start a billing run of its month",
            Self::NotYetDue => "none: it is billed when its period is over",
            Self::CannotBeRated => "mend the order or the delivery as the message says",
            Self::InOrderReview => "approve, adjust or reject the order in order review",
            Self::Quarantined => "mend the order or send the rows again, then release them",
            Self::OverCap => "none: over-delivery is free by contract",
        }
    }

    /// The role that may do the act, where no person was named; empty where nobody has to.
    pub fn role(self) -> &'static str {
        match self {
            Self::Blocked | Self::OnHold => "billing_analyst",
            Self::Held | Self::Apart | Self::InDraft | Self::StaleInput | Self::Due | Self::InOrderReview => {
                "billing_manager"
            }
            Self::CannotBeRated | Self::Quarantined => "order_management",
            Self::NotYetDue | Self::OverCap => "",
        }
    }

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocked => "BLOCKED",
            Self::OnHold => "ON_HOLD",
            Self::Held => "NEGATIVE_DELTA",
            Self::Apart => "THIRD_PARTY_CASE",
            Self::InDraft => "IN_DRAFT",
            Self::StaleInput => "STALE_INPUT",
            Self::Due => "DUE",
            Self::NotYetDue => "NOT_YET_DUE",
            Self::CannotBeRated => "CANNOT_BE_RATED",
            Self::InOrderReview => "IN_ORDER_REVIEW",
            Self::Quarantined => "QUARANTINED",
            Self::OverCap => "OVER_CAP",
        }
    }
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub why: Why,
    /// That of the exception or refusal, where there is one; else the name of `why`.
    pub reason: String,
    pub message: String,
    /// The billing period; absent where it is not about one.
    pub period: Option<Days>,
    /// Absent where nobody knows it.
    pub amount: Option<Money>,
    /// What is free, or how many rows.
    pub count: Option<(Decimal, Counting)>,
    /// Since when it waits.
    pub since: Date,
    /// The draft that has it.
    pub draft: Option<(InvoiceId, RunId)>,
    /// A person, or a role; empty where nobody has to act.
    pub owner: String,
}

/// What is counted where money is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    Units(Unit),
    /// Rows of a batch.
    Rows,
}

/// What a draft has of a line.
#[derive(Clone, Debug)]
pub struct Drafted {
    pub invoice: InvoiceId,
    pub run: RunId,
    pub since: Date,
    pub origin: Days,
    pub gross: Money,
    /// What the draft waits for.
    pub block: Option<Block>,
}

/// An open exception that stands in the way.
#[derive(Clone, Debug)]
pub struct Block {
    pub reason: String,
    pub message: String,
    /// A person; absent where nobody took it.
    pub owner: Option<String>,
    pub since: Date,
}

/// A run that takes the account and is neither issued nor cancelled.
#[derive(Clone, Copy, Debug)]
pub struct OpenRun {
    pub run: RunId,
    pub month: Month,
    /// The day of its inputs.
    pub since: Date,
}

/// What is known of a line besides what it is worth.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// In the entity's time zone.
    pub today: Date,
    pub drafted: Vec<Drafted>,
    /// What keeps the line's order out of any draft of the open run.
    pub block: Option<Block>,
    pub open: Option<OpenRun>,
    /// Who keeps the line, its order or its account from being billed.
    pub hold: Option<Block>,
    /// What stands in the way of the line itself, in whatever draft.
    pub line: Option<Block>,
}

/// Why what the line is worth is not billed. The amounts sum to what is due and held.
pub fn reasons(line: &LineToRate, standing: &Standing, waiting: &Waiting) -> Result<Vec<Reason>, MoneyError> {
    let mut reasons = Vec::new();
    if let Some(refused) = &standing.refused {
        let Refusal { reason, message, .. } = refused.clone().into();
        let known =
            Reason { message, reason: reason.to_owned(), ..Reason::of(Why::CannotBeRated, waiting.today) };
        reasons.push(known);
    }
    let drafted = waiting.drafted.iter().map(|drafted| period_of(line, drafted.origin));
    let periods: BTreeSet<Days> = standing.periods.keys().copied().chain(drafted).collect();
    let mut taken_back = BTreeSet::new();
    for period in periods {
        let mut due = standing.periods.get(&period).map_or(Money::zero(line.currency), |amounts| amounts.due);
        if let Some(held) = drafted_back(line, (period, due), standing, waiting)? {
            due = due.plus(held)?;
            taken_back.insert(period);
        }
        reasons.extend(of_period(line, period, due, waiting)?);
    }
    let held = standing.held.iter().filter(|held| !taken_back.contains(&period_of(line, held.origin)));
    reasons.extend(held.map(|held| Reason {
        message: held.why(),
        amount: Some(held.amount),
        ..Reason::of(Why::Held, held.origin.last()).within(period_of(line, held.origin))
    }));
    reasons.extend(standing.apart.iter().map(|apart| Reason::apart(apart, waiting.line.as_ref())));
    reasons.extend(standing.free.iter().map(|free| Reason {
        message: "delivered beyond the cap".to_owned(),
        amount: Some(Money::zero(line.currency)),
        count: Some((free.units, Counting::Units(free.unit))),
        ..Reason::of(Why::OverCap, free.period.last()).within(free.period)
    }));
    reasons.sort_by_key(|reason| (reason.period, reason.why));
    Ok(reasons)
}

/// What is held of a period where drafts have exactly that besides what is due: their entity lets them take it back.
fn drafted_back(
    line: &LineToRate,
    (period, due): (Days, Money),
    standing: &Standing,
    waiting: &Waiting,
) -> Result<Option<Money>, MoneyError> {
    let held = standing.held.iter().filter(|held| period_of(line, held.origin) == period);
    let held = Money::sum(line.currency, held.map(|held| held.amount))?;
    let drafted = waiting.drafted.iter().filter(|drafted| period_of(line, drafted.origin) == period);
    let drafted = Money::sum(line.currency, drafted.map(|drafted| drafted.gross))?;
    Ok(Some(held).filter(|held| !held.is_zero() && due.plus(*held) == Ok(drafted)))
}

/// What drafts have of the due amount of a period, and the rest of it.
fn of_period(
    line: &LineToRate,
    period: Days,
    due: Money,
    waiting: &Waiting,
) -> Result<Vec<Reason>, MoneyError> {
    let mut reasons = Vec::new();
    let mut rest = due;
    for drafted in waiting.drafted.iter().filter(|drafted| period_of(line, drafted.origin) == period) {
        rest = rest.minus(drafted.gross)?;
        let reason = match &drafted.block {
            Some(block) => Reason::blocked(block).released_by(waiting.hold.as_ref()),
            None => Reason {
                message: format!("in a draft of {}", drafted.run),
                ..Reason::of(Why::InDraft, drafted.since)
            },
        };
        let draft = Some((drafted.invoice, drafted.run));
        reasons.push(Reason { amount: Some(drafted.gross), draft, ..reason.within(period) });
    }
    reasons.retain(|reason| reason.amount.is_some_and(|amount| !amount.is_zero()));
    if !rest.is_zero() {
        reasons.push(Reason { amount: Some(rest), ..undrafted(line, period, waiting).within(period) });
    }
    Ok(reasons)
}

/// Why something due is in no draft.
fn undrafted(line: &LineToRate, period: Days, waiting: &Waiting) -> Reason {
    let run = waiting.open.filter(|open| line.billing.month_of(period) <= open.month);
    let over = run.is_some() || period.last() < waiting.today;
    if let Some(hold) = waiting.hold.as_ref().filter(|_| over) {
        return Reason::blocked(hold);
    }
    match (run, &waiting.block) {
        (Some(_), Some(block)) => Reason::blocked(block),
        (Some(open), None) => Reason {
            message: format!("came after the inputs of {}", open.run),
            ..Reason::of(Why::StaleInput, open.since)
        },
        (None, _) if period.last() >= waiting.today => Reason {
            message: format!("the period ends on {}", period.last()),
            ..Reason::of(Why::NotYetDue, waiting.today)
        },
        (None, _) => Reason {
            message: "no billing run has taken it".to_owned(),
            ..Reason::of(Why::Due, period.last())
        },
    }
}

impl Reason {
    /// A reason without anything that only some have.
    pub fn of(why: Why, since: Date) -> Self {
        Self {
            why,
            reason: why.name().to_owned(),
            message: String::new(),
            period: None,
            amount: None,
            count: None,
            since,
            draft: None,
            owner: why.role().to_owned(),
        }
    }

    fn within(self, period: Days) -> Self {
        Self { period: Some(period), ..self }
    }

    /// What frees it.
    pub fn act(&self) -> &'static str {
        // To override it would bill by one of the counts without saying so.
        let is_choice = self.why == Why::Blocked && is_between_counts(&self.reason);
        if is_choice { CHOOSE } else { self.why.act() }
    }

    fn apart(apart: &Apart, line: Option<&Block>) -> Self {
        let found = line.filter(|block| block.reason == apart.reason);
        let of = Self::of(Why::Apart, found.map_or(apart.period.last(), |block| block.since));
        Self {
            reason: apart.reason.to_owned(),
            message: apart.message.clone(),
            amount: Some(apart.amount),
            owner: found.and_then(|block| block.owner.clone()).unwrap_or(of.owner.clone()),
            ..of
        }
        .within(apart.period)
    }

    /// What an exception says of a hold, the hold says better: who can release it.
    fn released_by(self, hold: Option<&Block>) -> Self {
        match hold.filter(|_| self.why == Why::OnHold) {
            Some(hold) => Self::blocked(hold),
            None => self,
        }
    }

    fn blocked(block: &Block) -> Self {
        let why = if block.reason == Why::OnHold.name() { Why::OnHold } else { Why::Blocked };
        let of = Self::of(why, block.since);
        let role = if is_between_counts(&block.reason) { Why::Apart.role() } else { why.role() };
        Self {
            reason: block.reason.clone(),
            message: block.message.clone(),
            owner: block.owner.clone().unwrap_or_else(|| role.to_owned()),
            ..of
        }
    }
}

fn is_between_counts(reason: &str) -> bool {
    reason.starts_with(THIRD_PARTY)
}
