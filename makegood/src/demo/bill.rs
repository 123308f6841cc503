//! Every billing month in order: started by one person, approved by another, issued.

use std::collections::BTreeMap;

use billing_proto::{billing::invoicing::v1 as pb, google::r#type::Date as DateMessage};
use calendar::{BillingCalendar, Month};
use jiff::civil::Date;

use super::set::Set;
use crate::{
    endpoints::Keyring,
    import::{self, layout::Layout, source::Source, table},
    progress::Bar,
    run::month_end::{self, MonthEnd},
};

/// The months in which the set's orders have flights or airings, from the first to the last. Contracts are booked
/// and not billed.
pub fn months(
    orders: &[(&'static str, Vec<pb::Order>)],
    airings: &Source,
) -> Result<Vec<Month>, anyhow::Error> {
    let mut months = Vec::new();
    let mut calendars = BTreeMap::new();
    let billed = orders.iter().filter(|(system, _)| *system == import::ORDER_SYSTEM);
    for order in billed.flat_map(|(_, orders)| orders) {
        let calendar = calendar(order);
        calendars.insert(order.external_id.as_ref().map_or("", |id| id.id.as_str()), calendar);
        let flights = order.lines.iter().map(|line| &line.flight).chain([&order.flight]).flatten();
        let days = flights.flat_map(|days| [&days.first, &days.last]).flatten().filter_map(day);
        months.extend(days.map(|day| calendar.month_of(day)));
    }
    let mut airings = table::open(airings, Layout::Airings.columns())?;
    while let Some(row) = airings.next_row()? {
        // A row without an order or a day is quarantined and bills in no month.
        if let (Some(calendar), Ok(day)) = (calendars.get(row.cell("order_no")), row.day("date")) {
            months.push(calendar.month_of(day));
        }
    }
    let (Some(first), Some(last)) = (months.iter().min(), months.iter().max()) else { return Ok(Vec::new()) };
    Ok(std::iter::successors(Some(*first), |month| Some(month.next()))
        .take_while(|month| month <= last)
        .collect())
}

/// The runs of the months.
pub struct Billed {
    /// One for each month.
    pub runs: Vec<pb::BillingRun>,
    /// How many of them an earlier start of the demo had issued.
    pub issued_before: usize,
}

/// Bills the months. What an earlier start of the demo has done stays as it is.
pub async fn bill(
    set: &Set,
    entity: &pb::BillingEntity,
    months: &[Month],
    keys: &Keyring,
) -> Result<Billed, anyhow::Error> {
    let (starter, approver) = (keys.client("billing_manager_1")?, keys.client("billing_manager_2")?);
    let bar = Bar::new("Months billed", "months", u64::try_from(months.len())?);
    let mut billed = Billed { runs: Vec::new(), issued_before: 0 };
    for month in months {
        bar.says(&month.to_string());
        let request = format!("demo-{}-{month}", set.name());
        let end = MonthEnd { starter: &starter, request: request.clone() };
        let run =
            month_end::start(&starter, &entity.name, &month.to_string(), format!("{request}-start")).await?;
        billed.issued_before += usize::from(run.state() == pb::BillingRunState::Issued);
        let mut run = end.rested(run).await?;
        if run.state() == pb::BillingRunState::InReview {
            run = end.approve(&approver, &run).await?;
        }
        if run.state() == pb::BillingRunState::Approved {
            run = end.issue(&run, Some(month.last_day())).await?;
        }
        billed.runs.push(run);
        bar.step();
    }
    bar.done();
    Ok(billed)
}

fn calendar(order: &pb::Order) -> BillingCalendar {
    match order.billing_calendar() {
        pb::BillingCalendar::BroadcastMonth => BillingCalendar::BroadcastMonth,
        // The entity of the demo keeps the Gregorian year.
        pb::BillingCalendar::CalendarMonth
        | pb::BillingCalendar::Fiscal
        | pb::BillingCalendar::Unspecified => BillingCalendar::CalendarMonth,
    }
}

fn day(date: &DateMessage) -> Option<Date> {
    let (month, day) = (i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
    Date::new(i16::try_from(date.year).ok()?, month, day).ok()
}
