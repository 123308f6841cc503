use money::{Money, Quantity};

/// Over which days a cap, a minimum or tiers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// The whole life of the line.
    Life,
    /// Each term of the line, so many months from the first day of its flight.
    Term,
    /// Each billing period by itself.
    Period,
    /// Each billing period, with what earlier ones left or had too much: to date against to date.
    PeriodWithCarry,
}

/// At least how much is billed for a window, once it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Minimum {
    pub amount: Money,
    pub window: Window,
}

/// What a line is booked for in one billing period: the limit of a cap whose window is the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeriodUnits {
    pub period: calendar::Days,
    pub units: Quantity,
}
