//! Which orders share a document, and that several on one add up as one would.

use super::*;
use crate::order::{Liability, OrderCalendar};

fn sharing(consolidation: Consolidation) -> Sharing {
    Sharing {
        consolidation,
        advertiser: "Acme Soap".into(),
        external_id: "IO-1001".into(),
        calendar: OrderCalendar::CalendarMonth,
        liability: Liability::SoleAgency,
        territory: "EAST".into(),
    }
}

fn other_order(percent: &str) -> OrderFacts {
    OrderFacts { order: OrderId::of("traffic", "IO-1002"), ..order(percent) }
}

#[test]
fn the_account_says_which_orders_share_a_document() {
    let together = |by, other: &Sharing, numbers: [&[&str]; 2]| {
        grouping_key(&order("15"), &sharing(by), numbers[0], false)
            == grouping_key(&other_order("15"), other, numbers[1], false)
    };
    let alike = |by| sharing(by);
    let of_another_advertiser = |by| Sharing { advertiser: "Zenith".into(), ..sharing(by) };
    type Numbers = [&'static [&'static str]; 2];
    let (one, same, two): (Numbers, Numbers, Numbers) =
        ([&["PO-1"], &["PO-2"]], [&["PO-1"], &["PO-1"]], [&[], &[]]);
    use Consolidation::{Account, Advertiser, Order, PurchaseOrder};
    // From the definition of each instruction.
    assert!(!together(Order, &alike(Order), same));
    assert!(together(PurchaseOrder, &of_another_advertiser(PurchaseOrder), same));
    assert!(!together(PurchaseOrder, &alike(PurchaseOrder), one));
    assert!(!together(PurchaseOrder, &alike(PurchaseOrder), two), "without a number each stays alone");
    assert!(together(Advertiser, &alike(Advertiser), one));
    assert!(!together(Advertiser, &of_another_advertiser(Advertiser), same));
    assert!(together(Account, &of_another_advertiser(Account), one));
}

#[test]
fn what_a_document_has_once_is_never_shared() {
    let by = Consolidation::Account;
    let key = |order: &OrderFacts, sharing: &Sharing| grouping_key(order, sharing, &[], false);
    let first = key(&order("15"), &sharing(by));
    assert_eq!(key(&other_order("15.00"), &sharing(by)), first, "15 % is 15.00 %");
    let euro = Currency::parse("EUR").unwrap();
    let others = [
        key(&other_order("10"), &sharing(by)),
        key(&OrderFacts { currency: euro, ..other_order("15") }, &sharing(by)),
        key(&OrderFacts { payment_terms_days: 60, ..other_order("15") }, &sharing(by)),
        key(&OrderFacts { settled_by: SettledBy::Wallet, ..other_order("15") }, &sharing(by)),
        key(&other_order("15"), &Sharing { calendar: OrderCalendar::BroadcastMonth, ..sharing(by) }),
        key(&other_order("15"), &Sharing { liability: Liability::Sequential, ..sharing(by) }),
        key(&other_order("15"), &Sharing { territory: "WEST".into(), ..sharing(by) }),
        grouping_key(&other_order("15"), &sharing(by), &[], true),
    ];
    for other in others {
        assert_ne!(other, first);
    }
}

#[test]
fn the_orders_of_a_document_follow_each_other_and_share_its_commission() {
    let second = LineFacts { line: LineId::of(other_order("15").order, "L1"), ..rated(1, vec![]).0 };
    let spots =
        RatedLine { line: second.line, ..rated(1, vec![item((LineKind::Spots, 4), "1", "0.03", "0.03")]).1 };
    let orders = [
        RatedOrder { facts: order("15"), lines: january() },
        RatedOrder { facts: other_order("15"), lines: vec![(second, spots)] },
    ];
    let (place, nothing) = (Place::from_str("US").unwrap(), HashMap::new());
    let month = Month::new(2026, 4).unwrap();
    let assembled = assemble(run(), "key", month, &orders, nowhere_else(&place, &nothing)).unwrap().unwrap();
    let draft = untaxed(assembled);
    assert_eq!(
        (draft.order, draft.orders()),
        (order("15").order, vec![order("15").order, other_order("15").order])
    );
    // 15 % of 3,883.37 is 582.5055; of the lines 500.001, 82.50 and 0.0045.
    assert_eq!((draft.gross, draft.commission), (money("3883.37"), money("582.51")));
    let commissions: Vec<Money> = draft.lines.iter().map(|line| line.commission).collect();
    assert_eq!(commissions, [money("500.00"), money("82.50"), money("0.01")]);
    assert_eq!(draft.spots, 3);
}
