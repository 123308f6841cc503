//! What is billed: an entity, a product, and accounts with their orders, written through the suite's own door. The same
//! every time.

use anyhow::{Context, Result, ensure};
use billing_proto::{billing::invoicing::v1 as pb, google::r#type::Date};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    door::Client,
    size::{DAYS, LINES, ORDERS},
};

/// The month that is billed.
pub const MONTH: &str = "2024-01";
/// The system that the orders come from.
pub const SOURCE: &str = "bench";

/// How many calls are made at once while the fixture is written.
const AT_ONCE: usize = 16;
/// Accounts whose orders go into one batch.
const ACCOUNTS_OF_BATCH: usize = 100;
/// What a line is booked for, more than it delivers.
const BOOKED_UNITS: u64 = 1_000_000;

/// What was written.
pub struct Fixture {
    pub entity: String,
    product: String,
    /// The accounts by their numbers.
    pub accounts: Vec<String>,
}

impl Fixture {
    /// Writes everything but delivery.
    pub async fn write(client: &Client, accounts: usize) -> Result<Self> {
        let entity = entity(client).await?;
        let product = product(client).await?;
        let accounts = stream::iter(0..accounts)
            .map(|number| account(client, number))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let fixture = Self { entity, product, accounts };
        let numbers: Vec<usize> = (0..fixture.accounts.len()).collect();
        stream::iter(numbers.chunks(ACCOUNTS_OF_BATCH))
            .map(|numbers| fixture.sync(client, numbers))
            .buffer_unordered(2)
            .try_collect::<()>()
            .await?;
        Ok(fixture)
    }

    async fn sync(&self, client: &Client, accounts: &[usize]) -> Result<()> {
        let first = accounts.first().context("an empty batch")?;
        let orders: Result<Vec<pb::Order>> = accounts
            .iter()
            .flat_map(|account| (0..ORDERS).map(move |order| (*account, order)))
            .map(|(account, order)| self.order(account, order))
            .collect();
        let orders = orders?;
        let lines = orders.len() * LINES;
        let amount: u64 = orders
            .iter()
            .flat_map(|order| &order.lines)
            .map(|line| line.amount.parse::<u64>())
            .sum::<Result<_, _>>()?;
        let totals = pb::OrderControlTotals {
            orders: i64::try_from(orders.len())?,
            lines: i64::try_from(lines)?,
            amount: amount.to_string(),
        };
        let request = pb::SyncOrdersRequest {
            source_system: SOURCE.to_owned(),
            sequence: None,
            control_totals: Some(totals),
            orders,
            request_id: format!("orders-{first}"),
        };
        let answer = client.orders().sync_orders(request).await?.into_inner();
        let refused = answer.results.iter().find(|result| result.outcome() != pb::SyncOutcome::Created);
        ensure!(refused.is_none(), "an order was not taken: {refused:?}");
        Ok(())
    }

    fn order(&self, account: usize, order: usize) -> Result<pb::Order> {
        let name = self.accounts.get(account).context("an account that is not there")?.clone();
        Ok(pb::Order {
            account: name,
            billing_entity: self.entity.clone(),
            external_id: Some(pb::ExternalId {
                source_system: SOURCE.to_owned(),
                id: order_id(account, order),
            }),
            revision: 1,
            advertiser: format!("Advertiser {account}"),
            currency_code: "USD".to_owned(),
            flight: Some(flight()),
            liability: pb::Liability::Advertiser.into(),
            billing_calendar: pb::BillingCalendar::CalendarMonth.into(),
            billing_cycle: pb::BillingCycle::EndOfMonth.into(),
            lines: (0..LINES).map(|line| self.line(line)).collect(),
            ..pb::Order::default()
        })
    }

    fn line(&self, line: usize) -> pb::OrderLine {
        let rate = rate(line);
        pb::OrderLine {
            number: (line + 1).to_string(),
            ad_product: self.product.clone(),
            flight: Some(flight()),
            rate: rate.to_string(),
            booked_units: BOOKED_UNITS.to_string(),
            amount: (BOOKED_UNITS / 1000 * rate).to_string(),
            cap: Some(pb::Cap { kind: pb::CapKind::LesserOfBookedAndDelivered.into(), ..pb::Cap::default() }),
            ..pb::OrderLine::default()
        }
    }
}

