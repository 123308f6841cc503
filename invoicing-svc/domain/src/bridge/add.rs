//! What lines and documents add to a bridge.

use calendar::Days;
use money::{Money, MoneyError, Remainder};
use rust_decimal::Decimal;

use super::{Bridge, Difference, Level};
use crate::rating::{LineToRate, Pricing};
use crate::unbilled::{Months, Reason, Standing, Why};

/// What a line is booked for.
#[derive(Clone, Debug)]
pub struct Booked {
    /// Of the whole line.
    pub amount: Money,
    pub flight: Days,
    /// Units of its billing periods; empty where none are said.
    pub units: Vec<(Days, Decimal)>,
}

/// What documents say of an order line.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLine {
    pub origin: Days,
    /// On documents that are asked about.
    pub asked: bool,
    /// A note says it: below zero where it credits.
    pub is_note: bool,
    pub gross: Money,
}

/// Everything of a line that a bridge stands on.
#[derive(Clone, Copy, Debug)]
pub struct LineOfBridge<'a> {
    pub line: &'a LineToRate,
    pub standing: &'a Standing,
    pub reasons: &'a [Reason],
    pub booked: &'a Booked,
    pub documents: &'a [DocumentLine],
}

/// The sums of the documents that are asked about, in one currency.
#[derive(Clone, Copy, Debug)]
pub struct Documents {
    /// Gross of those that bill what was delivered to another order, less what was credited of them.
    pub rebilled: Money,
    pub commission: Money,
    pub tax: Money,
    /// Debits of receivables by them.
    pub posted: Money,
    /// Credits of receivables by them.
    pub collected: Money,
}

impl Bridge {
    /// Adds a line in the months that are asked about.
    pub fn add_line(&mut self, of: LineOfBridge<'_>, months: Months) -> Result<(), MoneyError> {
        let LineOfBridge { line, standing, reasons, booked, documents } = of;
        let asked =
            |period: Days| months.contain(line.billing.month_of(line.billing.period_of(period.first())));
        let nothing = Money::zero(line.currency);
        let booked = booked_in(line, booked, asked)?;
        let (mut delivered, mut rated, mut minimum) = (nothing, nothing, nothing);
        for (_, period) in standing.periods.iter().filter(|(period, _)| asked(**period)) {
            delivered = delivered.plus(period.delivered)?;
            rated = rated.plus(period.rated()?)?;
            minimum = minimum.plus(period.minimum)?;
            self.difference(Difference::BilledElsewhere, period.elsewhere.negate())?;
            self.difference(Difference::Corrected, period.corrected.negate())?;
            self.difference(Difference::Credited, period.corrected.plus(period.goodwill)?)?;
        }
        self.level(Level::Booked, booked)?;
        self.level(Level::Delivered, delivered)?;
        // What the line is worth by rating it anew; that its ledger agrees is what the bridge shows.
        self.level(Level::Capped, rated.plus(standing.unexplained)?)?;
        self.between(delivered.minus(booked)?, Difference::NotDelivered, Difference::DeliveredBeyondBooked)?;
        self.difference(Difference::MinimumAdded, minimum)?;
        let capped = rated.minus(minimum)?;
        // What is worth more though nothing was delivered for it, an agreement adds.
        self.between(capped.minus(delivered)?, Difference::OverCap, Difference::MinimumAdded)?;
        for reason in reasons.iter().filter(|reason| reason.period.is_some_and(asked)) {
            let Some((difference, amount)) = difference_of(reason.why).zip(reason.amount) else { continue };
            self.difference(difference, amount.negate())?;
        }
        for document in documents {
            self.add_document_line(*document, asked(document.origin))?;
        }
        Ok(())
    }

    fn add_document_line(&mut self, document: DocumentLine, in_months: bool) -> Result<(), MoneyError> {
        let DocumentLine { origin: _, asked, is_note, gross } = document;
        // What notes say is a step of its own, which the ledger tells.
        if in_months && !is_note {
            self.level(Level::Billed, gross)?;
        }
        match (in_months, asked) {
            (true, false) => self.difference(Difference::OtherDocuments, gross.negate()),
            (false, true) => self.difference(Difference::OtherPeriods, gross),
            (true, true) | (false, false) => Ok(()),
        }
    }

    /// Adds the documents that are asked about.
    pub fn add_documents(&mut self, documents: Documents) -> Result<(), MoneyError> {
        let Documents { rebilled, commission, tax, posted, collected } = documents;
        self.difference(Difference::Rebilled, rebilled)?;
        self.difference(Difference::Commission, commission.negate())?;
        self.difference(Difference::Tax, tax)?;
        self.level(Level::Posted, posted)?;
        self.level(Level::Collected, collected)?;
        self.difference(Difference::Outstanding, collected.minus(posted)?)
    }

    /// A change that has one name when it takes away and another when it adds.
    fn between(&mut self, change: Money, less: Difference, more: Difference) -> Result<(), MoneyError> {
        self.difference(if change.is_negative() { less } else { more }, change)
    }
}

/// The difference that a reason is; none for what has no amount.
fn difference_of(why: Why) -> Option<Difference> {
    match why {
        Why::Blocked | Why::OnHold => Some(Difference::Blocked),
        Why::Held | Why::Apart => Some(Difference::Held),
        Why::InDraft => Some(Difference::InDraft),
        Why::StaleInput => Some(Difference::StaleInput),
        Why::Due => Some(Difference::Due),
        Why::NotYetDue => Some(Difference::NotYetDue),
        Why::CannotBeRated | Why::InOrderReview | Why::Quarantined | Why::OverCap => None,
    }
}

/// What of a line is booked for the periods: parts of a fee as they are, else by the units of its periods, else by days.
fn booked_in(line: &LineToRate, booked: &Booked, asked: impl Fn(Days) -> bool) -> Result<Money, MoneyError> {
    let currency = line.currency;
    if let Pricing::FlatFee { parts } = &line.pricing {
        let of_months = parts.iter().filter(|part| asked(part.period));
        return Money::sum(currency, of_months.map(|part| part.amount));
    }
    let said: Decimal = booked.units.iter().map(|(_, units)| *units).sum();
    let weights = if said.is_zero() { by_days(line, booked.flight) } else { booked.units.clone() };
    let (periods, weights): (Vec<Days>, Vec<Decimal>) = weights.into_iter().unzip();
    let parts = booked.amount.allocate(&weights, Remainder::First)?;
    let of_months = periods.into_iter().zip(parts).filter(|(period, _)| asked(*period));
    Money::sum(currency, of_months.map(|(_, amount)| amount))
}

/// The billing periods of a flight, each with its days.
fn by_days(line: &LineToRate, flight: Days) -> Vec<(Days, Decimal)> {
    let mut periods: Vec<(Days, Decimal)> = Vec::new();
    for day in flight.iter() {
        let period = line.billing.period_of(day);
        match periods.last_mut().filter(|(last, _)| *last == period) {
            Some((_, days)) => *days += Decimal::ONE,
            None => periods.push((period, Decimal::ONE)),
        }
    }
    periods
}
