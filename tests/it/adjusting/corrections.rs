//! What rating holds: proposed as corrections, made by whoever made the difference, and settled by the notes that they become.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1 as adj,
    invoicing::v1::{
        self as pb, ad_product_service_client::AdProductServiceClient,
        billing_run_service_client::BillingRunServiceClient, delivery_service_client::DeliveryServiceClient,
        import_delivery_request::Part, order_service_client::OrderServiceClient,
    },
};
use jiff::SignedDuration;
use tokio::time::{Instant, sleep};
use tonic::Code;

use super::{
    house::{House, amount, anywhere, credit},
    reference::product,
};
use crate::suite::{day, reason};

const PATIENCE: Duration = Duration::from_secs(30);

/// A display line, January to March, whose impressions are sold at a price per thousand.
struct Sold<'a> {
    house: &'a House,
    product: String,
}

impl<'a> Sold<'a> {
    /// IO-2001 at 10.00, of which a million are delivered in January and billed: 10,000.00.
    async fn open(house: &'a House) -> Result<(Self, pb::Invoice)> {
        let display = pb::AdProduct {
            code: "DISPLAY".into(),
            pricing_model: pb::PricingModel::Cpm.into(),
            ..product()?
        };
        let request = pb::CreateAdProductRequest { ad_product: Some(display), request_id: "d".into() };
        let mut products = AdProductServiceClient::new(house.billing("product_ops_1", Role::ProductOps)?);
        let sold = Self { house, product: products.create_ad_product(request).await?.into_inner().name };
        sold.sync(1, "10", vec![]).await?;
        sold.count("B1", 1_000_000).await?;
        house.clock.advance(SignedDuration::from_hours(1));
        let run = house.rate("january").await?;
        let request = pb::ApproveBillingRunRequest {
            name: run.name.clone(),
            drafts_root: run.drafts_root,
            request_id: "apr".into(),
            approvers: vec!["second".into()],
        };
        BillingRunServiceClient::new(house.trusted()?).approve_billing_run(request).await?;
        let invoice = house.issue(&run.name).await?.pop().context("the run has issued nothing")?;
        house.clock.advance(SignedDuration::from_hours(1));
        Ok((sold, invoice))
    }

    async fn sync(&self, revision: i64, rate: &str, scopes: Vec<pb::TermScope>) -> Result<()> {
        let flight = Some(pb::Days { first: Some(day("2026-01-01")?), last: Some(day("2026-03-31")?) });
        let line = pb::OrderLine {
            number: "L1".into(),
            ad_product: self.product.clone(),
            flight,
            rate: rate.into(),
            booked_units: "3000000".into(),
            scopes,
            ..pb::OrderLine::default()
        };
        let order = pb::Order {
            account: self.house.account.clone(),
            billing_entity: self.house.entity.clone(),
            external_id: Some(pb::ExternalId { source_system: "io".into(), id: "IO-2001".into() }),
            revision,
            advertiser: "Acme Soap".into(),
            currency_code: "GBP".into(),
            commission_percent: "15".into(),
            flight,
            signed_date: Some(day("2025-12-15")?),
            liability: pb::Liability::SoleAgency.into(),
            billing_calendar: pb::BillingCalendar::CalendarMonth.into(),
            billing_cycle: pb::BillingCycle::EndOfMonth.into(),
            lines: vec![line],
            ..pb::Order::default()
        };
        let totals = pb::OrderControlTotals { orders: 1, lines: 1, amount: "0.00".into() };
        let request = pb::SyncOrdersRequest {
            source_system: "io".into(),
            sequence: None,
            control_totals: Some(totals),
            orders: vec![order],
            request_id: format!("revision-{revision}"),
        };
        let door = self.house.billing("order_management_1", Role::OrderManagement)?;
        let results = OrderServiceClient::new(door).sync_orders(request).await?.into_inner().results;
        let outcomes = [pb::SyncOutcome::Created, pb::SyncOutcome::Amended];
        ensure!(results.iter().all(|result| outcomes.contains(&result.outcome())), "{results:?}");
        Ok(())
    }

    /// The price is another one from the start.
    async fn amend(&self, revision: i64, rate: &str) -> Result<()> {
        let scope = pb::TermScope {
            term: "rate".into(),
            from_start: true,
            evidence: "mail of 28 January".into(),
            ..pb::TermScope::default()
        };
        self.sync(revision, rate, vec![scope]).await
    }

