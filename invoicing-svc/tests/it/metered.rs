//! Lines that bill what was counted, through whole runs.

use billing_proto::billing::invoicing::v1 as pb;
use uuid::Uuid;

use crate::{
    daily::{fact, header, import},
    invoice::{bill, sold},
    order::{days, order, sync},
    reference::create_product,
    service::Service,
};

/// IO-2006 with its line L1: a million impressions at 7.50, lesser of booked and delivered.
pub async fn io_2006(service: &Service, sold: &crate::order::Sold) -> (Uuid, Uuid) {
    let product = create_product(service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let line = pb::OrderLine {
        number: "L1".into(),
        ad_product: product,
        flight: days("2026-01-10", "2026-02-28"),
        rate: "7.50".into(),
        booked_units: "1000000".into(),
        ..pb::OrderLine::default()
    };
    let said = pb::Order {
        flight: days("2026-01-10", "2026-02-28"),
        commission_percent: String::new(),
        lines: vec![line],
        ..order(sold, "IO-2006")
    };
    let results = sync(service, vec![said], "io-2006").await.unwrap();
    assert_eq!(results[0].reason, "");
    let sql = "select account_id, line_id from order_line where number = 'L1'";
    sqlx::query_as(sql).fetch_one(&mut service.connection().await).await.unwrap()
}

/// Sets the running total of the impressions of a cell.
async fn count(service: &Service, (account, line): (Uuid, Uuid), cell: (&str, &str), impressions: i64) {
    let sql = "with source as (insert into delivery_source (revision, source, time_zone, duplicates, created_at, updated_at)
                 values (1, 'adserver', 'UTC', 'REFUSE', now(), now()) on conflict (source) do update set revision = 1 returning source_no)
               insert into delivery_total select $1, $2, source_no, $3::date, $4::date, $5, 0, 0, $5, 0, 0, 0, 0, 0, 1, 0, 0, $4::date
                 from source
               on conflict (account_id, line_id, source_no, first_day) do update set impressions = excluded.impressions";
    let query = sqlx::query(sql).bind(account).bind(line).bind(cell.0).bind(cell.1).bind(impressions);
    query.execute(&mut service.connection().await).await.unwrap();
}

#[tokio::test]
async fn late_delivery_bills_under_its_month_and_what_is_beyond_the_cap_is_free() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let line = io_2006(&service, &sold).await;
    count(&service, line, ("2026-01-10", "2026-01-31"), 612_345).await;
    let january = bill(&service, &sold, "2026-01", "january").await;
    assert_eq!(january[0].gross.as_ref().unwrap().amount, "4592.59");
    count(&service, line, ("2026-01-10", "2026-01-31"), 632_345).await;
    count(&service, line, ("2026-02-01", "2026-02-28"), 400_000).await;
    let february = bill(&service, &sold, "2026-02", "february").await;
    let february = february.iter().find(|invoice| invoice.billing_month == "2026-02").unwrap();
    assert_eq!(february.gross.as_ref().unwrap().amount, "2907.41");
    let sql = "select kind, origin_first::text, quantity::text, rate::text, price_base, gross::text from invoice_line
                where billing_month = '2026-02-01' and kind <> 'SCHEDULE_PART' order by number";
    let lines: Vec<(String, String, String, String, i32, String)> =
        sqlx::query_as(sql).fetch_all(&mut service.connection().await).await.unwrap();
    let lines: Vec<String> = lines
        .into_iter()
        .map(|(kind, origin, quantity, rate, base, gross)| {
            format!("{kind} {origin} {quantity} × {rate} / {base} = {gross}")
        })
        .collect();
    assert_eq!(
        lines,
        [
            "DELIVERY 2026-01-01 20000 × 7.5 / 1000 = 150.00",
            "DELIVERY 2026-02-01 367655 × 7.5 / 1000 = 2757.41",
            "OVER_DELIVERY 2026-02-01 32345 × 0 / 1 = 0",
        ]
    );
}

#[tokio::test]
async fn a_day_that_two_sources_count_is_billed_once() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let product = create_product(&service, "TAKEOVER", pb::PricingModel::Cpd).await.name;
    let line = pb::OrderLine {
        number: "L1".into(),
        ad_product: product,
        flight: days("2026-01-01", "2026-01-31"),
        rate: "1500".into(),
        booked_units: "31".into(),
        ..pb::OrderLine::default()
    };
    let said = pb::Order { commission_percent: String::new(), lines: vec![line], ..order(&sold, "IO-CPD") };
    assert_eq!(sync(&service, vec![said], "io-cpd").await.unwrap()[0].reason, "");
    let days_of = |days: [&str; 2]| {
        days.map(|day| pb::DeliveryFact { order: "IO-CPD".into(), ..fact("L1", day, 1_000) })
    };
    import(&service, header("B1", 2, 2_000), &days_of(["2026-01-05", "2026-01-06"])).await.unwrap();
    let other = pb::DailyBatchHeader { source: "verifier".into(), ..header("B1", 2, 2_000) };
    import(&service, other, &days_of(["2026-01-06", "2026-01-07"])).await.unwrap();
    let january = bill(&service, &sold, "2026-01", "january").await;
    let gross: Vec<_> = january.iter().map(|invoice| invoice.gross.clone().unwrap().amount).collect();
    assert!(
        gross.contains(&"4500.00".to_owned()),
        "5, 6 and 7 January at 1,500.00, not four days: {gross:?}"
    );
}

#[tokio::test]
async fn the_own_count_bills_once_the_other_is_overdue() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let product = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    // The clock stands at 2 April: a count of January that is due in 60 days is overdue, one in 61 is not.
    let order_of = |id: &str, count_due_days| {
        let third_party = pb::ThirdParty {
            source: "verifier".into(),
            controls: true,
            without_count: pb::WithoutCount::BillOwn.into(),
            count_due_days,
            ..pb::ThirdParty::default()
        };
        let line = pb::OrderLine {
            number: "L1".into(),
            ad_product: product.clone(),
            flight: days("2026-01-01", "2026-01-31"),
            rate: "10".into(),
            booked_units: "1000000".into(),
            third_party: Some(third_party),
            ..pb::OrderLine::default()
        };
        pb::Order { commission_percent: String::new(), lines: vec![line], ..order(&sold, id) }
    };
    sync(&service, vec![order_of("IO-60", 60), order_of("IO-61", 61)], "orders-2").await.unwrap();
    let counted = ["IO-60", "IO-61"]
        .map(|order| pb::DeliveryFact { order: order.into(), ..fact("L1", "2026-01-05", 200_000) });
    import(&service, header("B1", 2, 400_000), &counted).await.unwrap();
    let january = bill(&service, &sold, "2026-01", "january").await;
    let gross: Vec<_> = january.iter().map(|invoice| invoice.gross.clone().unwrap().amount).collect();
    assert_eq!(gross.iter().filter(|gross| *gross == "2000.00").count(), 1, "{gross:?}");
}
