//! What customers ask and promise, and the one list of all that waits for somebody.

use anyhow::{Context, Result};
use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as adj},
    invoicing::v1::{self as pb, account_service_client::AccountServiceClient},
};
use jiff::SignedDuration;
use prost_types::FieldMask;
use sqlx::{Connection, PgConnection};

use super::{
    house::{House, amount, credit},
    refunds::{heard, heard_of},
};
use crate::suite::{day, reason};

fn promise(amount: &str, until: &str) -> Result<adj::Case> {
    Ok(adj::Case {
        kind: adj::CaseKind::Promise.into(),
        subject: "They pay on the tenth".into(),
        promised_amount: Some(pb::Money { currency_code: "GBP".into(), amount: amount.into() }),
        promised_day: Some(day(until)?),
        ..adj::Case::default()
    })
}

fn enquiry(subject: &str) -> adj::Case {
    adj::Case {
        kind: adj::CaseKind::Enquiry.into(),
        subject: subject.into(),
        contact: "A. Buyer".into(),
        ..adj::Case::default()
    }
}

async fn open(house: &House, case: adj::Case) -> Result<adj::Case> {
    let request = adj::OpenCaseRequest {
        parent: house.account.clone(),
        request_id: format!("open-{}", case.subject).replace(' ', "-"),
        case: Some(case),
    };
    Ok(house.cases("sales", Role::Sales)?.open_case(request).await?.into_inner())
}

async fn waiting(
    house: &House,
    (person, role): (&str, Role),
    request: adj::ListWorkItemsRequest,
) -> Result<Vec<adj::WorkItem>> {
    Ok(house.queue(person, role)?.list_work_items(request).await?.into_inner().work_items)
}

fn names(items: &[adj::WorkItem]) -> Vec<&str> {
    items.iter().map(|item| item.name.as_str()).collect()
}

#[tokio::test]
async fn a_case_is_worked_by_its_owner_and_closed_once() -> Result<()> {
    let house = House::open().await?;
    let asked = open(&house, enquiry("Where is the copy")).await?;
    assert_eq!((asked.state(), asked.owner.as_str()), (adj::CaseState::Open, ""));
    let mut analyst = house.cases("analyst", Role::BillingAnalyst)?;
    let assign = adj::AssignCaseRequest {
        name: asked.name.clone(),
        etag: asked.etag.clone(),
        owner: "analyst".into(),
        request_id: "assign".into(),
    };
    let owned = analyst.assign_case(assign.clone()).await?.into_inner();
    assert_eq!(owned.owner, "analyst");
    let stale = adj::AssignCaseRequest { request_id: "again".into(), ..assign };
    assert_eq!(reason(&analyst.assign_case(stale).await.unwrap_err()), "ETAG_MISMATCH");
    let ask = adj::AskCustomerRequest {
        name: asked.name.clone(),
        question: "Of which month?".into(),
        request_id: "ask".into(),
        ..adj::AskCustomerRequest::default()
    };
    assert_eq!(analyst.ask_customer(ask).await?.into_inner().state(), adj::CaseState::AwaitingCustomer);
    let answer = adj::AddCaseMessageRequest {
        name: asked.name.clone(),
        from_customer: true,
        text: "January".into(),
        request_id: "answer".into(),
    };
    assert_eq!(analyst.add_case_message(answer).await?.into_inner().state(), adj::CaseState::Open);
    let close = |outcome: adj::CaseOutcome| adj::CloseCaseRequest {
        name: asked.name.clone(),
        outcome: outcome.into(),
        answer: "Sent".into(),
        request_id: format!("close-{outcome:?}"),
        ..adj::CloseCaseRequest::default()
    };
    let kept = analyst.close_case(close(adj::CaseOutcome::Kept)).await.unwrap_err();
    assert_eq!(reason(&kept), "OUTCOME_DOES_NOT_FIT");
    let closed = analyst.close_case(close(adj::CaseOutcome::Answered)).await?.into_inner();
    assert_eq!((closed.state(), closed.closed_by.as_str()), (adj::CaseState::Closed, "analyst"));
    let late = analyst.close_case(close(adj::CaseOutcome::Withdrawn)).await.unwrap_err();
    assert_eq!(reason(&late), "CASE_STATE");
    let request = adj::ListCaseMessagesRequest { parent: asked.name.clone(), ..Default::default() };
    let messages = analyst.list_case_messages(request).await?.into_inner().messages;
    let said: Vec<(&str, bool)> =
        messages.iter().map(|each| (each.text.as_str(), each.from_customer)).collect();
    assert_eq!(said, [("Of which month?", false), ("January", true)]);
    let request = adj::ListCasesRequest {
        parent: "accounts/-".into(),
        state: adj::CaseState::Closed.into(),
        kind: adj::CaseKind::Enquiry.into(),
        owner: "analyst".into(),
        ..adj::ListCasesRequest::default()
    };
    let listed = house.cases("auditor", Role::Auditor)?.list_cases(request).await?.into_inner().cases;
    assert_eq!(listed, [closed]);
    Ok(())
}

