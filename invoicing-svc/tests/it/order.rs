//! Orders as the order system sends them.

use billing_proto::{
    billing::{
        access::v1::Role,
        invoicing::v1::{
            self as pb, billing_run_service_client::BillingRunServiceClient,
            order_service_client::OrderServiceClient,
        },
    },
    google::r#type::Date,
};
use chassis::caller::Grant;
use tonic::{Code, Status};

use crate::{
    invoice,
    reference::{create_account, create_entity, create_product},
    service::{Door, Service, reason},
};

/// What orders refer to.
pub struct Sold {
    pub entity: String,
    pub account: String,
    pub fee: String,
    pub spots: String,
}

/// An entity in New York, an agency at 15 %, a sponsorship and spots.
pub async fn reference_data(service: &Service) -> Sold {
    Sold {
        entity: create_entity(service, "NYC").await.name,
        account: create_account(service, "AG-1", "EAST").await.name,
        fee: create_product(service, "SPONSORSHIP", pb::PricingModel::FlatFee).await.name,
        spots: create_product(service, "SPOT", pb::PricingModel::PerSpot).await.name,
    }
}

/// The day `2026-01-31`.
pub fn day(text: &str) -> Date {
    let parts: Vec<i32> = text.split('-').map(|part| part.parse().unwrap()).collect();
    Date { year: parts[0], month: parts[1], day: parts[2] }
}

pub fn days(first: &str, last: &str) -> Option<pb::Days> {
    Some(pb::Days { first: Some(day(first)), last: Some(day(last)) })
}

/// L2 a fee of 10,000.00 over three months, L3 three spots at 275.00.
pub fn order(sold: &Sold, id: &str) -> pb::Order {
    let flight = days("2026-01-01", "2026-03-31");
    let fee = pb::OrderLine {
        number: "L2".into(),
        ad_product: sold.fee.clone(),
        flight,
        amount: "10000.00".into(),
        ..pb::OrderLine::default()
    };
    let spots = pb::OrderLine {
        number: "L3".into(),
        ad_product: sold.spots.clone(),
        flight: days("2026-01-01", "2026-01-31"),
        rate: "275".into(),
        booked_units: "3".into(),
        station: "WHUD".into(),
        plan: vec![pb::PlanWeek {
            days: days("2026-01-26", "2026-02-01"),
            weekdays: "MTWTF--".into(),
            units: "3".into(),
            rate: "275.00".into(),
        }],
        ..pb::OrderLine::default()
    };
    pb::Order {
        account: sold.account.clone(),
        billing_entity: sold.entity.clone(),
        external_id: Some(pb::ExternalId { source_system: "io".into(), id: id.into() }),
        other_external_ids: vec![pb::ExternalId { source_system: "agency".into(), id: "EST-7".into() }],
        revision: 1,
        advertiser: "Acme Soap".into(),
        currency_code: "USD".into(),
        commission_percent: "15".into(),
        flight,
        signed_date: Some(day("2025-12-15")),
        liability: pb::Liability::SoleAgency.into(),
        billing_calendar: pb::BillingCalendar::CalendarMonth.into(),
        billing_cycle: pb::BillingCycle::EndOfMonth.into(),
        purchase_orders: vec![pb::PurchaseOrder {
            number: "PO-1".into(),
            value: Some(pb::Money { currency_code: "USD".into(), amount: "20000.00".into() }),
            expires: None,
        }],
        lines: vec![fee, spots],
        ..pb::Order::default()
    }
}

/// A batch with totals that match.
pub fn batch(orders: Vec<pb::Order>, request_id: &str) -> pb::SyncOrdersRequest {
    let lines = || orders.iter().flat_map(|order| &order.lines);
    let cents = |line: &pb::OrderLine| line.amount.replace('.', "").parse::<i64>().unwrap_or(0);
    let cents: i64 = lines().map(cents).sum();
    let totals = pb::OrderControlTotals {
        orders: i64::try_from(orders.len()).unwrap(),
        lines: i64::try_from(lines().count()).unwrap(),
        amount: format!("{}.{:02}", cents / 100, cents % 100),
    };
    pb::SyncOrdersRequest {
        source_system: "io".into(),
        sequence: None,
        control_totals: Some(totals),
        orders,
        request_id: request_id.into(),
    }
}

