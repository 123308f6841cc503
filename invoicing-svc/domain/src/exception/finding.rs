use std::collections::BTreeMap;

use calendar::Days;
use jiff::civil::Date;
use money::{Money, Rate};
use rust_decimal::Decimal;

/// Whether a draft waits for an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; the draft goes on.
    Warn,
    /// The draft waits until it is settled.
    Block,
}

refusal::refusals! {
    /// What a pre-bill check finds.
    pub enum Finding {
        /// Somebody wants it so.
        StateForbids "ON_HOLD" OnHold { reason: String, owner: String } =>
            "it is on hold ({reason}); {owner} can release it",
        /// The line leaves the draft, the rest goes on.
        StateForbids "LINE_ON_HOLD" LineOnHold { line: String, amount: Money, reason: String, owner: String } =>
            "line {line}: {amount} is on hold ({reason}) and not on this draft; {owner} can release it",
        /// Nothing is sold to who is on hold.
        StateForbids "CREDIT_HOLD" CreditHold { reason: String, owner: String } =>
            "the account is on hold ({reason}); {owner} can lift it",
        /// A limit that is passed is a decision, not an accident.
        StateForbids "CREDIT_LIMIT_EXCEEDED" CreditLimitExceeded { limit: Money, owed: Money } =>
            "with this draft the account owes {owed}, and its credit limit is {limit}; ask for a payment or another limit",
        /// Payers send back what is not in the currency that they agreed to.
        StateForbids "CURRENCY_MISMATCH" CurrencyMismatch { currency: String, account_currency: String } =>
            "the order bills in {currency}, the account is kept in {account_currency}; see that this is agreed",
        /// Tax offices ask for it.
        StateForbids "TAX_ID_MISSING" TaxIdMissing =>
            "tax is billed and the account has no tax id; ask for it",
        /// What has expired is no tax id.
        StateForbids "TAX_ID_EXPIRED" TaxIdExpired { number: String, expired: Date, tax_point: Date } =>
            "tax is billed as of {tax_point}, and the account's tax id {number} expired on {expired}; ask for the one that holds since",
        /// The customer pays against its number only.
        StateForbids "PURCHASE_ORDER_MISSING" PurchaseOrderMissing =>
            "the account asks for a purchase order and the order names none; type in the customer's number",
        /// Billing instructions are data.
        StateForbids "BILLING_INSTRUCTION_NOT_MET" InstructionNotMet { number: String, format: String } =>
            "the purchase order {number} does not look as the account asks ({format}, 9 a digit, A a letter); correct the number",
        /// What is not live has not been tried out.
        StateForbids "PRODUCT_NOT_LIVE" ProductNotLive { line: String, product: String } =>
            "line {line}: the product {product} is not live; make it live, or amend the order",
        /// Its price and tax may not hold any more.
        StateForbids "PRODUCT_RETIRES_IN_FLIGHT" ProductRetired { line: String, product: String } =>
            "line {line}: the product {product} is retired; see whether the line goes on as it was sold",
        /// A price that nobody has agreed to.
        StateForbids "OFF_RATE_CARD" OffRateCard { line: String, price: Decimal, percent: Decimal, list_price: Rate } =>
            "line {line}: {price} is {percent} % below the list price, {list_price}; see who agreed to it, or amend the order",
        /// Late counts come as late lines.
        StateForbids "DELIVERY_DAYS_MISSING" DeliveryDaysMissing { line: String, latest: Date, expected: Date } =>
            "line {line}: the delivery that is known ends on {latest}, and the line was to deliver until {expected}; wait for its source, or bill the rest later",
        /// What two count of the same is billed twice.
        StateForbids "COUNTED_BY_SEVERAL" CountedBySeveral { line: String, sources: String, period: Days } =>
            "line {line}: {sources} each say what was delivered in {period}, and all of it is billed; if they count the same, name one of them as the delivery source of the line",
        /// Out of the ordinary is worth a look.
        StateForbids "VARIANCE" Variance { net: Money, average: Money, percent: Decimal } =>
            "the account is billed {net}, and {average} on average of its recent months: {percent} % apart",
        /// The same twice is paid once.
        StateForbids "DUPLICATE_CANDIDATE" Duplicate { other: String, gross: Money } =>
            "{other} bills the same account {gross} for the same days; see that this is not the same order twice",
        /// The customer's system refuses it.
        StateForbids "PURCHASE_ORDER_EXPIRED" PurchaseOrderExpired { number: String, expired: Date } =>
            "the purchase order {number} expired on {expired}, before what is billed; ask the customer for another",
        /// The customer's system refuses what is above the value.
        StateForbids "PURCHASE_ORDER_USED_UP" PurchaseOrderUsedUp { number: String, value: Money, used: Money, net: Money } =>
            "the purchase order {number} is for {value}; {used} of it is used and this draft bills {net}; ask the customer for another",
        /// Free for the customer, and paid for by us.
        StateForbids "OVER_DELIVERY" OverDelivery { line: String, units: Decimal } =>
            "line {line}: {units} units were delivered beyond the cap and are free",
        /// More than was missed is nobody's debt.
        StateForbids "MAKEGOOD_BEYOND_OWED" MakegoodBeyondOwed { line: String, amount: Money, period: Days } =>
            "line {line}: {amount} of the makegoods of {period} is beyond what is owed and not on this draft; choose whether it bills or is free",
        /// Somebody delivered, nobody pays.
        StateForbids "ZERO_BILL_WITH_DELIVERY" ZeroBill { line: String, units: Decimal } =>
            "line {line}: {units} units were delivered and come to nothing; see its cap and price",
        /// What is known by now may come to something else.
        StateForbids "STALE_INPUT" StaleInput =>
            "an input of the account changed after those that the draft is made of; the run's stale accounts say what it comes to: refresh the run, or leave the difference to the next one",
    }
}

