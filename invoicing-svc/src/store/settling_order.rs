//! Orders that were made here for what follows from orders that were sold: each has one line, by which ledger, documents
//! and reports know it.

use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, LineId, OrderId, ProductId};
use invoicing_domain::resource::ResourceRefusal;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::{Currency, Percent};
use sqlx::PgConnection;

/// What such an order stands for. No order system is called by the name of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandsFor {
    Agreement,
    AdCredit,
}

crate::written! {
    StandsFor { Agreement "AGREEMENT", AdCredit "AD_CREDIT" }
}

impl StandsFor {
    fn source(self) -> &'static str {
        match self {
            Self::Agreement => "makegood:agreement",
            Self::AdCredit => "makegood:ad-credit",
        }
    }
}

/// The number of the line.
const LINE: &str = "1";

/// An order of one line.
#[derive(Clone, Copy, Debug)]
pub struct SettlingOrder<'a> {
    pub stands_for: StandsFor,
    pub order: OrderId,
    pub account: AccountId,
    pub entity: EntityId,
    /// Documents show it as the order's number.
    pub code: &'a str,
    pub description: &'a str,
    pub product: ProductId,
    pub currency: Currency,
    pub days: Days,
    pub commission: Percent,
}

/// Records the order, or what may change of it.
pub async fn put(
    connection: &mut PgConnection,
    order: SettlingOrder<'_>,
    (at, by): (Timestamp, &str),
) -> Result<(), Failure> {
    use super::written::Written;
    let (first, last) = (order.days.first().to_sqlx(), order.days.last().to_sqlx());
    let (account, id) = (order.account.uuid(), order.order.uuid());
    sqlx::query!(
        "insert into order_registry (source_system, external_id, account_id, order_id) values ($1, $2, $3, $4)
         on conflict (source_system, external_id) do nothing",
        order.stands_for.source(),
        order.code,
        account,
        id
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into insertion_order as known (account_id, order_id, entity_id, row_revision, source_system, external_id, revision,
           content_digest, advertiser, currency, commission_percent, payment_terms_days, flight_first, flight_last, liability,
           billing_calendar, billing_cycle, territory, synced_at, synced_by, stands_for)
         select $1, $2, $3, 1, $4, $5, 1, '', a.legal_name, $6, $7, a.payment_terms_days, $8, $9, 'ADVERTISER',
                'CALENDAR_MONTH', 'END_OF_MONTH', a.territory, $10, $11, $12
           from account a where a.account_id = $1
         on conflict (account_id, order_id) do update set row_revision = known.row_revision + 1, flight_first = excluded.flight_first,
           flight_last = excluded.flight_last, synced_at = excluded.synced_at, synced_by = excluded.synced_by",
        account,
        id,
        order.entity.uuid(),
        order.stands_for.source(),
        order.code,
        order.currency.code(),
        order.commission.value(),
        first as _,
        last as _,
        at.to_sqlx() as _,
        by,
        order.stands_for.text()
    )
    .execute(&mut *connection)
    .await?;
    let line = LineId::of(order.order, LINE).uuid();
    sqlx::query!(
        "insert into order_line (account_id, order_id, line_id, number, ordinal, product_id, description, flight_first, flight_last,
           pricing_model, schedule, amount, list_amount, cap_kind, station, program, spot_length_seconds, terms_digest)
         values ($1, $2, $3, $4, 1, $5, $6, $7, $8, 'FLAT_FEE', 'EVEN_SPLIT', 0, 0, 'UNCAPPED', '', '', 0, '')
         on conflict (account_id, line_id) do update set product_id = excluded.product_id, description = excluded.description,
           flight_first = excluded.flight_first, flight_last = excluded.flight_last",
        account,
        id,
        line,
        LINE,
        order.product.uuid(),
        order.description,
        first as _,
        last as _
    )
    .execute(&mut *connection)
    .await
    .map_err(|error| {
        let missing = ResourceRefusal::NotFound { name: format!("adProducts/{}", order.product) };
        Failure::from_constraint(error, &[("order_line_product_id_fkey", missing.into())])
    })?;
    Ok(())
}