pub fn client(service: &Service) -> OrderServiceClient<Door> {
    OrderServiceClient::new(service.door("order_management_1", Role::OrderManagement))
}

/// Syncs orders; a request id is used once.
pub async fn sync(
    service: &Service,
    orders: Vec<pb::Order>,
    request_id: &str,
) -> Result<Vec<pb::SyncOrderResult>, Status> {
    client(service).sync_orders(batch(orders, request_id)).await.map(|response| response.into_inner().results)
}

fn outcomes(results: &[pb::SyncOrderResult]) -> Vec<(pb::SyncOutcome, &str)> {
    results.iter().map(|result| (result.outcome(), result.reason.as_str())).collect()
}

#[tokio::test]
async fn an_order_is_taken_once_and_read_back() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let order = order(&sold, "IO-1001");
    let first = sync(&service, vec![order.clone()], "1").await.unwrap();
    assert_eq!(outcomes(&first), [(pb::SyncOutcome::Created, "")]);
    assert_eq!(sync(&service, vec![order.clone()], "1").await.unwrap(), first, "the same request");
    let again = sync(&service, vec![order.clone()], "2").await.unwrap();
    assert_eq!(outcomes(&again), [(pb::SyncOutcome::Unchanged, "")]);
    assert_eq!(again[0].order, first[0].order);

    let read = client(&service)
        .get_order(pb::GetOrderRequest { name: first[0].order.clone() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (read.etag.as_str(), read.territory.as_str(), read.payment_terms_days),
        ("r1", "EAST", Some(30))
    );
    assert_eq!(
        (read.purchase_orders, read.other_external_ids),
        (order.purchase_orders.clone(), order.other_external_ids.clone())
    );
    let booked = read.booked.unwrap();
    let amounts = [booked.gross, booked.commission, booked.net].map(|money| money.unwrap().amount);
    assert_eq!((booked.units.as_str(), amounts), ("3", ["10825.00", "1623.75", "9201.25"].map(String::from)));
    let (fee, spots) = (&read.lines[0], &read.lines[1]);
    assert_eq!(
        (fee.pricing_model(), fee.schedule(), fee.amount.as_str()),
        (pb::PricingModel::FlatFee, pb::Schedule::EvenSplit, "10000.00")
    );
    assert_eq!(
        (spots.amount.as_str(), spots.rate.as_str(), spots.booked_units.as_str()),
        ("825.00", "275", "3")
    );
    assert_eq!(spots.plan[0], pb::PlanWeek { rate: "275".into(), ..order.lines[1].plan[0].clone() });
    assert_eq!(spots.cap.as_ref().unwrap().kind(), pb::CapKind::LesserOfBookedAndDelivered);
}

#[tokio::test]
async fn what_an_order_is_booked_for_is_spread_over_its_periods() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let name = sync(&service, vec![order(&sold, "IO-1001")], "1").await.unwrap().remove(0).order;
    let booked =
        client(&service).booked_by_period(pb::BookedByPeriodRequest { name }).await.unwrap().into_inner();
    let periods: Vec<_> = booked
        .periods
        .iter()
        .map(|period| {
            let booked = period.booked.clone().unwrap();
            (
                period.billing_month.clone(),
                booked.units,
                booked.gross.unwrap().amount,
                booked.net.unwrap().amount,
            )
        })
        .collect();
    let expected = [
        ("2026-01", "3", "4158.34", "3534.59"),
        ("2026-02", "0", "3333.33", "2833.33"),
        ("2026-03", "0", "3333.33", "2833.33"),
    ];
    assert_eq!(
        periods,
        expected.map(|(month, units, gross, net)| (month.into(), units.into(), gross.into(), net.into()))
    );
    assert_eq!(booked.unplanned.unwrap().gross.unwrap().amount, "0.00");
    assert_eq!(booked.total.unwrap().gross.unwrap().amount, "10825.00");
}

