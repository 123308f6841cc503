//! Who may decide on a request, and why the others may not.

use jiff::Timestamp;

use super::{Delegation, Part, Request, State, break_glass::answers_by};
use crate::{directory::Directory, policy::Need, role::Role};

/// What a decision rests on besides the request.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub directory: &'a Directory,
    /// Those that are in force.
    pub delegations: &'a [Delegation],
}

/// Somebody who wants to decide.
#[derive(Clone, Debug)]
pub struct Approver {
    /// The account that calls.
    pub account: String,
    /// False for a platform's key.
    pub is_person: bool,
    /// What the caller's grants say, and what counts: the directory makes nobody an approver.
    pub roles: Vec<Role>,
}

/// A place in the plan that somebody may fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The first one for who looks at an emergency, which is in no plan.
    pub step: usize,
    pub role: Role,
    /// Whose authority it is; `None`: their own.
    pub on_behalf_of: Option<String>,
}

/// Whether somebody may decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    May(Seat),
    MayNot(Exclusion),
}

/// Why somebody may not decide, the strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// Of their own account or another one of theirs.
    Involved {
        account: String,
        part: Part,
    },
    /// Somebody who has a part in it could decide their chance to rise.
    ReportsTo {
        account: String,
        part: Part,
    },
    /// They did when it was submitted, and the directory was changed since.
    ReportedTo {
        account: String,
        part: Part,
    },
    /// Somebody who has a part in it was the last to say whom they report to, or whom somebody above them does.
    LineSaidBy {
        account: String,
        part: Part,
    },
    /// They act for somebody who has a part in it.
    DelegateOf {
        account: String,
        part: Part,
    },
    AlreadyDecided,
    NotAsked {
        asked: Vec<Need>,
        /// Why what is lent to them does not reach so far.
        short: Option<String>,
    },
    /// The request has ended: nobody may.
    Over {
        state: &'static str,
    },
}

impl Exclusion {
    /// The reason as the rest of a sentence about the person.
    pub fn in_words(&self) -> String {
        match self {
            Self::Involved { account, part } => {
                format!("{account}, an account of theirs, is its {}", words(*part))
            }
            Self::ReportsTo { account, part } => {
                format!("they report to {account}, who is its {}", words(*part))
            }
            Self::ReportedTo { account, part } => {
                format!("they reported to {account}, who is its {}, when it was submitted", words(*part))
            }
            Self::LineSaidBy { account, part } => {
                let part = words(*part);
                let said = format!("their reporting line was last said by {account}, who is its {part}");
                format!("{said}, and an access administrator has to say it again")
            }
            Self::DelegateOf { account, part } => {
                format!("they hold a delegation of {account}, who is its {}", words(*part))
            }
            Self::AlreadyDecided => "they have decided on it already".to_owned(),
            Self::NotAsked { asked, short } => {
                let short = short.as_ref().map_or_else(String::new, |short| format!("; {short}"));
                format!("it waits for {}{short}", asked_in_words(asked))
            }
            Self::Over { state } => format!("the request is {state}, and nobody decides on it any more"),
        }
    }
}

fn words(part: Part) -> &'static str {
    match part {
        Part::Maker => "maker",
        Part::Editor => "editor",
        Part::Requester => "requester",
        Part::EvidenceGiver => "giver of evidence",
        Part::Beneficiary => "beneficiary",
        Part::AccountEditor => "account's editor",
    }
}

/// Who is asked, as a list.
pub(super) fn asked_in_words(asked: &[Need]) -> String {
    let words: Vec<String> = asked.iter().map(|need| format!("{} {}", need.quorum, need.role)).collect();
    if words.is_empty() { "nobody".to_owned() } else { words.join(" and ") }
}

/// Where somebody stands towards a request at a time. On one that has ended, or whose time has run out, nobody decides.
pub fn may_decide(
    request: &Request,
    account: &str,
    roles: &[Role],
    facts: Facts<'_>,
    at: Timestamp,
) -> Standing {
    let is_pending = request.state == State::Pending;
    if !is_pending && !matches!(request.state, State::PostReviewDue { .. }) {
        return Standing::MayNot(Exclusion::Over { state: request.state.name() });
    }
    if is_pending && at >= request.deadlines.expire {
        return Standing::MayNot(Exclusion::Over { state: "EXPIRED" });
    }
    standing(request, account, roles, facts)
}

