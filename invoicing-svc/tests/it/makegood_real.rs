//! A real order of the demo: what it missed, and what made it good.

use billing_proto::billing::invoicing::v1 as pb;
use tonic::Code;

use crate::{
    delivery::{header, import_file},
    invoice::{bill, get},
    makegood::{INSTEAD, balance, credit, obligations, with_series},
    note::amount,
    order::{day, days, order, sync},
    service::{Service, reason},
};

/// The lines of a demo's file whose first or second column is the order.
fn of_order(file: &str, order: &str) -> Vec<Vec<String>> {
    let path = format!("{}/../demo/broadcast-2020/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    text.lines().map(cells).filter(|cells| cells[..2].iter().any(|cell| cell == order)).collect()
}

/// The airings of an order as the demo's file has them, with their header, and the sum of their rates.
fn airings_of(order: &str) -> (String, i64, String) {
    let path = format!("{}/../demo/broadcast-2020/airings.csv", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let is_asked = |line: &&str| line.starts_with("invoice_no") || line.split(',').nth(1) == Some(order);
    let lines: Vec<&str> = text.lines().filter(is_asked).collect();
    let cents = |line: &&str| line.split(',').nth(9).unwrap().replace('.', "").parse::<i64>().unwrap();
    let sum: i64 = lines[1..].iter().map(cents).sum();
    let rows = i64::try_from(lines.len() - 1).unwrap();
    (lines.join("\n") + "\n", rows, format!("{}.{:02}", sum / 100, sum % 100))
}

/// The real order 2006411 of the demo (domain.md §5, story 6): 520 + 520 + 450 = 1,490.00 were missed, and 450 + 290 + 10 + 290 + 450
/// make it good. The station billed 31 spots for 7,465.00.
#[tokio::test]
async fn what_order_2006411_missed_is_made_good_by_five_airings() {
    let service = Service::start().await;
    let sold = with_series(&service).await;
    let lines = of_order("order_lines.csv", "2006411").into_iter().map(|cells| pb::OrderLine {
        number: cells[1].clone(),
        ad_product: sold.spots.clone(),
        station: cells[2].clone(),
        flight: days(&cells[3], &cells[4]),
        booked_units: cells[6].clone(),
        rate: cells[7].clone(),
        ..pb::OrderLine::default()
    });
    let real = pb::Order {
        lines: lines.collect(),
        flight: days("2020-04-20", "2020-04-26"),
        signed_date: Some(day("2020-04-15")),
        billing_calendar: pb::BillingCalendar::BroadcastMonth.into(),
        purchase_orders: vec![],
        ..order(&sold, "2006411")
    };
    let synced = sync(&service, vec![real], "orders").await.unwrap();
    assert_eq!(synced[0].outcome(), pb::SyncOutcome::Created, "{}", synced[0].message);
    let (file, rows, rates) = airings_of("2006411");
    import_file(&service, header("B1", rows, &rates), &file).await.unwrap();
    let document = bill(&service, &sold, "2020-04", "april").await.remove(0);
    assert_eq!((amount(&document.gross), document.spots), ("7465.00", 31));

    let balance = balance(&service, &document.order).await;
    let sums = [&balance.owed, &balance.fulfilled, &balance.left, &balance.beyond].map(amount);
    assert_eq!(sums, ["1490.00", "1490.00", "0.00", "0.00"]);
    assert_eq!((balance.missed_spots, balance.missed_spots_left, balance.makegood_spots), (3, 0, 5));
    let missed = obligations(&service, &document.order).await;
    let mut printed: Vec<(&str, &str, &str)> = missed
        .iter()
        .map(|missed| (&*missed.printed_as, &*missed.order_line, amount(&missed.owed)))
        .collect();
    printed.sort_unstable();
    assert_eq!(printed, [("12.1", "12", "450.00"), ("13.1", "13", "520.00"), ("13.4", "13", "520.00")]);
    assert!(missed.iter().all(|missed| missed.state() == pb::MakegoodState::Fulfilled), "{missed:?}");
    let whole = get(&service, &document.name).await;
    for name in ["13.1", "2006411-1:33"] {
        let refused = credit(&service, &whole, (INSTEAD, &[name]), name).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::FailedPrecondition, "SPOT_NOT_BILLED")
        );
    }
}