#[tokio::test]
async fn a_revision_is_amended_stale_or_in_conflict() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let first = order(&sold, "IO-1001");
    sync(&service, vec![first.clone()], "1").await.unwrap();
    let mut second = pb::Order { revision: 2, ..first.clone() };
    second.lines[1].booked_units = "4".into();
    second.lines[1].plan[0].units = "4".into();
    second.lines.push(pb::OrderLine { number: "L4".into(), ..first.lines[0].clone() });
    second.purchase_orders.clear();
    let results = sync(&service, vec![second.clone()], "2").await.unwrap();
    assert_eq!(outcomes(&results), [(pb::SyncOutcome::Amended, "")]);
    let read = client(&service)
        .get_order(pb::GetOrderRequest { name: results[0].order.clone() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (read.etag.as_str(), read.revision, read.lines.len(), read.purchase_orders.len()),
        ("r2", 2, 3, 0)
    );
    assert_eq!((read.lines[1].booked_units.as_str(), read.lines[1].plan[0].units.as_str()), ("4", "4"));

    let stale = sync(&service, vec![first.clone()], "3").await.unwrap();
    assert_eq!(outcomes(&stale), [(pb::SyncOutcome::Stale, "REVISION_STALE")]);
    let other = pb::Order { advertiser: "Another".into(), ..second.clone() };
    for id in ["4", "5"] {
        let conflict = sync(&service, vec![other.clone()], id).await.unwrap();
        assert_eq!(outcomes(&conflict), [(pb::SyncOutcome::Conflict, "REVISION_CONFLICT")]);
    }
    let without = pb::Order { revision: 3, lines: second.lines[1..].to_vec(), ..second.clone() };
    let absent = sync(&service, vec![without], "6").await.unwrap();
    assert_eq!(outcomes(&absent), [(pb::SyncOutcome::Refused, "LINE_ABSENT")]);
}

#[tokio::test]
async fn an_order_is_taken_or_refused_by_itself() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let unknown =
        pb::Order { account: "accounts/acc_00000000000000000000000000000000".into(), ..order(&sold, "IO-2") };
    let mut malformed = order(&sold, "IO-3");
    malformed.currency_code = "XYZ".into();
    let mut no_product = order(&sold, "IO-4");
    no_product.lines[0].ad_product = "adProducts/prd_00000000000000000000000000000000".into();
    let mut too_precise = order(&sold, "IO-5");
    too_precise.lines[0].amount = "10000.001".into();
    too_precise.lines[1].plan[0].weekdays = "MTW".into();
    let orders = vec![
        order(&sold, "IO-1"),
        unknown,
        malformed,
        no_product,
        order(&sold, "IO-6"),
        order(&sold, "IO-6"),
    ];
    let results = sync(&service, orders, "1").await.unwrap();
    let refused = pb::SyncOutcome::Refused;
    let expected = [
        (pb::SyncOutcome::Created, ""),
        (refused, "UNKNOWN_ACCOUNT"),
        (refused, "MALFORMED"),
        (refused, "UNKNOWN_PRODUCT"),
        (refused, "ORDER_REPEATED"),
        (refused, "ORDER_REPEATED"),
    ];
    assert_eq!(outcomes(&results), expected);
    let mut request = batch(vec![too_precise], "2");
    request.control_totals.as_mut().unwrap().amount = "10000.001".into();
    let results = client(&service).sync_orders(request).await.unwrap().into_inner().results;
    assert_eq!(
        results[0].message,
        "lines[0].amount: has too many decimals: 2 are allowed; lines[1].plan[0].weekdays: must be seven characters, Monday to Sunday, such as MTWTF-- or --2-1--"
    );
}

