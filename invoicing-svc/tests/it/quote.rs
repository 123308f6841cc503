//! Quotes: the worked examples of rating through the public call, and what it refuses.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{self as pb, rating_service_client::RatingServiceClient},
};
use tonic::Code;

use crate::{
    order::{day, days},
    service::{Door, Service, reason},
};

const EXAMPLES: [&str; 8] = [
    include_str!("../../domain/src/rating/tests/examples/one_price.txt"),
    include_str!("../../domain/src/rating/tests/examples/discounts.txt"),
    include_str!("../../domain/src/rating/tests/examples/caps.txt"),
    include_str!("../../domain/src/rating/tests/examples/minimums.txt"),
    include_str!("../../domain/src/rating/tests/examples/tiers.txt"),
    include_str!("../../domain/src/rating/tests/examples/fees.txt"),
    include_str!("../../domain/src/rating/tests/examples/subscriptions.txt"),
    include_str!("../../domain/src/rating/tests/examples/time_and_materials.txt"),
];

fn client(service: &Service) -> RatingServiceClient<Door> {
    RatingServiceClient::new(service.door("sales_1", Role::Sales))
}

fn window(text: &str) -> i32 {
    pb::Window::from_str_name(&format!("WINDOW_{text}")).unwrap_or_default().into()
}

fn text(said: &str) -> String {
    if said == "-" { String::new() } else { said.to_owned() }
}

/// What an example asks, and its months with what they bill.
fn asked(example: &str) -> (pb::QuoteRequest, Vec<(String, String)>) {
    let mut request = pb::QuoteRequest { currency_code: "USD".into(), ..pb::QuoteRequest::default() };
    let (mut line, mut bills) = (pb::OrderLine::default(), Vec::new());
    for said in example.trim().lines() {
        let (word, rest) = said.split_once(' ').unwrap();
        let words: Vec<&str> = rest.split(' ').collect();
        match word {
            "currency" => request.currency_code = rest.into(),
            "rounding" => request.rounding = pb::Rounding::HalfEven.into(),
            "remainder" => request.remainder = pb::Remainder::Last.into(),
            "cycle" => request.billing_cycle = pb::BillingCycle::Weekly.into(),
            "calendar" => request.billing_calendar = pb::BillingCalendar::BroadcastMonth.into(),
            "model" => {
                let model = pb::PricingModel::from_str_name(&format!("PRICING_MODEL_{}", words[0]));
                request.pricing_model = model.unwrap().into();
                let metric = words.get(1).map(|metric| format!("METRIC_{metric}"));
                line.metric = metric.map_or(0, |name| pb::Metric::from_str_name(&name).unwrap().into());
            }
            "use" => request.usage.push(used(&words)),
            "bills" => bills.push((words[0].to_owned(), words[1].to_owned())),
            "example" | "from" | "holds" => {}
            _ => term(&mut line, word, &words),
        }
    }
    request.line = Some(line);
    (request, bills)
}

fn term(line: &mut pb::OrderLine, word: &str, words: &[&str]) {
    match word {
        "flight" => line.flight = days(words[0], words[1]),
        "rate" => line.rate = words[0].into(),
        "booked" => line.booked_units = words[0].into(),
        "amount" => line.amount = words[0].into(),
        "term" => line.term_months = words[0].parse().unwrap(),
        "package" => line.package_units = words[0].into(),
        "markup" => line.markup_percent = words[0].into(),
        "expense_cap" => line.expense_cap = words[0].into(),
        "tiers" => line.tier_window = window(words[0]),
        "tier" => line.tiers.push(pb::Tier {
            up_to: text(words[0]),
            rate: text(words[1]),
            flat: words.get(2).map_or_else(String::new, |flat| (*flat).into()),
        }),
        "minimum" => {
            line.minimum = Some(pb::Minimum { amount: words[0].into(), window: window(words[1]) });
        }
        "units" => line
            .period_units
            .push(pb::PeriodUnits { period: days(words[0], words[1]), units: words[2].into() }),
        "seats" => {
            line.quantities.push(pb::QuantityFrom { day: Some(day(words[0])), quantity: words[1].into() })
        }
        "milestone" => line.milestones.push(pb::Milestone {
            day: Some(day(words[0])),
            amount: words[1].into(),
            description: "Part".into(),
        }),
        "discount" => match words[0].strip_suffix('%') {
            Some(percent) => line.discount_percent = percent.into(),
            None => line.discount_amount = words[0].into(),
        },
        "schedule" => {
            line.schedule = pb::Schedule::from_str_name(&format!("SCHEDULE_{}", words[0])).unwrap().into();
        }
        "proration" => {
            let proration = pb::Proration::from_str_name(&format!("PRORATION_{}", words[0]));
            line.proration = proration.unwrap().into();
        }
        "cap" => line.cap = Some(cap(words)),
        unknown => panic!("an example says {unknown}"),
    }
}

