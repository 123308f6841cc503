//! How a request came to where it is, in sentences.

use adjustments_domain::{
    approval::{Choice, Decision, Exclusion, Facts, Request, Standing, standing},
    directory::Directory,
    policy::{Largest, Measure, Need},
};

/// The story of a request.
pub fn sentences(request: &Request, directory: &Directory) -> Vec<String> {
    let submitted = &request.submitted;
    let mut told = vec![format!(
        "{} asks for the approval of {} ({}), submitted by {} at {}.",
        request.id, request.subject.name, request.subject.kind, submitted.by, submitted.at
    )];
    told.extend(request.measure.as_ref().map(measured));
    told.push(format!(
        "Version {} of the policy held then; its rows {} fit.",
        request.policy_version,
        request.plan.rows.join(", ")
    ));
    if request.plan.is_automatic() {
        told.push("They ask for nobody: the policy approved it.".to_owned());
    }
    for (number, step) in (1..).zip(&request.plan.steps) {
        told.push(format!("Step {number} asks for {}.", needs(step)));
    }
    let parts: Vec<String> =
        request.involved.iter().map(|involved| format!("{} ({})", involved.account, involved.part)).collect();
    told.push(format!(
        "None of these, nor who acts for them or reports to them, has a say: {}.",
        parts.join(", ")
    ));
    told.extend(kept_out(request, directory));
    told.extend(request.decisions.iter().map(decided));
    if request.escalated {
        told.push("It has waited so long that the role above may stand in.".to_owned());
    }
    told.push(state(request));
    told
}

/// Who has no say although they neither have a part in it nor report to somebody who has.
fn kept_out(request: &Request, directory: &Directory) -> Vec<String> {
    let facts = Facts { directory, delegations: &[] };
    let people = directory.people();
    let told = people.keys().filter_map(|person| match standing(request, person, &[], facts) {
        Standing::MayNot(why @ (Exclusion::ReportedTo { .. } | Exclusion::LineSaidBy { .. })) => {
            Some(format!("Nor has {person}: {}.", why.in_words()))
        }
        Standing::May(_)
        | Standing::MayNot(
            Exclusion::Involved { .. }
            | Exclusion::ReportsTo { .. }
            | Exclusion::DelegateOf { .. }
            | Exclusion::AlreadyDecided
            | Exclusion::NotAsked { .. }
            | Exclusion::Over { .. },
        ) => None,
    });
    told.collect()
}

fn measured(measure: &Measure) -> String {
    let currency = measure.this.currency();
    if measure.largest == Largest::NoRate {
        return format!(
            "It is beyond every limit: {currency} {} of it is in the currency of the books, and there is no exchange rate to measure the rest by.",
            measure.this
        );
    }
    if measure.largest == Largest::SaidRate {
        return format!(
            "It is measured at a rate that somebody has said, and so beyond every limit: {currency} {}, and of 30 days by account {}, by account and cause {}, by maker {}.",
            measure.this, measure.account, measure.account_and_cause, measure.maker
        );
    }
    format!(
        "It is measured at {currency} {}: the largest ({}) of itself {}, and of 30 days by account {}, by account and cause {}, by maker {}.",
        measure.amount(),
        measure.largest,
        measure.this,
        measure.account,
        measure.account_and_cause,
        measure.maker
    )
}

fn needs(step: &[Need]) -> String {
    let words: Vec<String> = step.iter().map(|need| format!("{} {}", need.quorum, need.role)).collect();
    words.join(" and ")
}

fn decided(decision: &Decision) -> String {
    let verb = match decision.choice {
        Choice::Approve => "approved it",
        Choice::Reject => "rejected it",
        Choice::Return => "sent it back",
    };
    let lent = decision.on_behalf_of.as_ref().map(|lender| format!(" on behalf of {lender}"));
    let comment = Some(&decision.comment).filter(|comment| !comment.is_empty());
    format!(
        "{}{} {verb} as {} at {}{}.",
        decision.act.by,
        lent.unwrap_or_default(),
        decision.role,
        decision.act.at,
        comment.map_or_else(String::new, |comment| format!(": {comment}"))
    )
}

fn state(request: &Request) -> String {
    match request.open_step() {
        Some((_, asked)) if request.state == adjustments_domain::approval::State::Pending => {
            let waits = Exclusion::NotAsked { asked, short: None }.in_words();
            format!("It is PENDING: {waits}, until {}.", request.deadlines.expire)
        }
        Some(_) | None => format!("It is {}.", request.state.name()),
    }
}
