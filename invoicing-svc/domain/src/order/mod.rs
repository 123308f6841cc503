//! An insertion order: what was sold, as its source system last said it.
//!
//! Bill-to, entity and currency never move, a line never leaves in silence, and the terms of what was billed change
//! only with a stated scope.

mod amend;
mod amount;
mod batch;
mod booked;
mod check;
mod digest;
mod discount;
mod fit;
mod guideline;
mod line_terms;
mod minimum;
mod names;
mod order_calendar;
mod period_units;
mod plan;
pub mod purchase_order;
mod reconcile;
mod refusal;
mod review;
mod said;
mod schedule;
mod spots;
mod subscription;
mod sync;
#[cfg(test)]
mod tests;

pub use amend::{Holds, TermScope, TermSegment};
pub use batch::{BatchTotals, OrderBatchRefusal, check_sequence, check_totals};
pub use booked::{Booked, BookedAmount, BookedByPeriod, BookedOrder, BookedPeriod, by_period};
pub use check::{AccountFacts, Booking, EntityFacts, Facts};
pub use discount::Discount;
pub use guideline::{Credit, Guidelines, OrderMoney};
pub use line_terms::{LineTerms, Price};
pub use order_calendar::OrderCalendar;
pub use plan::{PlanWeek, Weekdays};
pub use reconcile::{KnownAs, OrderDifference, Sent, reconcile};
pub use refusal::OrderRefusal;
pub use review::{OrderReview, OrderReviewRefusal, Review, ReviewState, approve, must_wait};
pub use said::Said;
pub use schedule::Part;
pub use sync::{Decision, InDraft, Known, KnownLine, sync};

use calendar::{BillingCalendar, BillingCycle, Days, FiscalCalendar, Month};
use ids::{AccountId, EntityId, OrderId, ProductId};
use jiff::civil::Date;
use money::{Currency, Money, Percent, Quantity, Rate};

use crate::pricing::{Metric, Minimum, PeriodUnits, Proration, Schedule, Tier, Window};
use crate::third_party::WithoutCount;

/// An order as its source system says it. What it leaves open is filled in by [`Booking`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub external_id: ExternalId,
    pub other_external_ids: Vec<ExternalId>,
    /// Counts up in the source system, from 1.
    pub revision: i64,
    pub account: AccountId,
    pub entity: EntityId,
    pub advertiser: String,
    pub currency: Currency,
    /// Of gross.
    pub commission: Percent,
    /// Net days; `None`: the account's.
    pub payment_terms_days: Option<u16>,
    pub flight: Days,
    pub signed: Option<Date>,
    pub liability: Liability,
    pub calendar: OrderCalendar,
    pub cycle: BillingCycle,
    /// `None`: the account's.
    pub territory: Option<String>,
    pub purchase_orders: Vec<PurchaseOrder>,
    /// Taken off the lines by what they are booked for.
    pub discount: Option<Money>,
    pub lines: Vec<Line>,
}

impl Order {
    /// The id that every revision of the order has.
    pub fn id(&self) -> OrderId {
        OrderId::of(&self.external_id.source_system, &self.external_id.id)
    }

    /// In which periods the order bills; `fiscal` is its entity's calendar.
    pub fn billing(&self, fiscal: FiscalCalendar) -> BillingTerms {
        let calendar = self.calendar.of(fiscal);
        BillingTerms { calendar, cycle: self.cycle, contract_last: self.flight.last() }
    }
}

/// An id in another system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId {
    pub source_system: String,
    pub id: String,
}

/// Who owes what the order bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liability {
    SoleAgency,
    /// The agency as far as it has been paid, the advertiser for the rest.
    Sequential,
    JointAndSeveral,
    Advertiser,
}

