#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use uuid::Uuid;

use super::*;
use crate::approval::{BrokenGlass, Grant};

fn act(by: &str) -> Act {
    Act { by: by.into(), at: "2026-04-02T12:00:00Z".parse().unwrap() }
}

fn wanted() -> Wanted {
    Wanted {
        kind: SubjectKind::MasterData,
        method: "/billing.invoicing.v1.AccountService/UpdateAccount".into(),
        request: b"net 60".to_vec(),
        resource: "accounts/acc_1".into(),
        entity: None,
        account: Some(AccountId::from_uuid(Uuid::from_u128(1))),
        reason: "as agreed".into(),
    }
}

fn proposed(answer: &approval::State) -> Change {
    let request = ApprovalId::from_uuid(Uuid::from_u128(5));
    submit(ChangeId::from_uuid(Uuid::from_u128(4)), wanted(), act("proposer"), (request, answer))
}

#[test]
fn a_change_goes_the_way_of_its_request_and_is_made_only_when_it_is_approved() {
    let at = act("controller").at;
    let glass = BrokenGlass { act: act("controller"), incident: "I-1".into(), reason: "urgent".into() };
    let cases = [
        (approval::State::Pending, "SUBMITTED"),
        (approval::State::Approved(Grant::ByPeople { at }), "APPROVED"),
        (approval::State::PostReviewDue { glass, due: at }, "APPROVED"),
        (approval::State::Rejected, "REJECTED"),
        (approval::State::Returned, "RETURNED"),
        (approval::State::Withdrawn(act("proposer")), "WITHDRAWN"),
        (approval::State::Expired { at }, "EXPIRED"),
        (approval::State::Voided { at, why: "gone".into() }, "VOIDED"),
    ];
    for (answer, state) in cases {
        let change = proposed(&answer);
        assert_eq!(change.state.name(), state, "proposed with this answer at once");
        assert_eq!(settled(&proposed(&approval::State::Pending), &answer), change, "and answered so later");
        let (made, refused) = (executed(&change, at), void(&change));
        let (done, ended) = if state == "APPROVED" { ("EXECUTED", "VOIDED") } else { (state, state) };
        assert_eq!((made.state.name(), refused.state.name()), (done, ended), "{state}");
    }
}

#[test]
fn what_is_made_is_not_undone_by_its_request() {
    let at = act("controller").at;
    let done = executed(&proposed(&approval::State::Approved(Grant::ByPeople { at })), at);
    let void = approval::State::Voided { at, why: "too late".into() };
    assert_eq!(settled(&done, &void), done);
}

#[test]
fn another_content_is_another_digest() {
    let first = wanted();
    let others = [
        Wanted { method: "/billing.invoicing.v1.TaxService/UpdateTaxRate".into(), ..first.clone() },
        Wanted { request: b"net 90".to_vec(), ..first.clone() },
        Wanted { reason: "as never agreed".into(), ..first.clone() },
    ];
    for other in others {
        assert_ne!(other.digest(), first.digest(), "{other:?}");
    }
    assert_eq!(wanted().digest(), first.digest());
}
