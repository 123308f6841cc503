use std::fs;

use billing_proto::billing::invoicing::v1 as pb;
use jiff::civil::date;
use rust_decimal::Decimal;

use super::{
    Work,
    compare::{Miss, compare},
    disputes::Worked,
    expected::{Expected, Figures},
    obligations::Obligations,
    report::Report,
    set::Set,
};
use crate::import;

fn figures(spots: i64, gross: i64) -> Figures {
    let cents = |cents: i64| Decimal::new(cents, 2);
    Figures { spots: spots.into(), gross: cents(gross), commission: cents(0), net: cents(gross) }
}

fn name(key: &&str) -> String {
    (*key).to_owned()
}

#[test]
fn the_projects_set_is_whole() {
    let set = Set::open(None).unwrap();
    assert_eq!(set.name(), "broadcast_2020");
    let work = Work::of(set).unwrap();
    let count = |system: &str| {
        let of = work.orders.iter().find(|(of, _)| *of == system).map(|(_, orders)| orders).unwrap();
        (of.len(), of.iter().map(|order| order.lines.len()).sum::<usize>())
    };
    assert_eq!(count(import::ORDER_SYSTEM), (53, 430));
    assert_eq!(count(import::CONTRACT_SYSTEM), (65, 1079));
    let Expected { invoices, contracts, periods } = &work.expected;
    assert_eq!((invoices.len(), contracts.len(), periods.len()), (53, 65, 65));
    let months: Vec<String> = work.months.iter().map(ToString::to_string).collect();
    assert_eq!(months, ["2019-12", "2020-01", "2020-02", "2020-03", "2020-04", "2020-05", "2020-06"]);
}

#[test]
fn what_is_expected_is_read_with_its_month_and_without_its_sign() {
    let expected = Expected::of(&Set::open(None).unwrap()).unwrap();
    let money = |text: &str| text.parse::<Decimal>().unwrap();
    let invoice = &expected.invoices[0];
    assert_eq!(invoice.0, ("1022634".to_owned(), "2020-05".to_owned()));
    let of_invoice =
        Figures { spots: 8.into(), gross: money("3350"), commission: money("502.5"), net: money("2847.50") };
    assert_eq!(invoice.1, of_invoice);
    let period = &expected.periods[0];
    assert_eq!(period.0, ("030a8ffe".to_owned(), date(2020, 5, 28)));
    assert_eq!(period.1.commission, money("37.50"));
}

#[test]
fn another_folder_is_another_set() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("My Orders"), folder.path().join("b/My Orders"));
    for dir in [&one, &other] {
        fs::create_dir_all(dir).unwrap();
        let refused = Set::open(Some(dir)).expect_err("it has no files");
        assert!(
            refused.to_string().ends_with("has no orders.csv; a set has the files of demo/broadcast-2020")
        );
        for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/broadcast-2020")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), dir.join(file.file_name())).unwrap();
        }
    }
    let named = |dir| Set::open(Some(dir)).unwrap().name().to_owned();
    assert!(named(&one).starts_with("my_orders_"));
    assert_ne!(named(&one), named(&other));
    assert_eq!(named(&one), named(&one));
}

#[test]
fn what_differs_is_a_miss_and_what_is_left_is_unexpected() {
    let expected = [("a", figures(1, 100)), ("b", figures(2, 200)), ("c", figures(3, 300))];
    let got = vec![("a", figures(1, 100)), ("b", figures(2, 201)), ("d", figures(4, 400))];
    let comparison = compare(&expected, got, name);
    assert_eq!(comparison.to_string(), "1 of 3");
    let miss = |what: &str, expected, got| Miss { what: what.to_owned(), expected, got };
    assert_eq!(
        comparison.misses,
        vec![miss("b", Some(figures(2, 200)), Some(figures(2, 201))), miss("c", Some(figures(3, 300)), None)]
    );
    assert_eq!(comparison.unexpected, vec![miss("d", None, Some(figures(4, 400)))]);
}

#[test]
fn an_invoice_that_came_twice_is_unexpected_once() {
    let expected = [("a", figures(1, 100))];
    let got = vec![("a", figures(9, 900)), ("a", figures(1, 100))];
    let comparison = compare(&expected, got, name);
    assert_eq!(comparison.matched, 1);
    assert_eq!(comparison.unexpected.len(), 1);
    assert_eq!(comparison.unexpected[0].got, Some(figures(9, 900)));
}

#[test]
fn files_that_were_mended_after_their_months_were_issued_are_told_to_start_over() {
    let none = || compare::<&str>(&[], vec![], name);
    let report = |issued_before, got| Report {
        runs: vec![pb::BillingRun::default(); 2],
        issued_before,
        invoices: compare(&[("1001", figures(1, 100))], got, name),
        contracts: none(),
        periods: none(),
        balance: vec![],
        pdfs: vec![],
        obligations: Obligations::default(),
        disputes: Worked::default(),
    };
    let remedy = report(1, vec![]).remedy().unwrap();
    assert!(remedy.starts_with("1 of 2 months were issued by an earlier start"), "{remedy}");
    assert!(remedy.ends_with("--data-dir NEW"), "{remedy}");
    assert_eq!(report(0, vec![]).remedy(), None);
    assert_eq!(report(1, vec![("1001", figures(1, 100))]).remedy(), None);
}