#[tokio::test]
async fn one_list_holds_what_waits_for_each() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let promised = open(&house, promise("10200.00", "2026-04-10")?).await?;
    house.clock.advance(SignedDuration::from_hours(24));
    let request = adj::OpenDisputeRequest {
        parent: invoice.account.clone(),
        dispute: Some(adj::Dispute {
            invoice: invoice.name.clone(),
            amount: Some(pb::Money { currency_code: "GBP".into(), amount: "6120.00".into() }),
            reason: adj::DisputeReason::Rate.into(),
            description: "The rate is not what we agreed on".into(),
            ..adj::Dispute::default()
        }),
        request_id: "open".into(),
    };
    let dispute = house.disputing("sales", Role::Sales)?.open_dispute(request).await?.into_inner();
    house.clock.advance(SignedDuration::from_hours(1));
    let draft = house.draft(credit(&invoice, "3000.00"), "draft").await?;
    house.clock.advance(SignedDuration::from_hours(1));
    let asked = house.submit(&house.draft(credit(&invoice, "5000.00"), "asked").await?).await?;

    let analyst = ("analyst", Role::BillingAnalyst);
    let all = waiting(&house, analyst, adj::ListWorkItemsRequest::default()).await?;
    // The analyst has made the credit and so does not decide it.
    assert_eq!(names(&all), [&promised.name, &dispute.name, &draft.name]);
    let [first, second, third] = &all[..] else { panic!("{all:?}") };
    let kinds = [first.kind(), second.kind(), third.kind()];
    use adj::WorkItemKind::{Adjustment, Approval, Case, Dispute};
    assert_eq!(kinds, [Case, Dispute, Adjustment]);
    assert_eq!([first, second, third].map(|item| amount(&item.amount)), ["10200.00", "6120.00", "3000.00"]);
    assert_eq!(first.account, house.account);
    let manager =
        waiting(&house, ("manager", Role::BillingManager), adj::ListWorkItemsRequest::default()).await?;
    assert_eq!(
        names(&manager),
        [&promised.name, &dispute.name, &asked.approval],
        "and no draft of somebody else"
    );
    let approvals = adj::ListWorkItemsRequest { kinds: vec![Approval.into()], ..Default::default() };
    assert_eq!(waiting(&house, ("sales", Role::Sales), approvals).await?, [], "nobody asks sales");

    // By person, age and page.
    let own = adj::ListWorkItemsRequest { owner: "analyst".into(), ..Default::default() };
    assert_eq!(names(&waiting(&house, analyst, own.clone()).await?), [&draft.name]);
    let assign = |name: &str| adj::AssignWorkItemRequest {
        name: name.into(),
        owner: "analyst".into(),
        request_id: format!("assign-{name}"),
    };
    let mut queue = house.queue("analyst", Role::BillingAnalyst)?;
    let given = queue.assign_work_item(assign(&promised.name)).await?.into_inner();
    assert_eq!((given.kind(), given.owner.as_str()), (Case, "analyst"));
    let untriaged = queue.assign_work_item(assign(&dispute.name)).await.unwrap_err();
    assert_eq!(reason(&untriaged), "DISPUTE_STATE");
    let approval = queue.assign_work_item(assign(&asked.approval)).await.unwrap_err();
    assert_eq!(reason(&approval), "NOT_ASSIGNABLE");
    assert_eq!(names(&waiting(&house, analyst, own).await?), [&promised.name, &draft.name]);
    let nobodys = adj::ListWorkItemsRequest { unassigned: true, ..Default::default() };
    assert_eq!(names(&waiting(&house, analyst, nobodys).await?), [&dispute.name]);
    let old = adj::ListWorkItemsRequest { min_age_days: 1, ..Default::default() };
    assert_eq!(names(&waiting(&house, analyst, old).await?), [&promised.name]);
    let elsewhere = adj::ListWorkItemsRequest { territory: "nowhere".into(), ..Default::default() };
    assert_eq!(waiting(&house, analyst, elsewhere).await?, []);
    let page = adj::ListWorkItemsRequest { page_size: 2, ..Default::default() };
    let first = queue.list_work_items(page.clone()).await?.into_inner();
    let rest = adj::ListWorkItemsRequest { page_token: first.next_page_token, ..page };
    let rest = queue.list_work_items(rest).await?.into_inner();
    assert_eq!(names(&first.work_items), [&promised.name, &dispute.name]);
    assert_eq!((names(&rest.work_items), rest.next_page_token.as_str()), (vec![draft.name.as_str()], ""));
    house.clock.advance(SignedDuration::from_hours(24 * 9));
    let late = adj::ListWorkItemsRequest { late: true, kinds: vec![Case.into()], ..Default::default() };
    let late = waiting(&house, analyst, late).await?.pop().context("the promise is late")?;
    assert_eq!(late.name, promised.name);
    Ok(())
}

