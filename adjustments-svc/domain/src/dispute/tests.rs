use calendar::Holidays;
use ids::{AccountId, DisputeId, EntityId, InvoiceId};
use jiff::{SignedDuration, Timestamp};
use money::{Currency, Money};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    directory::{Directory, Entry},
    subject::Cause,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn act(time: &str) -> Act {
    Act { by: "analyst".into(), at: at(time) }
}

fn money(amount: &str) -> Money {
    Money::parse(Currency::parse("GBP").unwrap(), amount).unwrap()
}

fn document(open: &str, disputed: &str) -> Document {
    Document {
        name: "accounts/a/invoices/i".into(),
        account: AccountId::from_uuid(Uuid::from_u128(1)),
        entity: EntityId::from_uuid(Uuid::from_u128(2)),
        territory: "north".into(),
        invoice: InvoiceId::from_uuid(Uuid::from_u128(3)),
        number: "2026-000001".into(),
        is_credit_note: false,
        lines: vec![1, 2],
        open: money(open),
        disputed: money(disputed),
    }
}

fn claim(amount: &str) -> Claim {
    Claim {
        amount: money(amount),
        lines: vec![1],
        reason: Reason::NotDelivered,
        words: "the second week did not run".into(),
        contact: "A. Buyer".into(),
    }
}

fn id(number: u128) -> DisputeId {
    DisputeId::from_uuid(Uuid::from_u128(number))
}

/// A Thursday, noon.
const OPENED: &str = "2026-04-02T12:00:00Z";

fn opened() -> Dispute {
    open(id(1), &document("40800.00", "0.00"), claim("6120.00"), act(OPENED), &Holidays::default()).unwrap()
}

fn triaged() -> Dispute {
    let given = Triage { owner: "analyst".into(), cause: None, business_days: 10 };
    triage(&opened(), given, (&act(OPENED), &Holidays::default())).unwrap()
}

fn note(total: &str) -> Note {
    Note { name: "accounts/a/adjustments/1".into(), total: money(total) }
}

fn settlement(outcome: Outcome, notes: &[&str]) -> Settlement {
    Settlement {
        outcome,
        notes: notes.iter().map(|total| note(total)).collect(),
        cause: RootCause::of(Cause::Trafficking, "WRONG_DATES"),
        words: "credited by half".into(),
    }
}

#[test]
fn what_is_disputed_is_open_and_disputed_once() {
    let mut other = document("40800.00", "0.00");
    other.is_credit_note = true;
    let euros = Money::parse(Currency::parse("EUR").unwrap(), "1.00").unwrap();
    for (what, document, claim, expected) in [
        ("a part", document("40800.00", "0.00"), claim("6120.00"), None),
        ("all of it", document("6120.00", "0.00"), claim("6120.00"), None),
        ("the rest", document("40800.00", "34680.00"), claim("6120.00"), None),
        (
            "a cent more than the rest",
            document("40800.00", "34680.01"),
            claim("6120.00"),
            Some("DISPUTE_ABOVE_OPEN"),
        ),
        ("what is paid", document("0.00", "0.00"), claim("0.01"), Some("DISPUTE_ABOVE_OPEN")),
        ("nothing", document("40800.00", "0.00"), claim("0.00"), Some("DISPUTED_AMOUNT")),
        ("less than nothing", document("40800.00", "0.00"), claim("-1.00"), Some("DISPUTED_AMOUNT")),
        (
            "euros",
            document("40800.00", "0.00"),
            Claim { amount: euros, ..claim("1.00") },
            Some("DISPUTED_AMOUNT"),
        ),
        (
            "no such line",
            document("40800.00", "0.00"),
            Claim { lines: vec![1, 3], ..claim("1.00") },
            Some("LINE_MISSING"),
        ),
        ("a credit note", other, claim("6120.00"), Some("DOCUMENT_NOT_OWED")),
    ] {
        let answer = open(id(1), &document, claim, act(OPENED), &Holidays::default());
        assert_eq!(answer.err().map(|refusal| refusal.reason()), expected, "{what}");
    }
}

#[test]
fn the_clock_stands_still_while_the_customer_is_asked() {
    assert_eq!(opened().clock.due, at("2026-04-03T12:00:00Z"), "somebody looks at it within a business day");
    let triaged = triaged();
    assert_eq!(triaged.clock.due, at("2026-04-16T12:00:00Z"), "ten business days");
    let asked = await_customer(&triaged, at("2026-04-06T09:00:00Z")).unwrap();
    let nobody = Directory::default();
    assert_eq!(escalate(&asked, &nobody, at("2026-06-01T00:00:00Z")), None, "it waits for the customer");
    let ours = hear(&asked, false, (at("2026-04-07T09:00:00Z"), &Holidays::default())).unwrap();
    assert_eq!(ours.state.name(), "AWAITING_CUSTOMER", "a note of ours is no answer");
    let heard = hear(&asked, true, (at("2026-04-08T09:00:00Z"), &Holidays::default())).unwrap();
    assert_eq!((heard.state.name(), heard.clock.due), ("INVESTIGATING", at("2026-04-20T12:00:00Z")));
}