    /// So many were delivered on 15 January.
    async fn count(&self, batch: &str, impressions: i64) -> Result<()> {
        let header = pb::DailyBatchHeader {
            source: "adserver".into(),
            batch_id: batch.into(),
            order_source_system: "io".into(),
            time_zone: "Europe/London".into(),
            control_totals: Some(pb::DeliveryControlTotals {
                rows: 1,
                amount: impressions.to_string(),
                measure: pb::DeliveryMeasure::Impressions.into(),
            }),
            ..pb::DailyBatchHeader::default()
        };
        let fact = pb::DeliveryFact {
            order: "IO-2001".into(),
            line: "L1".into(),
            date: Some(day("2026-01-15")?),
            impressions: Some(impressions),
            ..pb::DeliveryFact::default()
        };
        let messages = [Part::Header(header), Part::Facts(pb::DeliveryFacts { facts: vec![fact] })]
            .map(|part| pb::ImportDeliveryRequest { part: Some(part) });
        let door = self.house.billing("traffic", Role::OrderManagement)?;
        DeliveryServiceClient::new(door).import_delivery(tokio_stream::iter(messages)).await?;
        Ok(())
    }

    /// A run of a month in review.
    async fn review(&self, month: &str) -> Result<pb::BillingRun> {
        let request = pb::StartBillingRunRequest {
            billing_entity: self.house.entity.clone(),
            month: month.into(),
            request_id: month.into(),
            ..pb::StartBillingRunRequest::default()
        };
        let run = self.house.runs("starter")?.start_billing_run(request).await?.into_inner();
        self.house.watched(&run.name).await
    }

    async fn cancel(&self, run: &pb::BillingRun) -> Result<()> {
        let request = pb::CancelBillingRunRequest { name: run.name.clone(), request_id: run.name.clone() };
        self.house.runs("starter")?.cancel_billing_run(request).await?;
        Ok(())
    }

    /// A reviewed run rates again what has changed.
    async fn refresh(&self, run: &pb::BillingRun, request_id: &str) -> Result<()> {
        let request = pb::RefreshBillingRunRequest { name: run.name.clone(), request_id: request_id.into() };
        self.house.runs("starter")?.refresh_billing_run(request).await?;
        self.house.watched(&run.name).await?;
        Ok(())
    }

