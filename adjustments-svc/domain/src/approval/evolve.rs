use super::{Event, Grant, Request, State};

/// The request after an event that was decided on it.
pub fn evolve(request: &Request, event: &Event) -> Request {
    let mut after = request.clone();
    match event {
        Event::Decided(decision) => after.decisions.push(decision.clone()),
        Event::Approved { at } => after.state = State::Approved(Grant::ByPeople { at: *at }),
        Event::Rejected => after.state = State::Rejected,
        Event::Returned => after.state = State::Returned,
        Event::Withdrawn(act) => after.state = State::Withdrawn(act.clone()),
        Event::Reminded => after.reminded = true,
        Event::Escalated => after.escalated = true,
        Event::Expired { at } => after.state = State::Expired { at: *at },
        Event::Voided { at, why } => after.state = State::Voided { at: *at, why: why.clone() },
        Event::GlassBroken { glass, due } => {
            after.state = State::PostReviewDue { glass: glass.clone(), due: *due };
        }
        Event::Ratified(review) => {
            if let State::PostReviewDue { glass, .. } = &request.state {
                after.state = State::Ratified { glass: glass.clone(), review: review.clone() };
            }
        }
        Event::Violated { at } => {
            if let State::PostReviewDue { glass, .. } = &request.state {
                after.state = State::Violation { glass: glass.clone(), at: *at };
            }
        }
        Event::Executed => {
            if let State::Approved(grant) = &request.state {
                after.state = State::Executed(grant.clone());
            }
        }
    }
    after
}
