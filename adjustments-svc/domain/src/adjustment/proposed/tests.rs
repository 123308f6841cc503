#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use money::Money;
use uuid::Uuid;

use super::{
    super::{AdjustmentKind, AskedLine, By, submit},
    *,
};
use crate::subject::Cause;

fn gbp(amount: &str) -> Money {
    Money::parse(Currency::parse("GBP").unwrap(), amount).unwrap()
}

fn held(gross: &str) -> (Proposal, Vec<AdjustedLine>) {
    let by = By::Gross(gbp(gross));
    let proposal = Proposal {
        kind: AdjustmentKind::RatingCorrection,
        cause: Cause::LateAmendment,
        reason: "Line L1: the price agreed since is lower".into(),
        lines: vec![AskedLine { number: 1, by: by.clone() }],
        bill_to: None,
        evidence: Vec::new(),
    };
    (proposal, vec![AdjustedLine { number: 1, by, amount: gbp(gross) }])
}

fn people(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn proposed(gross: &str, makers: &[&str]) -> Adjustment {
    let id = Uuid::from_u128;
    let place = (
        EntityId::from_uuid(id(1)),
        AccountId::from_uuid(id(2)),
        InvoiceId::from_uuid(id(3)),
        gbp("0").currency(),
    );
    let at: Timestamp = "2026-04-02T12:00:00Z".parse().unwrap();
    propose(AdjustmentId::from_uuid(id(4)), place, held(gross), (&people(makers), at))
}

#[test]
fn whoever_made_the_difference_made_its_correction() {
    for (makers, by, editors) in [
        (&["sender", "approver"][..], "sender", &["approver"][..]),
        (&["sender"][..], "sender", &[][..]),
        (&[][..], "system", &[][..]),
    ] {
        let draft = proposed("2000.00", makers);
        assert_eq!((draft.made.by.as_str(), &draft.editors), (by, &people(editors)));
        assert_eq!(draft.measured().unwrap(), gbp("2000.00"));
    }
}

#[test]
fn a_draft_follows_what_is_held_and_keeps_whoever_had_a_part_in_it() {
    let draft = proposed("2000.00", &["sender"]);
    let edited = Adjustment { editors: people(&["analyst"]), ..draft };
    let followed = follow(&edited, held("1500.00"), &people(&["other", "sender"])).unwrap();
    assert_eq!(followed.measured().unwrap(), gbp("1500.00"));
    assert_eq!((followed.made.by.as_str(), &followed.editors), ("sender", &people(&["analyst", "other"])));
}

#[test]
fn what_is_asked_for_does_not_follow() {
    let draft = proposed("2000.00", &["sender"]);
    assert_eq!(lapse(&draft).unwrap().state, State::Ended { how: Ending::Withdrawn, approval: None });
    let submitted = submit(&draft, ids::ApprovalId::from_uuid(Uuid::from_u128(5))).unwrap();
    assert_eq!(lapse(&submitted).unwrap_err().reason(), "ADJUSTMENT_STATE");
    assert_eq!(follow(&submitted, held("1500.00"), &[]).unwrap_err().reason(), "ADJUSTMENT_STATE");
}
