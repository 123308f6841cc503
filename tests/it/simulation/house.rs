//! A suite with an entity that bills, and the acts of the people who work with it.

use anyhow::{Context, Result, ensure};
use billing_proto::billing::invoicing::v1::{self as pb, import_airings_request::Part};

use super::workload::{Order, Spot};
use crate::{
    oracle::Amount,
    suite::{Client, Suite, day, sign_off},
};

/// The people, by the names of the development tokens.
const FIRST: &str = "billing_manager_1";
const SECOND: &str = "billing_manager_2";
const CONTROLLER: &str = "controller_1";
const PLATFORM: &str = "order_management";

pub struct House {
    pub suite: Suite,
    pub entity: String,
    pub product: String,
    /// The first account.
    pub account: String,
}

impl House {
    pub async fn open() -> Result<Self> {
        let mut house = Self {
            suite: Suite::start().await?,
            entity: String::new(),
            product: String::new(),
            account: String::new(),
        };
        house.entity = house.make_entity().await?;
        house.product = house.make_product().await?;
        house.account = house.make_account("ACCOUNT-1").await?;
        Ok(house)
    }

    fn as_person(&self, person: &str) -> Result<Client> {
        self.suite.client(person)
    }

    /// A person who may read everything.
    pub fn reader(&self) -> Result<Client> {
        self.as_person(CONTROLLER)
    }

    async fn make_entity(&self) -> Result<String> {
        let billing_entity = pb::BillingEntity {
            code: "STATION".to_owned(),
            legal_name: "A station".to_owned(),
            address: Some(address()),
            functional_currency: "USD".to_owned(),
            time_zone: "America/New_York".to_owned(),
            gl_codes: Some(pb::GeneralLedgerCodes {
                receivables: "1200".to_owned(),
                agency_commission: "4900".to_owned(),
                tax_payable: "2200".to_owned(),
            }),
            bank_account: Some(pb::BankAccount {
                account_name: "A station".to_owned(),
                bank_name: "First Bank".to_owned(),
                account_number: "000123456789".to_owned(),
                routing_number: "021000021".to_owned(),
            }),
            ..pb::BillingEntity::default()
        };
        let request = pb::CreateBillingEntityRequest {
            billing_entity: Some(billing_entity),
            request_id: "entity".to_owned(),
        };
        let parent =
            self.as_person(CONTROLLER)?.entities().create_billing_entity(request).await?.into_inner().name;
        let number_series = pb::NumberSeries {
            document_kind: pb::DocumentKind::Invoice.into(),
            year_basis: pb::YearBasis::Calendar.into(),
            width: 6,
            ..pb::NumberSeries::default()
        };
        let (number_series, request_id) = (Some(number_series), "series".to_owned());
        let request = pb::CreateNumberSeriesRequest { parent: parent.clone(), number_series, request_id };
        self.as_person(CONTROLLER)?.series().create_number_series(request).await?;
        Ok(parent)
    }

    async fn make_product(&self) -> Result<String> {
        let ad_product = pb::AdProduct {
            code: "SPOT".to_owned(),
            display_name: "Television spot".to_owned(),
            format: "TV_SPOT".to_owned(),
            pricing_model: pb::PricingModel::PerSpot.into(),
            invoice_text: "Television spot".to_owned(),
            tax_code: "ADV".to_owned(),
            gl_revenue: "4000".to_owned(),
            effective_from: Some(day("2019-01-01")?),
            state: pb::AdProductState::Live.into(),
            ..pb::AdProduct::default()
        };
        let request =
            pb::CreateAdProductRequest { ad_product: Some(ad_product), request_id: "product".to_owned() };
        Ok(self.as_person(CONTROLLER)?.products().create_ad_product(request).await?.into_inner().name)
    }

