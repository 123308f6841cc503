//! What a customer does not want to pay: shown apart until it is settled or rejected, by people and never by time.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as adj, dispute_service_client::DisputeServiceClient},
    invoicing::v1::{self as pb, receivable_service_client::ReceivableServiceClient},
};
use futures::future::join_all;
use jiff::SignedDuration;
use tokio::time::{Instant, sleep};
use tonic::{Code, Status};

use super::{
    house::{Door, House, amount, credit},
    line::State,
};
use crate::suite::reason;

fn pounds(amount: &str) -> Option<pb::Money> {
    Some(pb::Money { currency_code: "GBP".into(), amount: amount.into() })
}

fn client(house: &House) -> Result<DisputeServiceClient<Door>> {
    house.disputing("analyst", Role::BillingAnalyst)
}

fn claim(invoice: &pb::Invoice, amount: &str, request_id: &str) -> adj::OpenDisputeRequest {
    let dispute = adj::Dispute {
        invoice: invoice.name.clone(),
        amount: pounds(amount),
        lines: vec![1],
        reason: adj::DisputeReason::NotDelivered.into(),
        description: "The second week did not run".into(),
        contact: "A. Buyer, 020 7946 0000".into(),
        ..adj::Dispute::default()
    };
    adj::OpenDisputeRequest {
        parent: invoice.account.clone(),
        dispute: Some(dispute),
        request_id: request_id.into(),
    }
}

async fn open(house: &House, invoice: &pb::Invoice, amount: &str) -> Result<adj::Dispute, Status> {
    let request = claim(invoice, amount, &format!("open-{amount}"));
    let sales = house.disputing("sales", Role::Sales);
    let mut sales = sales.map_err(|error| Status::internal(error.to_string()))?;
    Ok(sales.open_dispute(request).await?.into_inner())
}

async fn triaged(house: &House, dispute: &adj::Dispute) -> Result<adj::Dispute> {
    let request = adj::TriageDisputeRequest {
        name: dispute.name.clone(),
        owner: "analyst".into(),
        root_cause: adj::RootCause::Trafficking.into(),
        root_cause_detail: "WRONG_DATES".into(),
        request_id: format!("triage-{}", dispute.name),
        ..adj::TriageDisputeRequest::default()
    };
    Ok(client(house)?.triage_dispute(request).await?.into_inner())
}

#[tokio::test]
async fn work_is_given_to_nobody_who_is_not_in_the_directory() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let dispute = open(&house, &invoice, "6120.00").await?;
    let triage = |request_id: &str| adj::TriageDisputeRequest {
        name: dispute.name.clone(),
        owner: "deputy".into(),
        root_cause: adj::RootCause::Trafficking.into(),
        request_id: request_id.into(),
        ..adj::TriageDisputeRequest::default()
    };
    let case = adj::Case {
        kind: adj::CaseKind::Enquiry.into(),
        subject: "Where is the copy".into(),
        owner: "deputy".into(),
        ..adj::Case::default()
    };
    let case = |request_id: &str| adj::OpenCaseRequest {
        parent: house.account.clone(),
        case: Some(case.clone()),
        request_id: request_id.into(),
    };
    let mut cases = house.cases("sales", Role::Sales)?;
    let unknown = [
        client(&house)?.triage_dispute(triage("unknown")).await.unwrap_err(),
        cases.open_case(case("unknown")).await.unwrap_err(),
    ];
    for refused in unknown {
        assert_eq!(reason(&refused), "MALFORMED");
        let why = "owner: is deputy, who is not in the directory";
        assert!(refused.message().contains(why), "{}", refused.message());
    }
    house.enter("deputy", "").await?;
    assert_eq!(client(&house)?.triage_dispute(triage("known")).await?.into_inner().owner, "deputy");
    assert_eq!(cases.open_case(case("known")).await?.into_inner().owner, "deputy");
    let assign = adj::AssignWorkItemRequest {
        name: dispute.name.clone(),
        owner: "nobody".into(),
        request_id: "assign".into(),
    };
    let mut queue = house.queue("analyst", Role::BillingAnalyst)?;
    let refused = queue.assign_work_item(assign).await.unwrap_err();
    assert!(refused.message().contains("is nobody, who is not in the directory"), "{}", refused.message());
    Ok(())
}

