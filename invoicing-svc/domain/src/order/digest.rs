use super::{Cap, Liability, Line, LineTerms, OpeningBalance, Order, PlanWeek, Schedule};
use crate::ad_product::PricingModel;
use crate::content_digest::ContentDigest;
use calendar::BillingCycle;

impl Order {
    /// SHA-256 over everything that the order says. Two revisions of one number must have the same.
    pub fn content_digest(&self) -> [u8; 32] {
        let mut digest = ContentDigest::of("order/1");
        digest.text(self.account);
        digest.text(self.entity);
        let others = self.other_external_ids.iter();
        digest.count(others.len());
        for id in std::iter::once(&self.external_id).chain(others) {
            digest.text(&id.source_system);
            digest.text(&id.id);
        }
        digest.written(self.revision);
        digest.text(&self.advertiser);
        digest.written(self.currency);
        digest.written(self.commission);
        digest.optional(self.payment_terms_days);
        digest.days(self.flight);
        digest.optional(self.signed);
        digest.text(self.liability.name());
        digest.text(self.calendar.name());
        digest.text(cycle_name(self.cycle));
        digest.optional(self.territory.as_ref());
        digest.count(self.purchase_orders.len());
        for order in &self.purchase_orders {
            digest.text(&order.number);
            digest.optional(order.value);
            digest.optional(order.expires);
        }
        digest.count(self.lines.len());
        self.lines.iter().for_each(|line| line.say(&mut digest));
        digest.finish()
    }
}

impl Line {
    fn say(&self, digest: &mut ContentDigest) {
        digest.text(&self.number);
        digest.text(self.product);
        digest.text(&self.description);
        digest.days(self.flight);
        digest.optional(self.rate);
        digest.optional(self.booked_units);
        digest.optional(self.amount);
        say_cap(self.cap, digest);
        digest.optional(self.schedule.map(Schedule::name));
        digest.text(&self.station);
        digest.text(&self.program);
        digest.written(self.spot_length_seconds);
        say_plan(&self.plan, digest);
        say_opening(&self.opening_balances, digest);
    }

    /// SHA-256 over what the money of the line follows from. While it is the same, what was billed stays right.
    pub(super) fn terms_digest(&self, order: &Order, terms: &LineTerms) -> [u8; 32] {
        let mut digest = ContentDigest::of("line-terms/1");
        digest.written(order.commission);
        digest.text(order.calendar.name());
        digest.text(cycle_name(order.cycle));
        // Only EOM/EOC cuts a period at the end of the contract.
        let cut = matches!(order.cycle, BillingCycle::EndOfMonthOrContract).then(|| order.flight.last());
        digest.optional(cut);
        digest.text(self.product);
        digest.text(match terms.pricing_model {
            PricingModel::FlatFee => "FLAT_FEE",
            PricingModel::PerSpot => "PER_SPOT",
        });
        digest.days(self.flight);
        digest.optional(self.rate);
        digest.optional(self.booked_units);
        digest.written(terms.amount);
        say_cap(self.cap, &mut digest);
        digest.text(terms.schedule.name());
        say_plan(&self.plan, &mut digest);
        say_opening(&self.opening_balances, &mut digest);
        digest.finish()
    }
}

fn say_cap(cap: Cap, digest: &mut ContentDigest) {
    digest.text(cap.name());
    match cap {
        Cap::LesserOfBookedAndDelivered | Cap::Uncapped => {}
        Cap::Budget(budget) => digest.written(budget),
        Cap::Percent(percent) => digest.written(percent),
    }
}

fn say_plan(plan: &[PlanWeek], digest: &mut ContentDigest) {
    digest.count(plan.len());
    for week in plan {
        digest.days(week.days);
        digest.written(week.weekdays);
        digest.written(week.units);
        digest.written(week.rate);
    }
}

fn say_opening(balances: &[OpeningBalance], digest: &mut ContentDigest) {
    digest.count(balances.len());
    for balance in balances {
        digest.days(balance.origin);
        digest.written(balance.units);
        digest.written(balance.gross);
    }
}

impl Liability {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::SoleAgency => "SOLE_AGENCY",
            Self::Sequential => "SEQUENTIAL",
            Self::JointAndSeveral => "JOINT_AND_SEVERAL",
            Self::Advertiser => "ADVERTISER",
        }
    }
}

impl Cap {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::LesserOfBookedAndDelivered => "LESSER_OF_BOOKED_AND_DELIVERED",
            Self::Budget(_) => "BUDGET",
            Self::Percent(_) => "PERCENT",
            Self::Uncapped => "UNCAPPED",
        }
    }
}

impl Schedule {
    /// The name that contract and database write.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnDelivery => "ON_DELIVERY",
            Self::EvenSplit => "EVEN_SPLIT",
        }
    }
}

fn cycle_name(cycle: BillingCycle) -> &'static str {
    match cycle {
        BillingCycle::EndOfMonth => "END_OF_MONTH",
        BillingCycle::EndOfMonthOrContract => "END_OF_MONTH_OR_CONTRACT",
        BillingCycle::Weekly => "WEEKLY",
    }
}
