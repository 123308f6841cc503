//! What a line says, term by term, each written in one way only: equal terms are equal texts.

use std::collections::BTreeMap;
use std::fmt::Display;

use calendar::Days;

use super::{Cap, Discount, Line, OpeningBalance, OrderRefusal, PlanWeek, ThirdParty, names};
use crate::pricing::{Minimum, Tier};
use crate::third_party::WithoutCount;

/// The texts of the terms that are said, by their names in the contract.
pub type Said = BTreeMap<&'static str, String>;

/// Every name of a term: of the line, and of what its order and product say of it.
pub(super) const TERMS: [&str; 31] = [
    "ad_product",
    "amount",
    "billing",
    "booked_units",
    "cancelled_on",
    "cap",
    "cap_window",
    "commission",
    "delivery_source",
    "discount",
    "expense_cap",
    "flight",
    "markup_percent",
    "metric",
    "milestones",
    "minimum",
    "opening_balances",
    "order_discount",
    "package_units",
    "period_units",
    "plan",
    "pricing_model",
    "proration",
    "quantities",
    "rate",
    "schedule",
    "short_rate",
    "term_months",
    "third_party",
    "tier_window",
    "tiers",
];

/// A scope of a term that there is not would hold for none.
pub(super) fn check_scopes(line: &Line) -> Result<(), OrderRefusal> {
    let mut names = line.scopes.iter().filter_map(|scope| scope.term.as_deref());
    match names.find(|name| !TERMS.contains(name)) {
        Some(term) => Err(OrderRefusal::UnknownTerm {
            line: line.number.clone(),
            term: term.to_owned(),
            known: TERMS.join(", "),
        }),
        None => Ok(()),
    }
}

impl Line {
    /// What the money of the line follows from, as it is said.
    pub(super) fn said(&self) -> Said {
        let usage = &self.usage;
        let mut said = Said::from([
            ("ad_product", self.product.to_string()),
            ("flight", days(self.flight)),
            ("cap_window", names::window(self.cap_window).to_owned()),
            ("tier_window", names::window(usage.tier_window).to_owned()),
        ]);
        let optional = [
            ("rate", text(self.rate)),
            ("booked_units", text(self.booked_units)),
            ("amount", text(self.amount)),
            ("cap", self.cap.map(cap)),
            ("discount", self.discount.map(discount)),
            ("schedule", text(self.schedule.map(names::schedule))),
            ("metric", text(usage.metric.map(names::metric))),
            ("tiers", list(&usage.tiers, tier)),
            ("minimum", usage.minimum.map(minimum)),
            ("term_months", text(usage.term_months)),
            ("proration", text(usage.proration.map(names::proration))),
            ("package_units", text(usage.package_units)),
            ("markup_percent", text(usage.markup_percent)),
            ("expense_cap", text(usage.expense_cap)),
            ("period_units", list(&usage.period_units, |of| format!("{} {}", days(of.period), of.units))),
            ("quantities", list(&usage.quantities, |from| format!("{} {}", from.day, from.quantity))),
            ("milestones", list(&self.milestones, |part| format!("{} {}", part.day, part.amount))),
            ("delivery_source", usage.delivery_source.clone()),
            ("third_party", self.third_party.as_ref().map(third_party)),
            ("cancelled_on", text(self.cancelled_on)),
            ("short_rate", text(self.short_rate)),
            ("plan", list(&self.plan, week)),
            ("opening_balances", list(&self.opening_balances, opening)),
        ];
        said.extend(optional.into_iter().filter_map(|(term, text)| text.map(|text| (term, text))));
        said
    }
}

fn text(value: Option<impl Display>) -> Option<String> {
    value.map(|value| value.to_string())
}

fn list<T>(values: &[T], written: impl Fn(&T) -> String) -> Option<String> {
    let texts: Vec<String> = values.iter().map(written).collect();
    Some(texts.join("; ")).filter(|_| !values.is_empty())
}

fn days(days: Days) -> String {
    days.to_string()
}

pub(super) fn cap(cap: Cap) -> String {
    match cap {
        Cap::LesserOfBookedAndDelivered | Cap::Uncapped => cap.name().to_owned(),
        Cap::Budget(budget) => format!("{} {budget}", cap.name()),
        Cap::Percent(percent) => format!("{} {percent}", cap.name()),
    }
}

fn discount(discount: Discount) -> String {
    match discount {
        Discount::Percent(percent) => format!("{percent} %"),
        Discount::Amount(amount) => amount.to_string(),
    }
}

fn tier(tier: &Tier) -> String {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    format!("to {} at {} and {}", or_none(text(tier.up_to)), tier.rate, or_none(text(tier.flat)))
}

fn minimum(minimum: Minimum) -> String {
    format!("{} {}", minimum.amount, names::window(minimum.window))
}

fn third_party(third_party: &ThirdParty) -> String {
    let ThirdParty { source, controls, tolerance_percent, tolerance_base, without_count, count_due_days } =
        third_party;
    let who = if *controls { "controls" } else { "compares" };
    let without = match (without_count, count_due_days) {
        (WithoutCount::Hold, 0) => String::new(),
        (without, days) => format!(", without a count after {days} days {}", without.name()),
    };
    format!("{who} within {tolerance_percent} % of {}{without}: {source}", tolerance_base.name())
}

fn week(week: &PlanWeek) -> String {
    format!("{} {} {} at {}", days(week.days), week.weekdays, week.units, week.rate)
}

fn opening(balance: &OpeningBalance) -> String {
    format!("{} {} for {}", days(balance.origin), balance.units, balance.gross)
}
