//! How values are written in the database, and what it means when they cannot be read back: a fault.

use anyhow::Context;
use calendar::{BillingCycle, Month, WeekPattern, YearEnd, YearName};
use chassis::failure::Failure;
use ids::Revision;
use invoicing_domain::{
    account::{AccountKind, SettledBy},
    ad_product::ProductState,
    agreement::Counts,
    billing_entity::CommissionPosting,
    delivery::{AiringStatus, Duplicates, Measure},
    invoice::{Consolidation, DocumentKind},
    ledger::LedgerAccount,
    note::NoteBasis,
    number_series::YearBasis,
    order::{Liability, OrderCalendar, ReviewState, ToleranceBase},
    period::PeriodState,
    pricing::{Metric, PricingModel, Proration, Schedule, Window},
    rating::{Basis, LineKind, Unit},
    tax::{TaxBase, TaxCategory},
};
use jiff::civil::Date;
use money::{Currency, Remainder, Rounding};

/// An enum that the database keeps as text.
pub trait Written: Sized + Copy + 'static {
    /// Every value with its text.
    const TEXTS: &'static [(Self, &'static str)];

    /// The text of the value.
    fn text(self) -> &'static str;

    /// The value of a text that the database holds.
    fn read(text: &str) -> Result<Self, Failure> {
        let found = Self::TEXTS.iter().find(|(_, written)| *written == text);
        Ok(found
            .map(|(value, _)| *value)
            .with_context(|| format!("the database holds {text:?} where it cannot stand"))?)
    }
}

#[macro_export]
#[doc(hidden)]
macro_rules! written {
    ($( $type:ty { $($variant:ident $text:literal),* $(,)? } )*) => { $(
        impl $crate::store::written::Written for $type {
            const TEXTS: &'static [(Self, &'static str)] = &[$((<$type>::$variant, $text)),*];

            fn text(self) -> &'static str {
                match self { $(<$type>::$variant => $text),* }
            }
        }
    )* };
}

