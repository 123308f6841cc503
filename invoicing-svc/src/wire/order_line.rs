//! OrderLine: message → domain.

use billing_proto::billing::invoicing::v1 as pb;
use invoicing_domain::{
    order::{Holds, Line, OpeningBalance, PlanWeek, TermScope, Weekdays},
    pricing::Window,
};
use money::{Currency, Quantity, Rate};
use refusal::Violations;
use rust_decimal::Decimal;

use super::{
    name,
    order::amount,
    period::{days, optional_day},
    pricing::{cap, discount, milestone, schedule, third_party, usage, window},
    text::{Text, text},
};

/// How many weeks, and how many opening balances, a line has at most: ten years of weeks, some at two rates.
const WEEKS_MAX: usize = 1_000;

/// A line whose amounts are in the order's currency.
pub fn line(v: &mut Violations, m: &pb::OrderLine, currency: Currency) -> Option<Line> {
    let number = text(v, "number", &m.number, Text::Code(64));
    let product = name::product(v, "ad_product", &m.ad_product);
    let description = text(v, "description", &m.description, Text::Optional(500));
    let flight = days(v, "flight", m.flight.as_ref());
    let rate = optional(v, "rate", &m.rate, |v, field, value| v.take(field, Rate::parse(value)));
    let booked_units = optional(v, "booked_units", &m.booked_units, quantity);
    let booked = optional(v, "amount", &m.amount, |v, field, value| amount(v, field, value, currency));
    let (cap, cap_window) = match &m.cap {
        None => (Some(None), Some(Window::Life)),
        Some(m) => v.within("cap", |v| (cap(v, m, currency).map(Some), window(v, "window", m.window))),
    };
    let discount = discount(v, (&m.discount_percent, &m.discount_amount), currency);
    let schedule = schedule(v, "schedule", m.schedule);
    let usage = usage(v, m, currency);
    let milestones = many(v, "milestones", &m.milestones, |v, m| milestone(v, m, currency));
    let third_party = match &m.third_party {
        None => Some(None),
        Some(m) => v.within("third_party", |v| third_party(v, m)).map(Some),
    };
    let station = text(v, "station", &m.station, Text::Optional(64));
    let program = text(v, "program", &m.program, Text::Optional(200));
    let length = length(v, "spot_length_seconds", m.spot_length_seconds);
    let plan = many(v, "plan", &m.plan, week);
    let opening_balances = many(v, "opening_balances", &m.opening_balances, |v, m| {
        let origin = days(v, "origin_period", m.origin_period.as_ref());
        let units = quantity(v, "units", &m.units);
        let gross = amount(v, "gross", &m.gross, currency);
        Some(OpeningBalance { origin: origin?, units: units?, gross: gross? })
    });
    let scopes = many(v, "scopes", &m.scopes, scope);
    let cancelled_on = optional_day(v, "cancelled_on", m.cancelled_on.as_ref());
    let short_rate =
        optional(v, "short_rate", &m.short_rate, |v, field, value| v.take(field, Rate::parse(value)));
    Some(Line {
        number: number?,
        product: product?,
        description: description?,
        flight: flight?,
        rate: rate?,
        booked_units: booked_units?,
        amount: booked?,
        cap: cap?,
        cap_window: cap_window?,
        discount: discount?,
        schedule: schedule?,
        usage: usage?,
        milestones: milestones?,
        third_party: third_party?,
        station: station?,
        program: program?,
        spot_length_seconds: length?,
        plan: plan?,
        opening_balances: opening_balances?,
        scopes: scopes?,
        cancelled_on: cancelled_on?,
        short_rate: short_rate?,
    })
}

/// From when on a changed term holds.
pub fn scope(v: &mut Violations, m: &pb::TermScope) -> Option<TermScope> {
    let term = text(v, "term", &m.term, Text::Optional(64));
    let from = optional_day(v, "from", m.from.as_ref());
    let evidence = text(v, "evidence", &m.evidence, Text::Optional(500));
    let holds = match (from?, m.from_start) {
        (Some(day), false) => Some(Holds::From(day)),
        (None, true) => Some(Holds::FromStart),
        (Some(_), true) | (None, false) => {
            v.add("from", "must be given, or from_start, and not both");
            None
        }
    };
    let term = Some(term?).filter(|term| !term.is_empty());
    Some(TermScope { term, holds: holds?, evidence: evidence? })
}

/// The length of a spot; 0 where it is not known.
pub fn length(v: &mut Violations, field: &str, seconds: i32) -> Option<i32> {
    v.take(
        field,
        Some(seconds).filter(|length| (0..=86_400).contains(length)).ok_or("must be 0 to 86400 seconds"),
    )
}

/// A decimal that is not negative.
pub fn quantity(v: &mut Violations, field: &str, value: &str) -> Option<Quantity> {
    v.take(field, Quantity::parse(value))
}

fn week(v: &mut Violations, m: &pb::PlanWeek) -> Option<PlanWeek> {
    let days = days(v, "days", m.days.as_ref());
    let weekdays = v.take("weekdays", Weekdays::parse(&m.weekdays));
    let units = quantity(v, "units", &m.units).and_then(|units| {
        let whole =
            Some(units.value()).filter(Decimal::is_integer).and_then(|units| u32::try_from(units).ok());
        v.take("units", whole.ok_or("must be a whole number of spots, at most 4294967295"))
    });
    let rate = v.take("rate", Rate::parse(&m.rate));
    Some(PlanWeek { days: days?, weekdays: weekdays?, units: units?, rate: rate? })
}

/// What may be left empty. The outer `None` is a violation.
pub fn optional<T>(
    v: &mut Violations,
    field: &str,
    value: &str,
    parse: impl FnOnce(&mut Violations, &str, &str) -> Option<T>,
) -> Option<Option<T>> {
    if value.is_empty() { Some(None) } else { parse(v, field, value).map(Some) }
}

/// Each of several.
pub fn many<M, T>(
    v: &mut Violations,
    field: &str,
    values: &[M],
    parse: impl Fn(&mut Violations, &M) -> Option<T>,
) -> Option<Vec<T>> {
    if values.len() > WEEKS_MAX {
        v.add(field, format!("has {} entries; at most {WEEKS_MAX} are allowed", values.len()));
        return None;
    }
    let parsed =
        values.iter().enumerate().map(|(n, value)| v.within(&format!("{field}[{n}]"), |v| parse(v, value)));
    let parsed: Vec<_> = parsed.collect();
    parsed.into_iter().collect()
}