#[tokio::test]
async fn a_purchase_order_hides_nothing_and_stands_once_on_an_order() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let mut hidden = order(&sold, "IO-1");
    hidden.purchase_orders[0].number = "PO-1\u{200B}".into();
    let mut twice = order(&sold, "IO-2");
    let like = pb::PurchaseOrder { number: "po\u{2013}1".into(), ..twice.purchase_orders[0].clone() };
    twice.purchase_orders.push(like);
    let results = sync(&service, vec![hidden, twice], "1").await.unwrap();
    let messages: Vec<_> = results.iter().map(|result| result.message.as_str()).collect();
    let expected = [
        "purchase_orders[0].number: contains U+200B, which nobody sees; type the number anew",
        "purchase_orders: has an entry more than once",
    ];
    assert_eq!(messages, expected);
}

#[tokio::test]
async fn totals_that_do_not_match_refuse_the_batch_whole() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let mut request = batch(vec![order(&sold, "IO-1")], "1");
    request.control_totals.as_mut().unwrap().amount = "10090.00".into();
    let refused = client(&service).sync_orders(request).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "CONTROL_TOTALS"));
    assert!(
        refused.message().contains("amount 10090.00 said, 10000.00 counted, difference 90.00"),
        "{}",
        refused.message()
    );
    let mut request = batch(vec![order(&sold, "IO-1")], "2");
    request.orders[0].lines[0].amount = "12345678901234567890123456789".into();
    let refused = client(&service).sync_orders(request).await.unwrap_err();
    assert!(
        refused.message().starts_with("orders[0].lines[0].amount: has too many digits"),
        "{}",
        refused.message()
    );
    let list = pb::ListOrdersRequest { parent: "accounts/-".into(), ..pb::ListOrdersRequest::default() };
    assert!(client(&service).list_orders(list).await.unwrap().into_inner().orders.is_empty());
}

#[tokio::test]
async fn batches_that_are_counted_come_without_a_gap() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let send = async |sequence, id: &str| {
        let request = pb::SyncOrdersRequest { sequence: Some(sequence), ..batch(vec![order(&sold, id)], id) };
        client(&service).sync_orders(request).await.map_err(|refused| reason(&refused))
    };
    send(1, "IO-1").await.unwrap();
    assert_eq!(send(3, "IO-3").await.unwrap_err(), "SEQUENCE_GAP");
    send(2, "IO-2").await.unwrap();
    assert_eq!(send(1, "IO-1b").await.unwrap_err(), "SEQUENCE_REPEATED");
    let list = pb::ListOrdersRequest {
        parent: sold.account.clone(),
        page_size: 1,
        ..pb::ListOrdersRequest::default()
    };
    let first = client(&service).list_orders(list.clone()).await.unwrap().into_inner();
    let next = pb::ListOrdersRequest { page_token: first.next_page_token, ..list };
    let next = client(&service).list_orders(next).await.unwrap().into_inner();
    assert_eq!((first.orders.len(), next.orders.len(), next.next_page_token.as_str()), (1, 1, ""));
    assert!(first.orders[0].lines.is_empty());
}

#[tokio::test]
async fn the_terms_of_what_another_system_has_billed_need_a_scope() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let mut first = order(&sold, "IO-1");
    let opening = pb::OpeningBalance {
        origin_period: days("2026-01-01", "2026-01-31"),
        units: "1".into(),
        gross: "3333.34".into(),
    };
    first.lines[0].opening_balances.push(opening.clone());
    let name = sync(&service, vec![first.clone()], "1").await.unwrap().remove(0).order;
    let read = client(&service).get_order(pb::GetOrderRequest { name }).await.unwrap().into_inner();
    assert_eq!(read.lines[0].opening_balances, [opening]);
    let mut text = pb::Order { revision: 2, ..first.clone() };
    text.lines[0].description = "Morning show".into();
    assert_eq!(outcomes(&sync(&service, vec![text], "2").await.unwrap()), [(pb::SyncOutcome::Amended, "")]);
    let mut cheaper = pb::Order { revision: 3, ..first.clone() };
    cheaper.lines[0].amount = "9000.00".into();
    let waits = sync(&service, vec![cheaper], "3").await.unwrap();
    assert_eq!(outcomes(&waits), [(pb::SyncOutcome::InReview, "AMENDMENT_SCOPE_MISSING")]);
    assert!(waits[0].message.contains("amount"), "{}", waits[0].message);
}

