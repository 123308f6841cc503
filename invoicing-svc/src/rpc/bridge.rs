//! A bridge, summed account by account: never more than some of them in memory.

use std::collections::BTreeMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::{call::Call, failure::Failure};
use ids::AccountId;
use invoicing_domain::bridge::{Bridge, LineOfBridge};
use money::Currency;
use serde_json::Value;
use sqlx::PgConnection;

use super::{
    Rpc,
    standing::{LineStanding, Question, lines},
};
use crate::{
    store::{self, bridge::Asked},
    wire::bridge::{self as wire, Question as Of},
};

/// How many accounts are in memory at once.
const ACCOUNTS_AT_ONCE: usize = 200;

/// Sums of the currencies, and how many lines cannot be rated.
type Sums = (BTreeMap<Currency, Bridge>, i64);

/// The bridge that a request asks for.
pub async fn answer(rpc: &Rpc, call: &Call, message: &pb::BridgeRequest) -> Result<pb::Bridge, Failure> {
    let of = wire::parse(message)?;
    let scope = call.scope.json();
    let scope = scope.as_ref();
    // One snapshot: what is booked, rated, billed and posted belong together.
    let mut transaction = rpc.pool.begin_with("begin isolation level repeatable read").await?;
    let connection = &mut *transaction;
    let (asked, named) = match of {
        Of::Run(run) => {
            let run = store::billing_run::get(connection, run, scope).await?;
            let months = wire::through(run.month);
            (Asked { entity: run.entity, run: Some(run.id), months, day: None }, run.accounts)
        }
        Of::Entity { entity, account, months, day } => {
            if let Some(account) = account {
                store::account::get(connection, account, scope).await?;
            }
            (Asked { entity, run: None, months, day }, account.into_iter().collect())
        }
    };
    let entity = store::billing_entity::get(connection, asked.entity, scope).await?;
    let accounts = store::unbilled::accounts(connection, &entity, &named, scope).await?;
    let mut sums = Sums::default();
    for accounts in accounts.chunks(ACCOUNTS_AT_ONCE) {
        let question = Question { entity: &entity, last: asked.months.last, at: call.at, scope };
        add_lines(connection, question, &asked, (accounts, &mut sums)).await?;
        add_documents(connection, &asked, (accounts, scope), &mut sums).await?;
    }
    let (bridges, unrated_lines) = sums;
    let currencies = wire::currencies(&bridges).context("a bridge too large to be told")?;
    Ok(pb::Bridge { unrated_lines, currencies, ..wire::asked(message, &entity) })
}

async fn add_lines(
    connection: &mut PgConnection,
    question: Question<'_>,
    asked: &Asked,
    (accounts, (bridges, unrated)): (&[AccountId], &mut Sums),
) -> Result<(), Failure> {
    let booked = store::bridge::booked(connection, asked.entity, accounts).await?;
    let documents = store::bridge::lines(connection, asked, accounts).await?;
    for LineStanding { facts, line, standing, reasons, .. } in lines(connection, question, accounts).await? {
        *unrated += i64::from(standing.refused.is_some());
        let of = LineOfBridge {
            line: &line,
            standing: &standing,
            reasons: &reasons,
            booked: booked.get(&facts.line).context("a line that is not booked")?,
            documents: documents.get(&facts.line).map_or(&[], Vec::as_slice),
        };
        let bridge = bridges.entry(line.currency).or_insert_with(|| Bridge::new(line.currency));
        bridge.add_line(of, asked.months).context("a bridge too large to be told")?;
    }
    Ok(())
}

async fn add_documents(
    connection: &mut PgConnection,
    asked: &Asked,
    (accounts, scope): (&[AccountId], Option<&Value>),
    (bridges, _): &mut Sums,
) -> Result<(), Failure> {
    for (currency, documents) in store::bridge::documents(connection, asked, accounts, scope).await? {
        let bridge = bridges.entry(currency).or_insert_with(|| Bridge::new(currency));
        bridge.add_documents(documents).context("a bridge too large to be told")?;
    }
    Ok(())
}