fn settle(
    dispute: &adj::Dispute,
    outcome: adj::DisputeOutcome,
    settled_by: &[&str],
) -> adj::ResolveDisputeRequest {
    adj::ResolveDisputeRequest {
        name: dispute.name.clone(),
        outcome: outcome.into(),
        settled_by: settled_by.iter().map(|name| (*name).to_owned()).collect(),
        explanation: "Half of it ran".into(),
        request_id: format!("resolve-{outcome:?}-{}", settled_by.len()),
        ..adj::ResolveDisputeRequest::default()
    }
}

/// The dispute as soon as receivables show it.
async fn shown(house: &House, dispute: &adj::Dispute) -> Result<adj::Dispute> {
    let since = Instant::now();
    loop {
        let request = adj::GetDisputeRequest { name: dispute.name.clone() };
        let now = client(house)?.get_dispute(request).await?.into_inner();
        if now.in_receivables {
            return Ok(now);
        }
        ensure!(since.elapsed() < Duration::from_secs(60), "we wait in vain: {now:?}");
        house.clock.advance(SignedDuration::from_millis(500));
        sleep(Duration::from_millis(20)).await;
    }
}

async fn receivable(house: &House, invoice: &pb::Invoice) -> Result<pb::OpenDocument> {
    let request = pb::GetOpenDocumentRequest { name: invoice.name.clone(), ..Default::default() };
    let door = house.billing("collections", Role::Collections)?;
    Ok(ReceivableServiceClient::new(door).get_open_document(request).await?.into_inner())
}

/// Open, disputed and undisputed.
async fn amounts(house: &House, invoice: &pb::Invoice) -> Result<[String; 3]> {
    let open = receivable(house, invoice).await?;
    Ok([&open.open, &open.disputed, &open.undisputed].map(|money| amount(money).to_owned()))
}

/// An adjustment that is approved by those who are asked, and executed.
async fn credited(house: &House, invoice: &pb::Invoice, gross: &str) -> Result<adj::Adjustment> {
    let submitted = house.submit(&house.draft(credit(invoice, gross), gross).await?).await?;
    for asked in [("manager", Role::BillingManager), ("controller", Role::Controller)] {
        let approval = house.approval(&submitted.approval).await?;
        if approval.state() == adj::ApprovalState::Pending {
            house.approve(&submitted, asked).await?;
        }
    }
    house.until_executed(&submitted.name).await
}

