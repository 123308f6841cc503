//! What pre-bill checks need to know of the accounts of a shard: one statement per table.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, InvoiceId, LineId, OrderId};
use invoicing_domain::{
    ad_product::ProductState,
    billing_run::BillingRun,
    exception::{LineState, Severities},
    hold::Hold,
    order::{
        PurchaseOrder,
        purchase_order::{Used, use_up},
    },
    rate_card,
    tax::TaxRegistration,
};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::{Currency, Money, Percent, Rate};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::hold::Which;
use super::written::{currency, month_day};

/// What is known of an account itself.
#[derive(Clone, Debug)]
pub struct KnownAccount {
    pub currency: Currency,
    /// Reason and owner.
    pub hold: Option<(String, String)>,
    pub credit_limit: Option<Money>,
    /// On receivables, in the account's currency.
    pub owed: Money,
    pub purchase_order_required: bool,
    pub purchase_order_format: String,
    pub has_tax_id: bool,
    /// Tax ids with their days. What is loaded for tax says them.
    pub registrations: Vec<TaxRegistration>,
}

/// What a document bills, to find another that bills the same: account, currency, gross in lowest terms, first and last day.
pub type Alike = (AccountId, Currency, Decimal, Date, Date);

/// What is known besides the drafts.
#[derive(Debug, Default)]
pub struct CheckFacts {
    /// How severe what is found is for the run's entity.
    pub severities: Severities,
    /// What holds today, in this run.
    pub holds: Vec<Hold>,
    pub accounts: HashMap<AccountId, KnownAccount>,
    pub purchase_orders: HashMap<OrderId, Vec<PurchaseOrder>>,
    /// By account.
    pub used: HashMap<AccountId, Used>,
    /// What somebody typed in for a draft.
    pub typed_in: HashMap<InvoiceId, String>,
    /// Lines whose product is not live, or whose delivery ends early. Their orders say it.
    pub lines: HashMap<LineId, LineState>,
    /// What was billed in each of the six months before.
    pub recent: HashMap<(AccountId, Currency), Vec<Money>>,
    /// The documents of the run's month that other runs made: number and order.
    pub issued: BTreeMap<Alike, (String, OrderId)>,
    /// Whose delivery the run does not know all of.
    pub stale: HashSet<AccountId>,
}

/// Loads what is known as of `today`.
pub async fn load(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[AccountId],
    today: Date,
) -> Result<CheckFacts, Failure> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let mut facts = CheckFacts::default();
    let which = Which { accounts: &accounts, on: Some(today), ..Which::default() };
    // No account is asked for where there is none: an empty list would be all of them.
    if !accounts.is_empty() {
        facts.holds = super::hold::load(connection, which).await?;
        facts.holds.retain(|hold| hold.run.is_none_or(|only| only == run.id));
    }
    facts.severities = super::check_severity::of(connection, run.entity).await?;
    known_accounts(connection, &accounts, today, &mut facts).await?;
    purchase_orders(connection, &accounts, &mut facts).await?;
    typed_in(connection, &accounts, &mut facts).await?;
    // A value is used up only where there is a number.
    if !facts.purchase_orders.is_empty() || !facts.typed_in.is_empty() {
        used(connection, &accounts, &mut facts).await?;
    }
    list_prices(connection, run, &accounts, &mut facts).await?;
    documents(connection, run, &accounts, &mut facts).await?;
    facts.stale = super::stale::delivered_later(connection, run.id, &accounts).await?;
    Ok(facts)
}

async fn known_accounts(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    today: Date,
    facts: &mut CheckFacts,
) -> Result<(), Failure> {
    let rows = sqlx::query_file!("src/store/sql/accounts_to_check.sql", accounts, today.to_sqlx() as _)
        .fetch_all(connection)
        .await?;
    for row in rows {
        let currency = currency(&row.currency)?;
        let money = |amount| Money::of(currency, amount).context("the database holds parts of a minor unit");
        let account = KnownAccount {
            currency,
            hold: row.hold_reason.zip(row.hold_owner),
            credit_limit: row.credit_limit.map(money).transpose()?,
            owed: money(row.owed)?,
            purchase_order_required: row.purchase_order_required,
            purchase_order_format: row.purchase_order_format,
            has_tax_id: row.has_tax_id,
            registrations: Vec::new(),
        };
        facts.accounts.insert(AccountId::from_uuid(row.account_id), account);
    }
    Ok(())
}

