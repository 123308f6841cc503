#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use money::Currency;
use uuid::Uuid;

use super::*;
use crate::approval::{BrokenGlass, Grant};

fn gbp(amount: &str) -> Money {
    Money::parse(Currency::parse("GBP").unwrap(), amount).unwrap()
}

fn act(by: &str) -> Act {
    Act { by: by.into(), at: "2026-04-02T12:00:00Z".parse().unwrap() }
}

fn receipt(number: u128) -> Source {
    Source::Receipt(ActivityId::from_uuid(Uuid::from_u128(number)))
}

fn wanted(source: Source, amount: &str) -> Wanted {
    Wanted {
        account: AccountId::from_uuid(Uuid::from_u128(1)),
        entity: EntityId::from_uuid(Uuid::from_u128(2)),
        source,
        amount: gbp(amount),
        reason: "paid twice".into(),
        reference: "REF-7".into(),
    }
}

fn request() -> ApprovalId {
    ApprovalId::from_uuid(Uuid::from_u128(5))
}

fn asked(wanted: Wanted, answer: &approval::State) -> RefundRequest {
    submit(RefundRequestId::from_uuid(Uuid::from_u128(4)), wanted, act("analyst"), (request(), answer))
}

fn pending(source: Source, amount: &str) -> RefundRequest {
    asked(wanted(source, amount), &approval::State::Pending)
}

fn credit(left: &str, credit: &str, owed: &str) -> Credit {
    Credit { left: gbp(left), credit: gbp(credit), owed: gbp(owed) }
}

#[test]
fn only_what_nothing_stands_against_and_nobody_asks_for_is_given_back() {
    // What is asked for of receipt 1, what is left of it, credit and debt of the account, what is asked for already.
    let cases = [
        // 1,000.00 came, 600.00 is open: 400.00.
        ("400.00", credit("1000.00", "1000.00", "600.00"), vec![], None),
        ("500.00", credit("1000.00", "1000.00", "600.00"), vec![], Some("REFUND_ABOVE_CREDIT")),
        // 250.00 of the 400.00 are asked for, of this receipt or of another one of the account.
        ("150.00", credit("1000.00", "1000.00", "600.00"), vec![pending(receipt(1), "250.00")], None),
        (
            "150.01",
            credit("1000.00", "1000.00", "600.00"),
            vec![pending(receipt(1), "250.00")],
            Some("REFUND_ABOVE_CREDIT"),
        ),
        (
            "150.01",
            credit("1000.00", "1000.00", "600.00"),
            vec![pending(receipt(2), "250.00")],
            Some("REFUND_ABOVE_CREDIT"),
        ),
        // The account has 900.00 more elsewhere, but this receipt has 100.00, of which 60.00 are asked for.
        ("40.00", credit("100.00", "1000.00", "0.00"), vec![pending(receipt(1), "60.00")], None),
        (
            "40.01",
            credit("100.00", "1000.00", "0.00"),
            vec![pending(receipt(1), "60.00")],
            Some("REFUND_ABOVE_SOURCE"),
        ),
        // More is owed than there is.
        ("0.01", credit("100.00", "100.00", "500.00"), vec![], Some("REFUND_ABOVE_CREDIT")),
    ];
    for (amount, credit, pending, refused) in cases {
        let answer = check(&wanted(receipt(1), amount), credit, &pending).map_err(|refusal| refusal.reason());
        assert_eq!(answer.err(), refused, "{amount} of {credit:?} beside {pending:?}");
    }
}

#[test]
fn what_is_refused_says_the_figures() {
    let credit = credit("1000.00", "1000.00", "600.00");
    let refused = check(&wanted(receipt(1), "500.00"), credit, &[]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "500.00 is more than can be given back: 400.00, which is the credit of 1000.00 less 600.00 open, disputed or written off against it and 0.00 that is asked for already"
    );
}

#[test]
fn what_is_asked_for_of_another_entity_or_in_another_currency_does_not_count() {
    let usd = Money::parse(Currency::parse("USD").unwrap(), "90.00").unwrap();
    let elsewhere = EntityId::from_uuid(Uuid::from_u128(3));
    let others = [
        Wanted { amount: usd, ..wanted(receipt(2), "90.00") },
        Wanted { entity: elsewhere, ..wanted(receipt(3), "90.00") },
    ];
    let others = others.map(|other| asked(other, &approval::State::Pending));
    assert_eq!(check(&wanted(receipt(1), "100.00"), credit("100.00", "100.00", "0.00"), &others), Ok(()));
}

#[test]
fn a_refund_goes_the_way_of_its_request() {
    let at = act("manager").at;
    let glass = BrokenGlass { act: act("manager"), incident: "I-1".into(), reason: "urgent".into() };
    let granted = approval::State::Approved(Grant::ByPeople { at });
    let cases = [
        (approval::State::Pending, "SUBMITTED"),
        (granted.clone(), "APPROVED"),
        (approval::State::Executed(Grant::Automatic { at }), "APPROVED"),
        (approval::State::PostReviewDue { glass, due: at }, "APPROVED"),
        (approval::State::Rejected, "REJECTED"),
        (approval::State::Returned, "RETURNED"),
        (approval::State::Withdrawn(act("analyst")), "WITHDRAWN"),
        (approval::State::Expired { at }, "EXPIRED"),
        (approval::State::Voided { at, why: "gone".into() }, "VOIDED"),
    ];
    for (answer, state) in cases {
        let refund = asked(wanted(receipt(1), "400.00"), &answer);
        assert_eq!(refund.state.name(), state, "asked with this answer at once");
        assert_eq!(settled(&pending(receipt(1), "400.00"), &answer), refund, "and answered so later");
        assert_eq!(withdrawable(&refund).is_ok(), state == "SUBMITTED", "{state}");
        assert_eq!(executed(&refund, "refund".into(), at).is_ok(), state == "APPROVED", "{state}");
    }
    let approved = asked(wanted(receipt(1), "400.00"), &granted);
    let void = approval::State::Voided { at, why: "the credit is used up".into() };
    assert_eq!(settled(&approved, &void).state.name(), "VOIDED", "what can no more be given back");
    let done = executed(&approved, "accounts/a/refunds/b".into(), at).unwrap();
    assert_eq!(settled(&done, &void), done, "what has happened is not undone");
    assert_eq!(executed(&done, "again".into(), at).unwrap_err().reason(), "REFUND_STATE");
    assert_eq!(super::void(&approved).unwrap().state.name(), "VOIDED", "whatever its request says");
    assert_eq!(super::void(&done).unwrap_err().reason(), "REFUND_STATE");
}

#[test]
fn another_content_is_another_digest() {
    let first = wanted(receipt(1), "400.00");
    let note = Source::CreditNote(InvoiceId::from_uuid(Uuid::from_u128(9)));
    let others = [
        Wanted { source: receipt(2), ..first.clone() },
        Wanted { source: note, ..first.clone() },
        Wanted { amount: gbp("400.01"), ..first.clone() },
        Wanted { reason: "paid thrice".into(), ..first.clone() },
        Wanted { reference: "REF-8".into(), ..first.clone() },
    ];
    for other in others {
        assert_ne!(other.digest(), first.digest(), "{other:?}");
    }
    assert_eq!(wanted(receipt(1), "400.00").digest(), first.digest());
}