#[tokio::test]
async fn a_dispute_is_shown_apart_and_upheld_by_half() -> Result<()> {
    // Story 2.
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    credited(&house, &invoice, "10000.00").await?;
    let due = receivable(&house, &invoice).await?.due_date;
    let opened = open(&house, &invoice, "6120.00").await?;
    assert_eq!(opened.state(), adj::DisputeState::Opened);
    shown(&house, &opened).await?;
    assert_eq!(amounts(&house, &invoice).await?, ["30600.00", "6120.00", "24480.00"]);
    let receivable = receivable(&house, &invoice).await?;
    assert_eq!((receivable.due_date, receivable.dispute.as_str()), (due, opened.name.as_str()));
    let more = open(&house, &invoice, "24480.01").await.unwrap_err();
    assert_eq!(reason(&more), "DISPUTE_ABOVE_OPEN");

    let dispute = triaged(&house, &opened).await?;
    assert_eq!(dispute.root_cause_detail, "WRONG_DATES");
    let draft = house.draft(credit(&invoice, "3000.00"), "half").await?;
    let proposal = adj::DisputeProposal {
        outcome: adj::DisputeOutcome::Partly.into(),
        settled_by: vec![draft.name.clone()],
        explanation: "Half of it ran".into(),
    };
    let request = adj::ProposeResolutionRequest {
        name: dispute.name.clone(),
        etag: dispute.etag.clone(),
        proposal: Some(proposal),
        request_id: "propose".into(),
    };
    let proposed = client(&house)?.propose_resolution(request).await?.into_inner();
    assert_eq!(proposed.state(), adj::DisputeState::Proposed);
    let submitted = house.submit(&draft).await?;
    let request = adj::GetDisputeRequest { name: dispute.name.clone() };
    let pending = client(&house)?.get_dispute(request).await?.into_inner();
    assert_eq!(pending.state(), adj::DisputeState::PendingApproval);
    let partly = settle(&dispute, adj::DisputeOutcome::Partly, &[&draft.name]);
    let early = client(&house)?.resolve_dispute(partly.clone()).await.unwrap_err();
    assert_eq!(reason(&early), "SETTLEMENT_NOT_ISSUED", "{early:?}");
    for asked in [("manager", Role::BillingManager), ("controller", Role::Controller)] {
        if house.approval(&submitted.approval).await?.state() == adj::ApprovalState::Pending {
            house.approve(&submitted, asked).await?;
        }
    }
    let done = house.until_executed(&draft.name).await?;
    let notes = house.credit_notes().await?;
    let note = notes.iter().find(|note| note.name == done.document).context("the note")?;
    let figures = [&note.gross, &note.commission, &note.net, &note.tax, &note.total].map(amount);
    assert_eq!(figures, ["3000.00", "450.00", "2550.00", "510.00", "3060.00"]);
    let upheld = settle(&dispute, adj::DisputeOutcome::Upheld, &[&draft.name]);
    let wrong = client(&house)?.resolve_dispute(upheld).await.unwrap_err();
    assert_eq!(reason(&wrong), "OUTCOME_DOES_NOT_FIT");
    let resolved = client(&house)?.resolve_dispute(partly).await?.into_inner();
    let resolution = resolved.resolution.clone().context("a resolution")?;
    assert_eq!((resolved.state(), amount(&resolution.settled)), (adj::DisputeState::Resolved, "3060.00"));
    shown(&house, &resolved).await?;
    assert_eq!(amounts(&house, &invoice).await?, ["27540.00", "0.00", "27540.00"]);

    // A note settles one dispute.
    let other = triaged(&house, &open(&house, &invoice, "3060.00").await?).await?;
    let used = settle(&other, adj::DisputeOutcome::Upheld, &[&note.name]);
    assert_eq!(reason(&client(&house)?.resolve_dispute(used).await.unwrap_err()), "SETTLEMENT_USED");
    let foreign = settle(&other, adj::DisputeOutcome::Upheld, &[&invoice.name]);
    assert_eq!(reason(&client(&house)?.resolve_dispute(foreign).await.unwrap_err()), "SETTLEMENT_NOT_ISSUED");
    Ok(())
}

#[tokio::test]
async fn an_adjustment_and_its_own_note_settle_once() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    // Gross 1,000.00, net 850.00, VAT 170.00: 1,020.00, which is half of what is disputed.
    let done = credited(&house, &invoice, "1000.00").await?;
    let dispute = triaged(&house, &open(&house, &invoice, "2040.00").await?).await?;
    let names = [done.name.as_str(), done.document.as_str(), done.name.as_str()];
    let proposal = adj::DisputeProposal {
        outcome: adj::DisputeOutcome::Partly.into(),
        settled_by: names.map(str::to_owned).to_vec(),
        explanation: "Half of it ran".into(),
    };
    let request = adj::ProposeResolutionRequest {
        name: dispute.name.clone(),
        proposal: Some(proposal),
        request_id: "propose".into(),
        ..adj::ProposeResolutionRequest::default()
    };
    let proposed = client(&house)?.propose_resolution(request).await?.into_inner();
    let proposal = proposed.proposal.context("a proposal")?;
    assert_eq!(proposal.settled_by, [done.name.as_str(), done.document.as_str()]);
    let upheld = settle(&dispute, adj::DisputeOutcome::Upheld, &names[..2]);
    let wrong = client(&house)?.resolve_dispute(upheld).await.unwrap_err();
    assert_eq!(reason(&wrong), "OUTCOME_DOES_NOT_FIT", "{}", wrong.message());
    let partly = settle(&dispute, adj::DisputeOutcome::Partly, &names);
    let resolved = client(&house)?.resolve_dispute(partly).await?.into_inner();
    let resolution = resolved.resolution.context("a resolution")?;
    assert_eq!(amount(&resolution.settled), "1020.00");
    assert_eq!(resolution.settled_by, [done.name]);
    Ok(())
}

