//! Both services in this process, on one database and one stopped clock, and a British entity that bills.

mod doors;
mod people;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use adjustments_svc::{Configuration, Notifications};
use anyhow::{Context, Result, ensure};
use billing_proto::billing::{
    access::v1::{PrincipalKind, Role},
    adjustments::v1::{
        self as adj, adjustment_service_client::AdjustmentServiceClient,
        approval_service_client::ApprovalServiceClient, case_service_client::CaseServiceClient,
        dispute_service_client::DisputeServiceClient, refund_service_client::RefundServiceClient,
    },
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        ad_product_service_client::AdProductServiceClient,
        billing_entity_service_client::BillingEntityServiceClient,
        billing_run_service_client::BillingRunServiceClient, invoice_service_client::InvoiceServiceClient,
        note_service_client::NoteServiceClient, number_series_service_client::NumberSeriesServiceClient,
        order_service_client::OrderServiceClient, receivable_service_client::ReceivableServiceClient,
        tax_service_client::TaxServiceClient,
    },
};
use chassis::{
    caller::{CALLER_HEADER, Caller, CallerSigner, Grant},
    clock::Clock,
    configuration::Secret,
    database::Login,
    serve::Running,
};
use testkit::TestDatabase;
use tokio::time::{Instant, sleep};
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

use super::{
    line::Line,
    reference::{account, entity, product, vat},
};
use crate::suite::day;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct House {
    pub database: TestDatabase,
    pub clock: Clock,
    /// From adjustments to invoicing.
    pub line: Line,
    invoicing: Running,
    adjustments: Option<Running>,
    address: SocketAddr,
    signer: CallerSigner,
    pub entity: String,
    pub account: String,
    pub product: String,
}

/// The way to a service as one caller.
pub type Door = InterceptedService<Channel, Signed>;

/// Signs every call.
#[derive(Clone)]
pub struct Signed {
    signer: CallerSigner,
    caller: Caller,
    audience: &'static str,
}

impl Interceptor for Signed {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let fault = |error: String| Status::internal(error);
        let token =
            self.signer.sign(&self.caller, self.audience).map_err(|error| fault(error.to_string()))?;
        let token = MetadataValue::try_from(token).map_err(|error| fault(error.to_string()))?;
        request.metadata_mut().insert(CALLER_HEADER, token);
        Ok(request)
    }
}

fn secret() -> Secret {
    Secret::new(SECRET)
}

fn app_url(database: &TestDatabase, role: &'static str) -> Result<Secret> {
    Ok(Login { role, password: &Secret::new("app") }.url(&Secret::new(database.url()))?)
}

impl House {
    /// The clock stands at noon UTC of 2 April 2026.
    pub async fn open() -> Result<Self> {
        let database = TestDatabase::create("adjusting", async |url: String| {
            let url = Secret::new(url);
            let passwords = || (Secret::new("owner"), Secret::new("app"));
            let (owner, app) = passwords();
            invoicing_svc::migrate(&url, &invoicing_svc::Passwords { owner, app }).await?;
            let (owner, app) = passwords();
            Ok(adjustments_svc::migrate(&url, &adjustments_svc::Passwords { owner, app }).await?)
        });
        let database = database.await?;
        let clock = Clock::stopped("2026-04-02T12:00:00Z".parse()?);
        let invoicing = invoicing_svc::Configuration {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            database_url: app_url(&database, "invoicing_app")?,
            connections_max: 8,
            caller_secret: secret(),
            tax_engines: BTreeMap::new(),
            approvals: Some("adjustments".to_owned()),
        };
        let invoicing = invoicing_svc::start(invoicing, clock.clone()).await?;
        let line = Line::to(invoicing.address()).await?;
        let adjustments = adjustments(&database, &clock, line.address).await?;
        let mut house = Self {
            address: adjustments.address(),
            signer: CallerSigner::new(&secret(), clock.clone())?,
            adjustments: Some(adjustments),
            entity: String::new(),
            account: String::new(),
            product: String::new(),
            database,
            clock,
            line,
            invoicing,
        };
        house.furnish().await?;
        Ok(house)
    }

    /// Adjustments ends, with whatever it was doing.
    pub async fn adjustments_dies(&mut self) {
        if let Some(running) = self.adjustments.take() {
            running.stop().await;
        }
    }

    pub async fn adjustments_starts(&mut self) -> Result<()> {
        let running = adjustments(&self.database, &self.clock, self.line.address).await?;
        self.address = running.address();
        self.adjustments = Some(running);
        Ok(())
    }