    /// Adjustments has looked at a run: it asks for the sign-off, and has proposed what is held.
    async fn heard(&self, run: &pb::BillingRun) -> Result<()> {
        let since = Instant::now();
        loop {
            let request = adj::ListApprovalsRequest { subject: run.name.clone(), ..Default::default() };
            let mut auditor = self.house.approving("auditor", Role::Auditor)?;
            if !auditor.list_approvals(request).await?.into_inner().approvals.is_empty() {
                return Ok(());
            }
            ensure!(since.elapsed() < PATIENCE, "nobody asks for {}", run.name);
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The one correction, asked for as it stands: a run that is heard of once more may change it between reading and asking.
    async fn submitted(&self) -> Result<adj::Adjustment> {
        let since = Instant::now();
        loop {
            let drafts = self.corrections(|all| all.len() == 1).await?;
            let asked = self.house.submit(&drafts[0]).await;
            let is_changed = asked.as_ref().is_err_and(|status| status.code() == Code::Aborted);
            if !is_changed || since.elapsed() > PATIENCE {
                return Ok(asked?);
            }
        }
    }

    /// What a run holds.
    async fn held(&self, run: &pb::BillingRun) -> Result<Vec<pb::BillingException>> {
        let request = pb::ListBillingExceptionsRequest {
            parent: run.name.clone(),
            state: pb::ExceptionState::Open.into(),
            reason: "NEGATIVE_DELTA".into(),
            ..pb::ListBillingExceptionsRequest::default()
        };
        Ok(self.house.runs("starter")?.list_billing_exceptions(request).await?.into_inner().exceptions)
    }

    /// All corrections that there are, the latest first, as soon as something holds of them.
    async fn corrections(&self, holds: impl Fn(&[adj::Adjustment]) -> bool) -> Result<Vec<adj::Adjustment>> {
        let since = Instant::now();
        loop {
            let request = adj::ListAdjustmentsRequest { parent: "accounts/-".into(), ..Default::default() };
            let mut auditor = self.house.adjusting("auditor", Role::Auditor)?;
            let all = auditor.list_adjustments(request).await?.into_inner().adjustments;
            if holds(&all) {
                return Ok(all);
            }
            ensure!(since.elapsed() < PATIENCE, "we wait in vain: {all:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

fn gross(adjustment: &adj::Adjustment) -> &str {
    adjustment.lines.first().map_or("nothing", |line| amount(&line.gross))
}

#[tokio::test]
async fn a_price_that_falls_after_it_was_billed_is_proposed_approved_and_credited_once() -> Result<()> {
    // Story 1: January is 1,000,000 × 10.00 / 1000 = 10,000.00; at 8.00 it were 8,000.00, so 2,000.00 is to be given back.
    let house = House::open().await?;
    let (sold, invoice) = Sold::open(&house).await?;
    sold.amend(2, "8").await?;
    let run = sold.review("2026-02").await?;
    let drafts = sold.corrections(|all| !all.is_empty()).await?;
    let [draft] = &drafts[..] else { panic!("{drafts:?}") };
    assert_eq!(
        (draft.kind(), draft.state()),
        (adj::AdjustmentKind::RatingCorrection, adj::AdjustmentState::Draft)
    );
    assert_eq!((draft.invoice.as_str(), gross(draft)), (invoice.name.as_str(), "2000.00"));
    assert_eq!(
        (draft.root_cause(), draft.basis()),
        (adj::RootCause::LateAmendment, adj::AdjustmentBasis::Correction)
    );
    assert_eq!((draft.made_by.as_str(), &draft.editors[..]), ("order_management_1", &[][..]));
    ensure!(
        draft.reason.contains("2026-01-01 to 2026-01-31: the price that was agreed is lower"),
        "{draft:?}"
    );

    let request = adj::ListWorkItemsRequest {
        kinds: vec![adj::WorkItemKind::Adjustment.into()],
        unassigned: true,
        ..Default::default()
    };
    let waiting = house.queue("analyst", Role::BillingAnalyst)?.list_work_items(request).await?.into_inner();
    ensure!(waiting.work_items.iter().any(|item| item.name == draft.name), "{waiting:?}");

    let submitted = house.submit(draft).await?;
    let own = house.approve(&submitted, ("order_management_1", Role::BillingManager)).await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL", "who sent the amendment");
    let asker = house.approve(&submitted, ("analyst", Role::BillingManager)).await.unwrap_err();
    assert_eq!(reason(&asker), "SELF_APPROVAL", "who asks for it");
    house.approve(&submitted, ("manager", Role::BillingManager)).await?;
    let done = house.until_executed(&draft.name).await?;
    let notes = house.credit_notes().await?;
    let [note] = &notes[..] else { panic!("{notes:?}") };
    // Commission 15 %: net 1,700.00; VAT 20 %: 340.00.
    assert_eq!((done.document.as_str(), amount(&note.gross)), (note.name.as_str(), "2000.00"));
    assert_eq!([&note.net, &note.tax, &note.total].map(amount), ["1700.00", "340.00", "2040.00"]);
    assert_eq!(sold.held(&run).await?, [], "the run in review has nothing left to hold");

    sold.cancel(&run).await?;
    let next = sold.review("2026-03").await?;
    assert_eq!(sold.held(&next).await?, []);
    sold.heard(&next).await?;
    assert_eq!(sold.corrections(|_| true).await?.len(), 1, "nothing more is proposed");
    let drafts = house.invoices(pb::ListInvoicesRequest { billing_run: next.name, ..anywhere() }).await?;
    assert_eq!(drafts, [], "0.00");
    Ok(())
}

#[tokio::test]
async fn a_draft_follows_what_is_held_and_goes_with_it() -> Result<()> {
    let house = House::open().await?;
    let (sold, _) = Sold::open(&house).await?;
    // 12,000 fewer at 10.00: 120.00. Then 50,000 fewer: 500.00. Then they are back.
    sold.count("B2", 988_000).await?;
    let run = sold.review("2026-02").await?;
    let drafts = sold.corrections(|all| !all.is_empty()).await?;
    assert_eq!((gross(&drafts[0]), drafts[0].made_by.as_str()), ("120.00", "traffic"));
    assert_eq!(drafts[0].root_cause(), adj::RootCause::DeliveryDiscrepancy);
    sold.count("B3", 950_000).await?;
    sold.refresh(&run, "fewer").await?;
    let drafts = sold.corrections(|all| all.iter().any(|draft| gross(draft) == "500.00")).await?;
    assert_eq!((drafts.len(), drafts[0].state()), (1, adj::AdjustmentState::Draft));

    // What is asked for is void once another amount is held, and the other one is proposed.
    let submitted = sold.submitted().await?;
    assert_eq!((gross(&submitted), submitted.state()), ("500.00", adj::AdjustmentState::Submitted));
    sold.count("B4", 940_000).await?;
    sold.refresh(&run, "fewer-still").await?;
    let both = sold.corrections(|all| all.len() == 2).await?;
    let states: Vec<_> = both.iter().map(|each| (gross(each).to_owned(), each.state())).collect();
    let expected = [("600.00", adj::AdjustmentState::Draft), ("500.00", adj::AdjustmentState::Voided)];
    assert_eq!(states, expected.map(|(gross, state)| (gross.to_owned(), state)));
    let voided = house.approval(&both[1].approval).await?;
    assert_eq!(voided.state(), adj::ApprovalState::Voided);
    assert!(!both[1].delay.is_empty(), "it says why");
    assert_eq!(both[1].delay, voided.void_reason);

    sold.count("B5", 1_000_000).await?;
    sold.refresh(&run, "all-of-them").await?;
    let gone = |all: &[adj::Adjustment]| all.iter().all(|each| each.state() != adj::AdjustmentState::Draft);
    let both = sold.corrections(gone).await?;
    assert_eq!((both.len(), both[0].state()), (2, adj::AdjustmentState::Withdrawn));
    Ok(())
}

#[tokio::test]
async fn what_people_said_no_to_is_proposed_again_by_the_next_run_alone() -> Result<()> {
    let house = House::open().await?;
    let (sold, _) = Sold::open(&house).await?;
    sold.amend(2, "8").await?;
    let run = sold.review("2026-02").await?;
    let drafts = sold.corrections(|all| !all.is_empty()).await?;
    let submitted = house.submit(&drafts[0]).await?;
    let request = adj::RejectRequest {
        name: submitted.approval.clone(),
        subject_digest: submitted.digest.clone(),
        comment: "it was agreed otherwise".into(),
        request_id: "no".into(),
    };
    house.approving("manager", Role::BillingManager)?.reject(request).await?;
    // The same run again: nobody is asked twice.
    sold.refresh(&run, "again").await?;
    sold.cancel(&run).await?;
    sold.review("2026-03").await?;
    let all = sold.corrections(|all| all.len() > 1).await?;
    let states: Vec<_> = all.iter().map(adj::Adjustment::state).collect();
    assert_eq!(states, [adj::AdjustmentState::Draft, adj::AdjustmentState::Rejected]);
    Ok(())
}

#[tokio::test]
async fn a_proposed_draft_is_dropped_by_whoever_may_make_one() -> Result<()> {
    let house = House::open().await?;
    let (sold, invoice) = Sold::open(&house).await?;
    sold.amend(2, "8").await?;
    let run = sold.review("2026-02").await?;
    let drafts = sold.corrections(|all| !all.is_empty()).await?;
    assert_eq!(drafts[0].made_by, "order_management_1", "who makes no adjustments");
    let withdraw = |draft: &adj::Adjustment| adj::WithdrawAdjustmentRequest {
        name: draft.name.clone(),
        request_id: format!("drop-{}", draft.name),
    };
    let mut other = house.adjusting("other", Role::BillingAnalyst)?;
    let dropped = other.withdraw_adjustment(withdraw(&drafts[0])).await?.into_inner();
    assert_eq!(dropped.state(), adj::AdjustmentState::Withdrawn);
    // The same run again: nobody is asked twice.
    sold.refresh(&run, "again").await?;
    sold.cancel(&run).await?;
    sold.review("2026-03").await?;
    let all = sold.corrections(|all| all.len() > 1).await?;
    let states: Vec<_> = all.iter().map(adj::Adjustment::state).collect();
    assert_eq!(states, [adj::AdjustmentState::Draft, adj::AdjustmentState::Withdrawn]);

    let made = house.draft(credit(&invoice, "100.00"), "made").await?;
    let refused = other.withdraw_adjustment(withdraw(&made)).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_THE_MAKER", "what somebody has made is theirs");
    Ok(())
}