/// The price of a thousand impressions on a line of an order.
fn rate(line: usize) -> u64 {
    u64::try_from(line).map_or(7, |line| 7 + line)
}

/// The order system's own name of an order.
pub fn order_id(account: usize, order: usize) -> String {
    format!("IO-{account:05}-{order}")
}

/// A day of the month.
pub fn day(day: usize) -> Date {
    Date { year: 2024, month: 1, day: i32::try_from(day).unwrap_or(i32::MAX) }
}

/// As long as there is delivery: no day is missing.
fn flight() -> pb::Days {
    pb::Days { first: Some(day(1)), last: Some(day(DAYS)) }
}

async fn entity(client: &Client) -> Result<String> {
    let entity = pb::BillingEntity {
        code: "BENCH".to_owned(),
        legal_name: "Bench, Inc.".to_owned(),
        address: Some(address()),
        functional_currency: "USD".to_owned(),
        time_zone: "America/New_York".to_owned(),
        tax_registrations: vec!["US EIN 12-3456789".to_owned()],
        gl_codes: Some(pb::GeneralLedgerCodes {
            receivables: "1200".to_owned(),
            agency_commission: "4900".to_owned(),
            tax_payable: "2200".to_owned(),
        }),
        ..pb::BillingEntity::default()
    };
    let request =
        pb::CreateBillingEntityRequest { billing_entity: Some(entity), request_id: "entity".to_owned() };
    let entity = client.entities().create_billing_entity(request).await?.into_inner().name;
    for (kind, prefix) in [(pb::DocumentKind::Invoice, ""), (pb::DocumentKind::CreditNote, "CN")] {
        let series = pb::NumberSeries {
            document_kind: kind.into(),
            year_basis: pb::YearBasis::Calendar.into(),
            prefix: prefix.to_owned(),
            width: 6,
            ..pb::NumberSeries::default()
        };
        let request = pb::CreateNumberSeriesRequest {
            parent: entity.clone(),
            number_series: Some(series),
            request_id: format!("series{prefix}"),
        };
        client.series().create_number_series(request).await?;
    }
    Ok(entity)
}

async fn product(client: &Client) -> Result<String> {
    let product = pb::AdProduct {
        code: "DISPLAY".to_owned(),
        display_name: "Display".to_owned(),
        format: "DISPLAY".to_owned(),
        pricing_model: pb::PricingModel::Cpm.into(),
        invoice_text: "Display advertising".to_owned(),
        tax_code: "ADV".to_owned(),
        gl_revenue: "4000".to_owned(),
        effective_from: Some(Date { year: 2020, month: 1, day: 1 }),
        state: pb::AdProductState::Live.into(),
        ..pb::AdProduct::default()
    };
    let request = pb::CreateAdProductRequest { ad_product: Some(product), request_id: "product".to_owned() };
    Ok(client.products().create_ad_product(request).await?.into_inner().name)
}

async fn account(client: &Client, number: usize) -> Result<String> {
    let account = pb::Account {
        code: format!("A{number:05}"),
        kind: pb::AccountKind::Advertiser.into(),
        legal_name: format!("Advertiser {number}, Inc."),
        address: Some(address()),
        currency_code: "USD".to_owned(),
        commission_percent: "0".to_owned(),
        payment_terms_days: 30,
        tax_ids: vec![format!("US EIN 12-{number:07}")],
        territory: "US".to_owned(),
        billing_email: "billing@advertiser.example".to_owned(),
        ..pb::Account::default()
    };
    let request =
        pb::CreateAccountRequest { account: Some(account), request_id: format!("account-{number}") };
    Ok(client.accounts().create_account(request).await?.into_inner().name)
}

fn address() -> pb::PostalAddress {
    pb::PostalAddress {
        lines: vec!["1 Main Street".to_owned()],
        city: "New York".to_owned(),
        region: "NY".to_owned(),
        postal_code: "10001".to_owned(),
        country: "US".to_owned(),
    }
}
