//! Approval ↔ domain.

use adjustments_domain::{
    approval::{Decision, Grant, Involved, Request, Seat, Standing, State},
    policy::{Measure, Need, Plan},
    subject::hexadecimal,
};
use billing_proto::billing::adjustments::v1 as pb;
use jiff::Timestamp;

use super::{alike, money, name, time};

/// The request as a message.
pub fn message(request: &Request) -> pb::Approval {
    let subject = &request.subject;
    let automatic = |grant: &Grant| matches!(grant, Grant::Automatic { .. });
    pb::Approval {
        name: name::approval_name(request.id),
        etag: request.revision.to_string(),
        subject_kind: alike::kind_message(subject.kind).into(),
        subject: subject.name.clone(),
        subject_digest: hexadecimal(&subject.digest),
        summary: subject.summary.clone(),
        billing_entity: subject.entity.map_or_else(String::new, |entity| format!("billingEntities/{entity}")),
        account: subject.account.map_or_else(String::new, |account| format!("accounts/{account}")),
        root_cause: subject.cause.map_or(pb::RootCause::Unspecified, alike::cause_message).into(),
        involved: request.involved.iter().map(involved).collect(),
        measure: request.measure.as_ref().map(measure),
        policy: name::policy_name(request.policy_version),
        policy_rows: request.plan.rows.clone(),
        steps: steps(&request.plan),
        plan_digest: hexadecimal(&request.plan.digest()),
        state: state(&request.state).into(),
        decisions: request.decisions.iter().map(decision).collect(),
        submitted_by: request.submitted.by.clone(),
        submit_time: Some(time::message(request.submitted.at)),
        remind_time: Some(time::message(request.deadlines.remind)),
        escalate_time: Some(time::message(request.deadlines.escalate)),
        expire_time: Some(time::message(request.deadlines.expire)),
        escalated: request.escalated,
        automatic: matches!(&request.state, State::Approved(grant) | State::Executed(grant) if automatic(grant)),
        replaces: request.replaces.map_or_else(String::new, name::approval_name),
        end_time: ended_at(request).map(time::message),
        void_reason: match &request.state {
            State::Voided { why, .. } => why.clone(),
            State::Pending
            | State::Approved(_)
            | State::Executed(_)
            | State::Rejected
            | State::Returned
            | State::Withdrawn(_)
            | State::Expired { .. }
            | State::PostReviewDue { .. }
            | State::Ratified { .. }
            | State::Violation { .. } => String::new(),
        },
        break_glass: break_glass(&request.state),
    }
}

fn ended_at(request: &Request) -> Option<Timestamp> {
    match &request.state {
        State::Pending => None,
        State::Approved(Grant::Automatic { at } | Grant::ByPeople { at })
        | State::Executed(Grant::Automatic { at } | Grant::ByPeople { at })
        | State::Expired { at }
        | State::Voided { at, .. }
        | State::Violation { at, .. } => Some(*at),
        State::Rejected | State::Returned => request.decisions.last().map(|decision| decision.act.at),
        State::Withdrawn(act) => Some(act.at),
        State::PostReviewDue { glass, .. } => Some(glass.act.at),
        State::Ratified { review, .. } => Some(review.at),
    }
}

fn involved(involved: &Involved) -> pb::InvolvedPerson {
    pb::InvolvedPerson { person: involved.account.clone(), part: alike::part_message(involved.part).into() }
}

fn decision(decision: &Decision) -> pb::ApprovalDecision {
    pb::ApprovalDecision {
        person: decision.act.by.clone(),
        choice: alike::decision_message(decision.choice).into(),
        step: i32::try_from(decision.step.saturating_add(1)).unwrap_or(i32::MAX),
        role: alike::role_message(decision.role).into(),
        on_behalf_of: decision.on_behalf_of.clone().unwrap_or_default(),
        comment: decision.comment.clone(),
        subject_digest: hexadecimal(&decision.digest),
        time: Some(time::message(decision.act.at)),
    }
}

