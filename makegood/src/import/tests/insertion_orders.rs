//! Orders with every term, from files.

use super::*;
use crate::import::read_with_codes;

const HEADS: &str = "order,revision,advertiser,account,currency,flight_first,flight_last,billing_calendar,billing_cycle,purchase_orders,discount_amount,payment_terms_days\n";
const HEAD: &str = "IO-1,3,Acme,AG-1,USD,2026-01-01,2026-03-31,BROADCAST_MONTH,WEEKLY,PO-1|20000.00|2026-12-31; PO-2,100.00,45\n";
const LINES: &str = "order,line,product,pricing_model,line_first,line_last,rate,booked_units,cap,cap_window,minimum,minimum_window,discount_percent,third_party,third_party_controls,without_count,count_due_days,scopes,cancelled_on,short_rate\n";
const LINE: &str = "IO-1,L1,DISPLAY,CPM,2026-01-01,2026-03-31,7.50,1000000,LESSER_OF_BOOKED_AND_DELIVERED,PERIOD_WITH_CARRY,100.00,PERIOD,10,verifier,yes,BILL_OWN,10,rate|2026-02-01|mail of 28 January; |FROM_START,2026-03-15,9.00\n";
const ENTRIES: &str = "order,line,product,line_first,line_last,metric,tiers,tier_window,milestones,period_units,quantities,opening_balances,schedule,proration,term_months\n";

fn day(year: i32, month: i32, day: i32) -> Option<billing_proto::google::r#type::Date> {
    Some(billing_proto::google::r#type::Date { year, month, day })
}

/// The one order of these files.
fn order(heads: &str, lines: &str) -> pb::Order {
    let folder = Files::new();
    let files = [folder.write("o.csv", heads), folder.write("l.csv", lines)];
    let (mut read, _) = read_with_codes(files.into_iter()).unwrap();
    let (system, mut orders) = read.remove(0);
    assert_eq!((system, orders.len(), read.len()), ("orders", 1, 0));
    orders.remove(0)
}

#[test]
fn every_term_of_an_order_and_its_line_is_read() {
    let order = order(&format!("{HEADS}{HEAD}"), &format!("{LINES}{LINE}"));
    assert_eq!((order.revision, &*order.account, order.payment_terms_days), (3, "AG-1", Some(45)));
    assert_eq!(order.billing_calendar(), pb::BillingCalendar::BroadcastMonth);
    assert_eq!(
        (order.billing_cycle(), order.liability()),
        (pb::BillingCycle::Weekly, pb::Liability::Advertiser)
    );
    let value = Some(pb::Money { currency_code: "USD".into(), amount: "20000.00".into() });
    let orders = [
        pb::PurchaseOrder { number: "PO-1".into(), value, expires: day(2026, 12, 31) },
        pb::PurchaseOrder { number: "PO-2".into(), ..pb::PurchaseOrder::default() },
    ];
    assert_eq!((&order.purchase_orders[..], &*order.discount_amount), (&orders[..], "100.00"));
    let cap = pb::Cap {
        kind: pb::CapKind::LesserOfBookedAndDelivered.into(),
        window: pb::Window::PeriodWithCarry.into(),
        ..pb::Cap::default()
    };
    let scope = |term: &str, from, evidence: &str| pb::TermScope {
        term: term.into(),
        from,
        from_start: from.is_none(),
        evidence: evidence.into(),
    };
    let expected = pb::OrderLine {
        number: "L1".into(),
        ad_product: "DISPLAY".into(),
        flight: days((2026, 1, 1), (2026, 3, 31)),
        rate: "7.50".into(),
        booked_units: "1000000".into(),
        cap: Some(cap),
        minimum: Some(pb::Minimum { amount: "100.00".into(), window: pb::Window::Period.into() }),
        discount_percent: "10".into(),
        third_party: Some(pb::ThirdParty {
            source: "verifier".into(),
            controls: true,
            without_count: pb::WithoutCount::BillOwn.into(),
            count_due_days: 10,
            ..pb::ThirdParty::default()
        }),
        scopes: vec![scope("rate", day(2026, 2, 1), "mail of 28 January"), scope("", None, "")],
        cancelled_on: day(2026, 3, 15),
        short_rate: "9.00".into(),
        ..pb::OrderLine::default()
    };
    assert_eq!(order.lines, [expected]);
}

