//! What is open, by how long it is overdue.

use std::collections::BTreeMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, EntityId};
use invoicing_domain::receivable::Age;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money};
use serde_json::Value;
use sqlx::PgConnection;

use crate::wire::{money::message, receivable::age};

/// The sums of a currency.
struct Row {
    ages: BTreeMap<Age, Money>,
    disputed: Money,
    credit: Money,
    open: Money,
    unapplied: Money,
}

/// The open documents of an entity, or of one account of it, as of a day.
pub async fn ageing(
    connection: &mut PgConnection,
    (entity, account): (EntityId, Option<AccountId>),
    as_of: Date,
    scope: Option<&Value>,
) -> Result<pb::Ageing, Failure> {
    let found = sqlx::query_file!(
        "src/report/sql/ageing.sql",
        entity.uuid(),
        account.map(AccountId::uuid),
        as_of.to_sqlx() as _,
        scope
    )
    .fetch_all(connection)
    .await?;
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for found in found {
        let currency = Currency::parse(&found.currency).context("the database holds an unknown currency")?;
        let money = |amount| Money::of(currency, amount).context("the database holds parts of a minor unit");
        let nothing = Money::zero(currency);
        let row = rows.entry(found.currency).or_insert_with(|| Row {
            ages: BTreeMap::new(),
            disputed: nothing,
            credit: nothing,
            open: nothing,
            unapplied: nothing,
        });
        if let Some(due) = found.due_date {
            let sum = row.ages.entry(Age::of(due.to_jiff(), as_of)).or_insert(nothing);
            add(sum, money(found.undisputed)?)?;
        }
        add(&mut row.disputed, money(found.disputed)?)?;
        add(&mut row.credit, money(found.credit)?)?;
        add(&mut row.unapplied, money(found.unapplied)?)?;
        for part in [found.undisputed, found.disputed, found.credit] {
            add(&mut row.open, money(part)?)?;
        }
    }
    Ok(pb::Ageing { rows: rows.into_iter().map(|(currency, row)| of_currency(currency, row)).collect() })
}

fn add(sum: &mut Money, more: Money) -> Result<(), Failure> {
    *sum = sum.plus(more).context("a sum too large to be told")?;
    Ok(())
}

fn of_currency(currency_code: String, row: Row) -> pb::AgeingRow {
    let nothing = Money::zero(row.open.currency());
    let bucket = |each: Age| pb::AgeingBucket {
        age: age(each).into(),
        amount: Some(message(row.ages.get(&each).copied().unwrap_or(nothing))),
    };
    pb::AgeingRow {
        currency_code,
        buckets: Age::ALL.into_iter().map(bucket).collect(),
        disputed: Some(message(row.disputed)),
        credit: Some(message(row.credit)),
        open: Some(message(row.open)),
        unapplied_cash: Some(message(row.unapplied)),
    }
}
