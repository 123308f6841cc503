use calendar::{BillingCalendar, FiscalCalendar};

/// By which calendar an order bills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderCalendar {
    CalendarMonth,
    BroadcastMonth,
    /// That of the entity that bills the order.
    Fiscal,
}

impl OrderCalendar {
    /// The calendar itself; `fiscal` is the entity's.
    pub fn of(self, fiscal: FiscalCalendar) -> BillingCalendar {
        match self {
            Self::CalendarMonth => BillingCalendar::CalendarMonth,
            Self::BroadcastMonth => BillingCalendar::BroadcastMonth,
            Self::Fiscal => BillingCalendar::Fiscal(fiscal),
        }
    }

    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::CalendarMonth => "CALENDAR_MONTH",
            Self::BroadcastMonth => "BROADCAST_MONTH",
            Self::Fiscal => "FISCAL",
        }
    }
}
