//! What a run finds before drafts become documents: each by its reason, in the words that somebody reads.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{self as pb, billing_exception_service_client::BillingExceptionServiceClient},
};

use crate::{
    daily::{fact, header, import},
    invoice::{all, approve, bill, issue, list, manager, review, sold, watched},
    order::{Sold, batch, client, day, days, order, sync},
    reference::create_product,
    refresh::rename,
    service::Service,
    tax::{amount, exceptions},
};

/// Reason, line and message of what a run found, in the order of reasons. None of it makes a draft wait.
async fn found(service: &Service, run: &pb::BillingRun) -> Vec<(String, String, String)> {
    let found = exceptions(service, run).await.into_iter();
    let warned =
        found.inspect(|found| assert_eq!(found.severity(), pb::ExceptionSeverity::Warn, "{found:?}"));
    let mut found: Vec<_> = warned.map(|found| (found.reason, found.line, found.message)).collect();
    found.sort_unstable();
    found
}

fn is(reason: &str, line: &str, message: &str) -> (String, String, String) {
    (reason.into(), line.into(), message.into())
}

/// An order of one line, without commission and purchase order.
fn of_line(sold: &Sold, id: &str, line: pb::OrderLine) -> pb::Order {
    let flight = line.flight;
    let lines = vec![line];
    pb::Order { lines, flight, commission_percent: String::new(), purchase_orders: vec![], ..order(sold, id) }
}

/// A fee that is billed in a month.
fn fee(sold: &Sold, id: &str, (first, last): (&str, &str), amount: &str) -> pb::Order {
    let line = pb::OrderLine {
        number: "L1".into(),
        ad_product: sold.fee.clone(),
        flight: days(first, last),
        amount: amount.into(),
        ..pb::OrderLine::default()
    };
    of_line(sold, id, line)
}

const JANUARY: (&str, &str) = ("2026-01-01", "2026-01-31");

/// 1,500 impressions where 1,000 were booked at 10.00; and four at 1.00 per thousand, which come to less than a cent.
#[tokio::test]
async fn what_is_delivered_for_nothing_is_said() {
    let service = Service::start().await;
    let sold = crate::order::reference_data(&service).await;
    let display = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let counted = |id: &str, rate: &str| {
        let line = pb::OrderLine {
            number: "L1".into(),
            ad_product: display.clone(),
            flight: days(JANUARY.0, JANUARY.1),
            rate: rate.into(),
            booked_units: "1000".into(),
            ..pb::OrderLine::default()
        };
        of_line(&sold, id, line)
    };
    sync(&service, vec![counted("IO-OVER", "10"), counted("IO-ZERO", "1")], "orders").await.unwrap();
    let facts = [("IO-OVER", 1_500), ("IO-ZERO", 4)]
        .map(|(order, count)| pb::DeliveryFact { order: order.into(), ..fact("L1", "2026-01-31", count) });
    import(&service, header("B1", 2, 1_504), &facts).await.unwrap();
    let run = review(&service, &sold, "2026-01", "run").await;
    let expected = [
        is("OVER_DELIVERY", "L1", "line L1: 500 units were delivered beyond the cap and are free"),
        is(
            "ZERO_BILL_WITH_DELIVERY",
            "L1",
            "line L1: 4 units were delivered and come to nothing; see its cap and price",
        ),
    ];
    assert_eq!(found(&service, &run).await, expected);
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: run.name, ..all() }).await;
    assert_eq!(drafts.len(), 1, "a document of 0.00 is none");
}

