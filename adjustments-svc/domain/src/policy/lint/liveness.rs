//! Whether there are enough people: everybody counts once over all steps, and the maker is none of them.

use std::collections::BTreeSet;

use super::{
    Staff,
    finding::{Findings, Rule},
    space::Seen,
};
use crate::{policy::evaluate::Required, role::Role};

/// Compares everything that is ever asked for with the people that there are.
pub(super) fn check(seen: &Seen, staff: Staff<'_>, found: &mut Findings) {
    let Some(staff) = staff else { return };
    let mut lacking: Vec<String> =
        seen.required.iter().filter_map(|required| lack(*required, staff)).collect();
    lacking.sort();
    lacking.dedup();
    for message in lacking {
        found.add(Rule::Quorum, &[], message);
    }
}

/// By Hall's theorem it is enough to look at every set of roles: the people who have one of them must be as many as
/// are asked for, and one more, who may be the maker.
fn lack(required: Required, staff: &[BTreeSet<Role>]) -> Option<String> {
    let asked: Vec<Role> = Role::ALL.iter().copied().filter(|role| required.of(*role) > 0).collect();
    (1_usize..1 << asked.len()).find_map(|set| {
        let roles: Vec<Role> =
            asked.iter().enumerate().filter(|(place, _)| set & (1 << place) != 0).map(|(_, role)| *role).collect();
        let quorum: u32 = roles.iter().map(|role| required.of(*role)).sum();
        let people = staff.iter().filter(|theirs| roles.iter().any(|role| theirs.contains(role))).count();
        let enough = usize::try_from(quorum).is_ok_and(|quorum| people > quorum);
        let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
        (!enough).then(|| {
            let needed = quorum.saturating_add(1);
            format!(
                "{quorum} of {} are asked for and {people} have the role; {needed} are needed, because one may be the maker",
                names.join(" and ")
            )
        })
    })
}