/// How severe a finding is where its entity says nothing else.
pub fn severity(finding: &Finding) -> Severity {
    match finding {
        Finding::OnHold { .. }
        | Finding::CreditHold { .. }
        | Finding::PurchaseOrderMissing
        | Finding::InstructionNotMet { .. }
        | Finding::PurchaseOrderExpired { .. }
        | Finding::PurchaseOrderUsedUp { .. }
        | Finding::ProductNotLive { .. } => Severity::Block,
        Finding::LineOnHold { .. }
        | Finding::CreditLimitExceeded { .. }
        | Finding::CurrencyMismatch { .. }
        | Finding::ProductRetired { .. }
        | Finding::OffRateCard { .. }
        | Finding::DeliveryDaysMissing { .. }
        | Finding::CountedBySeveral { .. }
        | Finding::OverDelivery { .. }
        | Finding::MakegoodBeyondOwed { .. }
        | Finding::ZeroBill { .. }
        | Finding::StaleInput
        | Finding::Variance { .. }
        | Finding::Duplicate { .. }
        | Finding::TaxIdMissing
        | Finding::TaxIdExpired { .. } => Severity::Warn,
    }
}

/// How severe findings are for an entity.
#[derive(Clone, Debug, Default)]
pub struct Severities(BTreeMap<String, Option<Severity>>);

impl Severities {
    /// What an entity wants otherwise, by reason; `None`: it does not want to hear of it.
    pub fn of(settings: BTreeMap<String, Option<Severity>>) -> Self {
        Self(settings)
    }

    /// How severe a finding is, or `None` where nobody wants to hear of it.
    pub fn severity(&self, finding: &Finding) -> Option<Severity> {
        self.0.get(finding.reason()).copied().unwrap_or_else(|| Some(severity(finding)))
    }
}

impl Finding {
    /// The number of the order line that it is about, where it is about one.
    pub fn line(&self) -> Option<&str> {
        match self {
            Self::LineOnHold { line, .. }
            | Self::ProductNotLive { line, .. }
            | Self::ProductRetired { line, .. }
            | Self::OffRateCard { line, .. }
            | Self::DeliveryDaysMissing { line, .. }
            | Self::CountedBySeveral { line, .. }
            | Self::OverDelivery { line, .. }
            | Self::MakegoodBeyondOwed { line, .. }
            | Self::ZeroBill { line, .. } => Some(line),
            Self::OnHold { .. }
            | Self::CreditHold { .. }
            | Self::CreditLimitExceeded { .. }
            | Self::CurrencyMismatch { .. }
            | Self::PurchaseOrderMissing
            | Self::InstructionNotMet { .. }
            | Self::PurchaseOrderExpired { .. }
            | Self::PurchaseOrderUsedUp { .. }
            | Self::Variance { .. }
            | Self::Duplicate { .. }
            | Self::StaleInput
            | Self::TaxIdMissing
            | Self::TaxIdExpired { .. } => None,
        }
    }
}
