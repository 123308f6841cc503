//! Enums that contract and domain spell alike.

use adjustments_domain::{
    adjustment::{AdjustmentKind, Basis},
    approval::{Choice, DelegationState, Part},
    customer_case::{Outcome as CaseEnd, Requested},
    dispute::{Outcome, Reason},
    role::Role,
    root_cause::ImprovementState,
    subject::{Cause, SubjectKind},
};
use billing_proto::billing::adjustments::v1 as pb;

macro_rules! reads {
    ($( $read:ident: $contract:ident = $domain:ident { $($variant:ident),* $(,)? } )*) => { $(
        #[doc = concat!("The ", stringify!($domain), " of a message; `None` where it is unspecified.")]
        pub fn $read(value: pb::$contract) -> Option<$domain> {
            match value {
                pb::$contract::Unspecified => None,
                $( pb::$contract::$variant => Some($domain::$variant), )*
            }
        }
    )* };
}

macro_rules! shows {
    ($( $write:ident: $contract:ident = $domain:ident { $($variant:ident),* $(,)? } )*) => { $(
        #[doc = concat!("The ", stringify!($domain), " as a message.")]
        pub fn $write(value: $domain) -> pb::$contract {
            match value {
                $( $domain::$variant => pb::$contract::$variant, )*
            }
        }
    )* };
}

macro_rules! alike {
    ($( $read:ident $write:ident: $contract:ident = $domain:ident $variants:tt )*) => {
        reads! { $( $read: $contract = $domain $variants )* }
        shows! { $( $write: $contract = $domain $variants )* }
    };
}

alike! {
    adjustment_kind adjustment_kind_message: AdjustmentKind = AdjustmentKind {
        Credit, Debit, Rebill, Makegood, WriteOff, Goodwill, TaxCorrection, RatingCorrection, MakegoodRelease,
    }
    case_outcome case_outcome_message: CaseOutcome = CaseEnd { Answered, Kept, Broken, Withdrawn }
    dispute_outcome dispute_outcome_message: DisputeOutcome = Outcome { Upheld, Partly, Rejected }
    dispute_reason dispute_reason_message: DisputeReason = Reason {
        Rate, Quantity3p, Ivt, WrongPo, WrongBillTo, Duplicate, Tax, LateInvoice, NotDelivered, Viewability, Creative, Cancelled,
        Other,
    }
    improvement_state improvement_state_message: ImprovementState = ImprovementState { Open, Done }
    requested requested_message: RequestedDocument = Requested { Copy, W9, Backup }
    kind kind_message: SubjectKind = SubjectKind {
        Credit, Debit, Rebill, Makegood, WriteOff, Goodwill, TaxCorrection, RatingCorrection, Refund, BillingRun,
        ExceptionOverride, QuarantineRelease, ManualCount, Amendment, RateCard, TaxTable, GlMapping, GoLive, CreditLimit,
        MasterData, RoleGrant, PeriodReopening, PolicyChange,
    }
    cause cause_message: RootCause = Cause {
        Pricing, Trafficking, DeliveryDiscrepancy, OrderEntry, LateAmendment, Duplicate, ProductSetUp, Tax, PurchaseOrder,
        Creative, ServiceFailure, Goodwill,
    }
    role role_message: ApproverRole = Role { BillingManager, Controller, Cfo, ProductOps }
    part part_message: InvolvedPart = Part { Maker, Editor, Requester, EvidenceGiver, Beneficiary, AccountEditor }
}

shows! {
    basis_message: AdjustmentBasis = Basis { Correction, Commercial, Tax, Makegood, WriteOff }
    decision_message: DecisionChoice = Choice { Approve, Reject, Return }
    delegation_state_message: DelegationState = DelegationState { Proposed, Accepted, Revoked }
}