    fn door(
        &self,
        to: (&'static str, SocketAddr),
        (person, kind, role): (&str, PrincipalKind, Role),
    ) -> Result<Door> {
        let grant = Grant { role, entities: vec![], territories: vec![], accounts: vec![] };
        self.limited_door(to, (person, kind), vec![grant])
    }

    fn limited_door(
        &self,
        (audience, address): (&'static str, SocketAddr),
        (person, kind): (&str, PrincipalKind),
        grants: Vec<Grant>,
    ) -> Result<Door> {
        let caller = Caller { person: person.into(), kind, key: "key".into(), grants };
        let channel = Endpoint::from_shared(format!("http://{address}"))?.connect_lazy();
        Ok(InterceptedService::new(channel, Signed { signer: self.signer.clone(), caller, audience }))
    }

    /// The way to invoicing as a person.
    pub fn billing(&self, person: &str, role: Role) -> Result<Door> {
        self.door(("invoicing", self.invoicing.address()), (person, PrincipalKind::Person, role))
    }

    /// The way to invoicing as the service that it trusts with approvals.
    pub fn trusted(&self) -> Result<Door> {
        let adjustments = ("adjustments", PrincipalKind::Service, Role::BillingManager);
        self.door(("invoicing", self.invoicing.address()), adjustments)
    }

    pub fn adjusting(&self, person: &str, role: Role) -> Result<AdjustmentServiceClient<Door>> {
        let door = self.door(("adjustments", self.address), (person, PrincipalKind::Person, role))?;
        Ok(AdjustmentServiceClient::new(door).max_encoding_message_size(16 << 20))
    }

    /// The same as a person with these grants.
    pub fn adjusting_with(&self, person: &str, grants: Vec<Grant>) -> Result<AdjustmentServiceClient<Door>> {
        let to = ("adjustments", self.address);
        Ok(AdjustmentServiceClient::new(self.limited_door(to, (person, PrincipalKind::Person), grants)?))
    }

    pub fn disputing(&self, person: &str, role: Role) -> Result<DisputeServiceClient<Door>> {
        Ok(DisputeServiceClient::new(self.our_door(person, role)?))
    }

    pub fn refunding(&self, person: &str, role: Role) -> Result<RefundServiceClient<Door>> {
        Ok(RefundServiceClient::new(self.our_door(person, role)?))
    }

    pub fn cases(&self, person: &str, role: Role) -> Result<CaseServiceClient<Door>> {
        let door = self.door(("adjustments", self.address), (person, PrincipalKind::Person, role))?;
        Ok(CaseServiceClient::new(door))
    }

    pub fn approving(&self, person: &str, role: Role) -> Result<ApprovalServiceClient<Door>> {
        let door = self.door(("adjustments", self.address), (person, PrincipalKind::Person, role))?;
        Ok(ApprovalServiceClient::new(door))
    }

    async fn furnish(&mut self) -> Result<()> {
        let controller = self.billing("controller_1", Role::Controller)?;
        let request =
            pb::CreateBillingEntityRequest { billing_entity: Some(entity()), request_id: "e".into() };
        let mut entities = BillingEntityServiceClient::new(controller.clone());
        self.entity = entities.create_billing_entity(request).await?.into_inner().name;
        for (kind, prefix) in [
            (pb::DocumentKind::Invoice, "IN"),
            (pb::DocumentKind::CreditNote, "CN"),
            (pb::DocumentKind::DebitNote, "DN"),
        ] {
            let series = pb::NumberSeries {
                document_kind: kind.into(),
                year_basis: pb::YearBasis::Calendar.into(),
                prefix: prefix.into(),
                width: 4,
                ..pb::NumberSeries::default()
            };
            let (number_series, request_id) = (Some(series), prefix.into());
            let request =
                pb::CreateNumberSeriesRequest { parent: self.entity.clone(), number_series, request_id };
            NumberSeriesServiceClient::new(controller.clone()).create_number_series(request).await?;
        }
        let request = pb::CreateTaxRateRequest { tax_rate: Some(vat()?), request_id: "vat".into() };
        TaxServiceClient::new(controller).create_tax_rate(request).await?;
        let request = pb::CreateAdProductRequest { ad_product: Some(product()?), request_id: "p".into() };
        let mut products = AdProductServiceClient::new(self.billing("product_ops_1", Role::ProductOps)?);
        self.product = products.create_ad_product(request).await?.into_inner().name;
        self.account = self.open_account("AG-1").await?;
        self.enter("analyst", "").await
    }

    pub async fn open_account(&self, code: &str) -> Result<String> {
        let request = pb::CreateAccountRequest { account: Some(account(code)), request_id: code.into() };
        let mut accounts =
            AccountServiceClient::new(self.billing("billing_manager_1", Role::BillingManager)?);
        Ok(accounts.create_account(request).await?.into_inner().name)
    }

    /// A fee for an account that is billed in January, in a currency, with the agency's percent of it.
    pub async fn sell(&self, account: &str, fee: (&str, &str, &str), percent: &str) -> Result<()> {
        let (id, fee, currency) = fee;
        let flight = Some(pb::Days { first: Some(day("2026-01-01")?), last: Some(day("2026-01-31")?) });
        let line = pb::OrderLine {
            number: "L1".into(),
            ad_product: self.product.clone(),
            flight,
            amount: fee.into(),
            ..pb::OrderLine::default()
        };
        let order = pb::Order {
            account: account.into(),
            billing_entity: self.entity.clone(),
            external_id: Some(pb::ExternalId { source_system: "io".into(), id: id.into() }),
            revision: 1,
            advertiser: "Acme Soap".into(),
            currency_code: currency.into(),
            commission_percent: percent.into(),
            flight,
            signed_date: Some(day("2025-12-15")?),
            liability: pb::Liability::SoleAgency.into(),
            billing_calendar: pb::BillingCalendar::CalendarMonth.into(),
            billing_cycle: pb::BillingCycle::EndOfMonth.into(),
            lines: vec![line],
            ..pb::Order::default()
        };
        let totals = pb::OrderControlTotals { orders: 1, lines: 1, amount: fee.into() };
        let request = pb::SyncOrdersRequest {
            source_system: "io".into(),
            sequence: None,
            control_totals: Some(totals),
            orders: vec![order],
            request_id: id.into(),
        };
        let door = self.billing("order_management_1", Role::OrderManagement)?;
        let results = OrderServiceClient::new(door).sync_orders(request).await?.into_inner().results;
        ensure!(results.iter().all(|each| each.outcome() == pb::SyncOutcome::Created), "{results:?}");
        Ok(())
    }

    pub fn runs(&self, person: &str) -> Result<BillingRunServiceClient<Door>> {
        Ok(BillingRunServiceClient::new(self.billing(person, Role::BillingManager)?))
    }

    /// A run of January, as soon as it rests.
    pub async fn rate(&self, request_id: &str) -> Result<pb::BillingRun> {
        let request = pb::StartBillingRunRequest {
            billing_entity: self.entity.clone(),
            month: "2026-01".into(),
            request_id: request_id.into(),
            ..pb::StartBillingRunRequest::default()
        };
        let run = self.runs("starter")?.start_billing_run(request).await?.into_inner();
        self.watched(&run.name).await
    }

    pub async fn watched(&self, run: &str) -> Result<pb::BillingRun> {
        let request = pb::WatchBillingRunRequest { name: run.into() };
        let mut seen = self.runs("starter")?.watch_billing_run(request).await?.into_inner();
        let mut last = None;
        while let Some(run) = seen.message().await? {
            last = Some(run);
        }
        last.context("a run that nobody saw")
    }

    pub async fn issue(&self, run: &str) -> Result<Vec<pb::Invoice>> {
        let request =
            pb::IssueBillingRunRequest { name: run.into(), issue_date: None, request_id: run.into() };
        self.runs("starter")?.issue_billing_run(request).await?;
        let run = self.watched(run).await?;
        ensure!(run.state() == pb::BillingRunState::Issued, "{run:?}");
        self.invoices(pb::ListInvoicesRequest { billing_run: run.name, ..anywhere() }).await
    }

    /// An invoice of a fee: with 40,000.00, net 34,000.00 and total 40,800.00.
    pub async fn invoiced(&self, fee: &str) -> Result<pb::Invoice> {
        self.sell(&self.account, ("IO-1", fee, "GBP"), "15").await?;
        self.bill().await
    }

    /// An invoice of what was sold in January.
    pub async fn bill(&self) -> Result<pb::Invoice> {
        let run = self.rate("run").await?;
        let request = pb::ApproveBillingRunRequest {
            name: run.name.clone(),
            drafts_root: run.drafts_root,
            request_id: "apr".into(),
            approvers: vec!["second".into()],
        };
        BillingRunServiceClient::new(self.trusted()?).approve_billing_run(request).await?;
        self.issue(&run.name).await?.pop().context("the run has issued nothing")
    }

    pub async fn invoices(&self, request: pb::ListInvoicesRequest) -> Result<Vec<pb::Invoice>> {
        let door = self.billing("auditor", Role::Auditor)?;
        Ok(InvoiceServiceClient::new(door).list_invoices(request).await?.into_inner().invoices)
    }

    /// The credit notes that there are.
    pub async fn credit_notes(&self) -> Result<Vec<pb::Invoice>> {
        let mut all = self.invoices(anywhere()).await?;
        all.retain(|document| document.kind() == pb::DocumentKind::CreditNote);
        Ok(all)
    }

    /// What is open on a document.
    pub async fn open_on(&self, invoice: &pb::Invoice) -> Result<String> {
        Ok(self.open_document(&invoice.name).await?.open.context("an open amount")?.amount)
    }

    pub async fn open_document(&self, name: &str) -> Result<pb::OpenDocument> {
        let request = pb::GetOpenDocumentRequest { name: name.into(), ..Default::default() };
        let door = self.billing("collections", Role::Collections)?;
        Ok(ReceivableServiceClient::new(door).get_open_document(request).await?.into_inner())
    }

    pub fn notes(&self, person: &str) -> Result<NoteServiceClient<Door>> {
        Ok(NoteServiceClient::new(self.billing(person, Role::Controller)?))
    }

    /// A draft of an adjustment by the analyst.
    pub async fn draft(
        &self,
        adjustment: adj::Adjustment,
        request_id: &str,
    ) -> Result<adj::Adjustment, Status> {
        let request = adj::CreateAdjustmentRequest {
            parent: self.account.clone(),
            adjustment: Some(adjustment),
            request_id: request_id.into(),
        };
        let mut analyst = self.analyst()?;
        Ok(analyst.create_adjustment(request).await?.into_inner())
    }

    pub fn analyst(&self) -> Result<AdjustmentServiceClient<Door>, Status> {
        self.adjusting("analyst", Role::BillingAnalyst).map_err(|error| Status::internal(error.to_string()))
    }

    pub async fn submit(&self, adjustment: &adj::Adjustment) -> Result<adj::Adjustment, Status> {
        let request = adj::SubmitAdjustmentRequest {
            name: adjustment.name.clone(),
            etag: adjustment.etag.clone(),
            request_id: format!("submit-{}", adjustment.name),
            rate: String::new(),
        };
        Ok(self.analyst()?.submit_adjustment(request).await?.into_inner())
    }

    /// Approves what an adjustment asks for.
    pub async fn approve(
        &self,
        adjustment: &adj::Adjustment,
        (person, role): (&str, Role),
    ) -> Result<adj::Approval, Status> {
        let client = self.approving(person, role);
        let mut client = client.map_err(|error| Status::internal(error.to_string()))?;
        let request = adj::ApproveRequest {
            name: adjustment.approval.clone(),
            subject_digest: adjustment.digest.clone(),
            comment: String::new(),
            request_id: format!("{person}-{}", adjustment.approval),
        };
        Ok(client.approve(request).await?.into_inner())
    }

    pub async fn approval(&self, name: &str) -> Result<adj::Approval> {
        let request = adj::GetApprovalRequest { name: name.into() };
        Ok(self.approving("auditor", Role::Auditor)?.get_approval(request).await?.into_inner())
    }

    pub async fn adjustment(&self, name: &str) -> Result<adj::Adjustment> {
        let request = adj::GetAdjustmentRequest { name: name.into() };
        Ok(self.adjusting("auditor", Role::Auditor)?.get_adjustment(request).await?.into_inner())
    }

    /// The adjustment as soon as something holds of it.
    pub async fn until(
        &self,
        name: &str,
        holds: impl Fn(&adj::Adjustment) -> bool,
    ) -> Result<adj::Adjustment> {
        let since = Instant::now();
        loop {
            let now = self.adjustment(name).await?;
            if holds(&now) {
                return Ok(now);
            }
            ensure!(since.elapsed() < PATIENCE, "we wait in vain: {now:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn until_executed(&self, name: &str) -> Result<adj::Adjustment> {
        self.until(name, |now| now.state() == adj::AdjustmentState::Executed).await
    }
}

async fn adjustments(database: &TestDatabase, clock: &Clock, invoicing: SocketAddr) -> Result<Running> {
    let configuration = Configuration {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        database_url: app_url(database, "adjustments_app")?,
        connections_max: 8,
        caller_secret: secret(),
        invoicing_url: format!("http://{invoicing}"),
        notifications: Notifications::default(),
    };
    Ok(adjustments_svc::start(configuration, clock.clone()).await?)
}

pub fn anywhere() -> pb::ListInvoicesRequest {
    pb::ListInvoicesRequest { parent: "accounts/-".into(), ..pb::ListInvoicesRequest::default() }
}

/// A credit of so much of the first line of a document.
pub fn credit(invoice: &pb::Invoice, gross: &str) -> adj::Adjustment {
    let line = adj::AdjustmentLine {
        line: 1,
        gross: Some(pb::Money { currency_code: "GBP".into(), amount: gross.into() }),
        ..adj::AdjustmentLine::default()
    };
    adj::Adjustment {
        kind: adj::AdjustmentKind::Credit.into(),
        invoice: invoice.name.clone(),
        root_cause: adj::RootCause::ServiceFailure.into(),
        reason: "The wrong creative ran".into(),
        lines: vec![line],
        ..adj::Adjustment::default()
    }
}

pub fn amount(money: &Option<pb::Money>) -> &str {
    money.as_ref().map_or("none", |money| &money.amount)
}
