use calendar::Holidays;
use ids::{AccountId, CaseId, EntityId, InvoiceId};
use money::Currency;
use uuid::Uuid;

use super::*;
use crate::directory::{Directory, Entry};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn act(time: &str) -> Act {
    Act { by: "analyst".into(), at: at(time) }
}

fn money(amount: &str) -> Money {
    Money::parse(Currency::parse("GBP").unwrap(), amount).unwrap()
}

/// A Thursday, noon.
const OPENED: &str = "2026-04-02T12:00:00Z";

fn opening(matter: Matter) -> Opening {
    Opening {
        account: AccountId::from_uuid(Uuid::from_u128(1)),
        territory: String::new(),
        document: None,
        matter,
        subject: "The January invoice".into(),
        words: "Please send it again".into(),
        contact: "A. Buyer".into(),
        owner: Some("analyst".into()),
    }
}

fn opened(opening: Opening) -> Result<Case, CaseRefusal> {
    open(CaseId::from_uuid(Uuid::from_u128(9)), opening, act(OPENED), &Holidays::default())
}

fn document() -> Option<Document> {
    let (invoice, entity) =
        (InvoiceId::from_uuid(Uuid::from_u128(2)), EntityId::from_uuid(Uuid::from_u128(3)));
    Some(Document { invoice, entity })
}

fn promise(amount: &str, day: &str) -> Matter {
    Matter::Promise { amount: money(amount), day: day.parse().unwrap() }
}

#[test]
fn each_kind_has_its_own_time() {
    for (matter, due) in [
        (Matter::Complaint, "2026-04-03T12:00:00Z"),
        (Matter::DocumentRequest(Requested::W9), "2026-04-06T12:00:00Z"),
        (Matter::Enquiry, "2026-04-07T12:00:00Z"),
        // A promise is late once its day is over, be it a Saturday.
        (promise("10200.00", "2026-04-04"), "2026-04-05T00:00:00Z"),
        (promise("10200.00", "2026-04-02"), "2026-04-03T00:00:00Z"),
    ] {
        assert_eq!(opened(opening(matter.clone())).unwrap().clock.due, at(due), "{matter:?}");
    }
}

#[test]
fn what_makes_no_sense_is_not_taken() {
    for (opening, expected) in [
        (opening(Matter::DocumentRequest(Requested::Copy)), Some("CASE_WITHOUT_DOCUMENT")),
        (opening(Matter::DocumentRequest(Requested::Backup)), Some("CASE_WITHOUT_DOCUMENT")),
        (Opening { document: document(), ..opening(Matter::DocumentRequest(Requested::Copy)) }, None),
        (opening(promise("0.00", "2026-04-04")), Some("PROMISED_AMOUNT")),
        (opening(promise("1.00", "2026-04-01")), Some("PROMISED_DAY")),
    ] {
        let matter = opening.matter.clone();
        assert_eq!(opened(opening).err().map(|refusal| refusal.reason()), expected, "{matter:?}");
    }
}

#[test]
fn promises_are_kept_or_broken_and_the_rest_is_answered() {
    let end = |case: &Case, outcome| close(case, (outcome, "done".into()), act(OPENED));
    let promised = opened(opening(promise("1.00", "2026-04-04"))).unwrap();
    let asked = opened(opening(Matter::Enquiry)).unwrap();
    for (outcome, of_promise, of_enquiry) in [
        (Outcome::Answered, false, true),
        (Outcome::Kept, true, false),
        (Outcome::Broken, true, false),
        (Outcome::Withdrawn, true, true),
    ] {
        assert_eq!(end(&promised, outcome).is_ok(), of_promise, "{outcome}");
        assert_eq!(end(&asked, outcome).is_ok(), of_enquiry, "{outcome}");
    }
    let closed = end(&asked, Outcome::Answered).unwrap();
    let holidays = Holidays::default();
    for refused in [
        end(&closed, Outcome::Answered),
        assign(&closed, "other"),
        await_customer(&closed, at(OPENED)),
        hear(&closed, true, (at(OPENED), &holidays)),
    ] {
        assert_eq!(refused.unwrap_err().reason(), "CASE_STATE");
    }
    assert_eq!(await_customer(&promised, at(OPENED)).unwrap_err().reason(), "PROMISE_DOES_NOT_WAIT");
}

#[test]
fn it_waits_for_the_customer_and_is_told_when_late() {
    let entry = Entry { reports_to: Some("manager".into()), ..Entry::default() };
    let directory = Directory { entries: [("analyst".to_owned(), entry)].into() };
    let asked = await_customer(&opened(opening(Matter::Enquiry)).unwrap(), at(OPENED)).unwrap();
    assert_eq!(escalate(&asked, &directory, at("2026-06-01T00:00:00Z")), None);
    let heard = hear(&asked, true, (at("2026-04-06T12:00:00Z"), &Holidays::default())).unwrap();
    assert_eq!((heard.state.name(), heard.clock.due), ("OPEN", at("2026-04-09T12:00:00Z")));
    let late = escalate(&heard, &directory, at("2026-04-09T12:00:00Z")).unwrap();
    assert_eq!(late.clock.escalation.unwrap().to.as_deref(), Some("manager"));
    assert_eq!(late.state, State::Open);
}
