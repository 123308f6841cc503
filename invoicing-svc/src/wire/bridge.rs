//! Bridges: what is asked, and the steps as messages.

use std::collections::BTreeMap;

use billing_proto::billing::invoicing::v1 as pb;
use calendar::Month;
use ids::{AccountId, EntityId, RunId};
use invoicing_domain::{
    billing_entity::BillingEntity,
    bridge::{Bridge, Difference, Level, Step},
    unbilled::Months,
};
use jiff::civil::Date;
use money::{Currency, MoneyError};
use refusal::{Refusal, Violations};

use super::{
    money::message as amount,
    name::{self, entity_name},
    period,
};

/// What a bridge is asked of.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    Run(RunId),
    /// Of the months, or of what was issued on the day.
    Entity {
        entity: EntityId,
        account: Option<AccountId>,
        months: Months,
        day: Option<Date>,
    },
}

/// Everything through a month.
pub fn through(last: Month) -> Months {
    Months { first: None, last }
}

/// Reads what is asked.
pub fn parse(message: &pb::BridgeRequest) -> Result<Question, Refusal> {
    let pb::BridgeRequest { billing_run, billing_entity, account, first_month, last_month, day } = message;
    let mut v = Violations::new();
    if !billing_run.is_empty() {
        let run = name::run(&mut v, "billing_run", billing_run);
        let others = [
            ("billing_entity", billing_entity),
            ("account", account),
            ("first_month", first_month),
            ("last_month", last_month),
        ];
        for (field, _) in others.iter().filter(|(_, value)| !value.is_empty()) {
            v.add(field, "must be empty where a run is asked about");
        }
        if day.is_some() {
            v.add("day", "must be absent where a run is asked about");
        }
        let Some(run) = run else { return Err(v.refusal()) };
        return v.check().map(|()| Question::Run(run));
    }
    let entity = name::entity(&mut v, "billing_entity", billing_entity);
    let account = given(account).map(|account| name::account(&mut v, "account", account));
    let day = period::optional_day(&mut v, "day", day.as_ref());
    let months = match day {
        Some(Some(day)) => {
            for (field, _) in [("first_month", first_month), ("last_month", last_month)]
                .iter()
                .filter(|(_, month)| !month.is_empty())
            {
                v.add(field, "must be empty where a day is asked about");
            }
            Some(through(Month::of(day)))
        }
        Some(None) | None => months(&mut v, first_month, last_month),
    };
    let (Some(entity), Some(months), Some(day)) = (entity, months, day) else { return Err(v.refusal()) };
    v.check()?;
    Ok(Question::Entity { entity, account: account.flatten(), months, day })
}

fn months(v: &mut Violations, first: &str, last: &str) -> Option<Months> {
    let first = given(first).and_then(|month| period::month(v, "first_month", month));
    let last = period::month(v, "last_month", last)?;
    period::in_order(v, first, Some(last));
    Some(Months { first, last })
}

fn given(value: &str) -> Option<&str> {
    Some(value).filter(|value| !value.is_empty())
}

/// The answer without its amounts: what was asked.
pub fn asked(message: &pb::BridgeRequest, entity: &BillingEntity) -> pb::Bridge {
    let pb::BridgeRequest { billing_run, billing_entity: _, account, first_month, last_month, day } =
        message.clone();
    pb::Bridge {
        billing_run,
        billing_entity: entity_name(entity.id),
        account,
        first_month,
        last_month,
        currencies: Vec::new(),
        unrated_lines: 0,
        day,
    }
}

/// The bridges of all currencies.
pub fn currencies(bridges: &BTreeMap<Currency, Bridge>) -> Result<Vec<pb::CurrencyBridge>, MoneyError> {
    bridges
        .iter()
        .map(|(currency, bridge)| {
            let steps = bridge.steps()?.into_iter().map(step).collect();
            Ok(pb::CurrencyBridge { currency_code: currency.code().to_owned(), steps })
        })
        .collect()
}

fn step(step: Step) -> pb::BridgeStep {
    let difference = |(cause, of): (Difference, money::Money)| pb::BridgeDifference {
        cause: self::cause(cause).into(),
        amount: Some(amount(of)),
    };
    pb::BridgeStep {
        level: level(step.level).into(),
        amount: Some(amount(step.amount)),
        differences: step.differences.into_iter().map(difference).collect(),
        unexplained: Some(amount(step.unexplained)),
    }
}

fn level(level: Level) -> pb::BridgeLevel {
    match level {
        Level::Booked => pb::BridgeLevel::Booked,
        Level::Delivered => pb::BridgeLevel::Delivered,
        Level::Capped => pb::BridgeLevel::Capped,
        Level::AfterHeld => pb::BridgeLevel::AfterHeld,
        Level::AfterBlocked => pb::BridgeLevel::AfterBlocked,
        Level::Billed => pb::BridgeLevel::Billed,
        Level::AfterCredits => pb::BridgeLevel::AfterCredits,
        Level::Posted => pb::BridgeLevel::Posted,
        Level::Collected => pb::BridgeLevel::Collected,
    }
}

fn cause(difference: Difference) -> pb::BridgeCause {
    match difference {
        Difference::NotDelivered => pb::BridgeCause::NotDelivered,
        Difference::DeliveredBeyondBooked => pb::BridgeCause::DeliveredBeyondBooked,
        Difference::OverCap => pb::BridgeCause::OverCap,
        Difference::MinimumAdded => pb::BridgeCause::MinimumAdded,
        Difference::Held => pb::BridgeCause::Held,
        Difference::Blocked => pb::BridgeCause::Blocked,
        Difference::InDraft => pb::BridgeCause::InDraft,
        Difference::StaleInput => pb::BridgeCause::StaleInput,
        Difference::Due => pb::BridgeCause::Due,
        Difference::NotYetDue => pb::BridgeCause::NotYetDue,
        Difference::BilledElsewhere => pb::BridgeCause::BilledElsewhere,
        Difference::Corrected => pb::BridgeCause::Corrected,
        Difference::Credited => pb::BridgeCause::Credited,
        Difference::Rebilled => pb::BridgeCause::Rebilled,
        Difference::OtherDocuments => pb::BridgeCause::OtherDocuments,
        Difference::OtherPeriods => pb::BridgeCause::OtherPeriods,
        Difference::Commission => pb::BridgeCause::Commission,
        Difference::Tax => pb::BridgeCause::Tax,
        Difference::Outstanding => pb::BridgeCause::Outstanding,
    }
}
