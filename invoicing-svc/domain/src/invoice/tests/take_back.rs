//! When a line may go below zero on a draft.

use super::*;
use crate::rating::{Held, HeldCause};

/// January's 100.00 too much, beside April's fee of so much.
fn taking_back(fee: &str) -> Draft {
    let back = item((LineKind::Delivery, 1), "-1", "100", "-100.00");
    let fee = item((LineKind::SchedulePart, 4), "1", fee, fee);
    draft(&[rated(3, vec![back]), rated(2, vec![fee])]).unwrap()
}

fn billed() -> BilledAs {
    BilledAs {
        origin: date(2026, 1, 1),
        commission_percent: Percent::parse("15").unwrap(),
        purchase_order: Some("PO-1".into()),
        tax_base: TaxBase::NetOfCommission,
        place: Place::from_str("US").unwrap(),
        category: TaxCategory::OutsideScope,
        percent: Percent::parse("0").unwrap(),
    }
}

fn may(draft: &Draft, billed: &[BilledAs]) -> bool {
    let origin = days(date(2026, 1, 1), date(2026, 1, 31));
    let held = Held { origin, amount: money("-100.00"), cause: HeldCause::Restatement, changes: vec![] };
    let held = [held];
    draft.is_billed_as(&held, billed, Some("PO-1"))
        && draft.is_taxed_as(line_id(3), &held, billed)
        && draft.is_payable()
}

/// domain.md §4: same tax, purchase order and bill-to, document at least 0.
#[test]
fn a_line_below_zero_is_as_it_was_billed() {
    let draft = taking_back("1000.00");
    assert!(may(&draft, &[billed()]));
    let cases = [
        ("another commission", BilledAs { commission_percent: Percent::parse("10").unwrap(), ..billed() }),
        ("another purchase order", BilledAs { purchase_order: Some("PO-2".into()), ..billed() }),
        ("no purchase order", BilledAs { purchase_order: None, ..billed() }),
        ("another tax base", BilledAs { tax_base: TaxBase::Gross, ..billed() }),
        ("another place", BilledAs { place: Place::from_str("GB").unwrap(), ..billed() }),
        ("another category", BilledAs { category: TaxCategory::Exempt, ..billed() }),
        ("another percent", BilledAs { percent: Percent::parse("19").unwrap(), ..billed() }),
        ("another month", BilledAs { origin: date(2026, 2, 1), ..billed() }),
    ];
    for (what, case) in cases {
        assert!(!may(&draft, &[case]), "{what}");
    }
    assert!(!may(&draft, &[]), "nobody knows how it was billed");
    // Billed by two documents on two numbers: which of them it takes back is for a credit note to say.
    assert!(!may(&draft, &[billed(), BilledAs { purchase_order: None, ..billed() }]));
    assert!(!may(&taking_back("99.99"), &[billed()]), "the document would be below zero");
}