/// A price of nothing beside a fee that bills; a free tier is as it was agreed.
#[tokio::test]
async fn a_price_of_nothing_is_said_though_other_lines_bill() {
    let service = Service::start().await;
    let sold = crate::order::reference_data(&service).await;
    let display = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let tiers = create_product(&service, "TIERS", pb::PricingModel::Graduated).await.name;
    let line = |number: &str, ad_product: &str| pb::OrderLine {
        number: number.into(),
        ad_product: ad_product.into(),
        flight: days(JANUARY.0, JANUARY.1),
        ..pb::OrderLine::default()
    };
    let tier =
        |up_to: &str, rate: &str| pb::Tier { up_to: up_to.into(), rate: rate.into(), flat: String::new() };
    let mut said = fee(&sold, "IO-1", JANUARY, "100.00");
    said.lines.push(pb::OrderLine { rate: "0".into(), booked_units: "1000".into(), ..line("L2", &display) });
    said.lines.push(pb::OrderLine {
        metric: pb::Metric::Impressions.into(),
        tiers: vec![tier("5000", "0"), tier("", "10")],
        ..line("L3", &tiers)
    });
    assert_eq!(sync(&service, vec![said], "order").await.unwrap()[0].reason, "");
    let facts =
        ["L2", "L3"].map(|line| pb::DeliveryFact { order: "IO-1".into(), ..fact(line, "2026-01-31", 1_000) });
    import(&service, header("B1", 2, 2_000), &facts).await.unwrap();
    let run = review(&service, &sold, "2026-01", "run").await;
    let message = "line L2: 1000 units were delivered and come to nothing; see its cap and price";
    assert_eq!(found(&service, &run).await, [is("ZERO_BILL_WITH_DELIVERY", "L2", message)]);
}

/// 100,000 at 10.00 are 1,000.00. The line that names no delivery source bills them twice, and says so in the month that it
/// does; the one that names one bills them once.
#[tokio::test]
async fn a_line_that_several_sources_count_says_so() {
    let service = Service::start().await;
    let sold = crate::order::reference_data(&service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    crate::reference::create_series(&service, &entity).await;
    let display = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let counted = |id: &str, delivery_source: &str| {
        let line = pb::OrderLine {
            number: "L1".into(),
            ad_product: display.clone(),
            flight: days(JANUARY.0, "2026-02-28"),
            rate: "10".into(),
            booked_units: "1000000".into(),
            delivery_source: delivery_source.into(),
            ..pb::OrderLine::default()
        };
        of_line(&sold, id, line)
    };
    let orders = vec![counted("IO-ANY", ""), counted("IO-ONE", "adserver")];
    let results = sync(&service, orders, "orders").await.unwrap();
    assert!(results.iter().all(|result| result.outcome() == pb::SyncOutcome::Created), "{results:?}");
    let said = |day: &str, count| {
        ["IO-ANY", "IO-ONE"].map(|order| pb::DeliveryFact { order: order.into(), ..fact("L1", day, count) })
    };
    import(&service, header("B1", 2, 200_000), &said("2026-01-31", 100_000)).await.unwrap();
    let hand = pb::DailyBatchHeader { source: "hand".into(), ..header("B1", 2, 200_000) };
    import(&service, hand, &said("2026-01-31", 100_000)).await.unwrap();
    let january = review(&service, &sold, "2026-01", "january").await;
    let message = "line L1: adserver and hand each say what was delivered in 2026-01-01 to 2026-01-31, and all of it is billed; \
                   if they count the same, name one of them as the delivery source of the line";
    assert_eq!(found(&service, &january).await, [is("COUNTED_BY_SEVERAL", "L1", message)]);
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: january.name.clone(), ..all() }).await;
    let mut gross: Vec<_> = drafts.iter().map(|draft| amount(&draft.gross)).collect();
    gross.sort_unstable();
    assert_eq!(gross, ["1000.00", "2000.00"]);
    approve(&service, &january).await;
    issue(&service, &january).await;
    // February has one count of each: what January billed is said no more.
    let [any, one] = said("2026-02-28", 50_000);
    let one = pb::DeliveryFact { impressions: Some(60_000), ..one };
    import(&service, header("B2", 2, 110_000), &[any, one]).await.unwrap();
    let february = review(&service, &sold, "2026-02", "february").await;
    assert_eq!(found(&service, &february).await, []);
}