#[tokio::test]
async fn a_rejected_dispute_is_closed_and_may_come_back() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let dispute = triaged(&house, &open(&house, &invoice, "6120.00").await?).await?;
    let rejected = settle(&dispute, adj::DisputeOutcome::Rejected, &[]);
    let rejected = client(&house)?.resolve_dispute(rejected).await?.into_inner();
    shown(&house, &rejected).await?;
    assert_eq!(amounts(&house, &invoice).await?, ["40800.00", "0.00", "40800.00"]);
    let request = adj::CloseDisputeRequest {
        name: dispute.name.clone(),
        etag: rejected.etag.clone(),
        request_id: "close".into(),
    };
    let closed = client(&house)?.close_dispute(request.clone()).await?.into_inner();
    assert_eq!(closed.resolution.as_ref().context("a resolution")?.closed_by, "analyst");
    assert_eq!(client(&house)?.close_dispute(request.clone()).await?.into_inner(), closed, "the same again");
    let stale = adj::CloseDisputeRequest { request_id: "again".into(), ..request };
    assert_eq!(reason(&client(&house)?.close_dispute(stale).await.unwrap_err()), "ETAG_MISMATCH");
    let request = adj::ReopenDisputeRequest {
        name: dispute.name.clone(),
        amount: pounds("40800.00"),
        text: "We do not take that".into(),
        request_id: "reopen".into(),
        ..adj::ReopenDisputeRequest::default()
    };
    let again = client(&house)?.reopen_dispute(request).await?.into_inner();
    assert_eq!((again.state(), again.owner.as_str()), (adj::DisputeState::Reopened, "analyst"));
    shown(&house, &again).await?;
    assert_eq!(amounts(&house, &invoice).await?, ["40800.00", "40800.00", "0.00"]);
    let request = adj::ListDisputeMessagesRequest { parent: dispute.name.clone(), ..Default::default() };
    let messages = client(&house)?.list_dispute_messages(request).await?.into_inner().messages;
    assert_eq!(
        messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(),
        ["We do not take that"]
    );
    Ok(())
}

#[tokio::test]
async fn many_at_once_never_dispute_more_than_is_open() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let requests = (0..10).map(|place| claim(&invoice, "6120.00", &format!("open-{place}")));
    let asked = requests
        .map(async |request| client(&house)?.open_dispute(request).await.map_err(anyhow::Error::from));
    let (taken, refused): (Vec<_>, Vec<_>) = join_all(asked).await.into_iter().partition(Result::is_ok);
    // 40,800.00 is open: six times 6,120.00 fit.
    assert_eq!((taken.len(), refused.len()), (6, 4));
    for error in refused.into_iter().filter_map(Result::err) {
        let status = error.downcast::<Status>()?;
        assert_eq!(reason(&status), "DISPUTE_ABOVE_OPEN", "{status:?}");
    }
    let last = taken.into_iter().filter_map(Result::ok).next_back().context("one was taken")?.into_inner();
    shown(&house, &last).await?;
    assert_eq!(amounts(&house, &invoice).await?, ["40800.00", "36720.00", "4080.00"]);
    Ok(())
}