#[test]
fn a_cell_may_have_several_entries() {
    let line = "IO-1,L1,CLICKS,2026-01-01,2026-03-31,CLICKS,100000|10; 200000||500.00; |8,TERM,2026-01-20|4000.00|Concept,2026-01-01|2026-01-31|5,2026-01-01|10; 2026-02-15|12,2026-01-01|2026-01-31|300|3000.00,MILESTONE,THIRTY_360,12\n";
    let line = order(&format!("{HEADS}{HEAD}"), &format!("{ENTRIES}{line}")).lines.remove(0);
    let tiers: Vec<_> = line.tiers.iter().map(|tier| [&*tier.up_to, &*tier.rate, &*tier.flat]).collect();
    assert_eq!(tiers, [["100000", "10", ""], ["200000", "", "500.00"], ["", "8", ""]]);
    assert_eq!((line.metric(), line.tier_window()), (pb::Metric::Clicks, pb::Window::Term));
    let milestone = &line.milestones[0];
    assert_eq!(
        (milestone.day, &*milestone.amount, &*milestone.description),
        (day(2026, 1, 20), "4000.00", "Concept")
    );
    assert_eq!(
        (line.period_units[0].period, &*line.period_units[0].units),
        (days((2026, 1, 1), (2026, 1, 31)), "5")
    );
    assert_eq!((line.quantities[1].day, &*line.quantities[1].quantity), (day(2026, 2, 15), "12"));
    let opening = &line.opening_balances[0];
    assert_eq!((&*opening.units, &*opening.gross), ("300", "3000.00"));
    assert_eq!(
        (line.schedule(), line.proration(), line.term_months),
        (pb::Schedule::Milestone, pb::Proration::Thirty360, 12)
    );
}

#[test]
fn a_bad_cell_is_said_with_file_line_column_and_remedy() {
    let head =
        |from: &str, to: &str| (format!("{HEADS}{}", HEAD.replace(from, to)), format!("{LINES}{LINE}"));
    let line =
        |from: &str, to: &str| (format!("{HEADS}{HEAD}"), format!("{LINES}{}", LINE.replace(from, to)));
    let entry = |cells: &str| {
        (format!("{HEADS}{HEAD}"), format!("{ENTRIES}IO-1,L1,X,2026-01-01,2026-03-31,{cells}\n"))
    };
    for ((heads, lines), expected) in [
        (
            head("WEEKLY", "DAILY"),
            "o.csv line 2: column `billing_cycle`: `DAILY` is none of END_OF_MONTH, END_OF_MONTH_OR_CONTRACT, WEEKLY",
        ),
        (
            head("IO-1,3", "IO-1,x"),
            "o.csv line 2: column `revision`: `x` is not a count: a whole number, not negative",
        ),
        (head("PO-1|20000.00", "PO-1|20,000"), "o.csv line 2: 13 cells, but the header names 12 columns"),
        (
            head("|2026-12-31", "|31.12.2026"),
            "o.csv line 2: column `purchase_orders`: `PO-1|20000.00|31.12.2026` has the LAST DAY `31.12.2026`, which is not a day such as 2020-01-31; write NUMBER|VALUE|LAST DAY, several of them with `;` between",
        ),
        (
            head("|2026-12-31", "|2026-12-31|x"),
            "o.csv line 2: column `purchase_orders`: `PO-1|20000.00|2026-12-31|x` has 4 parts, and NUMBER|VALUE|LAST DAY has 3; write NUMBER|VALUE|LAST DAY, several of them with `;` between",
        ),
        (line("7.50", "7,50"), "l.csv line 2: 21 cells, but the header names 20 columns"),
        (line("7.50", "-7.50"), "l.csv line 2: column `rate`: -7.50 is negative"),
        (
            line(",CPM,", ",CPX,"),
            "l.csv line 2: column `pricing_model`: `CPX` is none of FLAT_FEE, PER_SPOT, CPM, VCPM, CPC, CPV, CPCV, CPA, CPD, PERCENT_OF_SPEND, GRADUATED, VOLUME, PACKAGE, TIERED_FLAT, GRADUATED_PERCENT, SUBSCRIPTION, TIME_AND_MATERIALS",
        ),
        (
            line("DISPLAY,CPM", ",CPM"),
            "l.csv line 2: column `pricing_model`: needs an ad product in the column `product`",
        ),
        (
            line("LESSER_OF_BOOKED_AND_DELIVERED", ""),
            "l.csv line 2: column `cap_window`: needs a cap: say in the column `cap` which",
        ),
        (
            line("100.00,PERIOD", ",PERIOD"),
            "l.csv line 2: column `minimum_window`: needs an amount in the column `minimum`",
        ),
        (
            line("verifier", ""),
            "l.csv line 2: column `third_party_controls`: needs a source in the column `third_party`",
        ),
        (
            line("rate|2026-02-01|", "rate||"),
            "l.csv line 2: column `scopes`: `rate||mail of 28 January` lacks FROM DAY or FROM_START; write TERM|FROM DAY or FROM_START|EVIDENCE, several of them with `;` between",
        ),
        (
            entry("CLICKS,1e5|10,,,,,,,,"),
            "l.csv line 2: column `tiers`: `1e5|10` has the LAST UNIT `1e5`, which is not a decimal such as 1250.00, not negative; write LAST UNIT|RATE|FEE, several of them with `;` between",
        ),
    ] {
        assert_eq!(refusal(&[("o.csv", &heads), ("l.csv", &lines)]), expected);
    }
    let unknown =
        refusal(&[("o.csv", &format!("{HEADS}{HEAD}")), ("l.csv", &LINES.replace(",rate,", ",rat,"))]);
    assert!(
        unknown.starts_with(
            "l.csv line 1: column `rat` is not known; take it out, or write one of order, line, "
        ),
        "{unknown}"
    );
    let alone = refusal(&[("o.csv", &format!("{HEADS}{HEAD}"))]);
    assert_eq!(alone, "o.csv needs its lines beside it: name insertion_order_lines.csv too");
}