#[test]
fn late_is_told_to_the_owners_manager_and_settles_nothing() {
    let entry = Entry { reports_to: Some("manager".into()), ..Entry::default() };
    let directory = Directory { entries: [("analyst".to_owned(), entry)].into() };
    let triaged = triaged();
    assert_eq!(escalate(&triaged, &directory, at("2026-04-16T11:59:59Z")), None);
    let late = escalate(&triaged, &directory, at("2026-04-16T12:00:00Z")).unwrap();
    assert_eq!(late.clock.escalation.clone().unwrap().to.as_deref(), Some("manager"));
    assert_eq!((&late.state, late.disputed()), (&triaged.state, triaged.disputed()));
    let unseen = escalate(&opened(), &directory, at("2026-04-03T12:00:00Z")).unwrap();
    assert_eq!(unseen.clock.escalation.unwrap().to, None, "nobody's, so nobody's manager");
}

#[test]
fn the_outcome_is_what_the_notes_say() {
    for (outcome, notes, expected) in [
        (Outcome::Partly, &["3060.00"][..], None),
        (Outcome::Partly, &["3060.00", "3060.00"], Some("OUTCOME_DOES_NOT_FIT")),
        (Outcome::Partly, &[], Some("OUTCOME_DOES_NOT_FIT")),
        (Outcome::Upheld, &["6120.00"], None),
        (Outcome::Upheld, &["3060.00", "3060.00"], None),
        (Outcome::Upheld, &["6119.99"], Some("OUTCOME_DOES_NOT_FIT")),
        (Outcome::Rejected, &[], None),
        (Outcome::Rejected, &["0.01"], Some("OUTCOME_DOES_NOT_FIT")),
    ] {
        let answer = resolve(&triaged(), settlement(outcome, notes), act("2026-04-10T09:00:00Z"));
        assert_eq!(answer.as_ref().err().map(DisputeRefusal::reason), expected, "{outcome} {notes:?}");
        if let Ok(resolved) = answer {
            assert_eq!(resolved.disputed(), money("0.00"), "what is settled is not disputed any more");
        }
    }
    let unexplained = Settlement { cause: None, ..settlement(Outcome::Upheld, &["6120.00"]) };
    let answer = resolve(&triaged(), unexplained, act("2026-04-10T09:00:00Z"));
    assert_eq!(answer.unwrap_err().reason(), "ROOT_CAUSE_MISSING");
    let rejected = Settlement { cause: None, ..settlement(Outcome::Rejected, &[]) };
    assert!(resolve(&triaged(), rejected, act("2026-04-10T09:00:00Z")).is_ok());
}

#[test]
fn each_act_fits_some_states_only() {
    let holidays = Holidays::default();
    let now = act("2026-04-10T09:00:00Z");
    let proposal = Proposal { outcome: Outcome::Rejected, settled_by: vec![], words: "it ran".into() };
    let asked = await_customer(&triaged(), now.at).unwrap();
    let proposed = propose(&triaged(), proposal.clone()).unwrap();
    let resolved = resolve(&triaged(), settlement(Outcome::Rejected, &[]), now.clone()).unwrap();
    let closed = close(&resolved, now.clone()).unwrap();
    let again = reopen(&closed, &document("40800.00", "0.00"), money("1.00"), (&now, &holidays)).unwrap();
    let given = Triage { owner: "other".into(), cause: None, business_days: 1 };
    let states = [opened(), triaged(), asked, proposed, resolved, closed, again];
    let may = |decide: &dyn Fn(&Dispute) -> Result<Dispute, DisputeRefusal>| -> Vec<&'static str> {
        let tried = states.iter().map(|dispute| (dispute.state.name(), decide(dispute)));
        let mut fit = Vec::new();
        for (state, answer) in tried {
            match answer {
                Ok(_) => fit.push(state),
                Err(refusal) => assert_eq!(refusal.reason(), "DISPUTE_STATE", "{state}"),
            }
        }
        fit
    };
    // Controls, the states of a dispute.
    assert_eq!(may(&|d| triage(d, given.clone(), (&now, &holidays))), ["OPENED", "REOPENED"]);
    assert_eq!(may(&|d| assign(d, "other")), ["TRIAGED", "AWAITING_CUSTOMER", "PROPOSED", "REOPENED"]);
    assert_eq!(
        may(&|d| investigate(d, now.at, &holidays)),
        ["TRIAGED", "AWAITING_CUSTOMER", "PROPOSED", "REOPENED"]
    );
    assert_eq!(may(&|d| await_customer(d, now.at)), ["TRIAGED", "REOPENED"]);
    assert_eq!(may(&|d| propose(d, proposal.clone())), ["TRIAGED", "PROPOSED", "REOPENED"]);
    assert_eq!(
        may(&|d| resolve(d, settlement(Outcome::Rejected, &[]), now.clone())),
        ["TRIAGED", "PROPOSED", "REOPENED"]
    );
    assert_eq!(may(&|d| close(d, now.clone())), ["RESOLVED"]);
    let whole = document("40800.00", "0.00");
    assert_eq!(may(&|d| reopen(d, &whole, money("1.00"), (&now, &holidays))), ["RESOLVED", "CLOSED"]);
    assert_eq!(
        may(&|d| change_amount(d, &whole, money("1.00"))),
        ["OPENED", "TRIAGED", "AWAITING_CUSTOMER", "PROPOSED", "REOPENED"]
    );
}

