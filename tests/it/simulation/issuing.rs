//! Several runs issue at once on one number series: no number is missing and none is there twice.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use billing_proto::billing::invoicing::v1 as pb;

use super::{
    house::{House, amount, check_numbers},
    workload::{Line, Order, Spot},
};
use crate::oracle::Amount;

const ACCOUNTS: usize = 6;
const ORDERS: usize = 5;

fn order(number: &str) -> Order {
    let line = Line {
        order_no: number.to_owned(),
        line: "1".to_owned(),
        first_date: "2020-03-01".to_owned(),
        last_date: "2020-03-31".to_owned(),
        spots_listed: 3,
        unit_rate: "33.335".to_owned(),
        cap: super::workload::Cap::Uncapped,
    };
    Order {
        order_no: number.to_owned(),
        billing_calendar: "Calendar".to_owned(),
        flight_first: "2020-03-01".to_owned(),
        flight_last: "2020-03-31".to_owned(),
        lines: vec![line],
    }
}

fn spots(order: &Order) -> impl Iterator<Item = Spot> {
    (1..4).map(|row| Spot {
        order_no: order.order_no.clone(),
        line: "1".to_owned(),
        row,
        date: format!("2020-03-{row:02}"),
        time: "18:30".to_owned(),
        spot_rate: "33.335".to_owned(),
        status: "AIRED".to_owned(),
        makegood_for: String::new(),
    })
}

/// A run for each account, each with its orders rated and approved.
async fn approved_runs(house: &House) -> Result<Vec<pb::BillingRun>> {
    let mut runs = Vec::new();
    for number in 0..ACCOUNTS {
        let account = house.make_account(&format!("CONCURRENT-{number}")).await?;
        let orders: Vec<Order> = (0..ORDERS).map(|each| order(&format!("{number}-{each}"))).collect();
        let system = format!("system-{number}");
        let messages = orders
            .iter()
            .map(|order| Ok(pb::Order { account: account.clone(), ..order.message(house, &system)? }));
        house.sync_messages(&system, messages.collect::<Result<_>>()?).await?;
        house.report(&system, "all", &orders.iter().flat_map(spots).collect::<Vec<_>>()).await?;
        let run = house.rate("2020-03", std::slice::from_ref(&account)).await?;
        house.approve(&run).await?;
        runs.push(run);
    }
    Ok(runs)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_have_no_gap_when_many_runs_issue_at_once() -> Result<()> {
    let house = Arc::new(House::open().await?);
    let issuing: Vec<_> = approved_runs(&house)
        .await?
        .into_iter()
        .map(|run| {
            let house = house.clone();
            tokio::spawn(async move { house.issue(&run, "2020-03-31").await })
        })
        .collect();
    for each in issuing {
        each.await??;
    }
    let invoices = house.invoices().await?;
    ensure!(invoices.len() == ACCOUNTS * ORDERS, "{} invoices", invoices.len());
    check_numbers(&invoices)?;
    // 3 × 33.335 = 100.005
    ensure!(
        invoices
            .iter()
            .all(|invoice| amount(&invoice.gross).is_ok_and(|gross| gross.to_string() == "100.01")),
        "{invoices:?}"
    );
    for invoice in &invoices {
        debits_are_credits(&house, invoice).await.with_context(|| invoice.number.clone())?;
    }
    house.check_the_books().await
}

async fn debits_are_credits(house: &House, invoice: &pb::Invoice) -> Result<()> {
    let request = pb::ListLedgerEntriesRequest {
        parent: invoice.account.clone(),
        invoice: invoice.name.clone(),
        page_size: 100,
        ..pb::ListLedgerEntriesRequest::default()
    };
    let entries = house.reader()?.ledger().list_ledger_entries(request).await?.into_inner().ledger_entries;
    let sum = |side: fn(&pb::LedgerEntry) -> &Option<pb::Money>| {
        entries
            .iter()
            .filter(|entry| side(entry).is_some())
            .map(|entry| amount(side(entry)))
            .sum::<Result<Amount>>()
    };
    let (debit, credit) = (sum(|entry| &entry.debit)?, sum(|entry| &entry.credit)?);
    ensure!(debit == credit && debit == amount(&invoice.gross)?, "debit {debit}, credit {credit}");
    Ok(())
}
