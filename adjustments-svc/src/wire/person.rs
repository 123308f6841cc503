//! Person ↔ domain.

use std::collections::BTreeSet;

use adjustments_domain::directory::Entry;
use billing_proto::billing::adjustments::v1 as pb;
use chassis::mask::Mask;
use ids::Revision;
use refusal::{Refusal, Violations};

use super::{alike, name, text};

/// What an update can change.
pub const CHANGEABLE: [&str; 3] = ["same_person_as", "reports_to", "roles"];

/// The entry of a message, where the mask names a field, else as it was.
pub fn parse(person: &pb::Person, mask: &Mask, before: Entry) -> Result<(String, Entry), Refusal> {
    let mut v = Violations::new();
    let parsed = v.within("person", |v| {
        let account = name::person(v, "name", &person.name);
        let other = |v: &mut Violations, field: &str, value: &str| match value {
            "" => Some(None),
            value => name::person(v, field, value).map(Some),
        };
        let same_person_as = other(v, "same_person_as", &person.same_person_as);
        let reports_to = other(v, "reports_to", &person.reports_to);
        let roles: Vec<_> = person
            .roles
            .iter()
            .enumerate()
            .map(|(place, role)| text::choice(v, &format!("roles[{place}]"), *role).and_then(alike::role))
            .collect();
        let roles: Option<BTreeSet<_>> = roles.into_iter().collect();
        let entry = Entry {
            same_person_as: same_person_as?,
            reports_to: reports_to?,
            roles: roles?,
            ..Entry::default()
        };
        Some((account?, entry))
    });
    let Some((account, given)) = parsed else { return Err(v.refusal()) };
    v.check()?;
    let entry = Entry {
        same_person_as: if mask.names("same_person_as") {
            given.same_person_as
        } else {
            before.same_person_as
        },
        reports_to: if mask.names("reports_to") { given.reports_to } else { before.reports_to },
        reports_to_said_by: before.reports_to_said_by,
        roles: if mask.names("roles") { given.roles } else { before.roles },
    };
    Ok((account, entry))
}

/// The entry as a message.
pub fn message(account: &str, revision: Revision, entry: &Entry) -> pb::Person {
    let person = |account: &Option<String>| account.as_deref().map_or_else(String::new, name::person_name);
    pb::Person {
        name: name::person_name(account),
        etag: revision.to_string(),
        same_person_as: person(&entry.same_person_as),
        reports_to: person(&entry.reports_to),
        roles: entry.roles.iter().map(|role| alike::role_message(*role).into()).collect(),
        reports_to_said_by: entry.reports_to_said_by.clone().unwrap_or_default(),
    }
}
