//! The close of the books, and what comes after it.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, accounting_period_service_client::AccountingPeriodServiceClient,
        ledger_service_client::LedgerServiceClient,
    },
};
use tonic::{Response, Status};

use crate::{
    invoice::{bill, get, sold},
    order::{day, days},
    service::{Door, Service, reason},
};

use pb::AccountingPeriodState::{Closed, Locked, Open, SoftClosed};

type Client = AccountingPeriodServiceClient<Door>;
type Answer = Result<pb::AccountingPeriod, Status>;

fn client(service: &Service, person: &str) -> Client {
    AccountingPeriodServiceClient::new(service.door(person, Role::Controller))
}

async fn soft_close(client: &mut Client, name: &str, id: &str) -> Answer {
    let request = pb::SoftCloseAccountingPeriodRequest { name: name.into(), request_id: id.into() };
    client.soft_close_accounting_period(request).await.map(Response::into_inner)
}

async fn close(client: &mut Client, name: &str, id: &str) -> Answer {
    let request = pb::CloseAccountingPeriodRequest { name: name.into(), request_id: id.into() };
    client.close_accounting_period(request).await.map(Response::into_inner)
}

async fn reopen(client: &mut Client, name: &str, reason: &str, id: &str) -> Answer {
    let request =
        pb::ReopenAccountingPeriodRequest { name: name.into(), reason: reason.into(), request_id: id.into() };
    client.reopen_accounting_period(request).await.map(Response::into_inner)
}

#[tokio::test]
async fn what_is_dated_in_a_closed_period_is_posted_to_the_next_open_one() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    bill(&service, &sold, "2026-01", "january").await;
    let mut controller = client(&service, "controller_1");
    let april = format!("{}/accountingPeriods/2026-04", sold.entity);
    let closed = soft_close(&mut controller, &april, "1").await.unwrap();
    assert_eq!((closed.state(), closed.days), (SoftClosed, days("2026-04-01", "2026-04-30")));

    // 2 April, as the one before; its books are those of May.
    let invoice = bill(&service, &sold, "2026-02", "february").await.remove(0);
    let invoice = get(&service, &invoice.name).await;
    assert_eq!(invoice.issue_date, Some(day("2026-04-02")));
    assert_eq!(invoice.lines[0].accounting_month, "2026-05");
    let mut ledger = LedgerServiceClient::new(service.door("controller_1", Role::Controller));
    let request = pb::ListLedgerEntriesRequest {
        parent: sold.account.clone(),
        invoice: invoice.name,
        ..pb::ListLedgerEntriesRequest::default()
    };
    let entries = ledger.list_ledger_entries(request).await.unwrap().into_inner().ledger_entries;
    assert!(!entries.is_empty());
    for entry in entries {
        assert_eq!((entry.posting_date, entry.accounting_month), (Some(day("2026-05-01")), "2026-05".into()));
    }

    let listed = controller
        .list_accounting_periods(pb::ListAccountingPeriodsRequest {
            parent: sold.entity.clone(),
            ..pb::ListAccountingPeriodsRequest::default()
        })
        .await
        .unwrap()
        .into_inner()
        .accounting_periods;
    assert_eq!(listed, [closed]);
}

#[tokio::test]
async fn a_period_is_closed_when_it_is_over_and_opened_again_by_another() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let name = |month: &str| format!("{}/accountingPeriods/{month}", sold.entity);
    let (mut first, mut second) = (client(&service, "controller_1"), client(&service, "controller_2"));
    soft_close(&mut first, &name("2026-03"), "1").await.unwrap();
    let closed = close(&mut first, &name("2026-03"), "2").await.unwrap();
    assert_eq!(closed.state(), Closed);
    assert_eq!(close(&mut first, &name("2026-03"), "2").await.unwrap(), closed);
    soft_close(&mut first, &name("2026-04"), "3").await.unwrap();
    for (refused, why) in [
        (close(&mut first, &name("2026-04"), "4").await, "PERIOD_NOT_ENDED"),
        (reopen(&mut first, &name("2026-04"), "a late invoice", "5").await, "SAME_PERSON"),
        (reopen(&mut second, &name("2026-03"), "a late invoice", "6").await, "PERIOD_ORDER"),
        (reopen(&mut second, &name("2026-04"), "", "7").await, "MALFORMED"),
        (
            soft_close(&mut first, &format!("{}/accountingPeriods/2026-13", sold.entity), "8").await,
            "MALFORMED",
        ),
    ] {
        assert_eq!(reason(&refused.unwrap_err()), why);
    }
    let opened = reopen(&mut second, &name("2026-04"), "a late invoice", "9").await.unwrap();
    assert_eq!(opened.state(), Open);
    let said: Vec<_> =
        opened.changes.iter().map(|change| (change.state(), &*change.person, &*change.reason)).collect();
    assert_eq!(said, [(SoftClosed, "controller_1", ""), (Open, "controller_2", "a late invoice")]);

    let lock = pb::LockAccountingPeriodRequest { name: name("2026-03"), request_id: "10".into() };
    assert_eq!(first.lock_accounting_period(lock).await.unwrap().into_inner().state(), Locked);
    let refused = reopen(&mut second, &name("2026-03"), "please", "11").await.unwrap_err();
    assert_eq!(reason(&refused), "PERIOD_STATE");
    let request = pb::GetAccountingPeriodRequest { name: name("2025-12") };
    assert_eq!(second.get_accounting_period(request).await.unwrap().into_inner().state(), Locked);
}
