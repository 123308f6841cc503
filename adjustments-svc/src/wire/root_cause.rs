//! Root causes, improvements and touches ↔ domain.

use adjustments_domain::{
    root_cause::{Adjusted, Improvement, ImprovementState, details, saved},
    subject::Cause,
};
use billing_proto::billing::adjustments::v1 as pb;
use calendar::Month;
use chassis::mask::Mask;
use ids::ImprovementId;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use refusal::{Refusal, Violations};

use super::{alike, money as wire_money, name, text, time};

/// What an update can change.
pub const CHANGEABLE: [&str; 4] = ["owner", "action", "expected_saving", "state"];

/// How many months before the last are looked at where nobody says.
const MONTHS: i64 = 12;

/// How many seconds a touch takes at most.
const SECONDS_MAX: i64 = 24 * 60 * 60;

/// The taxonomy.
pub fn taxonomy() -> Vec<pb::RootCauseDetail> {
    let of = |cause: &Cause| {
        let root_cause = i32::from(alike::cause_message(*cause));
        details(*cause).iter().map(move |detail| pb::RootCauseDetail {
            root_cause,
            detail: detail.code.to_owned(),
            description: detail.words.to_owned(),
        })
    };
    Cause::ALL.iter().flat_map(of).collect()
}

/// The first days of the first and the last month that somebody asks for.
pub fn months(message: &pb::ListCauseTrendsRequest, now: Timestamp) -> Result<(Date, Date), Refusal> {
    let mut v = Violations::new();
    let this = Month::of(today(now));
    let month = |v: &mut Violations, field: &str, value: &str, otherwise: Month| match value {
        "" => Some(otherwise),
        value => v.take(field, value.parse::<Month>()),
    };
    let last = month(&mut v, "last_month", &message.last_month, this);
    let before = Month::of(last.unwrap_or(this).first_day().saturating_sub(MONTHS.months()));
    let first = month(&mut v, "first_month", &message.first_month, before);
    let (Some(first), Some(last)) = (first, last) else { return Err(v.refusal()) };
    v.take("last_month", last.not_before(first));
    v.check().map(|()| (first.first_day(), last.first_day()))
}

/// The day in UTC.
pub fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// The improvement of a message, where the mask names a field, else as it was.
pub fn parse(given: &pb::Improvement, mask: &Mask, before: Improvement) -> Result<Improvement, Refusal> {
    let mut v = Violations::new();
    let parsed = v.within("improvement", |v| {
        let owner = match given.owner.as_str() {
            "" => Some(None),
            owner => text::account(v, "owner", owner).map(Some),
        };
        let action = text::optional(v, "action", &given.action, 2_000);
        let expected = match &given.expected_saving {
            None => Some(None),
            Some(expected) => wire_money::amount(v, "expected_saving", expected).map(Some),
        };
        let state = if mask.names("state") {
            text::choice(v, "state", given.state).and_then(alike::improvement_state)
        } else {
            Some(before.state)
        };
        Some((owner?, action?, expected?, state?))
    });
    let Some((owner, action, expected, state)) = parsed else { return Err(v.refusal()) };
    v.check()?;
    Ok(Improvement {
        owner: if mask.names("owner") { owner } else { before.owner },
        action: if mask.names("action") { action } else { before.action },
        expected: if mask.names("expected_saving") { expected } else { before.expected },
        state,
        ..before
    })
}

/// The name of an improvement in an update.
pub fn named(given: &pb::Improvement) -> Result<ImprovementId, Refusal> {
    let mut v = Violations::new();
    name::improvement(&mut v, "improvement.name", &given.name).ok_or_else(|| v.refusal())
}

/// The improvement as a message.
pub fn message(improvement: &Improvement, adjusted: Option<Adjusted>) -> pb::Improvement {
    pb::Improvement {
        name: name::improvement_name(improvement.id),
        etag: improvement.revision.to_string(),
        root_cause: alike::cause_message(improvement.cause).into(),
        month: improvement.month.clone(),
        state: alike::improvement_state_message(improvement.state).into(),
        owner: improvement.owner.clone().unwrap_or_default(),
        action: improvement.action.clone(),
        expected_saving: improvement.expected.map(wire_money::message),
        measured_saving: adjusted.and_then(saved).map(wire_money::message),
        create_time: Some(time::message(improvement.opened)),
    }
}

/// The name of a state that a list asks for; `None` asks for all.
pub fn state_name(state: pb::ImprovementState) -> Option<&'static str> {
    alike::improvement_state(state).map(ImprovementState::name)
}

/// What somebody reports that they touched: subject, kind, seconds and cause.
pub fn touch(touch: Option<&pb::Touch>) -> Result<(String, String, i64, Option<Cause>), Refusal> {
    let mut v = Violations::new();
    let Some(touch) = touch else {
        v.add("touch", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("touch", |v| {
        let subject = text::required(v, "subject", &touch.subject, 300);
        let kind = text::required(v, "kind", &touch.kind, 100);
        let cause = text::optional_choice(v, "root_cause", touch.root_cause).map(alike::cause);
        if !(0..=SECONDS_MAX).contains(&touch.seconds) {
            v.add("seconds", format!("must be from 0 to {SECONDS_MAX}"));
            return None;
        }
        Some((subject?, kind?, touch.seconds, cause?))
    });
    parsed.ok_or_else(|| v.refusal())
}
