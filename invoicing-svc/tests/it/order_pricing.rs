//! Every way of pricing, as the order system says it and as it is read back.

use billing_proto::billing::invoicing::v1 as pb;

use crate::{
    order::{client, day, days, order, reference_data, sync},
    reference::create_product,
    service::Service,
};

async fn product(service: &Service, code: &str, model: pb::PricingModel) -> String {
    create_product(service, code, model).await.name
}

fn line(number: &str, ad_product: String) -> pb::OrderLine {
    pb::OrderLine {
        number: number.into(),
        ad_product,
        flight: days("2026-01-01", "2026-03-31"),
        ..pb::OrderLine::default()
    }
}

fn tier(up_to: &str, rate: &str) -> pb::Tier {
    pb::Tier { up_to: up_to.into(), rate: rate.into(), flat: String::new() }
}

/// Impressions with a cap by the period, a minimum, a discount and a second count.
fn impressions(ad_product: String) -> pb::OrderLine {
    pb::OrderLine {
        rate: "7.5".into(),
        booked_units: "900000".into(),
        cap: Some(pb::Cap {
            kind: pb::CapKind::LesserOfBookedAndDelivered.into(),
            window: pb::Window::PeriodWithCarry.into(),
            ..pb::Cap::default()
        }),
        minimum: Some(pb::Minimum { amount: "100.00".into(), window: pb::Window::Period.into() }),
        discount_percent: "10".into(),
        delivery_source: "adserver".into(),
        third_party: Some(pb::ThirdParty {
            source: "verifier".into(),
            controls: true,
            tolerance_percent: String::new(),
            tolerance_base: pb::ToleranceBase::Controlling.into(),
            without_count: pb::WithoutCount::BillOwn.into(),
            count_due_days: 10,
        }),
        ..line("CPM", ad_product)
    }
}

fn clicks(ad_product: String) -> pb::OrderLine {
    pb::OrderLine {
        metric: pb::Metric::Clicks.into(),
        tiers: vec![tier("100000", "0.010"), tier("", "0.008")],
        tier_window: pb::Window::Period.into(),
        ..line("TIERS", ad_product)
    }
}

fn seats(ad_product: String) -> pb::OrderLine {
    let from = |text, quantity: &str| pb::QuantityFrom { day: Some(day(text)), quantity: quantity.into() };
    pb::OrderLine {
        rate: "49".into(),
        term_months: 1,
        proration: pb::Proration::Thirty360.into(),
        quantities: vec![from("2026-01-01", "10"), from("2026-02-15", "12")],
        ..line("SEATS", ad_product)
    }
}

fn milestones(ad_product: String) -> pb::OrderLine {
    let part = |text, amount: &str| pb::Milestone {
        day: Some(day(text)),
        amount: amount.into(),
        description: "Delivered".into(),
    };
    pb::OrderLine {
        amount: "10000.00".into(),
        schedule: pb::Schedule::Milestone.into(),
        milestones: vec![part("2026-01-20", "4000.00"), part("2026-03-10", "6000.00")],
        discount_amount: "1000.00".into(),
        ..line("FEE", ad_product)
    }
}

#[tokio::test]
async fn every_term_of_a_price_is_kept() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let said = pb::Order {
        lines: vec![
            impressions(product(&service, "DISPLAY", pb::PricingModel::Cpm).await),
            clicks(product(&service, "CLICKS", pb::PricingModel::Graduated).await),
            seats(product(&service, "SEATS", pb::PricingModel::Subscription).await),
            milestones(sold.fee.clone()),
        ],
        ..order(&sold, "IO-1")
    };
    let results = sync(&service, vec![said.clone()], "1").await.unwrap();
    assert_eq!((results[0].outcome(), results[0].reason.as_str()), (pb::SyncOutcome::Created, ""));
    let name = results[0].order.clone();
    let read =
        client(&service).get_order(pb::GetOrderRequest { name: name.clone() }).await.unwrap().into_inner();
    let [cpm, tiers, seats, fee] = &read.lines[..] else { panic!("{read:?}") };
    // 900,000 / 1,000 × 7.50 = 6,750.00, less 10 %.
    assert_eq!((cpm.amount.as_str(), cpm.booked_amount.as_str()), ("6750.00", "6075.00"));
    let units: Vec<_> = cpm.period_units.iter().map(|of| of.units.as_str()).collect();
    assert_eq!(units, ["300000", "300000", "300000"]);
    assert_eq!((&cpm.cap, &cpm.minimum), (&said.lines[0].cap, &said.lines[0].minimum));
    assert_eq!(cpm.discount_percent, "10");
    let third_party = cpm.third_party.clone().unwrap();
    assert_eq!((third_party.controls, third_party.tolerance_percent.as_str()), (true, "10"));
    assert_eq!((third_party.without_count(), third_party.count_due_days), (pb::WithoutCount::BillOwn, 10));
    assert_eq!(tiers.tiers, [tier("100000", "0.01"), tier("", "0.008")]);
    assert_eq!(
        (tiers.tier_window(), tiers.cap.as_ref().unwrap().kind()),
        (pb::Window::Period, pb::CapKind::Uncapped)
    );
    assert_eq!((seats.schedule(), &seats.quantities), (pb::Schedule::InAdvance, &said.lines[2].quantities));
    assert_eq!((fee.booked_amount.as_str(), &fee.milestones), ("9000.00", &said.lines[3].milestones));

    let booked =
        client(&service).booked_by_period(pb::BookedByPeriodRequest { name }).await.unwrap().into_inner();
    let gross = |period: &pb::BookedPeriod| period.booked.clone().unwrap().gross.unwrap().amount;
    let gross: Vec<_> = booked.periods.iter().map(gross).collect();
    // 2,025.00 each; 3,600.00 and 5,400.00 of the fee; seats 10 × 49.00, then 2 × 49.00 × 16/30 more, then 12 × 49.00.
    assert_eq!(gross, ["6115.00", "2567.27", "8013.00"]);
    assert_eq!(
        (seats.booked_amount.as_str(), booked.unplanned.unwrap().gross.unwrap().amount.as_str()),
        ("1620.27", "0.00")
    );
}

