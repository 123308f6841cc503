use super::{Holds, Line, LineTerms, Order, names, said::Said};
use crate::content_digest::ContentDigest;

impl Order {
    /// SHA-256 over everything that the order says. Two revisions of one number must have the same.
    pub fn content_digest(&self) -> [u8; 32] {
        let mut digest = ContentDigest::of("order/2");
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
        digest.text(names::cycle(self.cycle));
        digest.optional(self.territory.as_ref());
        digest.count(self.purchase_orders.len());
        for order in &self.purchase_orders {
            digest.text(&order.number);
            digest.optional(order.value);
            digest.optional(order.expires);
        }
        digest.optional(self.discount);
        digest.count(self.lines.len());
        self.lines.iter().for_each(|line| line.say(&mut digest));
        digest.finish()
    }
}

impl Line {
    fn say(&self, digest: &mut ContentDigest) {
        digest.text(&self.number);
        digest.text(&self.description);
        digest.text(&self.station);
        digest.text(&self.program);
        digest.written(self.spot_length_seconds);
        self.milestones.iter().for_each(|part| digest.text(&part.description));
        say(&self.said(), digest);
        digest.count(self.scopes.len());
        for scope in &self.scopes {
            digest.optional(scope.term.as_ref());
            digest.optional(match scope.holds {
                Holds::From(day) => Some(day),
                Holds::FromStart => None,
            });
            digest.text(&scope.evidence);
        }
    }
}

/// SHA-256 over what the money of a line follows from. While it is the same, what was billed stays right.
pub(super) fn terms_digest(terms: &LineTerms) -> [u8; 32] {
    let mut digest = ContentDigest::of("line-terms/2");
    say(&terms.said, &mut digest);
    if let [_, _, ..] = terms.segments[..] {
        for segment in &terms.segments {
            digest.days(segment.days);
            digest.optional(segment.price.rate);
            digest.optional(segment.price.discount);
            digest.written(format!("{:?}", segment.price.tiers));
        }
    }
    digest.finish()
}

fn say(terms: &Said, digest: &mut ContentDigest) {
    digest.count(terms.len());
    for (term, said) in terms {
        digest.text(term);
        digest.text(said);
    }
}
