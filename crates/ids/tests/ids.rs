//! One thing, one id, one spelling.

use std::collections::HashSet;

use ids::{AccountId, AiringId, InvoiceId, Kind, LineId, OrderId, Revision, RunId};
use uuid::Uuid;

const UUID: Uuid = Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_00ff);

#[test]
fn an_id_is_written_with_its_prefix_and_read_back() {
    let id = AccountId::from_uuid(UUID);
    assert_eq!(id.to_string(), "acc_018f00000000700080000000000000ff");
    assert_eq!(format!("{id:?}"), id.to_string());
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(id.uuid(), UUID);
}

#[test]
fn any_other_spelling_is_refused() {
    for text in [
        "",
        "acc_",
        "acc",
        "018f00000000700080000000000000ff",
        "ord_018f00000000700080000000000000ff",
        "ACC_018f00000000700080000000000000ff",
        "acc_018F00000000700080000000000000FF",
        "acc_018f0000-0000-7000-8000-0000000000ff",
        "acc_018f00000000700080000000000000f",
        "acc_018f00000000700080000000000000fff",
        "acc__18f00000000700080000000000000ff",
        "acc_018f00000000700080000000000000ff ",
        "acc_018f00000000700080000000000000é",
    ] {
        let error = text.parse::<AccountId>().expect_err(text);
        assert_eq!(
            error.to_string(),
            "is not an id of the expected kind: acc_ and 32 lowercase hexadecimal digits"
        );
    }
}

/// Rows hold these ids for good: a change of this test is a migration of every database.
#[test]
fn a_derived_id_is_the_same_everywhere_and_for_good() {
    let order = OrderId::of("wideorbit", "2006411");
    assert_eq!(order.to_string(), "ord_4ec3edd09fbd8ed8b2884926a642d4d9");
    assert_eq!(LineId::of(order, "5").to_string(), "lin_7cfb0f90ef9580c5b067dad2cb0c7168");
    assert_eq!(
        AiringId::of("wideorbit", order, "5", "1").to_string(),
        "air_430c67aaae448d8ea2c2715dc79ab8ff"
    );
    let (run, account) = (RunId::from_uuid(UUID), AccountId::from_uuid(UUID));
    assert_eq!(
        InvoiceId::of(run, account, "order", "USD", "INVOICE").to_string(),
        "inv_cc83dfc293118ed196109fa95d556ea5"
    );
    assert_eq!(order.uuid().get_version_num(), 8);
}

#[test]
fn every_part_and_its_bounds_and_the_kind_tell_ids_apart() {
    let order = OrderId::of("a", "b");
    let uuids = [
        order.uuid(),
        OrderId::of("ab", "").uuid(),
        OrderId::of("", "ab").uuid(),
        OrderId::of("a", "B").uuid(),
        OrderId::derived(&[b"a", b"b", b""]).uuid(),
        LineId::derived(&[b"a", b"b"]).uuid(),
        LineId::of(order, "1").uuid(),
        LineId::of(order, "01").uuid(),
    ];
    assert_eq!(HashSet::from(uuids).len(), uuids.len());
}

#[test]
fn no_two_kinds_share_a_prefix() {
    let prefixes = [
        ids::BillingEntity::PREFIX,
        ids::Series::PREFIX,
        ids::Account::PREFIX,
        ids::Product::PREFIX,
        ids::Order::PREFIX,
        ids::Line::PREFIX,
        ids::Batch::PREFIX,
        ids::Airing::PREFIX,
        ids::Run::PREFIX,
        ids::Invoice::PREFIX,
        ids::LedgerEntry::PREFIX,
        ids::Event::PREFIX,
        ids::Key::PREFIX,
    ];
    assert_eq!(HashSet::from(prefixes).len(), prefixes.len());
}

#[test]
fn a_revision_is_an_etag_with_one_spelling() {
    assert_eq!(Revision::new(12).to_string(), "r12");
    assert_eq!("r12".parse(), Ok(Revision::new(12)));
    for text in ["", "r", "12", "R12", "r+12", "r012", "r-1", "r12 ", "\"r12\"", "r18446744073709551616"] {
        assert!(text.parse::<Revision>().is_err(), "{text}");
    }
}

#[test]
fn a_revision_counts_up_to_its_last_number() {
    assert_eq!(Revision::FIRST.next(), Some(Revision::new(2)));
    assert_eq!(Revision::new(u64::MAX).next(), None);
    assert_eq!(Revision::try_from(7_i64), Ok(Revision::new(7)));
    assert_eq!(i64::try_from(Revision::new(7)), Ok(7));
    assert!(Revision::try_from(-1_i64).is_err() && i64::try_from(Revision::new(u64::MAX)).is_err());
}