async fn purchase_orders(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    facts: &mut CheckFacts,
) -> Result<(), Failure> {
    let rows = sqlx::query!(
        "select order_id, po.number, po.value, po.expires, currency
           from order_purchase_order po join insertion_order using (account_id, order_id)
          where account_id = any($1) order by order_id, po.number",
        accounts
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let value = row.value.map(|value| Ok::<_, Failure>(Money::of(currency(&row.currency)?, value)));
        let value = value.transpose()?.transpose().context("the database holds parts of a minor unit")?;
        let expires = row.expires.map(|day| day.to_jiff());
        let known = PurchaseOrder { number: row.number, value, expires };
        facts.purchase_orders.entry(OrderId::from_uuid(row.order_id)).or_default().push(known);
    }
    Ok(())
}

async fn typed_in(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    facts: &mut CheckFacts,
) -> Result<(), Failure> {
    let rows = sqlx::query!(
        "select invoice_id, purchase_order as \"purchase_order!\" from draft_edit
          where account_id = any($1) and purchase_order is not null",
        accounts
    )
    .fetch_all(connection)
    .await?;
    facts.typed_in =
        rows.into_iter().map(|row| (InvoiceId::from_uuid(row.invoice_id), row.purchase_order)).collect();
    Ok(())
}

async fn used(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    facts: &mut CheckFacts,
) -> Result<(), Failure> {
    let rows = sqlx::query!(
        "select account_id as \"account_id!\", purchase_order as \"purchase_order!\", currency as \"currency!\", sum(net) as \"net!\"
           from (select account_id, purchase_order, currency, case kind when 'CREDIT_NOTE' then -net else net end as net from invoice
                  where account_id = any($1) and purchase_order is not null
                  union all
                 -- Of documents that go on several numbers.
                 select l.account_id, l.purchase_order, i.currency, case i.kind when 'CREDIT_NOTE' then -l.net else l.net end
                   from invoice_line l join invoice i using (account_id, invoice_id)
                  where l.account_id = any($1) and l.purchase_order is not null) as billed
          group by account_id, purchase_order, currency",
        accounts
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let net = Money::of(currency(&row.currency)?, row.net);
        let net = net.context("the database holds parts of a minor unit")?;
        let used = facts.used.entry(AccountId::from_uuid(row.account_id)).or_default();
        use_up(used, &row.purchase_order, net).map_err(anyhow::Error::from)?;
    }
    Ok(())
}

/// Nothing where the entity does not compare with rate cards.
async fn list_prices(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[Uuid],
    facts: &mut CheckFacts,
) -> Result<(), Failure> {
    let rows = sqlx::query_file!("src/store/sql/list_prices_of_lines.sql", run.entity.uuid(), accounts)
        .fetch_all(connection)
        .await?;
    for row in rows {
        let list = Rate::of(row.list_price).context("the database holds no rate")?;
        let tolerance = Percent::of(row.tolerance).context("the database holds no percent")?;
        let Some(below) = rate_card::below(list, row.price, tolerance) else { continue };
        let line = LineId::from_uuid(row.line_id);
        let (number, product) = (row.number, row.product);
        let state = facts.lines.entry(line).or_insert(LineState {
            line,
            number,
            product,
            product_state: ProductState::Live,
            below_list: None,
            delivered_until: None,
            several: BTreeMap::new(),
        });
        state.below_list = Some(below);
    }
    Ok(())
}

async fn documents(
    connection: &mut PgConnection,
    run: &BillingRun,
    accounts: &[Uuid],
    facts: &mut CheckFacts,
) -> Result<(), Failure> {
    let month = month_day(run.month).to_sqlx();
    let rows = sqlx::query!(
        "select account_id, currency, sum(net) as \"net!\" from invoice
          where account_id = any($1) and entity_id = $2 and kind = 'INVOICE' and billing_month < $3 and billing_month >= $3 - interval '6 months'
          group by account_id, currency, billing_month",
        accounts,
        run.entity.uuid(),
        month as _
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let currency = currency(&row.currency)?;
        let net = Money::of(currency, row.net).context("the database holds parts of a minor unit")?;
        facts.recent.entry((AccountId::from_uuid(row.account_id), currency)).or_default().push(net);
    }
    let rows = sqlx::query!(
        "select account_id, order_id, currency, number, gross, period_first, period_last from invoice
          where account_id = any($1) and entity_id = $2 and kind = 'INVOICE' and billing_month = $3 and run_id is distinct from $4",
        accounts,
        run.entity.uuid(),
        month as _,
        run.id.uuid()
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let (first, last) = (row.period_first.to_jiff(), row.period_last.to_jiff());
        let key = (
            AccountId::from_uuid(row.account_id),
            currency(&row.currency)?,
            row.gross.normalize(),
            first,
            last,
        );
        facts.issued.insert(key, (row.number, OrderId::from_uuid(row.order_id)));
    }
    Ok(())
}