    pub async fn make_account(&self, code: &str) -> Result<String> {
        let account = pb::Account {
            code: code.to_owned(),
            kind: pb::AccountKind::Advertiser.into(),
            legal_name: format!("Account {code}"),
            address: Some(address()),
            currency_code: "USD".to_owned(),
            commission_percent: "15".to_owned(),
            payment_terms_days: 30,
            ..pb::Account::default()
        };
        let request = pb::CreateAccountRequest {
            account: Some(account),
            request_id: format!("account {code}").replace(' ', "-"),
        };
        Ok(self.as_person(FIRST)?.accounts().create_account(request).await?.into_inner().name)
    }

    /// Syncs orders under an order system of this name.
    pub async fn sync(&self, system: &str, orders: &[Order]) -> Result<()> {
        let messages: Vec<pb::Order> =
            orders.iter().map(|order| order.message(self, system)).collect::<Result<_>>()?;
        self.sync_messages(system, messages).await
    }

    pub async fn sync_messages(&self, system: &str, orders: Vec<pb::Order>) -> Result<()> {
        let lines = || orders.iter().flat_map(|order| &order.lines);
        let amount = lines().map(|line| Amount::parse(&line.amount)).sum::<Result<Amount>>()?;
        let totals = pb::OrderControlTotals {
            orders: i64::try_from(orders.len())?,
            lines: i64::try_from(lines().count())?,
            amount: amount.to_string(),
        };
        let request = pb::SyncOrdersRequest {
            source_system: system.to_owned(),
            sequence: None,
            control_totals: Some(totals),
            orders,
            request_id: format!("orders-of-{system}"),
        };
        let results = self.as_person(PLATFORM)?.orders().sync_orders(request).await?.into_inner().results;
        let refused: Vec<_> =
            results.iter().filter(|result| result.outcome() != pb::SyncOutcome::Created).collect();
        ensure!(refused.is_empty(), "{refused:?}");
        Ok(())
    }

    /// Reports spots as one batch, of which every row has to be taken.
    pub async fn report(&self, system: &str, batch: &str, spots: &[Spot]) -> Result<()> {
        let amount = spots.iter().map(|spot| Amount::parse(&spot.spot_rate)).sum::<Result<Amount>>()?;
        let header = pb::AiringBatchHeader {
            source: system.to_owned(),
            batch_id: batch.to_owned(),
            order_source_system: system.to_owned(),
            control_totals: Some(pb::DeliveryControlTotals {
                rows: i64::try_from(spots.len())?,
                amount: amount.to_string(),
                measure: 0,
            }),
            ..pb::AiringBatchHeader::default()
        };
        let airings =
            spots.iter().map(|spot| Ok(Part::Airing(spot.message()?))).collect::<Result<Vec<_>>>()?;
        let parts = std::iter::once(Part::Header(header))
            .chain(airings)
            .map(|part| pb::ImportAiringsRequest { part: Some(part) });
        let messages: Vec<_> = parts.collect();
        let taken = self
            .as_person(PLATFORM)?
            .delivery()
            .import_airings(tokio_stream::iter(messages))
            .await?
            .into_inner();
        ensure!(taken.rows_quarantined == 0, "{taken:?}");
        Ok(())
    }

    /// Starts a run and waits for its drafts.
    pub async fn rate(&self, month: &str, accounts: &[String]) -> Result<pb::BillingRun> {
        let request = pb::StartBillingRunRequest {
            billing_entity: self.entity.clone(),
            month: month.to_owned(),
            accounts: accounts.to_vec(),
            request_id: format!("run-{month}-{}", accounts.concat()),
            ..pb::StartBillingRunRequest::default()
        };
        let run = self.as_person(FIRST)?.runs().start_billing_run(request).await?.into_inner();
        self.watch(run.name, pb::BillingRunState::InReview).await
    }

    pub async fn approve(&self, run: &pb::BillingRun) -> Result<()> {
        let signed = sign_off(&self.as_person(SECOND)?, run).await?;
        ensure!(signed.state() == pb::BillingRunState::Approved, "{signed:?}");
        Ok(())
    }

    pub async fn issue(&self, run: &pb::BillingRun, date: &str) -> Result<()> {
        let (name, request_id) = (run.name.clone(), format!("issue-{}", run.name));
        let request =
            pb::IssueBillingRunRequest { name: name.clone(), issue_date: Some(day(date)?), request_id };
        self.as_person(SECOND)?.runs().issue_billing_run(request).await?;
        self.watch(name, pb::BillingRunState::Issued).await?;
        Ok(())
    }

