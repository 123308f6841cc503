//! Orders as they are known now.

mod lines;

use std::collections::HashMap;

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, OrderId};
use invoicing_domain::{order::BookedAmount, resource::ResourceRefusal};
use money::{Currency, Money, Percent};
use refusal::Refusal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    store::written::Written,
    wire::{billing_run::hexadecimal, booked, name, period},
};

/// The place of an order in a list.
pub type Place = (Uuid, Uuid);

/// Which orders to answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only those of this account.
    pub account: Option<AccountId>,
    /// Only these; all when empty.
    pub orders: &'a [Uuid],
    /// Only those of this source system.
    pub source_system: Option<&'a str>,
    /// Only the one with this id there.
    pub external_id: Option<&'a str>,
    /// Only those after this one.
    pub after: Option<Place>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many.
    pub limit: i64,
}

/// Orders without their lines, in the order of their places.
pub async fn heads(
    connection: &mut PgConnection,
    which: Which<'_>,
) -> Result<Vec<(Place, pb::Order)>, Failure> {
    let (after_account, after_order) = which.after.unzip();
    let rows = sqlx::query_file!(
        "src/report/sql/orders.sql",
        which.account.map(AccountId::uuid),
        which.orders,
        which.source_system,
        which.external_id,
        after_account,
        after_order,
        which.scope,
        which.limit
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut orders = Vec::with_capacity(rows.len());
    for row in rows {
        let currency = Currency::parse(&row.currency).context("the database holds an unknown currency")?;
        let gross = Money::of(currency, row.gross).context("the database holds parts of a minor unit")?;
        let commission = Percent::of(row.commission_percent).context("the database holds no percent")?;
        let booked = BookedAmount::of(row.units, gross, commission, Written::read(&row.rounding)?);
        let (account, order) = (AccountId::from_uuid(row.account_id), OrderId::from_uuid(row.order_id));
        let message = pb::Order {
            name: name::order_name(account, order),
            etag: format!("r{}", row.row_revision),
            account: name::account_name(account),
            billing_entity: name::entity_name(EntityId::from_uuid(row.entity_id)),
            external_id: Some(pb::ExternalId { source_system: row.source_system, id: row.external_id }),
            other_external_ids: Vec::new(),
            revision: row.revision,
            advertiser: row.advertiser,
            currency_code: row.currency,
            commission_percent: commission.to_string(),
            payment_terms_days: Some(row.payment_terms_days),
            flight: Some(days(row.flight_first, row.flight_last)),
            signed_date: row.signed_date.map(|day| period::day_message(day.to_jiff())),
            liability: value("LIABILITY", &row.liability, pb::Liability::from_str_name)?,
            billing_calendar: value(
                "BILLING_CALENDAR",
                &row.billing_calendar,
                pb::BillingCalendar::from_str_name,
            )?,
            billing_cycle: value("BILLING_CYCLE", &row.billing_cycle, pb::BillingCycle::from_str_name)?,
            territory: row.territory,
            purchase_orders: Vec::new(),
            lines: Vec::new(),
            discount_amount: amount(row.discount_amount),
            content_digest: hexadecimal(&row.content_digest),
            booked: Some(booked::message(&booked.context("an order too large to be told")?)),
        };
        orders.push(((row.account_id, row.order_id), message));
    }
    add_other_ids(connection, &mut orders).await?;
    add_purchase_orders(connection, &mut orders).await?;
    Ok(orders)
}

/// Orders with their lines, by their places.
pub async fn whole(
    connection: &mut PgConnection,
    which: Which<'_>,
) -> Result<Vec<(Place, pb::Order)>, Failure> {
    let mut orders = heads(connection, which).await?;
    let (accounts, ids) = places(&orders);
    let mut lines = lines::of(connection, &accounts, &ids).await?;
    for (place, order) in &mut orders {
        order.lines = lines.remove(place).unwrap_or_default();
    }
    Ok(orders)
}

/// One order with its lines, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    (account, order): (AccountId, OrderId),
    scope: Option<&Value>,
) -> Result<pb::Order, Failure> {
    let orders = [order.uuid()];
    let which = Which { account: Some(account), orders: &orders, scope, limit: 1, ..Which::default() };
    let found = whole(connection, which).await?.pop();
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: name::order_name(account, order) });
    Ok(found.map(|(_, order)| order).ok_or_else(missing)?)
}

