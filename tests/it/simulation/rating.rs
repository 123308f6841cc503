//! However delivery is sliced into batches and spread over runs: what is billed and what is held are together what the
//! oracle says, for every line, to the cent.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use billing_proto::billing::invoicing::v1 as pb;

use super::{
    chance::{Chance, rounds},
    house::{House, amount, check_numbers},
    workload::{Cap, Line, Spot, Workload},
};
use crate::oracle::{Aired, Amount, Limit, worth};

/// An order system's id of an order, and a line of it.
type LineKey = (String, String);

/// What every line of a workload is worth. Of a spot that was said twice the later counts.
fn oracle(work: &Workload, said: &[Spot]) -> Result<BTreeMap<LineKey, Amount>> {
    let latest: BTreeMap<_, &Spot> = said.iter().map(|spot| (spot.key(), spot)).collect();
    let mut aired: BTreeMap<LineKey, Vec<Aired>> = BTreeMap::new();
    for spot in latest.values().filter(|spot| spot.status == "AIRED") {
        let of_line = aired.entry((spot.order_no.clone(), spot.line.clone())).or_default();
        of_line.push(Aired {
            day: spot.date.clone(),
            time: spot.time.clone(),
            row: spot.row,
            rate: Amount::parse(&spot.spot_rate)?,
            makegood: !spot.makegood_for.is_empty(),
        });
    }
    let limit = |line: &Line| match line.cap {
        Cap::Booked => Limit::Spots(line.spots_listed),
        Cap::Percent(percent) => Limit::Spots(line.spots_listed * percent / 100),
        Cap::Budget(budget) => Limit::Money(budget),
        Cap::Uncapped => Limit::None,
    };
    let lines = work.orders.iter().flat_map(|order| &order.lines);
    Ok(lines
        .map(|line| {
            let key = (line.order_no.clone(), line.line.clone());
            let spots = aired.remove(&key).unwrap_or_default();
            (key, worth(spots, limit(line)))
        })
        .collect())
}

/// The months that the demo's orders bill in, and one after them for what comes late.
fn months() -> impl Iterator<Item = (String, String)> {
    let days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    (1..).zip(days).map(|(month, days)| (format!("2020-{month:02}"), format!("2020-{month:02}-{days}")))
}

/// Reports everything that was said, in batches of chance, while the year is billed month by month.
async fn live_through(
    house: &House,
    system: &str,
    said: Vec<Spot>,
    chance: &mut Chance,
) -> Result<pb::BillingRun> {
    let mut rest = said.into_iter().peekable();
    let mut batch = 0;
    let mut last = None;
    for (month, date) in months() {
        let over = month == "2020-12";
        while rest.peek().is_some() && (over || !chance.once_in(3)) {
            let size = usize::try_from(chance.below(120) + 1)?;
            let mut spots: BTreeMap<_, Spot> = BTreeMap::new();
            // A batch says a spot once; what restates it comes in a later one.
            while let Some(spot) = rest.next_if(|spot| spots.len() < size && !spots.contains_key(&spot.key()))
            {
                spots.insert(spot.key(), spot);
            }
            let spots: Vec<Spot> = spots.into_values().collect();
            batch += 1;
            house
                .report(system, &format!("batch-{batch}"), &spots)
                .await
                .with_context(|| format!("batch {batch}"))?;
        }
        let run = house.rate(&month, &[]).await?;
        house.approve(&run).await?;
        house.issue(&run, &date).await?;
        last = Some(run);
    }
    last.context("no run")
}

