/// What is counted of the delivery of a line: one of the measures of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Impressions without invalid traffic.
    Impressions,
    ViewableImpressions,
    Clicks,
    Views,
    CompletedViews,
    /// What the buyer wants to happen: an install, a sale.
    Actions,
    /// Days on which something was delivered.
    Days,
    /// Media spend, in the order's currency.
    Spend,
    Hours,
}

impl Metric {
    /// It is counted one by one, and not measured.
    pub fn is_whole(self) -> bool {
        match self {
            Self::Impressions
            | Self::ViewableImpressions
            | Self::Clicks
            | Self::Views
            | Self::CompletedViews
            | Self::Actions
            | Self::Days => true,
            Self::Spend | Self::Hours => false,
        }
    }
}