/// A purchase order of the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseOrder {
    pub number: String,
    /// `None`: without a limit.
    pub value: Option<Money>,
    pub expires: Option<Date>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Unique within the order.
    pub number: String,
    /// Its pricing model is the line's.
    pub product: ProductId,
    pub description: String,
    /// Decides what may be delivered, not the order's.
    pub flight: Days,
    pub rate: Option<Rate>,
    pub booked_units: Option<Quantity>,
    /// What the line is booked for in all before discount; the fee of a FLAT_FEE. Not negative.
    pub amount: Option<Money>,
    /// `None`: lesser of booked and delivered where units are booked.
    pub cap: Option<Cap>,
    pub cap_window: Window,
    pub discount: Option<Discount>,
    pub schedule: Option<Schedule>,
    pub usage: Usage,
    pub milestones: Vec<Milestone>,
    pub third_party: Option<ThirdParty>,
    pub station: String,
    pub program: String,
    pub spot_length_seconds: i32,
    pub plan: Vec<PlanWeek>,
    pub opening_balances: Vec<OpeningBalance>,
    /// Of the terms that a revision changes.
    pub scopes: Vec<TermScope>,
    /// Within the flight: the last day that bills.
    pub cancelled_on: Option<Date>,
    /// At which every unit bills if the line ends early.
    pub short_rate: Option<Rate>,
}

impl Line {
    /// The days that bill.
    fn runs(&self) -> Days {
        let last = self.cancelled_on.map_or(self.flight.last(), |day| day.min(self.flight.last()));
        Days::new(self.flight.first(), last).unwrap_or(self.flight)
    }

    /// It ends early, and at another price.
    fn is_short(&self) -> bool {
        self.short_rate.is_some() && self.runs() != self.flight
    }
}

/// At most how much of what was delivered is billed over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// Over-delivery is free.
    LesserOfBookedAndDelivered,
    /// Never more money than this, which is above 0.
    Budget(Money),
    /// Never more than this percent of the booked units; above 0, and may be above 100.
    Percent(Quantity),
    Uncapped,
}

/// How usage is priced beyond a rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// What tiers and packages count.
    pub metric: Option<Metric>,
    /// Empty: there are none.
    pub tiers: Vec<Tier>,
    pub tier_window: Window,
    pub minimum: Option<Minimum>,
    /// 1–120.
    pub term_months: Option<u8>,
    pub proration: Option<Proration>,
    /// Units of a package, above 0.
    pub package_units: Option<Quantity>,
    /// Percent on top of expenses.
    pub markup_percent: Option<Quantity>,
    /// At most how much of the expenses is billed.
    pub expense_cap: Option<Money>,
    /// Empty: they follow from the plan, or are even.
    pub period_units: Vec<PeriodUnits>,
    /// Of a subscription, by their first day.
    pub quantities: Vec<QuantityFrom>,
    /// `None`: whoever delivers.
    pub delivery_source: Option<String>,
}

impl Default for Usage {
    /// A rate and nothing else.
    fn default() -> Self {
        Self {
            metric: None,
            tiers: Vec::new(),
            tier_window: Window::Life,
            minimum: None,
            term_months: None,
            proration: None,
            package_units: None,
            markup_percent: None,
            expense_cap: None,
            period_units: Vec::new(),
            quantities: Vec::new(),
            delivery_source: None,
        }
    }
}

/// A part of a fee that bills with the billing period of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    pub day: Date,
    /// Before discount.
    pub amount: Money,
    pub description: String,
}

/// How many of a subscription from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantityFrom {
    pub day: Date,
    pub quantity: Quantity,
}

/// A second count of the same delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThirdParty {
    /// The name of its delivery source.
    pub source: String,
    /// Its count bills.
    pub controls: bool,
    /// By how many percent the counts may differ.
    pub tolerance_percent: Quantity,
    pub tolerance_base: ToleranceBase,
    /// What bills of a period that it has not counted when its count is overdue.
    pub without_count: WithoutCount,
    /// How many days after the end of a period its count is due.
    pub count_due_days: u16,
}

/// Of which count a tolerance is a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToleranceBase {
    /// The publisher's own.
    Own,
    Controlling,
}

/// What another system has billed of a line before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningBalance {
    /// A billing period of the order.
    pub origin: Days,
    pub units: Quantity,
    /// Not negative.
    pub gross: Money,
}

/// In which periods an order bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillingTerms {
    pub calendar: BillingCalendar,
    pub cycle: BillingCycle,
    /// The last day of the order, at which EOM/EOC bills.
    pub contract_last: Date,
}

impl BillingTerms {
    /// The billing period of a day.
    pub fn period_of(self, day: Date) -> Days {
        self.cycle.period_of(self.calendar, self.contract_last, day)
    }

    /// The month whose run bills the period.
    pub fn month_of(self, period: Days) -> Month {
        self.calendar.month_of_period(period)
    }
}
