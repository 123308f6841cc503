//! Billing runs, signed off through requests: what is in review is asked for by itself, and what is approved is signed.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1 as adj,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        invoice_service_client::InvoiceServiceClient,
    },
};
use prost_types::FieldMask;
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep};
use tonic::{Code, Status};

use super::{
    house::{House, amount, anywhere},
    line::State,
};
use crate::suite::reason;

const PATIENCE: Duration = Duration::from_secs(30);

/// The requests about a run, the latest first.
async fn requests(house: &House, run: &str) -> Result<Vec<adj::Approval>> {
    let request = adj::ListApprovalsRequest { subject: run.into(), ..adj::ListApprovalsRequest::default() };
    let mut auditor = house.approving("auditor", Role::Auditor)?;
    Ok(auditor.list_approvals(request).await?.into_inner().approvals)
}

/// The latest request about a run, as soon as something holds of it.
async fn request(house: &House, run: &str, holds: impl Fn(&adj::Approval) -> bool) -> Result<adj::Approval> {
    let since = Instant::now();
    loop {
        let all = requests(house, run).await?;
        if let Some(latest) = all.first()
            && holds(latest)
        {
            return Ok(latest.clone());
        }
        ensure!(since.elapsed() < PATIENCE, "we wait in vain: {all:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn pending(house: &House, run: &pb::BillingRun) -> Result<adj::Approval> {
    let over = |asked: &adj::Approval| {
        asked.state() == adj::ApprovalState::Pending && asked.subject_digest == run.drafts_root
    };
    request(house, &run.name, over).await
}

async fn approve(house: &House, asked: &adj::Approval, person: &str) -> Result<adj::Approval, Status> {
    let request = adj::ApproveRequest {
        name: asked.name.clone(),
        subject_digest: asked.subject_digest.clone(),
        comment: String::new(),
        request_id: format!("{person}-{}", asked.name),
    };
    let client = house.approving(person, Role::BillingManager);
    let mut client = client.map_err(|error| Status::internal(error.to_string()))?;
    Ok(client.approve(request).await?.into_inner())
}

async fn look(house: &House, run: &pb::BillingRun) -> Result<pb::BillingRun> {
    let request = pb::GetBillingRunRequest { name: run.name.clone() };
    Ok(house.runs("starter")?.get_billing_run(request).await?.into_inner())
}

async fn until(house: &House, run: &pb::BillingRun, state: pb::BillingRunState) -> Result<pb::BillingRun> {
    let since = Instant::now();
    loop {
        let now = look(house, run).await?;
        if now.state() == state {
            return Ok(now);
        }
        ensure!(since.elapsed() < PATIENCE, "we wait in vain: {now:?}");
        house.clock.advance(jiff::SignedDuration::from_millis(100));
        sleep(Duration::from_millis(20)).await;
    }
}

/// Accounts with a fee each that is billed in January, and the run over them in review.
async fn reviewed(house: &House, fees: &[&str]) -> Result<(Vec<String>, pb::BillingRun)> {
    let mut accounts = Vec::new();
    for (place, fee) in fees.iter().enumerate() {
        let account = house.open_account(&format!("A-{place}")).await?;
        house.sell(&account, (&format!("IO-{place}"), fee, "GBP"), "0").await?;
        accounts.push(account);
    }
    let run = house.rate("run").await?;
    ensure!(run.state() == pb::BillingRunState::InReview, "{run:?}");
    Ok((accounts, run))
}

/// The fee of an account is another one after all, its name is changed as an approval does it, and the run is refreshed.
async fn restate(house: &House, (account, by): (&str, i32), run: &pb::BillingRun) -> Result<pb::BillingRun> {
    let id = account.strip_prefix("accounts/acc_").context("an account")?;
    let mut connection = PgConnection::connect(house.database.url()).await?;
    let sql = "update invoicing.schedule_part set amount = amount + $2 where account_id = $1::uuid";
    sqlx::query(sql).bind(id).bind(by).execute(&mut connection).await?;
    let renamed =
        pb::Account { name: account.into(), legal_name: "Renamed".into(), ..pb::Account::default() };
    let request = pb::UpdateAccountRequest {
        account: Some(renamed),
        update_mask: Some(FieldMask { paths: vec!["legal_name".into()] }),
        request_id: format!("rename-{account}"),
    };
    AccountServiceClient::new(house.trusted()?).update_account(request).await?;
    let request =
        pb::RefreshBillingRunRequest { name: run.name.clone(), request_id: format!("refresh-{account}") };
    house.runs("starter")?.refresh_billing_run(request).await?;
    house.watched(&run.name).await
}

fn totals(invoices: Vec<pb::Invoice>) -> Vec<String> {
    let mut totals: Vec<String> = invoices.iter().map(|invoice| amount(&invoice.total).to_owned()).collect();
    totals.sort_unstable();
    totals
}

#[tokio::test]
async fn a_run_in_review_is_asked_for_and_signed_when_it_is_approved() -> Result<()> {
    let house = House::open().await?;
    let (_, run) = reviewed(&house, &["12000.00", "8000.00"]).await?;
    let asked = pending(&house, &run).await?;
    assert_eq!(asked.subject_kind(), adj::SubjectKind::BillingRun);
    assert_eq!(amount(&asked.measure.as_ref().context("no measure")?.this_amount), "20000.00");
    assert_eq!(asked.billing_entity, house.entity);
    assert!(asked.summary.contains("2 drafts of GBP 20000.00"), "{}", asked.summary);
    let own = approve(&house, &asked, "starter").await.unwrap_err();
    assert_eq!(reason(&own), "SELF_APPROVAL");
    approve(&house, &asked, "manager").await?;
    let signed = until(&house, &run, pb::BillingRunState::Approved).await?;
    let id = asked.name.trim_start_matches("approvals/");
    assert_eq!((signed.approval.as_str(), signed.approved_by.as_str()), (id, "manager"));
    request(&house, &run.name, |asked| asked.state() == adj::ApprovalState::Executed).await?;
    assert_eq!(totals(house.issue(&run.name).await?), ["14400.00", "9600.00"]);
    assert_eq!(requests(&house, &run.name).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_run_with_another_currency_shows_what_it_has_in_that_of_the_books() -> Result<()> {
    let house = House::open().await?;
    for (place, fee) in [("20000.00", "GBP"), ("10.00", "USD")].iter().enumerate() {
        let account = house.open_account(&format!("A-{place}")).await?;
        house.sell(&account, (&format!("IO-{place}"), fee.0, fee.1), "0").await?;
    }
    let asked = pending(&house, &house.rate("run").await?).await?;
    let measure = asked.measure.context("no measure")?;
    assert_eq!((amount(&measure.this_amount), measure.largest.as_str()), ("20000.00", "NO_RATE"));
    assert!(asked.summary.contains("GBP 20000.00, USD 10.00"), "{}", asked.summary);
    Ok(())
}

#[tokio::test]
async fn drafts_that_change_before_they_are_approved_are_asked_about_anew() -> Result<()> {
    let house = House::open().await?;
    let (accounts, run) = reviewed(&house, &["12000.00", "8000.00", "5000.00"]).await?;
    let first = pending(&house, &run).await?;
    let standing = restate(&house, (&accounts[2], 40), &run).await?;
    let second = pending(&house, &standing).await?;
    assert_eq!(
        (second.replaces.as_str(), house.approval(&first.name).await?.state()),
        (first.name.as_str(), adj::ApprovalState::Voided)
    );
    assert_eq!(reason(&approve(&house, &first, "manager").await.unwrap_err()), "APPROVAL_STATE");
    approve(&house, &second, "manager").await?;
    let signed = until(&house, &run, pb::BillingRunState::Approved).await?;
    assert_eq!(signed.drafts_removed, 0);
    Ok(())
}

#[tokio::test]
async fn a_draft_that_changes_after_it_was_approved_drops_out_alone() -> Result<()> {
    // Story 8: 12,000.00 + 8,000.00 + 5,000.00 is approved, the third is restated by +40.00.
    let house = House::open().await?;
    let (accounts, run) = reviewed(&house, &["12000.00", "8000.00", "5000.00"]).await?;
    let asked = pending(&house, &run).await?;
    house.line.is(State::Cut);
    let approved = approve(&house, &asked, "manager").await?;
    assert_eq!(approved.state(), adj::ApprovalState::Approved);
    restate(&house, (&accounts[2], 40), &run).await?;
    house.line.is(State::Open);
    let signed = until(&house, &run, pb::BillingRunState::Approved).await?;
    let removed = signed.removed.first().map(|removed| removed.amount.as_str());
    assert_eq!((signed.drafts_removed, removed), (1, Some("6048.00")), "5,040.00 with VAT");
    let drafts = house.invoices(pb::ListInvoicesRequest { billing_run: run.name.clone(), ..anywhere() });
    let waiting: Vec<_> = drafts.await?.into_iter().filter(|draft| draft.waiting).collect();
    assert_eq!(waiting.iter().map(|draft| amount(&draft.gross)).collect::<Vec<_>>(), ["5040.00"]);
    let issued = house.issue(&run.name).await?;
    assert_eq!(totals(issued), ["14400.00", "9600.00"], "20,000.00 with VAT");
    Ok(())
}

/// Somebody writes on the draft of an account; the run as it stands then.
async fn write_on(
    house: &House,
    run: &pb::BillingRun,
    (account, person): (&str, &str),
) -> Result<pb::BillingRun> {
    let drafts = house.invoices(pb::ListInvoicesRequest { billing_run: run.name.clone(), ..anywhere() });
    let draft = drafts.await?.into_iter().find(|draft| draft.account == account).context("no draft")?;
    let request = pb::EditInvoiceRequest {
        name: draft.name,
        note: Some("Please pay to our new bank".into()),
        request_id: format!("{person}-writes"),
        ..pb::EditInvoiceRequest::default()
    };
    InvoiceServiceClient::new(house.billing(person, Role::BillingManager)?).edit_invoice(request).await?;
    look(house, run).await
}

#[tokio::test]
async fn whoever_writes_on_a_draft_has_no_say_in_its_run() -> Result<()> {
    let house = House::open().await?;
    let (accounts, run) = reviewed(&house, &["12000.00", "8000.00"]).await?;
    let first = pending(&house, &run).await?;
    let written = write_on(&house, &run, (&accounts[0], "manager")).await?;
    let second = pending(&house, &written).await?;
    assert_eq!(
        (second.replaces.as_str(), &written.editors[..]),
        (first.name.as_str(), &["manager".to_owned()][..])
    );
    assert_eq!(house.approval(&first.name).await?.state(), adj::ApprovalState::Voided);
    let refused = approve(&house, &second, "manager").await.unwrap_err();
    assert_eq!(reason(&refused), "SELF_APPROVAL");
    assert!(refused.message().contains("editor"), "{}", refused.message());

    // Who writes while it is asked about has no say in what is asked then, and who wrote before has none either.
    let again = write_on(&house, &run, (&accounts[1], "other")).await?;
    let third = pending(&house, &again).await?;
    for person in ["manager", "other"] {
        assert_eq!(reason(&approve(&house, &third, person).await.unwrap_err()), "SELF_APPROVAL", "{person}");
    }
    approve(&house, &third, "third").await?;
    until(&house, &run, pb::BillingRunState::Approved).await?;
    assert_eq!(totals(house.issue(&run.name).await?), ["14400.00", "9600.00"]);
    Ok(())
}

#[tokio::test]
async fn what_an_approver_writes_after_they_have_approved_is_not_issued() -> Result<()> {
    let house = House::open().await?;
    let (accounts, run) = reviewed(&house, &["12000.00", "8000.00"]).await?;
    let asked = pending(&house, &run).await?;
    house.line.is(State::Cut);
    approve(&house, &asked, "manager").await?;
    write_on(&house, &run, (&accounts[1], "manager")).await?;
    house.line.is(State::Open);
    let signed = until(&house, &run, pb::BillingRunState::Approved).await?;
    assert_eq!(signed.drafts_removed, 1);
    assert_eq!(totals(house.issue(&run.name).await?), ["14400.00"], "12,000.00 with VAT");
    Ok(())
}

#[tokio::test]
async fn a_run_that_is_approved_is_refreshed_and_the_rest_of_it_issues() -> Result<()> {
    // Story 8, after billing has heard: 12,000.00, 8,000.00 and 5,000.00 are approved, and the third is restated by 40.00.
    let house = House::open().await?;
    let (accounts, run) = reviewed(&house, &["12000.00", "8000.00", "5000.00"]).await?;
    approve(&house, &pending(&house, &run).await?, "manager").await?;
    until(&house, &run, pb::BillingRunState::Approved).await?;
    let standing = restate(&house, (&accounts[2], 40), &run).await?;
    let removed = standing.removed.first().map(|removed| removed.amount.as_str());
    assert_eq!(
        (standing.state(), standing.drafts_removed, removed),
        (pb::BillingRunState::Approved, 1, Some("6048.00")),
        "5,040.00 with VAT"
    );
    assert_eq!(totals(house.issue(&run.name).await?), ["14400.00", "9600.00"], "20,000.00 with VAT");
    assert_eq!(requests(&house, &run.name).await?.len(), 1, "nobody is asked again");
    Ok(())
}

#[tokio::test]
async fn an_approved_run_of_which_most_changes_is_asked_about_anew() -> Result<()> {
    let house = House::open().await?;
    let (accounts, run) = reviewed(&house, &["12000.00", "8000.00"]).await?;
    let first = pending(&house, &run).await?;
    approve(&house, &first, "manager").await?;
    until(&house, &run, pb::BillingRunState::Approved).await?;
    let standing = restate(&house, (&accounts[0], 40), &run).await?;
    assert_eq!(standing.state(), pb::BillingRunState::InReview);
    let second = pending(&house, &standing).await?;
    assert_ne!(second.name, first.name);
    approve(&house, &second, "manager").await?;
    until(&house, &run, pb::BillingRunState::Approved).await?;
    // 12,040.00 and 8,000.00 with VAT.
    assert_eq!(totals(house.issue(&run.name).await?), ["14448.00", "9600.00"]);
    Ok(())
}

#[tokio::test]
async fn when_most_has_changed_after_the_approval_it_is_asked_again() -> Result<()> {
    let house = House::open().await?;
    let (accounts, run) = reviewed(&house, &["12000.00", "8000.00"]).await?;
    let asked = pending(&house, &run).await?;
    house.line.is(State::Cut);
    approve(&house, &asked, "manager").await?;
    let standing = restate(&house, (&accounts[0], 40), &run).await?;
    house.line.is(State::Open);
    let since = Instant::now();
    while house.approval(&asked.name).await?.state() != adj::ApprovalState::Voided {
        ensure!(since.elapsed() < PATIENCE, "it is not void");
        house.clock.advance(jiff::SignedDuration::from_millis(100));
        sleep(Duration::from_millis(20)).await;
    }
    let again = pending(&house, &standing).await?;
    approve(&house, &again, "manager").await?;
    until(&house, &run, pb::BillingRunState::Approved).await?;
    Ok(())
}

#[tokio::test]
async fn a_run_that_is_cancelled_is_asked_about_no_more_and_nobody_signs_directly() -> Result<()> {
    let mut house = House::open().await?;
    let (_, run) = reviewed(&house, &["12000.00"]).await?;
    let asked = pending(&house, &run).await?;
    let direct = pb::ApproveBillingRunRequest {
        name: run.name.clone(),
        drafts_root: run.drafts_root.clone(),
        request_id: "direct".into(),
        approvers: vec![],
    };
    let refused = house.runs("manager")?.approve_billing_run(direct).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "APPROVAL_REQUIRED"));
    assert!(refused.message().contains(&format!("subject={}", run.name)), "{}", refused.message());
    let around = adj::SubmitApprovalRequest {
        approval_case: Some(adj::ApprovalCase {
            subject_kind: adj::SubjectKind::Credit.into(),
            ..adj::ApprovalCase::default()
        }),
        subject: run.name.clone(),
        subject_digest: run.drafts_root.clone(),
        summary: "next to nothing".into(),
        request_id: "around".into(),
        ..adj::SubmitApprovalRequest::default()
    };
    let refused = house.approving("starter", Role::BillingManager)?.submit_approval(around).await;
    assert_eq!(reason(&refused.unwrap_err()), "MALFORMED");
    // What happens while adjustments is away is heard when it is back.
    house.adjustments_dies().await;
    let request = pb::CancelBillingRunRequest { name: run.name.clone(), request_id: "cancel".into() };
    house.runs("starter")?.cancel_billing_run(request).await?;
    house.adjustments_starts().await?;
    let voided =
        self::request(&house, &run.name, |asked| asked.state() == adj::ApprovalState::Voided).await?;
    assert_eq!((voided.name, voided.void_reason.contains("CANCELLED")), (asked.name, true));
    Ok(())
}
