use std::collections::BTreeSet;

use ids::{AiringId, ObligationId, OrderId};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::KnownSpot;
use crate::delivery::AiringStatus;

/// A spot that was missed, and what became of it.
#[derive(Clone, Debug)]
pub struct Obligation<'a> {
    pub order: OrderId,
    pub missed: Missed<'a>,
    /// In the order in which they aired.
    pub parts: Vec<Part>,
}

/// What was missed.
#[derive(Clone, Copy, Debug)]
pub enum Missed<'a> {
    /// A spot that was missed.
    Known {
        spot: KnownSpot<'a>,
        /// What makegoods call it, where they call it otherwise.
        printed: Option<&'a str>,
    },
    /// What is printed on makegoods, and nobody knows.
    Unknown(&'a str),
}

/// How much of it a spot makes good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub by: AiringId,
    pub value: Decimal,
    /// What was missed stands on a document, so that this part bills nothing.
    pub is_free: bool,
}

/// Where an obligation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Something is left to be made good.
    Open,
    Fulfilled,
    /// Something is left, and what airs now makes it good no more: it has to be credited or released.
    Expired,
    /// What was left is owed no more.
    Released,
    /// Money was given back instead.
    Credited,
}

/// What an obligation comes to: owed is always fulfilled, credited, released and left together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub owed: Decimal,
    pub fulfilled: Decimal,
    pub credited: Decimal,
    pub released: Decimal,
    pub left: Decimal,
}

/// What the obligations of an order come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    pub sums: Sums,
    pub missed: usize,
    /// Of which something is left.
    pub missed_left: usize,
    /// The spots that make something good.
    pub makegoods: usize,
}

impl Obligation<'_> {
    /// The spot's own id, or what follows from its printed name.
    pub fn id(&self) -> ObligationId {
        match self.missed {
            Missed::Known { spot, .. } => ObligationId::from_uuid(spot.id.uuid()),
            Missed::Unknown(name) => ObligationId::of(self.order, name),
        }
    }

    /// The spot that was missed, where it is known.
    pub fn spot(&self) -> Option<&KnownSpot<'_>> {
        match &self.missed {
            Missed::Known { spot, .. } => Some(spot),
            Missed::Unknown(_) => None,
        }
    }

    /// What its source calls it; or what is printed, where nobody knows it.
    pub fn name(&self) -> &str {
        match self.missed {
            Missed::Known { spot, .. } => spot.name,
            Missed::Unknown(name) => name,
        }
    }

    /// What it comes to.
    pub fn sums(&self) -> Sums {
        let fulfilled: Decimal = self.parts.iter().map(|part| part.value).sum();
        // What nobody knows is owed what makes it good.
        let value = self.spot().and_then(|spot| spot.rate).map_or(fulfilled, |rate| rate.value());
        let owed = value.max(fulfilled);
        let rest = owed - fulfilled;
        let none = Sums { owed, fulfilled, ..Sums::default() };
        match self.spot() {
            Some(spot) if is_credited(spot) => Sums { credited: rest, ..none },
            Some(spot) if spot.released.is_some() => Sums { released: rest, ..none },
            Some(_) | None => Sums { left: rest, ..none },
        }
    }

    /// Where it stands on a day.
    pub fn state(&self, today: Date) -> State {
        match self.spot() {
            Some(spot) if is_credited(spot) => State::Credited,
            Some(spot) if spot.released.is_some() => State::Released,
            Some(_) | None if self.sums().left.is_zero() => State::Fulfilled,
            Some(spot) if spot.expires.is_some_and(|expires| expires < today) => State::Expired,
            Some(_) | None => State::Open,
        }
    }

    /// Whether it was or is to be made good, so that nothing is given back besides.
    pub fn made_good(&self, today: Date) -> Option<MadeGood> {
        if !self.parts.is_empty() {
            return Some(MadeGood::Was);
        }
        match self.state(today) {
            State::Open => Some(MadeGood::IsToBe),
            State::Fulfilled | State::Expired | State::Released | State::Credited => None,
        }
    }
}

/// By a credit note, or so its source says.
fn is_credited(spot: &KnownSpot<'_>) -> bool {
    spot.is_credited || spot.status == AiringStatus::Credited
}

/// Why what was billed for a spot is not given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeGood {
    /// Something aired for it.
    Was,
    /// Something may still air for it.
    IsToBe,
}

impl State {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Fulfilled => "FULFILLED",
            Self::Expired => "EXPIRED",
            Self::Released => "RELEASED",
            Self::Credited => "CREDITED",
        }
    }
}

impl Balance {
    /// What obligations come to together.
    pub fn of(obligations: &[Obligation<'_>]) -> Self {
        let mut balance = Self { missed: obligations.len(), ..Self::default() };
        let mut makegoods = BTreeSet::new();
        for obligation in obligations {
            let (sums, all) = (obligation.sums(), &mut balance.sums);
            all.owed += sums.owed;
            all.fulfilled += sums.fulfilled;
            all.credited += sums.credited;
            all.released += sums.released;
            all.left += sums.left;
            balance.missed_left += usize::from(!sums.left.is_zero());
            makegoods.extend(obligation.parts.iter().map(|part| part.by));
        }
        balance.makegoods = makegoods.len();
        balance
    }
}