/// Where somebody stands towards a request that waits: towards deciding on it, or towards looking at what an emergency
/// let pass.
pub fn standing(request: &Request, account: &str, roles: &[Role], facts: Facts<'_>) -> Standing {
    if let State::PostReviewDue { glass, .. } = &request.state {
        // The plan asks nobody any more, and what was decided by it keeps nobody from looking.
        return match answers_by(request, account, roles, facts, Some(&glass.act.by)) {
            Ok(role) => Standing::May(Seat { step: 0, role, on_behalf_of: None }),
            Err(exclusion) => Standing::MayNot(exclusion),
        };
    }
    if let Some(exclusion) = part_in(request, account, facts) {
        return Standing::MayNot(exclusion);
    }
    let directory = facts.directory;
    if request.decisions.iter().any(|decision| directory.same(&decision.act.by, account)) {
        return Standing::MayNot(Exclusion::AlreadyDecided);
    }
    let Some((step, asked)) = request.open_step() else {
        return Standing::MayNot(Exclusion::NotAsked { asked: Vec::new(), short: None });
    };
    let own = asked.iter().find(|need| fills(request, roles, need.role));
    if let Some(need) = own {
        return Standing::May(Seat { step, role: need.role, on_behalf_of: None });
    }
    let lent = asked
        .iter()
        .flat_map(|need| lent(request, account, need.role, facts))
        .map(|delegation| (delegation, delegation.falls_short(request)));
    let (reaching, short): (Vec<_>, Vec<_>) = lent.partition(|(_, short)| short.is_none());
    match reaching.first() {
        Some((lent, _)) => {
            Standing::May(Seat { step, role: lent.role, on_behalf_of: Some(lent.from.clone()) })
        }
        None => {
            let short = short.into_iter().find_map(|(_, short)| short);
            Standing::MayNot(Exclusion::NotAsked { asked, short })
        }
    }
}

/// What keeps somebody from having any say: APR-1, whatever their roles.
pub(super) fn part_in(request: &Request, account: &str, facts: Facts<'_>) -> Option<Exclusion> {
    let Facts { directory, delegations } = facts;
    let parts = || request.involved.iter().map(|involved| (involved.account.clone(), involved.part));
    let own = parts().find(|(other, _)| directory.same(other, account));
    if let Some((account, part)) = own {
        return Some(Exclusion::Involved { account, part });
    }
    if let Some((account, part)) = parts().find(|(other, _)| directory.reports(account, other)) {
        return Some(Exclusion::ReportsTo { account, part });
    }
    let reported = |other: &str| other == account || directory.same(other, account);
    if let Some(then) = request.reporting.iter().find(|then| reported(&then.account)) {
        return Some(Exclusion::ReportedTo { account: then.to.account.clone(), part: then.to.part });
    }
    if let Some((account, part)) = parts().find(|(other, _)| directory.line_is_said_by(account, other)) {
        return Some(Exclusion::LineSaidBy { account, part });
    }
    let lends = |other: &str| {
        let theirs =
            |lent: &Delegation| directory.same(&lent.from, other) && directory.same(&lent.to, account);
        delegations.iter().any(theirs)
    };
    let lent = parts().find(|(other, _)| lends(other));
    lent.map(|(account, part)| Exclusion::DelegateOf { account, part })
}

fn fills(request: &Request, roles: &[Role], asked: Role) -> bool {
    roles.contains(&asked) || (request.escalated && asked.above().is_some_and(|above| roles.contains(&above)))
}

/// What is lent to somebody for a role, by somebody with the role who could decide themselves, and has not.
fn lent<'a>(request: &Request, account: &str, asked: Role, facts: Facts<'a>) -> Vec<&'a Delegation> {
    let Facts { directory, delegations } = facts;
    let lends = |delegation: &&Delegation| {
        directory.same(&delegation.to, account)
            && delegation.role == asked
            && delegation.is_about(request)
            && directory.may_have(&delegation.from, asked)
            && part_in(request, &delegation.from, facts).is_none()
            && !request.decisions.iter().any(|decision| directory.same(&decision.act.by, &delegation.from))
            && !request.decisions.iter().any(|decision| {
                decision.on_behalf_of.as_deref().is_some_and(|other| directory.same(other, &delegation.from))
            })
    };
    delegations.iter().filter(lends).collect()
}