#[tokio::test]
async fn terms_that_cannot_bill_are_refused_with_their_reason() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let cpm = product(&service, "DISPLAY", pb::PricingModel::Cpm).await;
    let graduated = product(&service, "CLICKS", pb::PricingModel::Graduated).await;
    let budget = Some(pb::Cap {
        kind: pb::CapKind::Budget.into(),
        budget: "50.00".into(),
        window: pb::Window::Period.into(),
        ..pb::Cap::default()
    });
    let nothing =
        Some(pb::Cap { kind: pb::CapKind::Budget.into(), budget: "0.00".into(), ..pb::Cap::default() });
    let overlapping = vec![tier("10", "1"), tier("10", "2"), tier("", "3")];
    let table = [
        ("TIERS", pb::OrderLine { tiers: vec![tier("10", "1")], ..clicks(graduated.clone()) }),
        ("TIERS", pb::OrderLine { tiers: overlapping, ..clicks(graduated) }),
        ("MINIMUM_ABOVE_MAXIMUM", pb::OrderLine { cap: budget, ..impressions(cpm.clone()) }),
        ("TERM_DOES_NOT_FIT", pb::OrderLine { tiers: vec![tier("", "1")], ..impressions(cpm.clone()) }),
        ("TERM_MISSING", pb::OrderLine { rate: String::new(), ..impressions(cpm.clone()) }),
        ("SCHEDULE_WITHOUT_PERIODS", pb::OrderLine { milestones: vec![], ..milestones(sold.fee.clone()) }),
        ("MILESTONES", pb::OrderLine { amount: "10000.01".into(), ..milestones(sold.fee.clone()) }),
        (
            "DISCOUNT_ABOVE_AMOUNT",
            pb::OrderLine { discount_amount: "10000.01".into(), ..milestones(sold.fee.clone()) },
        ),
        ("MALFORMED", pb::OrderLine { cap: nothing, ..impressions(cpm.clone()) }),
        ("MALFORMED", pb::OrderLine { booked_units: "-1".into(), ..impressions(cpm) }),
    ];
    for (n, (reason, line)) in table.into_iter().enumerate() {
        let said = pb::Order { lines: vec![line], ..order(&sold, &format!("IO-{n}")) };
        let result = sync(&service, vec![said], &n.to_string()).await.unwrap().remove(0);
        assert_eq!(
            (result.outcome(), result.reason.as_str()),
            (pb::SyncOutcome::Refused, reason),
            "{}",
            result.message
        );
    }
}

/// 10.00 per thousand, of which another system has billed January.
fn billed_impressions(ad_product: String) -> pb::OrderLine {
    let opening = pb::OpeningBalance {
        origin_period: days("2026-01-01", "2026-01-31"),
        units: "300000".into(),
        gross: "3000.00".into(),
    };
    pb::OrderLine {
        rate: "10".into(),
        booked_units: "900000".into(),
        opening_balances: vec![opening],
        ..line("CPM", ad_product)
    }
}

#[tokio::test]
async fn a_price_is_amended_from_the_day_that_its_scope_says() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let cpm = product(&service, "DISPLAY", pb::PricingModel::Cpm).await;
    let revision = |revision, rate: &str, scopes| {
        let line = pb::OrderLine { rate: rate.into(), scopes, ..billed_impressions(cpm.clone()) };
        pb::Order { revision, lines: vec![line], ..order(&sold, "IO-1") }
    };
    let outcome = |order: pb::Order| async {
        let request_id = format!("{}/{}", order.revision, order.lines[0].scopes.len());
        let result = sync(&service, vec![order], &request_id).await.unwrap().remove(0);
        (result.outcome(), result.reason, result.order)
    };
    let (_, _, name) = outcome(revision(1, "10", vec![])).await;
    let (waits, reason, _) = outcome(revision(2, "8", vec![])).await;
    assert_eq!((waits, reason.as_str()), (pb::SyncOutcome::InReview, "AMENDMENT_SCOPE_MISSING"));
    let scope = pb::TermScope {
        term: "rate".into(),
        from: Some(day("2026-02-01")),
        evidence: "mail of 28 January".into(),
        ..pb::TermScope::default()
    };
    assert_eq!(outcome(revision(2, "8", vec![scope.clone()])).await.0, pb::SyncOutcome::Amended);
    let segments = || async {
        let get = pb::GetOrderRequest { name: name.clone() };
        let read = client(&service).get_order(get).await.unwrap().into_inner();
        read.lines[0].segments.iter().map(|of| (of.days, of.rate.clone(), of.revision)).collect::<Vec<_>>()
    };
    let (january, rest) = (days("2026-01-01", "2026-01-31"), days("2026-02-01", "2026-03-31"));
    assert_eq!(segments().await, [(january, "10".into(), 1), (rest, "8".into(), 2)]);
    let from_start = pb::TermScope { from: None, from_start: true, ..scope };
    assert_eq!(outcome(revision(3, "8", vec![from_start])).await.0, pb::SyncOutcome::Amended);
    assert_eq!(segments().await, [(days("2026-01-01", "2026-03-31"), "8".into(), 3)]);
}