/// A measure as a message.
pub fn measure(measure: &Measure) -> pb::ApprovalMeasure {
    pb::ApprovalMeasure {
        this_amount: Some(money::message(measure.this)),
        account_30_days: Some(money::message(measure.account)),
        account_and_cause_30_days: Some(money::message(measure.account_and_cause)),
        maker_30_days: Some(money::message(measure.maker)),
        largest: measure.largest.to_string(),
    }
}

/// The steps of a plan as messages.
pub fn steps(plan: &Plan) -> Vec<pb::ApprovalStep> {
    let step = |needs: &Vec<Need>| pb::ApprovalStep { needs: needs.iter().map(need).collect() };
    plan.steps.iter().map(step).collect()
}

/// Who is asked now; nobody once the request has ended.
pub fn waits_for(request: &Request, at: Timestamp) -> Vec<pb::ApproverNeed> {
    let waits = request.state == State::Pending && at < request.deadlines.expire;
    let open = request.open_step().filter(|_| waits);
    open.map_or_else(Vec::new, |(_, asked)| asked.iter().map(need).collect())
}

fn need(need: &Need) -> pb::ApproverNeed {
    pb::ApproverNeed {
        role: alike::role_message(need.role).into(),
        quorum: i32::try_from(need.quorum).unwrap_or(i32::MAX),
    }
}

fn state(state: &State) -> pb::ApprovalState {
    match state {
        State::Pending => pb::ApprovalState::Pending,
        State::Approved(_) => pb::ApprovalState::Approved,
        State::Executed(_) => pb::ApprovalState::Executed,
        State::Rejected => pb::ApprovalState::Rejected,
        State::Returned => pb::ApprovalState::Returned,
        State::Withdrawn(_) => pb::ApprovalState::Withdrawn,
        State::Expired { .. } => pb::ApprovalState::Expired,
        State::Voided { .. } => pb::ApprovalState::Voided,
        State::PostReviewDue { .. } => pb::ApprovalState::PostReviewDue,
        State::Ratified { .. } => pb::ApprovalState::Ratified,
        State::Violation { .. } => pb::ApprovalState::Violation,
    }
}

/// The name of a state that a list asks for, as the database writes it; `None` asks for all.
pub fn state_name(state: pb::ApprovalState) -> Option<&'static str> {
    state.as_str_name().strip_prefix("APPROVAL_STATE_").filter(|name| *name != "UNSPECIFIED")
}

fn break_glass(state: &State) -> Option<pb::BreakGlass> {
    let (glass, due, reviewed_by) = match state {
        State::PostReviewDue { glass, due } => (glass, Some(*due), String::new()),
        State::Ratified { glass, review } => (glass, None, review.by.clone()),
        State::Violation { glass, .. } => (glass, None, String::new()),
        State::Pending
        | State::Approved(_)
        | State::Executed(_)
        | State::Rejected
        | State::Returned
        | State::Withdrawn(_)
        | State::Expired { .. }
        | State::Voided { .. } => return None,
    };
    Some(pb::BreakGlass {
        person: glass.act.by.clone(),
        incident: glass.incident.clone(),
        reason: glass.reason.clone(),
        time: Some(time::message(glass.act.at)),
        review_due_time: due.map(time::message),
        reviewed_by,
    })
}

/// Where somebody stands, as a message.
pub fn standing(person: &str, standing: &Standing) -> pb::ApproverStanding {
    let person = person.to_owned();
    match standing {
        Standing::May(Seat { role, on_behalf_of, .. }) => pb::ApproverStanding {
            person,
            may_decide: true,
            role: alike::role_message(*role).into(),
            on_behalf_of: on_behalf_of.clone().unwrap_or_default(),
            reason: String::new(),
        },
        Standing::MayNot(exclusion) => {
            pb::ApproverStanding { person, reason: exclusion.in_words(), ..pb::ApproverStanding::default() }
        }
    }
}
