//! Why what the orders of an account are worth is not billed.

use std::collections::BTreeMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use calendar::Month;
use chassis::{call::Call, failure::Failure, page::Page};
use invoicing_domain::unbilled::{Balance, Months};
use money::Currency;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Rpc,
    standing::{LineStanding, Question, lines},
};
use crate::{
    store,
    wire::unbilled::{self as wire, Filter, Place},
};

/// The place of a reason in the list: order (the last one: none is known), ordinal of the line (0: the order as a whole), reason of
/// the line.
type Key = (Uuid, i32, usize);

/// Reasons with their places, and the balances.
#[derive(Default)]
struct Told {
    reasons: Vec<(Key, pb::UnbilledReason)>,
    balances: BTreeMap<Currency, Balance>,
}

/// A page of the reasons, with the balances of all of them.
pub async fn answer(
    rpc: &Rpc,
    call: &Call,
    message: pb::WhyNotBilledRequest,
) -> Result<pb::WhyNotBilledResponse, Failure> {
    let arguments = pb::WhyNotBilledRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<Key> = Page::of(&rpc.seal, call, &arguments, message.page_size, &message.page_token)?;
    let filter = wire::parse(&message)?;
    let scope = call.scope.json();
    // One snapshot: what is rated, billed and drafted belong together.
    let mut transaction = rpc.pool.begin_with("begin isolation level repeatable read").await?;
    store::account::get(&mut transaction, filter.account, scope.as_ref()).await?;
    let mut told = Told::default();
    let entities = store::unbilled::entities(&mut transaction, filter.account, scope.as_ref()).await?;
    for (n, entity) in entities.into_iter().enumerate() {
        let entity = store::billing_entity::get(&mut transaction, entity, None).await?;
        let today = entity.zone.day_of(call.at);
        let last = filter.last_or(Month::of(today))?;
        let question = Question { entity: &entity, last, at: call.at, scope: scope.as_ref() };
        told.add(&mut transaction, question, filter).await?;
        if n == 0 {
            told.add_unowned(&mut transaction, (question, today), filter, &call.caller.person).await?;
        }
    }
    told.reasons.sort_by_key(|(key, _)| *key);
    told.reasons.retain(|(key, _)| page.after.is_none_or(|after| *key > after));
    let balances: Result<Vec<_>, _> = told.balances.values().map(wire::balance).collect();
    let (reasons, next_page_token) = page.cut(told.reasons, |(key, _)| *key)?;
    Ok(pb::WhyNotBilledResponse {
        reasons: reasons.into_iter().map(|(_, reason)| reason).collect(),
        next_page_token,
        balances: balances.context("a balance too large to be told")?,
    })
}

impl Told {
    async fn add(
        &mut self,
        connection: &mut PgConnection,
        question: Question<'_>,
        filter: Filter<'_>,
    ) -> Result<(), Failure> {
        let (entity, months) = (question.entity, Months { first: filter.first, last: question.last });
        let today = entity.zone.day_of(question.at);
        for line in lines(connection, question, &[filter.account]).await? {
            let named = filter.order.is_none_or(|order| order == line.order.order)
                && filter.line.is_none_or(|number| number == line.facts.number);
            if named {
                self.add_line(line, filter, months, today)?;
            }
        }
        if filter.line.is_none() {
            self.add_unratable(connection, (question, today), filter, question.scope).await?;
        }
        Ok(())
    }

    fn add_line(
        &mut self,
        of: LineStanding,
        filter: Filter<'_>,
        months: Months,
        today: jiff::civil::Date,
    ) -> Result<(), Failure> {
        let LineStanding { order, facts, line, standing, mut reasons } = of;
        let asked = |period| months.contain(line.billing.month_of(period));
        reasons.retain(|reason| reason.period.is_none_or(asked));
        let balance = self.balances.entry(line.currency).or_insert_with(|| Balance::new(line.currency));
        balance.add(&line, (&standing, &reasons), months).context("a balance too large to be told")?;
        let place = Place { account: filter.account, order: Some(order.order), line: Some(&facts.number) };
        let messages = reasons.into_iter().map(|reason| wire::message(place, reason, today));
        let keyed =
            messages.enumerate().map(|(n, message)| ((order.order.uuid(), facts.ordinal, n), message));
        self.reasons.extend(keyed);
        Ok(())
    }

    /// What waits before it can be rated at all.
    async fn add_unratable(
        &mut self,
        connection: &mut PgConnection,
        (question, today): (Question<'_>, jiff::civil::Date),
        filter: Filter<'_>,
        scope: Option<&Value>,
    ) -> Result<(), Failure> {
        let of = (question.entity, today);
        let waiting = store::unbilled::unratable(connection, filter.account, of, scope).await?;
        let named = waiting.into_iter().filter(|(order, _)| filter.order.is_none_or(|of| of == *order));
        self.reasons.extend(named.enumerate().map(|(n, (order, reason))| {
            let place = Place { account: filter.account, order: Some(order), line: None };
            ((order.uuid(), 0, n), wire::message(place, reason, today))
        }));
        Ok(())
    }

    /// Rows of which nobody knows whose they are may be the account's, too.
    async fn add_unowned(
        &mut self,
        connection: &mut PgConnection,
        (question, today): (Question<'_>, jiff::civil::Date),
        filter: Filter<'_>,
        person: &str,
    ) -> Result<(), Failure> {
        if filter.order.is_some() {
            return Ok(());
        }
        let (of, seen_by) = ((question.entity, today), (question.scope, person));
        let waiting = store::unbilled::unowned(connection, filter.account, of, seen_by).await?;
        let place = Place { account: filter.account, order: None, line: None };
        let messages = waiting.into_iter().map(|reason| wire::message(place, reason, today));
        self.reasons.extend(messages.enumerate().map(|(n, message)| ((Uuid::max(), 0, n), message)));
        Ok(())
    }
}