    /// Waits until nothing happens to the run by itself, and asks that it then is in a state.
    async fn watch(&self, name: String, state: pb::BillingRunState) -> Result<pb::BillingRun> {
        let request = pb::WatchBillingRunRequest { name };
        let mut seen = self.as_person(FIRST)?.runs().watch_billing_run(request).await?.into_inner();
        let mut last = None;
        while let Some(run) = seen.message().await? {
            last = Some(run);
        }
        let run = last.context("a run that nobody saw")?;
        ensure!(run.state() == state, "expected {}, got {run:?}", state.as_str_name());
        Ok(run)
    }

    /// All drafts and documents with their lines.
    pub async fn invoices(&self) -> Result<Vec<pb::Invoice>> {
        let mut request = pb::ListInvoicesRequest {
            parent: "accounts/-".to_owned(),
            page_size: 100,
            ..pb::ListInvoicesRequest::default()
        };
        let mut found = Vec::new();
        loop {
            let page = self.reader()?.invoices().list_invoices(request.clone()).await?.into_inner();
            for invoice in page.invoices {
                let whole = pb::GetInvoiceRequest { name: invoice.name };
                found.push(self.reader()?.invoices().get_invoice(whole).await?.into_inner());
            }
            if page.next_page_token.is_empty() {
                return Ok(found);
            }
            request.page_token = page.next_page_token;
        }
    }

    pub async fn exceptions(&self, run: &pb::BillingRun) -> Result<Vec<pb::BillingException>> {
        let mut request = pb::ListBillingExceptionsRequest {
            parent: run.name.clone(),
            page_size: 1000,
            ..pb::ListBillingExceptionsRequest::default()
        };
        let mut found = Vec::new();
        loop {
            let page = self.reader()?.runs().list_billing_exceptions(request.clone()).await?.into_inner();
            found.extend(page.exceptions);
            if page.next_page_token.is_empty() {
                return Ok(found);
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The books balance, and no law of theirs is broken.
    pub async fn check_the_books(&self) -> Result<()> {
        let request = pb::GetTrialBalanceRequest { billing_entity: self.entity.clone(), as_of: None };
        let balance = self.reader()?.ledger().get_trial_balance(request).await?.into_inner();
        ensure!(
            balance.sums.iter().all(|sum| sum.amount == "0.00") && !balance.sums.is_empty(),
            "{balance:?}"
        );
        let laws = self
            .reader()?
            .ledger()
            .check_invariants(pb::CheckInvariantsRequest {})
            .await?
            .into_inner()
            .results;
        let broken: Vec<_> = laws.iter().filter(|law| law.violations != 0).collect();
        ensure!(broken.is_empty() && !laws.is_empty(), "{broken:?}");
        Ok(())
    }
}

fn address() -> pb::PostalAddress {
    pb::PostalAddress {
        lines: vec!["1 Broadcast Plaza".to_owned()],
        city: "New York".to_owned(),
        region: "NY".to_owned(),
        postal_code: "10001".to_owned(),
        country: "US".to_owned(),
    }
}

/// The amount of a message that has to be there.
pub fn amount(money: &Option<pb::Money>) -> Result<Amount> {
    Amount::parse(&money.as_ref().context("an amount is missing")?.amount)
}

/// 1, 2, 3 … within each year.
pub fn check_numbers(invoices: &[pb::Invoice]) -> Result<()> {
    let mut numbers: Vec<&str> = invoices.iter().map(|invoice| invoice.number.as_str()).collect();
    numbers.sort_unstable();
    let mut expected = 0;
    let mut year = "";
    for number in &numbers {
        let (of, sequence) = number.split_once('-').context("a number without a year")?;
        expected = if of == year { expected + 1 } else { 1 };
        year = of;
        ensure!(sequence == format!("{expected:06}"), "a gap or a double before {number}: {numbers:?}");
    }
    Ok(())
}