/// Both lines are counted until 15 January, and one of them was cancelled on that day.
#[tokio::test]
async fn a_line_that_was_cancelled_misses_no_day_after_that() {
    let service = Service::start().await;
    let sold = crate::order::reference_data(&service).await;
    let display = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let counted = |id: &str, cancelled_on| {
        let line = pb::OrderLine {
            number: "L1".into(),
            ad_product: display.clone(),
            flight: days(JANUARY.0, JANUARY.1),
            rate: "10".into(),
            booked_units: "100000".into(),
            cancelled_on,
            ..pb::OrderLine::default()
        };
        of_line(&sold, id, line)
    };
    let orders = vec![counted("IO-ON", None), counted("IO-ENDED", Some(day("2026-01-15")))];
    let results = sync(&service, orders, "orders").await.unwrap();
    assert!(results.iter().all(|result| result.outcome() == pb::SyncOutcome::Created), "{results:?}");
    let facts = [("IO-ON", 20_000), ("IO-ENDED", 10_000)]
        .map(|(order, count)| pb::DeliveryFact { order: order.into(), ..fact("L1", "2026-01-15", count) });
    import(&service, header("B1", 2, 30_000), &facts).await.unwrap();
    let run = review(&service, &sold, "2026-01", "run").await;
    let missing = "line L1: the delivery that is known ends on 2026-01-15, and the line was to deliver until 2026-01-31; wait for its source, or bill the rest later";
    assert_eq!(found(&service, &run).await, [is("DELIVERY_DAYS_MISSING", "L1", missing)]);
}

