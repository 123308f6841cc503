use jiff::civil::Date;
use money::Money;

use super::{Obligation, State};
use crate::figure::grouped;

refusal::refusals! {
    /// Why an obligation is not released.
    pub enum MakegoodRefusal {
        /// There is nothing to let go.
        StateForbids "OBLIGATION_SETTLED" Settled { spot: String, state: String } =>
            "the obligation for {spot} is {state}; nothing of it is left to release",
        /// Nothing was missed there, or nobody decided so.
        StateForbids "SPOT_NOT_OWED" NotOwed { line: u32, spot: String } =>
            "line {line}: nothing is owed for the spot {spot}, or the line does not bill it; there is nothing to release",
        /// Whoever decided had another amount before them.
        Stale "LEFT_CHANGED" LeftChanged { spot: String, left: String, said: String } =>
            "{left} is left of the obligation for {spot}, and not {said}; read it again and decide anew",
    }
}

/// Lets go what is left of an obligation: nothing that airs from now on makes it good, and it may be credited. `left` is what
/// is left, `said` what whoever decided has read.
///
/// Order of refusal: OBLIGATION_SETTLED, LEFT_CHANGED.
pub fn release(
    obligation: &Obligation<'_>,
    (left, said): (Money, Money),
    today: Date,
) -> Result<(), MakegoodRefusal> {
    let spot = || obligation.name().to_owned();
    match obligation.state(today) {
        State::Open | State::Expired if left == said => Ok(()),
        State::Open | State::Expired => {
            Err(MakegoodRefusal::LeftChanged { spot: spot(), left: grouped(left), said: grouped(said) })
        }
        state @ (State::Fulfilled | State::Released | State::Credited) => {
            Err(MakegoodRefusal::Settled { spot: spot(), state: state.name().to_owned() })
        }
    }
}

/// Whether as much is left of several obligations together as whoever decided has read.
///
/// Refusal: LEFT_CHANGED.
pub fn check_left(left: Money, said: Money) -> Result<(), MakegoodRefusal> {
    if left == said {
        return Ok(());
    }
    let spot = "these spots".to_owned();
    Err(MakegoodRefusal::LeftChanged { spot, left: grouped(left), said: grouped(said) })
}