#[tokio::test]
async fn what_is_in_a_draft_may_be_amended_and_its_opening_balances_wait_for_its_run() {
    let service = Service::start().await;
    let sold = invoice::sold(&service).await;
    let run = invoice::review(&service, &sold, "2026-01", "january").await;
    let first = order(&sold, "IO-1001");
    let mut text = pb::Order { revision: 2, ..first.clone() };
    text.lines[0].description = "Morning show".into();
    let mut opened = pb::Order { revision: 3, ..first.clone() };
    opened.lines[0].opening_balances.push(pb::OpeningBalance {
        origin_period: days("2026-01-01", "2026-01-31"),
        units: "1".into(),
        gross: "3333.34".into(),
    });
    let mut fewer = pb::Order { revision: 4, ..first.clone() };
    (fewer.lines[1].booked_units, fewer.lines[1].rate) = ("1".into(), "200".into());
    fewer.lines[1].plan.clear();

    let amended = [(pb::SyncOutcome::Amended, "")];
    assert_eq!(outcomes(&sync(&service, vec![text], "text").await.unwrap()), amended);
    let refused = sync(&service, vec![opened.clone()], "opened").await.unwrap();
    assert_eq!(outcomes(&refused), [(pb::SyncOutcome::Refused, "LINE_IN_DRAFT")]);
    assert!(refused[0].message.contains(&run.name), "{}", refused[0].message);
    assert_eq!(outcomes(&sync(&service, vec![fewer.clone()], "fewer").await.unwrap()), amended);

    let mut manager = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let cancel = pb::CancelBillingRunRequest { name: run.name, request_id: "cancel".into() };
    manager.cancel_billing_run(cancel).await.unwrap();
    fewer.revision = 5;
    fewer.lines[0] = opened.lines[0].clone();
    assert_eq!(outcomes(&sync(&service, vec![fewer], "both").await.unwrap()), amended);
}

#[tokio::test]
async fn orders_outside_a_grant_do_not_exist() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let west = create_account(&service, "AG-2", "WEST").await.name;
    let east = order(&sold, "IO-1");
    let west = pb::Order { account: west, ..order(&sold, "IO-2") };
    let names = sync(&service, vec![east.clone(), west.clone()], "1").await.unwrap();
    let limited = Grant {
        role: Role::OrderManagement,
        entities: vec![],
        territories: vec!["EAST".into()],
        accounts: vec![],
    };
    let mut client = OrderServiceClient::new(service.limited_door("limited", vec![limited]));
    let again = client.sync_orders(batch(vec![east, west], "1")).await.unwrap().into_inner().results;
    assert_eq!(
        outcomes(&again),
        [(pb::SyncOutcome::Unchanged, ""), (pb::SyncOutcome::Refused, "UNKNOWN_ACCOUNT")]
    );
    assert_eq!(again[1].order, "");
    let list = pb::ListOrdersRequest { parent: "accounts/-".into(), ..pb::ListOrdersRequest::default() };
    assert_eq!(client.list_orders(list).await.unwrap().into_inner().orders.len(), 1);
    let name = names[1].order.clone();
    let refused = client.get_order(pb::GetOrderRequest { name: name.clone() }).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let refused = client.booked_by_period(pb::BookedByPeriodRequest { name }).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test]
async fn an_order_with_every_line_that_it_may_have_is_taken() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let mut order = order(&sold, "IO-1");
    let spots = order.lines[1].clone();
    order.lines = (0..5_000).map(|n| pb::OrderLine { number: n.to_string(), ..spots.clone() }).collect();
    let results = sync(&service, vec![order.clone()], "1").await.unwrap();
    assert_eq!(outcomes(&results), [(pb::SyncOutcome::Created, "")]);
    order.lines.push(pb::OrderLine { number: "more".into(), ..spots });
    order.revision = 2;
    assert_eq!(
        outcomes(&sync(&service, vec![order], "2").await.unwrap()),
        [(pb::SyncOutcome::Refused, "LINE_COUNT")]
    );
}