#[tokio::test]
async fn the_same_twice_and_a_month_out_of_the_ordinary_are_said() {
    let service = Service::start().await;
    let sold = crate::order::reference_data(&service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    crate::reference::create_series(&service, &entity).await;
    let february = ("2026-02-01", "2026-02-28");
    let orders = vec![fee(&sold, "IO-1", JANUARY, "100.00"), fee(&sold, "IO-2", february, "300.00")];
    sync(&service, orders, "orders").await.unwrap();
    bill(&service, &sold, "2026-01", "january").await;
    bill(&service, &sold, "2026-02", "february").await;
    let march = ("2026-03-01", "2026-03-31");
    let twins = ["IO-3", "IO-4"].map(|id| fee(&sold, id, march, "151.00"));
    sync(&service, twins.to_vec(), "twins").await.unwrap();
    let run = review(&service, &sold, "2026-03", "march").await;
    let drafts = list(&service, pb::ListInvoicesRequest { billing_run: run.name.clone(), ..all() }).await;
    assert_eq!(drafts.len(), 2);
    let found = found(&service, &run).await;
    let [twin, first, second] = &found[..] else { panic!("{found:?}") };
    assert_eq!(twin.0, "DUPLICATE_CANDIDATE");
    let named = |draft: &pb::Invoice| twin.2.contains(draft.name.rsplit('/').next().unwrap());
    assert!(drafts.iter().any(named), "it names the other: {}", twin.2);
    let same = "bills the same account 151.00 for the same days; see that this is not the same order twice";
    assert!(twin.2.ends_with(same), "{}", twin.2);
    let apart = "the account is billed 302.00, and 200.00 on average of its recent months: 51 % apart";
    for variance in [first, second] {
        assert_eq!(variance, &is("VARIANCE", "", apart));
    }
}

/// Has whatever is issued once there are 500 documents fail.
const BREAK_OFF: &str = "
    create function break_off() returns trigger language plpgsql as $$ begin
      if (select count(*) from invoicing.invoice) >= 500 then raise exception 'after the first chunk'; end if;
      return null;
    end $$;
    create trigger break_off before insert on invoice for each statement execute function break_off()";

/// March bills 501 · 0.40 = 200.40, which is 0 % from the average of 100.00 and 300.00. A chunk of 500 of them is out when something of
/// the account changes: the 0.40 that are left are 100 % from it, and say nothing of March.
#[tokio::test]
async fn a_month_that_is_issued_in_part_is_not_out_of_the_ordinary() {
    let service = Service::start().await;
    let sold = crate::order::reference_data(&service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    crate::reference::create_series(&service, &entity).await;
    let blocks = pb::ChangeCheckSettingRequest {
        parent: sold.entity.clone(),
        reason: "VARIANCE".into(),
        severity: pb::CheckSeverity::Block.into(),
        request_id: "blocks".into(),
    };
    let mut settings = BillingExceptionServiceClient::new(service.door("controller_1", Role::Controller));
    settings.change_check_setting(blocks).await.unwrap();
    let february = ("2026-02-01", "2026-02-28");
    let orders = vec![fee(&sold, "IO-1", JANUARY, "100.00"), fee(&sold, "IO-2", february, "300.00")];
    sync(&service, orders, "orders").await.unwrap();
    bill(&service, &sold, "2026-01", "january").await;
    bill(&service, &sold, "2026-02", "february").await;
    let march = ("2026-03-01", "2026-03-31");
    let many = (1..=501).map(|n| fee(&sold, &format!("IO-M-{n}"), march, "0.40"));
    sync(&service, many.collect(), "many").await.unwrap();
    let run = review(&service, &sold, "2026-03", "march").await;
    assert_eq!(run.progress.as_ref().unwrap().drafts_waiting, 0);
    approve(&service, &run).await;

    let mut connection = service.connection().await;
    sqlx::raw_sql(BREAK_OFF).execute(&mut connection).await.unwrap();
    let failed = issue(&service, &run).await;
    let progress = failed.progress.as_ref().unwrap();
    assert_eq!((failed.state(), progress.drafts_issued), (pb::BillingRunState::Failed, 500));
    sqlx::raw_sql("drop trigger break_off on invoice").execute(&mut connection).await.unwrap();
    rename(&service, &sold.account).await;
    let mut second = manager(&service, "second");
    let resume = pb::ResumeBillingRunRequest { name: run.name.clone(), request_id: "resume".into() };
    second.resume_billing_run(resume).await.unwrap();
    let issued = watched(&mut second, &run.name).await;
    let progress = issued.progress.as_ref().unwrap();
    assert_eq!((progress.drafts_issued, progress.drafts_dropped), (501, 0), "{}", issued.failure);
}

#[tokio::test]
async fn currencies_that_differ_are_told_or_refused() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let euros = pb::Order {
        currency_code: "EUR".into(),
        ..fee(&sold, "IO-EUR", ("2026-02-01", "2026-02-28"), "100.00")
    };
    let value = Some(pb::Money { currency_code: "USD".into(), amount: "5000.00".into() });
    let purchase_order = pb::PurchaseOrder { number: "PO-2".into(), value, expires: None };
    let mixed = pb::Order { purchase_orders: vec![purchase_order], ..euros.clone() };
    let results =
        client(&service).sync_orders(batch(vec![mixed], "mixed")).await.unwrap().into_inner().results;
    assert_eq!((results[0].outcome(), results[0].reason.as_str()), (pb::SyncOutcome::Refused, "MALFORMED"));
    let place = "purchase_orders[0].value.currency_code: must be the order's, EUR";
    assert!(results[0].message.contains(place), "{}", results[0].message);

    let results = sync(&service, vec![euros], "euros").await.unwrap();
    assert_eq!(results[0].outcome(), pb::SyncOutcome::Created, "{results:?}");
    let run = review(&service, &sold, "2026-02", "run").await;
    let found = found(&service, &run).await;
    let expected = is(
        "CURRENCY_MISMATCH",
        "",
        "the order bills in EUR, the account is kept in USD; see that this is agreed",
    );
    assert!(found.contains(&expected), "{found:?}");
    let refused = client(&service)
        .sync_orders(batch(vec![pb::Order { currency_code: "EURO".into(), ..order(&sold, "IO-X") }], "x"))
        .await
        .unwrap()
        .into_inner()
        .results;
    assert_eq!(refused[0].reason, "MALFORMED");
}