written! {
    Rounding { HalfAwayFromZero "HALF_AWAY_FROM_ZERO", HalfEven "HALF_EVEN" }
    Remainder { First "FIRST", Last "LAST" }
    ToleranceBase { Own "OWN", Controlling "CONTROLLING" }
    CommissionPosting { ContraRevenue "CONTRA_REVENUE", Expense "EXPENSE" }
    Counts { Gross "GROSS", Net "NET" }
    AccountKind { Advertiser "ADVERTISER", Agency "AGENCY" }
    SettledBy { Terms "TERMS", Card "CARD", SellerBalance "SELLER_BALANCE", Wallet "WALLET" }
    Consolidation {
        Order "ORDER", PurchaseOrder "PURCHASE_ORDER", Advertiser "ADVERTISER", Account "ACCOUNT",
    }
    PricingModel {
        FlatFee "FLAT_FEE", PerSpot "PER_SPOT", Cpm "CPM", Vcpm "VCPM", Cpc "CPC", Cpv "CPV", Cpcv "CPCV", Cpa "CPA",
        Cpd "CPD", PercentOfSpend "PERCENT_OF_SPEND", Graduated "GRADUATED", Volume "VOLUME", Package "PACKAGE",
        TieredFlat "TIERED_FLAT", GraduatedPercent "GRADUATED_PERCENT", Subscription "SUBSCRIPTION",
        TimeAndMaterials "TIME_AND_MATERIALS",
    }
    Window { Life "LIFE", Term "TERM", Period "PERIOD", PeriodWithCarry "PERIOD_WITH_CARRY" }
    Proration { ActualDays "ACTUAL_DAYS", Thirty360 "THIRTY_360", WholePeriods "WHOLE_PERIODS" }
    ProductState { Draft "DRAFT", Live "LIVE", Retired "RETIRED" }
    PeriodState { Open "OPEN", SoftClosed "SOFT_CLOSED", Closed "CLOSED", Locked "LOCKED" }
    DocumentKind { Invoice "INVOICE", CreditNote "CREDIT_NOTE", DebitNote "DEBIT_NOTE" }
    NoteBasis { Correction "CORRECTION", Commercial "COMMERCIAL", Tax "TAX", Makegood "MAKEGOOD", Rebill "REBILL" }
    YearBasis { Calendar "CALENDAR", Fiscal "FISCAL", Statutory "STATUTORY" }
    YearName { Begins "BEGINS", Ends "ENDS" }
    YearEnd { Last "LAST", Nearest "NEAREST" }
    WeekPattern { FourFourFive "WEEKS_4_4_5", FourFiveFour "WEEKS_4_5_4", FiveFourFour "WEEKS_5_4_4" }
    LineKind {
        SchedulePart "SCHEDULE_PART", Spots "SPOTS", Makegood "MAKEGOOD", Delivery "DELIVERY", TierFee "TIER_FEE",
        Expenses "EXPENSES", Minimum "MINIMUM", TrueUp "TRUE_UP", Rebate "REBATE", AdCredit "AD_CREDIT",
        OverDelivery "OVER_DELIVERY",
    }
    Unit {
        Spot "spot", Fee "fee", Impression "impression", ViewableImpression "viewable impression", Click "click",
        View "view", CompletedView "completed view", Action "action", Day "day", Spend "spend", Hour "hour",
        Package "package", Seat "seat",
    }
    Metric {
        Impressions "IMPRESSIONS", ViewableImpressions "VIEWABLE_IMPRESSIONS", Clicks "CLICKS", Views "VIEWS",
        CompletedViews "COMPLETED_VIEWS", Actions "ACTIONS", Days "DAYS", Spend "SPEND", Hours "HOURS",
    }
    TaxBase { NetOfCommission "NET_OF_COMMISSION", Gross "GROSS" }
    TaxCategory {
        Standard "S", ZeroRated "Z", Exempt "E", ReverseCharge "AE", IntraCommunity "K", Export "G", OutsideScope "O",
    }
    Basis {
        Rated "RATED", Correction "CORRECTION", Opening "OPENING", Commercial "COMMERCIAL", Tax "TAX",
        Makegood "MAKEGOOD", WriteOff "WRITE_OFF", Rebill "REBILL",
    }
    LedgerAccount {
        Receivables "RECEIVABLES", AgencyCommission "AGENCY_COMMISSION", Revenue "REVENUE",
        ContraRevenue "CONTRA_REVENUE", TaxPayable "TAX_PAYABLE",
        Cash "CASH", UnappliedCash "UNAPPLIED_CASH", BadDebt "BAD_DEBT", BadDebtRecovered "BAD_DEBT_RECOVERED", TaxRelief "TAX_RELIEF",
    }
    Liability { SoleAgency "SOLE_AGENCY", Sequential "SEQUENTIAL", JointAndSeveral "JOINT_AND_SEVERAL", Advertiser "ADVERTISER" }
    Schedule {
        OnDelivery "ON_DELIVERY", EvenSplit "EVEN_SPLIT", ProRataDays "PRO_RATA_DAYS", Upfront "UPFRONT",
        Milestone "MILESTONE", InAdvance "IN_ADVANCE", InArrears "IN_ARREARS",
    }
    ReviewState { Waiting "WAITING", Approved "APPROVED", Rejected "REJECTED", Superseded "SUPERSEDED" }
    AiringStatus { Aired "AIRED", Credited "CREDITED", Unresolved "UNRESOLVED", MadeGood "MADE_GOOD", NotAired "NOT_AIRED" }
    OrderCalendar { CalendarMonth "CALENDAR_MONTH", BroadcastMonth "BROADCAST_MONTH", Fiscal "FISCAL" }
    Duplicates { Refuse "REFUSE", Sum "SUM" }
    Measure {
        GrossImpressions "GROSS_IMPRESSIONS", GeneralInvalid "GENERAL_INVALID", SophisticatedInvalid "SOPHISTICATED_INVALID",
        Impressions "IMPRESSIONS", ViewableImpressions "VIEWABLE_IMPRESSIONS", Clicks "CLICKS", Views "VIEWS",
        CompletedViews "COMPLETED_VIEWS", Actions "ACTIONS", Spend "SPEND", Hours "HOURS",
    }
    BillingCycle { EndOfMonth "END_OF_MONTH", EndOfMonthOrContract "END_OF_MONTH_OR_CONTRACT", Weekly "WEEKLY" }
}

/// A currency that the database holds.
pub fn currency(code: &str) -> Result<Currency, Failure> {
    Ok(Currency::parse(code).with_context(|| format!("the database holds the currency {code:?}"))?)
}

/// A revision that the database holds.
pub fn revision(number: i64) -> Result<Revision, Failure> {
    Ok(Revision::try_from(number).context("the database holds a negative revision")?)
}

/// A revision as the database holds it.
pub fn revision_number(revision: Revision) -> Result<i64, Failure> {
    Ok(i64::try_from(revision).context("the revision has grown beyond bigint")?)
}

/// A month as the database holds it: its first day.
pub fn month_day(month: Month) -> Date {
    month.first_day()
}

/// A month that the database holds.
pub fn month(day: Date) -> Month {
    Month::of(day)
}