/// Refuses an order that does not exist for this caller.
pub async fn must_exist(
    connection: &mut PgConnection,
    (account, order): (AccountId, OrderId),
    scope: Option<&Value>,
) -> Result<(), Failure> {
    let found = sqlx::query_scalar!(
        "select order_id from insertion_order
          where account_id = $1 and order_id = $2 and in_scope($3::jsonb, entity_id, territory, account_id)",
        account.uuid(),
        order.uuid(),
        scope
    )
    .fetch_optional(connection)
    .await?;
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: name::order_name(account, order) });
    found.map(|_| ()).ok_or_else(|| missing().into())
}

async fn add_other_ids(
    connection: &mut PgConnection,
    orders: &mut [(Place, pb::Order)],
) -> Result<(), Failure> {
    let (accounts, ids) = places(orders);
    let rows = sqlx::query!(
        "select i.* from order_external_id i join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id)
             using (account_id, order_id)
          order by i.source_system, i.external_id",
        &accounts,
        &ids
    )
    .fetch_all(connection)
    .await?;
    let mut by_place = index(orders);
    for row in rows {
        if let Some(order) = by_place.get_mut(&(row.account_id, row.order_id)) {
            order
                .other_external_ids
                .push(pb::ExternalId { source_system: row.source_system, id: row.external_id });
        }
    }
    Ok(())
}

async fn add_purchase_orders(
    connection: &mut PgConnection,
    orders: &mut [(Place, pb::Order)],
) -> Result<(), Failure> {
    let (accounts, ids) = places(orders);
    let rows = sqlx::query!(
        "select p.* from order_purchase_order p join unnest($1::uuid[], $2::uuid[]) as o(account_id, order_id)
             using (account_id, order_id)
          order by p.number",
        &accounts,
        &ids
    )
    .fetch_all(connection)
    .await?;
    let mut by_place = index(orders);
    for row in rows {
        if let Some(order) = by_place.get_mut(&(row.account_id, row.order_id)) {
            let currency_code = order.currency_code.clone();
            order.purchase_orders.push(pb::PurchaseOrder {
                number: row.number,
                value: row.value.map(|value| pb::Money { currency_code, amount: value.to_string() }),
                expires: row.expires.map(|day| period::day_message(day.to_jiff())),
            });
        }
    }
    Ok(())
}

fn places(orders: &[(Place, pb::Order)]) -> (Vec<Uuid>, Vec<Uuid>) {
    orders.iter().map(|(place, _)| *place).unzip()
}

fn index(orders: &mut [(Place, pb::Order)]) -> HashMap<Place, &mut pb::Order> {
    orders.iter_mut().map(|(place, order)| (*place, order)).collect()
}

fn days(first: jiff_sqlx::Date, last: jiff_sqlx::Date) -> pb::Days {
    pb::Days {
        first: Some(period::day_message(first.to_jiff())),
        last: Some(period::day_message(last.to_jiff())),
    }
}

/// An amount that may be absent, with the decimals of its currency.
fn amount(amount: Option<rust_decimal::Decimal>) -> String {
    amount.map_or_else(String::new, |amount| amount.to_string())
}

/// A number that may be absent, without zeros at its end.
fn written(number: Option<rust_decimal::Decimal>) -> String {
    number.map_or_else(String::new, |number| number.normalize().to_string())
}

/// The contract's value of what the database holds: `<prefix>_<text>`.
pub fn value<E: Into<i32>>(
    prefix: &str,
    text: &str,
    from_name: impl Fn(&str) -> Option<E>,
) -> Result<i32, Failure> {
    let value = from_name(&format!("{prefix}_{text}"));
    Ok(value.with_context(|| format!("the database holds {text:?} where it cannot stand"))?.into())
}