#[tokio::test]
async fn receivables_follow_when_invoicing_was_away_or_adjustments_died() -> Result<()> {
    let mut house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let first = open(&house, &invoice, "6120.00").await?;
    shown(&house, &first).await?;
    // Nothing is opened on a document that cannot be read.
    house.line.is(State::Cut);
    let refused = open(&house, &invoice, "1.00").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unavailable, "INVOICING_UNAVAILABLE"));
    // What is decided without it follows.
    let dispute = triaged(&house, &first).await?;
    let rejected = settle(&dispute, adj::DisputeOutcome::Rejected, &[]);
    let rejected = client(&house)?.resolve_dispute(rejected).await?.into_inner();
    assert!(!rejected.in_receivables);
    assert_eq!(amounts(&house, &invoice).await?, ["40800.00", "6120.00", "34680.00"]);
    house.adjustments_dies().await;
    house.line.is(State::Open);
    house.adjustments_starts().await?;
    shown(&house, &rejected).await?;
    assert_eq!(amounts(&house, &invoice).await?, ["40800.00", "0.00", "40800.00"]);
    Ok(())
}

#[tokio::test]
async fn the_customer_is_asked_and_the_clock_stands_still_and_late_is_told() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let opened = open(&house, &invoice, "6120.00").await?;
    let moment = |text: &str| -> Result<_> {
        let at: jiff::Timestamp = text.parse()?;
        Ok(Some(prost_types::Timestamp { seconds: at.as_second(), nanos: 0 }))
    };
    // Thursday, 2 April, noon.
    assert_eq!(opened.due_time, moment("2026-04-03T12:00:00Z")?);
    let dispute = triaged(&house, &opened).await?;
    assert_eq!(dispute.due_time, moment("2026-04-16T12:00:00Z")?);
    let ask = adj::AwaitCustomerRequest {
        name: dispute.name.clone(),
        question: "Which spots?".into(),
        request_id: "ask".into(),
        ..adj::AwaitCustomerRequest::default()
    };
    client(&house)?.await_customer(ask).await?;
    house.clock.advance(SignedDuration::from_hours(24 * 4));
    let answer = adj::AddDisputeMessageRequest {
        name: dispute.name.clone(),
        from_customer: true,
        text: "All of the second week".into(),
        request_id: "answer".into(),
    };
    let heard = client(&house)?.add_dispute_message(answer).await?.into_inner();
    assert_eq!(heard.state(), adj::DisputeState::Investigating);
    assert_eq!(heard.due_time, moment("2026-04-20T12:00:00Z")?, "two business days were the customer's");
    house.clock.advance(SignedDuration::from_hours(24 * 30));
    let since = Instant::now();
    loop {
        let request = adj::GetDisputeRequest { name: dispute.name.clone() };
        let now = client(&house)?.get_dispute(request).await?.into_inner();
        if now.escalate_time.is_some() {
            assert_eq!(now.state(), adj::DisputeState::Investigating, "it settles nothing");
            break;
        }
        ensure!(since.elapsed() < Duration::from_secs(60), "nobody is told: {now:?}");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_disputed_is_said_to_whoever_would_write_it_off() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let dispute = open(&house, &invoice, "6120.00").await?;
    shown(&house, &dispute).await?;
    let mut wanted = credit(&invoice, "34680.01");
    wanted.lines.iter_mut().for_each(|line| line.line = 0);
    let wanted = adj::Adjustment { kind: adj::AdjustmentKind::WriteOff.into(), ..wanted };
    let refused = house.draft(wanted, "too-much").await.unwrap_err();
    // Of 40,800.00 open 6,120.00 is disputed: 34,680.00 is left.
    let told =
        "34,680.00 can be written off, as 6,120.00 of the 40,800.00 open is disputed; 34,680.01 is more";
    assert!(refused.message().contains(told), "{}", refused.message());
    Ok(())
}