/// What somebody tries: the act, whose dispute, and an amount in pounds.
fn tries() -> impl Strategy<Value = Vec<(u8, usize, i64)>> {
    prop::collection::vec((0_u8..10, 0_usize..3, 0_i64..60), 0..60)
}

proptest! {
    /// DSP-1 and DSP-2, whatever is tried in whatever order.
    #[test]
    fn no_history_disputes_more_than_is_open_or_ends_by_itself(tries in tries()) {
        let holidays = Holidays::default();
        let pounds = |pounds: i64| money(&format!("{pounds}.00"));
        let mut open_now = pounds(100);
        let mut disputes: Vec<Option<Dispute>> = vec![None; 3];
        let mut now = at(OPENED);
        for (what, which, amount) in tries {
            now += SignedDuration::from_hours(7);
            let by = Act { by: "analyst".into(), at: now };
            let rest = disputes.iter().enumerate().filter(|(place, _)| *place != which);
            let others = rest.filter_map(|(_, dispute)| dispute.as_ref().map(Dispute::disputed));
            let others = Money::sum(pounds(0).currency(), others).unwrap();
            let document = Document { open: open_now, disputed: others, ..document("0.00", "0.00") };
            let before = disputes[which].clone();
            let after = match (what, &before) {
                (0, None) => open(id(7), &document, claim(&format!("{amount}.00")), by, &holidays),
                (_, None) => continue,
                (0, Some(dispute)) => change_amount(dispute, &document, pounds(amount)),
                (1, Some(dispute)) => {
                    let given = Triage { owner: "analyst".into(), cause: None, business_days: 3 };
                    triage(dispute, given, (&by, &holidays))
                }
                (2, Some(dispute)) => investigate(dispute, now, &holidays),
                (3, Some(dispute)) => await_customer(dispute, now),
                (4, Some(dispute)) => hear(dispute, amount % 2 == 0, (now, &holidays)),
                (5, Some(dispute)) => Ok(escalate(dispute, &Directory::default(), now).unwrap_or(dispute.clone())),
                (6, Some(dispute)) => {
                    let outcome = [Outcome::Upheld, Outcome::Partly, Outcome::Rejected][usize::try_from(amount % 3).unwrap()];
                    let credited = format!("{}.00", amount / 2);
                    let notes = if outcome == Outcome::Rejected { vec![] } else { vec![credited.as_str()] };
                    resolve(dispute, settlement(outcome, &notes), by)
                }
                (7, Some(dispute)) => close(dispute, by),
                (8, Some(dispute)) => reopen(dispute, &document, pounds(amount), (&by, &holidays)),
                (_, Some(dispute)) => assign(dispute, "other"),
            };
            let Ok(after) = after else { continue };
            let ended = after.state.resolution().is_some() && before.as_ref().is_some_and(|before| before.state.resolution().is_none());
            prop_assert!(!ended || what == 6, "ended by {what}");
            if let Some(resolution) = after.state.resolution().filter(|_| ended) {
                prop_assert_eq!(resolution.settled.is_zero(), resolution.outcome == Outcome::Rejected);
                // A credit pays what is open.
                if resolution.settled.compare(open_now).unwrap().is_le() {
                    open_now = open_now.minus(resolution.settled).unwrap();
                }
            }
            let disputes_more = matches!(what, 0 | 8);
            disputes[which] = Some(after);
            let all = disputes.iter().flatten().map(Dispute::disputed);
            let all = Money::sum(open_now.currency(), all).unwrap();
            prop_assert!(!disputes_more || all.compare(open_now).unwrap().is_le(), "{all} of {open_now}");
        }
    }
}
