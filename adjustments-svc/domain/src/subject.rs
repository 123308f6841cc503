//! What can be asked to be approved.

use ids::{AccountId, EntityId};

use crate::spelled::spelled;

spelled! {
    /// The kinds of things that need a second person.
    pub enum SubjectKind {
        Credit "CREDIT",
        Debit "DEBIT",
        Rebill "REBILL",
        Makegood "MAKEGOOD",
        WriteOff "WRITE_OFF",
        Goodwill "GOODWILL",
        TaxCorrection "TAX_CORRECTION",
        RatingCorrection "RATING_CORRECTION",
        Refund "REFUND",
        BillingRun "BILLING_RUN",
        ExceptionOverride "EXCEPTION_OVERRIDE",
        QuarantineRelease "QUARANTINE_RELEASE",
        ManualCount "MANUAL_COUNT",
        Amendment "AMENDMENT",
        RateCard "RATE_CARD",
        TaxTable "TAX_TABLE",
        GlMapping "GL_MAPPING",
        GoLive "GO_LIVE",
        CreditLimit "CREDIT_LIMIT",
        MasterData "MASTER_DATA",
        RoleGrant "ROLE_GRANT",
        PeriodReopening "PERIOD_REOPENING",
        PolicyChange "POLICY_CHANGE",
    }
}

impl SubjectKind {
    /// Whether no policy may let it pass without a person: what bills, and what decides how much is billed, to whom, and who may.
    pub fn needs_a_person(self) -> bool {
        match self {
            Self::BillingRun
            | Self::RateCard
            | Self::TaxTable
            | Self::GlMapping
            | Self::GoLive
            | Self::CreditLimit
            | Self::MasterData
            | Self::RoleGrant
            | Self::PeriodReopening
            | Self::PolicyChange => true,
            Self::Credit
            | Self::Debit
            | Self::Rebill
            | Self::Makegood
            | Self::WriteOff
            | Self::Goodwill
            | Self::TaxCorrection
            | Self::RatingCorrection
            | Self::Refund
            | Self::ExceptionOverride
            | Self::QuarantineRelease
            | Self::ManualCount
            | Self::Amendment => false,
        }
    }

    /// Whether this service asks for it itself, about what it knows itself, so that nobody else does: the sums of 30 days count
    /// what they know to be true.
    pub fn is_asked_for_by_itself(self) -> bool {
        self.adjusts() || self == Self::BillingRun || self == Self::PolicyChange
    }

    /// Whether it moves money of a customer's document, so that what came before it counts too.
    pub fn adjusts(self) -> bool {
        match self {
            Self::Credit
            | Self::Debit
            | Self::Rebill
            | Self::Makegood
            | Self::WriteOff
            | Self::Goodwill
            | Self::TaxCorrection
            | Self::RatingCorrection
            | Self::Refund => true,
            Self::BillingRun
            | Self::ExceptionOverride
            | Self::QuarantineRelease
            | Self::ManualCount
            | Self::Amendment
            | Self::RateCard
            | Self::TaxTable
            | Self::GlMapping
            | Self::GoLive
            | Self::CreditLimit
            | Self::MasterData
            | Self::RoleGrant
            | Self::PeriodReopening
            | Self::PolicyChange => false,
        }
    }
}

spelled! {
    /// The first level of the root causes: why something is corrected.
    pub enum Cause {
        Pricing "PRICING",
        Trafficking "TRAFFICKING",
        DeliveryDiscrepancy "DELIVERY_DISCREPANCY",
        OrderEntry "ORDER_ENTRY",
        LateAmendment "LATE_AMENDMENT",
        Duplicate "DUPLICATE",
        ProductSetUp "PRODUCT_SET_UP",
        Tax "TAX",
        PurchaseOrder "PURCHASE_ORDER",
        Creative "CREATIVE",
        ServiceFailure "SERVICE_FAILURE",
        Goodwill "GOODWILL",
    }
}

/// SHA-256 over the content of a subject, as its service computes it.
pub type Digest = [u8; 32];

/// What is asked to be approved, as it stood when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub kind: SubjectKind,
    /// Its resource name, in whatever service it lives.
    pub name: String,
    pub entity: Option<EntityId>,
    pub account: Option<AccountId>,
    pub cause: Option<Cause>,
    /// What exactly is approved. Another content is another digest, and needs another approval.
    pub digest: Digest,
    /// What people read before they decide.
    pub summary: String,
}

/// A digest as people compare it.
pub fn hexadecimal(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