fn cap(words: &[&str]) -> pb::Cap {
    let (kind, percent, budget) = match words[0] {
        "LESSER" => (pb::CapKind::LesserOfBookedAndDelivered, "", ""),
        "BUDGET" => (pb::CapKind::Budget, "", words[1]),
        "PERCENT" => (pb::CapKind::Percent, words[1], ""),
        _ => (pb::CapKind::Uncapped, "", ""),
    };
    let window = window(words[words.len() - 1]);
    pb::Cap { kind: kind.into(), percent: percent.into(), budget: budget.into(), window }
}

fn used(words: &[&str]) -> pb::QuotedUsage {
    let option = |word| words.iter().position(|known| *known == word).map(|position| words[position + 1]);
    let option = |word| option(word).map_or_else(String::new, str::to_owned);
    pb::QuotedUsage {
        days: days(words[0], words[1]),
        quantity: words[2].into(),
        expenses: option("spend"),
        rate: option("rate"),
        reported_in: option("in"),
    }
}

#[tokio::test]
async fn every_example_is_quoted_as_it_says() {
    let service = Service::start().await;
    let mut client = client(&service);
    for example in EXAMPLES.iter().flat_map(|file| file.split("\n\n")) {
        let (request, bills) = asked(example);
        let quoted = client.quote(request).await.unwrap_or_else(|no| panic!("{example}: {no}")).into_inner();
        let months = quoted
            .months
            .iter()
            .map(|month| (month.billing_month.clone(), month.billed.clone().unwrap().amount));
        let zero = |amount: &str| amount.bytes().all(|digit| matches!(digit, b'0' | b'.'));
        let months: Vec<_> = months.filter(|(_, amount)| !zero(amount)).collect();
        let bills: Vec<_> = bills.into_iter().filter(|(_, amount)| !zero(amount)).collect();
        assert_eq!(months, bills, "{example}");
    }
}

/// A million impressions at 10.00 in January and February.
fn impressions() -> pb::QuoteRequest {
    let (request, _) = asked(
        "model CPM\nflight 2026-01-01 2026-02-28\nrate 10\nbooked 1000000\nuse 2026-01-01 2026-01-31 600000\nuse 2026-02-01 2026-02-28 500000",
    );
    request
}

#[tokio::test]
async fn a_quote_explains_itself() {
    let service = Service::start().await;
    let quoted = client(&service).quote(impressions()).await.unwrap().into_inner();
    let amount = |money: &Option<pb::Money>| money.clone().unwrap().amount;
    assert_eq!((amount(&quoted.billed), amount(&quoted.held)), ("10000.00".into(), "0.00".into()));
    let [_, february] = &quoted.months[..] else { panic!("{quoted:?}") };
    let lines: Vec<_> = february
        .lines
        .iter()
        .map(|line| {
            format!("{} {} {} × {} / {}", line.kind, line.quantity, line.unit, line.rate, line.price_base)
        })
        .collect();
    assert_eq!(lines, ["DELIVERY 400000 impression × 10 / 1000", "OVER_DELIVERY 100000 impression × 0 / 1"]);
    let tree = february.explanation.clone().unwrap();
    assert_eq!((tree.amount.as_str(), tree.parts[0].amount.as_str()), ("4000.00", "4000.00"));
}

