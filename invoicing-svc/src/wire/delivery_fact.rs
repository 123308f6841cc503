//! A daily fact ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use invoicing_domain::delivery::{COUNT_MAX, DailyFact, Measure, Measured, RowRefusal};
use jiff::civil::Date;
use money::Quantity;
use refusal::Violations;
use rust_decimal::Decimal;

use super::{
    airing::{self, RowProblem},
    choice::optional_choice,
    period::{day, day_message},
    text::{Text, text},
};

/// Where in its order a row belongs that is no fact.
#[derive(Debug)]
pub struct About {
    pub line: String,
    pub day: Option<Date>,
}

/// The fact that a message describes; `order` is what its sender calls the order's id.
pub fn parse(message: &pb::DeliveryFact, order: &str) -> Result<DailyFact, RowProblem> {
    read(message, order).map_err(|problem| problem.naming(&message.order))
}

fn read(message: &pb::DeliveryFact, order: &str) -> Result<DailyFact, RowProblem> {
    let mut v = Violations::new();
    let amounts =
        (amount(Measure::Spend, message.spend.trim())?, amount(Measure::Hours, message.hours.trim())?);
    fields(&mut v, (message, order), amounts).ok_or_else(|| RowProblem::of(v))
}

fn fields(
    v: &mut Violations,
    (m, order): (&pb::DeliveryFact, &str),
    (spend, hours): (Option<Quantity>, Option<Quantity>),
) -> Option<DailyFact> {
    let order = text(v, order, &m.order, Text::Code(128));
    let line = text(v, "line", &m.line, Text::Code(64));
    let day = day(v, "date", m.date.as_ref());
    let counts = counts(v, counts_of(m));
    Some(DailyFact {
        order: order?,
        line: line?,
        day: day?,
        measured: Measured { counts: counts?, spend, hours },
    })
}

/// Where a message belongs that describes no fact, if it names a line.
pub fn about(m: &pb::DeliveryFact) -> Option<About> {
    let v = &mut Violations::new();
    let line = text(v, "line", &m.line, Text::Code(64))?;
    Some(About { line, day: day(v, "date", m.date.as_ref()) })
}

/// In the order of `Measure::COUNTS`.
fn counts_of(m: &pb::DeliveryFact) -> [Option<i64>; 9] {
    [
        m.gross_impressions,
        m.general_invalid,
        m.sophisticated_invalid,
        m.impressions,
        m.viewable_impressions,
        m.clicks,
        m.views,
        m.completed_views,
        m.actions,
    ]
}

/// Counts that are not beyond all measure.
pub fn counts(v: &mut Violations, counts: [Option<i64>; 9]) -> Option<[Option<i64>; 9]> {
    let mut are_in_range = true;
    for (measure, count) in Measure::COUNTS.into_iter().zip(counts) {
        if count.is_some_and(|count| count > COUNT_MAX) {
            v.add(measure.name(), format!("must not be above {COUNT_MAX}"));
            are_in_range = false;
        }
    }
    are_in_range.then_some(counts)
}

/// An amount that may be absent. One below nothing has a reason of its own.
pub fn amount(measure: Measure, written: &str) -> Result<Option<Quantity>, RowProblem> {
    if written.is_empty() {
        return Ok(None);
    }
    let mut v = Violations::new();
    let negative = written.strip_prefix('-').and_then(|rest| Quantity::parse(rest).ok());
    if negative.is_some_and(|amount| !amount.value().is_zero()) {
        let refusal = RowRefusal::NegativeCount { measure, count: written.to_owned() };
        return Err(RowProblem { column: measure.name().to_owned(), refusal, order: None });
    }
    let read = Quantity::parse(written).map_err(|error| error.to_string()).and_then(|amount| {
        let is_in_range = amount.value() <= Decimal::from(COUNT_MAX);
        is_in_range.then_some(amount).ok_or_else(|| format!("must not be above {COUNT_MAX}"))
    });
    v.take(measure.name(), read).map(Some).ok_or_else(|| RowProblem::of(v))
}

/// The value of a measure as it was sent; `None` where it has none.
pub fn sent(m: &pb::DeliveryFact, measure: Measure) -> Option<String> {
    match measure {
        Measure::Spend => Some(m.spend.trim().to_owned()).filter(|spend| !spend.is_empty()),
        Measure::Hours => Some(m.hours.trim().to_owned()).filter(|hours| !hours.is_empty()),
        count => {
            let place = Measure::COUNTS.iter().position(|each| *each == count)?;
            counts_of(m)[place].map(|count| count.to_string())
        }
    }
}

/// The fact as a message.
pub fn message(fact: &DailyFact) -> pb::DeliveryFact {
    let written = |amount: Option<Quantity>| amount.map_or_else(String::new, |amount| amount.to_string());
    let [gross, general, sophisticated, impressions, viewable, clicks, views, completed, actions] =
        fact.measured.counts;
    pb::DeliveryFact {
        order: fact.order.clone(),
        line: fact.line.clone(),
        date: Some(day_message(fact.day)),
        gross_impressions: gross,
        general_invalid: general,
        sophisticated_invalid: sophisticated,
        impressions,
        viewable_impressions: viewable,
        clicks,
        views,
        completed_views: completed,
        actions,
        spend: written(fact.measured.spend),
        hours: written(fact.measured.hours),
    }
}

/// The message as JSON, to be kept as it came.
pub fn content(message: &pb::DeliveryFact) -> String {
    airing::content("billing.invoicing.v1.DeliveryFact", message)
}

/// The measure that a header names; the outer `None` is a violation.
pub fn measure(v: &mut Violations, field: &str, value: i32) -> Option<Option<Measure>> {
    Some(match optional_choice(v, field, value)? {
        pb::DeliveryMeasure::Unspecified => None,
        pb::DeliveryMeasure::GrossImpressions => Some(Measure::GrossImpressions),
        pb::DeliveryMeasure::GeneralInvalid => Some(Measure::GeneralInvalid),
        pb::DeliveryMeasure::SophisticatedInvalid => Some(Measure::SophisticatedInvalid),
        pb::DeliveryMeasure::Impressions => Some(Measure::Impressions),
        pb::DeliveryMeasure::ViewableImpressions => Some(Measure::ViewableImpressions),
        pb::DeliveryMeasure::Clicks => Some(Measure::Clicks),
        pb::DeliveryMeasure::Views => Some(Measure::Views),
        pb::DeliveryMeasure::CompletedViews => Some(Measure::CompletedViews),
        pb::DeliveryMeasure::Actions => Some(Measure::Actions),
        pb::DeliveryMeasure::Spend => Some(Measure::Spend),
        pb::DeliveryMeasure::Hours => Some(Measure::Hours),
    })
}
