//! The roles that can answer for an approval.

use crate::spelled::spelled;

spelled! {
    /// Who may be asked to approve.
    pub enum Role {
        BillingManager "BILLING_MANAGER",
        Controller "CONTROLLER",
        Cfo "CFO",
        ProductOps "PRODUCT_OPS",
    }
}

impl Role {
    /// How many roles there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The role that may stand in once a request has waited too long. It stands in by approving: waiting approves nothing.
    pub fn above(self) -> Option<Self> {
        match self {
            Self::BillingManager | Self::ProductOps => Some(Self::Controller),
            Self::Controller => Some(Self::Cfo),
            Self::Cfo => None,
        }
    }

    /// Whether this role is the other one or somewhere above it.
    pub fn reaches(self, other: Self) -> bool {
        self == other || other.above().is_some_and(|above| self.reaches(above))
    }

    /// The role's place among all of them.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::BillingManager => 0,
            Self::Controller => 1,
            Self::Cfo => 2,
            Self::ProductOps => 3,
        }
    }
}