/// Billed and held by line.
async fn billed_and_held(
    house: &House,
    run: &pb::BillingRun,
) -> Result<(BTreeMap<LineKey, Amount>, BTreeMap<LineKey, Amount>)> {
    let invoices = house.invoices().await?;
    check_numbers(&invoices)?;
    let mut billed: BTreeMap<LineKey, Amount> = BTreeMap::new();
    let mut orders: BTreeMap<String, String> = BTreeMap::new();
    for invoice in &invoices {
        check_totals(invoice).with_context(|| invoice.number.clone())?;
        orders.insert(invoice.order.clone(), invoice.order_external_id.clone());
        for line in &invoice.lines {
            let sum = billed.entry((invoice.order_external_id.clone(), line.order_line.clone())).or_default();
            *sum = *sum + amount(&line.gross)?;
        }
    }
    let mut held: BTreeMap<LineKey, Amount> = BTreeMap::new();
    for exception in house.exceptions(run).await? {
        if exception.reason != "NEGATIVE_DELTA" {
            ensure!(exception.severity() == pb::ExceptionSeverity::Warn, "{exception:?}");
            continue;
        }
        let order =
            orders.get(&exception.order).cloned().with_context(|| format!("never billed: {exception:?}"))?;
        let sum = held.entry((order, exception.line.clone())).or_default();
        *sum = *sum + amount(&exception.amount)?;
    }
    Ok((billed, held))
}

/// EN 16931: the lines sum to the gross; net is the gross less 15 %, rounded once; commission is the rest.
fn check_totals(invoice: &pb::Invoice) -> Result<()> {
    let gross = amount(&invoice.gross)?;
    let net = (gross - gross.percent(Amount::parse("15")?)).rounded();
    let lines = |part: fn(&pb::InvoiceLine) -> &Option<pb::Money>| {
        invoice.lines.iter().map(|line| amount(part(line))).sum::<Result<Amount>>()
    };
    ensure!(lines(|line| &line.gross)? == gross, "the lines do not sum to the gross");
    ensure!(amount(&invoice.net)? == net, "net {:?}, expected {net}", invoice.net);
    ensure!(amount(&invoice.commission)? == gross - net, "commission {:?}", invoice.commission);
    ensure!(lines(|line| &line.commission)? == gross - net, "the lines' commissions do not sum");
    for line in &invoice.lines {
        ensure!(Amount::parse(&line.rate)? >= Amount::default(), "a negative price: {line:?}");
    }
    Ok(())
}

fn compare(
    expected: &BTreeMap<LineKey, Amount>,
    billed: &BTreeMap<LineKey, Amount>,
    held: &BTreeMap<LineKey, Amount>,
) -> Result<()> {
    let of = |amounts: &BTreeMap<LineKey, Amount>, key| amounts.get(key).copied().unwrap_or_default();
    let mut wrong = Vec::new();
    for (key, expected) in expected {
        let (billed, held) = (of(billed, key), of(held, key));
        if billed + held != *expected {
            wrong.push(format!("{key:?}: billed {billed} and held {held}, expected {expected}"));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Nothing is restated and no cap is in the way: nothing is held, so every slicing bills the same gross.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_slicing_bills_the_same_gross() -> Result<()> {
    let mut chance = Chance::new("every_slicing_bills_the_same_gross");
    for _ in 0..rounds(1) {
        let work = Workload::printed()?.with_odd_rates(&mut chance);
        let house = House::open().await?;
        house.sync("traffic", &work.orders).await?;
        let said = chance.shuffled(work.spots.clone());
        let run = live_through(&house, "traffic", said, &mut chance).await?;
        let (billed, held) = billed_and_held(&house, &run).await?;
        ensure!(held.is_empty(), "held: {held:?}");
        compare(&oracle(&work, &work.spots)?, &billed, &held)?;
        house.check_the_books().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn billed_and_held_are_what_the_oracle_says() -> Result<()> {
    let mut chance = Chance::new("billed_and_held_are_what_the_oracle_says");
    for _ in 0..rounds(1) {
        let work = Workload::printed()?.with_odd_rates(&mut chance).with_low_caps(&mut chance)?;
        let house = House::open().await?;
        house.sync("traffic", &work.orders).await?;
        let mut said = chance.shuffled(work.spots.clone());
        // What is restated comes after what it restates.
        said.extend(work.restatements(&mut chance));
        let expected = oracle(&work, &said)?;
        let run = live_through(&house, "traffic", said, &mut chance).await?;
        let (billed, held) = billed_and_held(&house, &run).await?;
        println!(
            "billed {}, held in {} lines: {}",
            billed.values().copied().sum::<Amount>(),
            held.len(),
            held.values().copied().sum::<Amount>()
        );
        compare(&expected, &billed, &held)?;
        house.check_the_books().await?;
    }
    Ok(())
}