#[tokio::test]
async fn what_cannot_be_quoted_says_why() {
    let service = Service::start().await;
    let mut client = client(&service);
    type Change = fn(&mut pb::QuoteRequest);
    fn of(request: &mut pb::QuoteRequest) -> &mut pb::OrderLine {
        request.line.as_mut().unwrap()
    }
    let table: [(Change, &str); 13] = [
        (|r| r.currency_code = "EURO".into(), "currency_code"),
        (|r| r.pricing_model = 0, "pricing_model"),
        (|r| r.line = None, "line.flight"),
        (|r| r.usage[1].quantity = "-1".into(), "usage[1].quantity"),
        (|r| r.usage[1].days = days("2026-03-01", "2026-03-02"), "within the flight"),
        (|r| r.usage[1].days = days("2026-01-30", "2026-02-02"), "within one billing period"),
        (|r| r.usage[1].reported_in = "2026-01".into(), "usage[1].reported_in"),
        (|r| r.usage[1].quantity = "1.5".into(), "IMPRESSIONS are counted one by one"),
        (|r| r.usage[0].expenses = "5".into(), "goes with TIME_AND_MATERIALS only"),
        (|r| r.usage[0].rate = "5".into(), "goes with PER_SPOT only"),
        (|r| of(r).rate = String::new(), "rate"),
        (
            |r| {
                of(r).cap = Some(cap(&["BUDGET", "100.00", "LIFE"]));
                of(r).minimum = Some(pb::Minimum { amount: "100.01".into(), window: window("LIFE") });
            },
            "100.01",
        ),
        (|r| r.billing_calendar = pb::BillingCalendar::Fiscal.into(), "billing_calendar"),
    ];
    for (change, said) in table {
        let mut request = impressions();
        change(&mut request);
        let refused = client.quote(request).await.unwrap_err();
        let told = format!("{} {:?}", refused.message(), String::from_utf8_lossy(refused.details()));
        assert!(told.contains(said), "{said}: {told}");
        assert_ne!(refused.code(), Code::Internal, "{said}");
    }
    for tiers in [vec!["100 1"], vec!["100 1", "100 2", "- 3"]] {
        let mut request = impressions();
        request.pricing_model = pb::PricingModel::Graduated.into();
        let line = of(&mut request);
        (line.rate, line.metric) = (String::new(), pb::Metric::Impressions.into());
        for tier in tiers {
            term(line, "tier", &tier.split(' ').collect::<Vec<_>>());
        }
        let refused = client.quote(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).starts_with("TIERS")), (Code::InvalidArgument, true));
    }
}

#[tokio::test]
async fn usage_that_cannot_be_is_refused_with_its_place() {
    let service = Service::start().await;
    let mut client = client(&service);
    let days = "model CPD\nflight 2026-01-01 2026-02-28\nrate 10\nbooked 59\nuse 2026-01-01 2026-01-31";
    let table = [
        (format!("{days} 40"), "usage[0].quantity", "must be at most 31"),
        (
            format!("{days} 20\nuse 2026-01-01 2026-01-31 20"),
            "usage[1].quantity",
            "makes 40 days of a period",
        ),
        (
            "model FLAT_FEE\nflight 2026-01-01 2026-02-28\namount 100.00\nuse 2026-01-01 2026-01-31 1".into(),
            "usage",
            "must be empty: FLAT_FEE bills by its schedule",
        ),
        (
            "model GRADUATED CLICKS\nflight 2026-01-01 2026-02-28\ntier - 1\nuse 2026-01-01 2026-01-31 0.5"
                .into(),
            "usage[0].quantity",
            "CLICKS are counted one by one",
        ),
    ];
    for (example, place, problem) in table {
        let refused = client.quote(asked(&example).0).await.unwrap_err();
        let told = format!("{} {:?}", refused.message(), String::from_utf8_lossy(refused.details()));
        assert_eq!(refused.code(), Code::InvalidArgument, "{told}");
        assert!(told.contains(place) && told.contains(problem), "{told}");
    }
}

#[tokio::test]
async fn what_another_system_billed_is_billed_no_more() {
    let service = Service::start().await;
    let mut client = client(&service);
    let opening = |first: &str, last: &str, units: &str, gross: &str| pb::OpeningBalance {
        origin_period: days(first, last),
        units: units.into(),
        gross: gross.into(),
    };
    // 300,000 of January at 9.00 elsewhere: 300,000 more of January at 10.00, and 400,000 up to the million in February.
    let mut request = impressions();
    request.line.as_mut().unwrap().opening_balances =
        vec![opening("2026-01-01", "2026-01-31", "300000", "2700.00")];
    let quoted = client.quote(request).await.unwrap().into_inner();
    let billed = |quoted: &pb::QuoteResponse| -> Vec<String> {
        quoted.months.iter().map(|month| month.billed.clone().unwrap().amount).collect()
    };
    assert_eq!(billed(&quoted), ["3000.00", "4000.00"]);
    let january = format!("{:?}", quoted.months[0].explanation);
    assert!(january.contains("Billed by another system for 2026-01-01 to 2026-01-31"), "{january}");
    // 12,000.00 over six months, of which January and 1,500.00 of February were billed elsewhere.
    let (mut fee, _) = asked("model FLAT_FEE\nflight 2026-01-01 2026-06-30\namount 12000.00");
    fee.line.as_mut().unwrap().opening_balances = vec![
        opening("2026-01-01", "2026-01-31", "1", "2000.00"),
        opening("2026-02-01", "2026-02-28", "1", "1500.00"),
    ];
    let quoted = client.quote(fee).await.unwrap().into_inner();
    assert_eq!(billed(&quoted), ["0.00", "500.00", "2000.00", "2000.00", "2000.00", "2000.00"]);
}
