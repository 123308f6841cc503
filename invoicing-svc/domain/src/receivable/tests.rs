use money::Currency;
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::billing_entity::{GeneralLedgerCodes, SettlementCodes};
use crate::ledger::LedgerAccount;

fn money(text: &str) -> Money {
    Money::parse(Currency::parse("GBP").unwrap(), text).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn document(number: u128) -> InvoiceId {
    InvoiceId::from_uuid(Uuid::from_u128(number))
}

fn activity_id(number: u128) -> ActivityId {
    ActivityId::from_uuid(Uuid::from_u128(number))
}

/// A document by its number: due, open and disputed.
fn item(number: u128, due: &str, open: &str, disputed: &str) -> OpenItem {
    OpenItem {
        account: AccountId::from_uuid(Uuid::from_u128(1)),
        entity: EntityId::from_uuid(Uuid::from_u128(1)),
        document: document(number),
        kind: DocumentKind::Invoice,
        number: format!("2026-{number}"),
        issued: day("2026-01-01"),
        due: day(due),
        total: money(open),
        open: money(open),
        disputed: money(disputed),
        dispute: String::new(),
    }
}

fn puts(puts: &[Put]) -> Vec<(InvoiceId, String)> {
    puts.iter().map(|put| (put.document, put.amount.to_string())).collect()
}

#[test]
fn a_credit_note_pays_what_it_corrects_and_the_rest_is_credit() {
    for (open, credit, paid) in [
        ("40800.00", "10200.00", Some("10200.00")),
        ("4000.00", "10200.00", Some("4000.00")),
        ("0.00", "10200.00", None),
    ] {
        assert_eq!(apply_to_corrected(money(open), money(credit)), Ok(paid.map(money)), "{open} {credit}");
    }
}

#[test]
fn the_oldest_is_paid_first_and_what_is_disputed_last() {
    let items = [
        item(3, "2026-03-31", "500.00", "0.00"),
        // Due 10,200.00, disputed 2,040.00.
        item(1, "2026-01-31", "10200.00", "2040.00"),
        item(2, "2026-02-28", "1000.00", "0.00"),
    ];
    for (cash, expected) in [
        ("8160.00", vec![(1, "8160.00")]),
        ("9500.00", vec![(1, "8160.00"), (2, "1000.00"), (3, "340.00")]),
        ("10000.00", vec![(1, "8500.00"), (2, "1000.00"), (3, "500.00")]),
        // What is more than all stays unapplied.
        ("20000.00", vec![(1, "10200.00"), (2, "1000.00"), (3, "500.00")]),
    ] {
        let expected: Vec<_> =
            expected.into_iter().map(|(n, amount)| (document(n), amount.to_owned())).collect();
        assert_eq!(puts(&allocate(money(cash), &items, &Wanted::OldestFirst).unwrap()), expected, "{cash}");
    }
}

#[test]
fn named_documents_are_paid_as_they_are_named() {
    let items = [item(1, "2026-01-31", "1000.00", "0.00"), item(2, "2026-02-28", "500.00", "0.00")];
    let named = |wanted: &[(u128, Option<&str>)]| {
        Wanted::Named(wanted.iter().map(|(n, amount)| (document(*n), amount.map(money))).collect())
    };
    let all = allocate(money("1200.00"), &items, &named(&[(2, None), (1, None)])).unwrap();
    assert_eq!(puts(&all), [(document(2), "500.00".to_owned()), (document(1), "700.00".to_owned())]);
    for (wanted, reason) in [
        (vec![(3, None)], "DOCUMENT_NOT_OPEN"),
        (vec![(2, Some("500.01"))], "ALLOCATION_ABOVE_OPEN"),
        (vec![(1, Some("1000.00")), (2, Some("200.01"))], "ALLOCATION_ABOVE_LEFT"),
        (vec![(1, Some("1000.00")), (2, Some("-1.00"))], "ALLOCATION_ABOVE_LEFT"),
    ] {
        assert_eq!(allocate(money("1200.00"), &items, &named(&wanted)).unwrap_err().reason(), reason);
    }
}

#[test]
fn only_what_nothing_stands_against_is_given_back() {
    let credit = |credit, owed| Credit { credit: money(credit), owed: money(owed) };
    assert_eq!(check_refund(money("3000.00"), money("5000.00"), credit("5000.00", "2000.00")), Ok(()));
    let refused = check_refund(money("3000.01"), money("5000.00"), credit("5000.00", "2000.00")).unwrap_err();
    assert_eq!(refused.reason(), "REFUND_ABOVE_CREDIT");
    assert!(refused.to_string().starts_with("3,000.00 can be given back"), "{refused}");
    let refused = check_refund(money("5000.01"), money("5000.00"), credit("9000.00", "0.00")).unwrap_err();
    assert_eq!(refused.reason(), "ALLOCATION_ABOVE_LEFT");
    assert_eq!(
        check_refund(money("0.01"), money("1.00"), credit("1.00", "2.00")).unwrap_err().reason(),
        "REFUND_ABOVE_CREDIT"
    );
    // The smaller of what is left of the source and what nothing stands against, and never below nothing.
    for (left, of, owed, refundable) in [
        ("1000.00", "1000.00", "600.00", "400.00"),
        ("300.00", "1000.00", "600.00", "300.00"),
        ("1.00", "1.00", "2.00", "0.00"),
    ] {
        assert_eq!(credit(of, owed).refundable_of(money(left)), Ok(money(refundable)), "{left} of {of}");
    }
}

#[test]
fn what_is_disputed_is_never_written_off() {
    let disputed = item(1, "2026-01-31", "10200.00", "2040.00");
    assert_eq!(check_write_off(&disputed, money("8160.00")), Ok(()));
    let refused = check_write_off(&disputed, money("8160.01")).unwrap_err();
    assert_eq!(refused.reason(), "WRITE_OFF_ABOVE_UNDISPUTED");
    let told = "8,160.00 can be written off, as 2,040.00 of the 10,200.00 open is disputed; 8,160.01 is more";
    assert!(refused.to_string().contains(told), "{refused}");
}

#[test]
fn a_british_debt_is_given_up_relieved_and_recovered() {
    // Domain §8: 8,500 and 1,700 of VAT; later 5,100 come in.
    let codes = GeneralLedgerCodes {
        receivables: "1200".into(),
        agency_commission: "4900".into(),
        tax_payable: "2200".into(),
    };
    let settlement = SettlementCodes {
        cash: "1000".into(),
        unapplied_cash: "2300".into(),
        bad_debt: "6500".into(),
        bad_debt_recovered: "6510".into(),
        tax_relief: "2210".into(),
    };
    let mut lost = WrittenOff {
        amount: money("10200.00"),
        total: money("10200.00"),
        tax: money("1700.00"),
        relief: money("0.00"),
        recovered: money("0.00"),
    };
    let relief = lost.claim("wo").unwrap();
    lost.relief = relief;
    assert_eq!(lost.claim("wo").unwrap_err().reason(), "TAX_RELIEF_CLAIMED");
    let cash = money("5100.00");
    let tax = lost.recover(cash).unwrap();
    let (receipt, write_off) = (activity_id(8), activity_id(9));
    let mut sums = std::collections::BTreeMap::new();
    for (amount, moved) in [
        (lost.amount, Moved::WriteOff { document: document(1) }),
        (relief, Moved::TaxRelief { write_off }),
        (cash, Moved::Receipt { method: "WIRE".into() }),
        (cash, Moved::Recovery { receipt, write_off, tax }),
    ] {
        let activity = Activity {
            id: activity_id(1),
            entity: EntityId::from_uuid(Uuid::from_u128(1)),
            day: day("2026-09-01"),
            amount,
            moved,
            reference: String::new(),
            reason: String::new(),
            approval: None,
            reverses: None,
            act: Act { by: "collections_1".into(), at: jiff::Timestamp::UNIX_EPOCH },
        };
        for posting in postings(&activity, &codes, &settlement).unwrap() {
            let sum = sums.entry(posting.account).or_insert(money("0.00"));
            *sum = sum.plus(posting.debit).unwrap().minus(posting.credit).unwrap();
        }
    }
    let expected = [
        (LedgerAccount::Receivables, "-10200.00"),
        (LedgerAccount::Cash, "5100.00"),
        (LedgerAccount::UnappliedCash, "0.00"),
        (LedgerAccount::BadDebt, "8500.00"),
        (LedgerAccount::BadDebtRecovered, "-4250.00"),
        (LedgerAccount::TaxRelief, "850.00"),
    ];
    let sums: Vec<_> = sums.into_iter().map(|(account, sum)| (account, sum.to_string())).collect();
    assert_eq!(sums, expected.map(|(account, sum)| (account, sum.to_owned())));
    lost.recovered = cash;
    assert_eq!(lost.recover(money("5100.00")).unwrap(), money("850.00"));
    assert_eq!(lost.recover(money("5100.01")).unwrap_err().reason(), "RECOVERY_ABOVE_WRITTEN_OFF");
}

#[test]
fn what_is_due_ages_by_the_day() {
    for (as_of, age) in [
        ("2026-01-31", Age::Current),
        ("2026-02-01", Age::UpTo30),
        ("2026-03-02", Age::UpTo30),
        ("2026-03-03", Age::UpTo60),
        ("2026-04-01", Age::UpTo60),
        ("2026-04-02", Age::UpTo90),
        ("2026-05-01", Age::UpTo90),
        ("2026-05-02", Age::Over90),
    ] {
        assert_eq!(Age::of(day("2026-01-31"), day(as_of)), age, "{as_of}");
    }
}

#[test]
fn a_day_is_neither_to_come_nor_too_early() {
    let check = |on, first| check_day(day(on), day("2026-04-02"), Some(day(first)));
    assert_eq!(check("2026-04-02", "2026-04-02"), Ok(()));
    assert_eq!(check("2026-04-03", "2026-04-02").unwrap_err().reason(), "DAY_IN_FUTURE");
    assert_eq!(check("2026-04-01", "2026-04-02").unwrap_err().reason(), "DAY_TOO_EARLY");
}

#[test]
fn a_dispute_is_of_what_is_open() {
    assert_eq!(check_dispute(money("100.00"), money("100.00")), Ok(()));
    assert_eq!(check_dispute(money("0.00"), money("0.00")), Ok(()));
    assert_eq!(check_dispute(money("100.00"), money("100.01")).unwrap_err().reason(), "DISPUTE_ABOVE_OPEN");
}

proptest! {
    #[test]
    fn nothing_is_put_beyond_the_money_or_the_document(
        cash in 1_i64..100_000,
        open in prop::collection::vec((0_i64..30_000, 0_i64..30_000, 1_i8..28), 0..6),
    ) {
        let money = |cents| Money::of(Currency::parse("GBP").unwrap(), Decimal::new(cents, 2)).unwrap();
        let items: Vec<OpenItem> = (1..).zip(&open).map(|(n, (open, disputed, due))| OpenItem {
            open: money(*open),
            disputed: money(*disputed.min(open)),
            due: jiff::civil::date(2026, 1, *due),
            ..item(n, "2026-01-31", "0.00", "0.00")
        }).collect();
        let puts = allocate(money(cash), &items, &Wanted::OldestFirst).unwrap();
        let sum = Money::sum(money(0).currency(), puts.iter().map(|put| put.amount)).unwrap();
        let all = Money::sum(money(0).currency(), items.iter().map(|item| item.open)).unwrap();
        // All of the money, or all that is open.
        prop_assert!(sum == money(cash) || sum == all && all.compare(money(cash)).unwrap().is_le());
        for put in &puts {
            let item = items.iter().find(|item| item.document == put.document).unwrap();
            prop_assert!(put.amount.is_positive() && put.amount.compare(item.open).unwrap().is_le());
        }
    }
}
