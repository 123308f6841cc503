use calendar::Month;

/// The billing months that are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Months {
    /// From the beginning where absent.
    pub first: Option<Month>,
    pub last: Month,
}

impl Months {
    /// Whether a month is among them.
    pub fn contain(self, month: Month) -> bool {
        self.first.is_none_or(|first| first <= month) && month <= self.last
    }
}