/// The account moves to a territory, of which adjustments has heard.
async fn place(house: &House, territory: &str) -> Result<()> {
    let account =
        pb::Account { name: house.account.clone(), territory: territory.into(), ..pb::Account::default() };
    let request = pb::UpdateAccountRequest {
        account: Some(account),
        update_mask: Some(FieldMask { paths: vec!["territory".into()] }),
        request_id: format!("to-{territory}"),
    };
    AccountServiceClient::new(house.trusted()?).update_account(request).await?;
    heard(house).await
}

#[tokio::test]
async fn what_waits_is_found_by_the_territory_of_its_account() -> Result<()> {
    let house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    let draft = house.draft(credit(&invoice, "3000.00"), "draft").await?;
    let asked = house.submit(&house.draft(credit(&invoice, "5000.00"), "asked").await?).await?;
    let of = |territory: &str| adj::ListWorkItemsRequest {
        territory: territory.into(),
        ..adj::ListWorkItemsRequest::default()
    };
    let (analyst, manager) = (("analyst", Role::BillingAnalyst), ("manager", Role::BillingManager));
    assert_eq!(waiting(&house, manager, of("north")).await?, [], "the account is nowhere yet");
    for (from, to) in [("nowhere", "north"), ("north", "south")] {
        place(&house, to).await?;
        let decided = waiting(&house, manager, of(to)).await?;
        assert_eq!(names(&decided), [&asked.approval], "what a manager may approve in {to}");
        assert_eq!(decided[0].territory, to);
        assert_eq!(names(&waiting(&house, analyst, of(to)).await?), [&draft.name]);
        assert_eq!(waiting(&house, manager, of(from)).await?, [], "not in {from} any more");
    }
    Ok(())
}

/// As after an upgrade: what was said of runs was heard long ago, and where accounts belong nobody has noted.
#[tokio::test]
async fn the_territory_of_an_account_is_heard_that_was_there_before_anybody_noted_it() -> Result<()> {
    let mut house = House::open().await?;
    let invoice = house.invoiced("40000.00").await?;
    place(&house, "north").await?;
    let draft = house.draft(credit(&invoice, "3000.00"), "draft").await?;
    house.adjustments_dies().await;
    let mut database = PgConnection::connect(house.database.url()).await?;
    for forgotten in [
        "delete from adjustments.account_territory",
        "delete from adjustments.inbox where feed <> 'invoicing'",
    ] {
        sqlx::query(forgotten).execute(&mut database).await?;
    }
    house.adjustments_starts().await?;
    heard(&house).await?;
    let of_north = adj::ListWorkItemsRequest { territory: "north".into(), ..Default::default() };
    let found = waiting(&house, ("analyst", Role::BillingAnalyst), of_north).await?;
    assert_eq!(names(&found), [&draft.name]);
    Ok(())
}

/// What was said of a run comes long after what was said of its account: whoever begins again need not begin there.
#[tokio::test]
async fn where_accounts_belong_is_heard_as_far_as_what_is_said_of_runs() -> Result<()> {
    let house = House::open().await?;
    house.invoiced("40000.00").await?;
    heard_of(&house, "billing_run.").await
}
