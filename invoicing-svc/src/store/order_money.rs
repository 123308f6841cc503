//! What orders are looked at with that have to do with money: what is billed of them, what their accounts owe and may
//! owe, and how much of their purchase orders is used.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, OrderId};
use invoicing_domain::order::{
    Booking, Credit, Order, OrderMoney,
    purchase_order::{Used, use_up},
};
use money::{Currency, Money, Percent, Rounding};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{order::money, written::currency};

/// What is known of the accounts of a batch.
#[derive(Debug, Default)]
pub struct KnownMoney {
    /// Limit, what is owed, what is drafted.
    limits: HashMap<AccountId, (Money, Money, Money)>,
    orders: HashMap<OrderId, Stands>,
    /// Net by purchase order.
    used: HashMap<AccountId, Used>,
}

/// Where an order stands.
#[derive(Debug)]
struct Stands {
    account: AccountId,
    commission: Percent,
    /// Gross.
    billed: Money,
    unbilled: Money,
}

/// Loads what is known of the accounts that orders name.
pub async fn load(connection: &mut PgConnection, orders: &[&Order]) -> Result<KnownMoney, Failure> {
    let accounts: Vec<Uuid> = orders.iter().map(|order| order.account.uuid()).collect();
    let ids: Vec<Uuid> = orders.iter().map(|order| order.id().uuid()).collect();
    let mut known = KnownMoney::default();
    let rows = sqlx::query_file!("src/store/sql/credit_of_accounts.sql", &accounts)
        .fetch_all(&mut *connection)
        .await?;
    for row in rows {
        let currency = currency(&row.currency)?;
        let money = |amount| money(currency, amount);
        let limit = (money(row.credit_limit)?, money(row.owed)?, money(row.drafted)?);
        known.limits.insert(AccountId::from_uuid(row.account_id), limit);
    }
    let rows = sqlx::query_file!("src/store/sql/money_of_orders.sql", &accounts, &ids)
        .fetch_all(&mut *connection)
        .await?;
    for row in rows {
        let currency = currency(&row.currency)?;
        let stands = Stands {
            account: AccountId::from_uuid(row.account_id),
            commission: Percent::of(row.commission_percent).context("the database holds no percent")?,
            billed: money(currency, row.billed)?,
            unbilled: money(currency, row.unbilled)?,
        };
        known.orders.insert(OrderId::from_uuid(row.order_id), stands);
    }
    add_used(connection, &accounts, &mut known).await?;
    Ok(known)
}

async fn add_used(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    known: &mut KnownMoney,
) -> Result<(), Failure> {
    let rows = sqlx::query!(
        "select account_id, purchase_order as \"purchase_order!\", currency, sum(net) as \"net!\" from invoice
          where account_id = any($1) and purchase_order is not null
          group by account_id, purchase_order, currency",
        accounts
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let net = money(currency(&row.currency)?, row.net)?;
        let used = known.used.entry(AccountId::from_uuid(row.account_id)).or_default();
        use_up(used, &row.purchase_order, net).map_err(anyhow::Error::from)?;
    }
    Ok(())
}

impl KnownMoney {
    /// What is known of the money of an order.
    pub fn of(&self, order: &Order) -> Result<OrderMoney, Failure> {
        let stands = self.orders.get(&order.id());
        let nothing = Money::zero(order.currency);
        Ok(OrderMoney {
            billed: stands.map_or(nothing, |stands| stands.billed),
            unbilled_before: stands.map(|stands| stands.unbilled),
            credit: self.credit(order)?,
            used: self.used.get(&order.account).cloned().unwrap_or_default(),
        })
    }

    fn credit(&self, order: &Order) -> Result<Option<Credit>, Failure> {
        let Some((limit, owed, drafted)) = self.limits.get(&order.account).copied() else { return Ok(None) };
        if limit.currency() != order.currency {
            return Ok(None);
        }
        let others = self.orders.iter().filter(|(id, stands)| {
            **id != order.id()
                && stands.account == order.account
                && stands.unbilled.currency() == order.currency
        });
        let net = others
            .map(|(_, stands)| stands.unbilled.less_percent(stands.commission, Rounding::HalfAwayFromZero));
        let unbilled = Money::sum(order.currency, net).context("orders too large to be added up")?;
        Ok(Some(Credit { limit, owed, drafted, unbilled }))
    }

    /// An order of the batch was taken: the next ones come on top of it.
    pub fn take(&mut self, order: &Order, booking: &Booking) -> Result<(), Failure> {
        let booked = Money::sum(order.currency, booking.lines.iter().map(|terms| terms.amount));
        let booked = booked.context("an order too large to be added up")?;
        let billed = self.orders.get(&order.id()).map_or(Money::zero(order.currency), |stands| stands.billed);
        let unbilled = rest(order.currency, booked.amount() - billed.amount())?;
        let stands = Stands { account: order.account, commission: order.commission, billed, unbilled };
        self.orders.insert(order.id(), stands);
        Ok(())
    }
}

fn rest(currency: Currency, amount: Decimal) -> Result<Money, Failure> {
    money(currency, amount.max(Decimal::ZERO))
}
