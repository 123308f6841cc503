//! Who the people are behind the accounts, and who reports to whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::role::Role;

/// What is known of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Whose account it is, where a person has several; `None`: its own.
    pub same_person_as: Option<String>,
    /// The account of whom this person reports to.
    pub reports_to: Option<String>,
    /// Who last said so; `None`: said before it was kept.
    pub reports_to_said_by: Option<String>,
    pub roles: BTreeSet<Role>,
}

/// Everybody of whom something is known. An account of which nothing is known is a person of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    pub entries: BTreeMap<String, Entry>,
}

impl Directory {
    /// The person behind an account, by the account that stands for all of theirs.
    pub fn person<'a>(&'a self, account: &'a str) -> &'a str {
        let mut person = account;
        // No longer than there are entries: `change` leaves no circle, and a circle must not hold up a decision.
        for _ in &self.entries {
            match self.entries.get(person).and_then(|entry| entry.same_person_as.as_deref()) {
                Some(other) => person = other,
                None => break,
            }
        }
        person
    }

    /// Whether the two accounts are one person's.
    pub fn same(&self, one: &str, other: &str) -> bool {
        self.person(one) == self.person(other)
    }

    /// Whether somebody reports to somebody, directly or through others.
    pub fn reports(&self, account: &str, to: &str) -> bool {
        self.above(account).contains(self.person(to))
    }

    /// Every account of whoever reports to somebody, directly or through others.
    pub fn reporting_to(&self, account: &str) -> BTreeSet<&str> {
        let (mut below, mut waiting) = (BTreeSet::new(), vec![self.person(account)]);
        while let Some(superior) = waiting.pop() {
            let reports =
                |entry: &&Entry| entry.reports_to.as_deref().map(|to| self.person(to)) == Some(superior);
            let theirs = self.entries.iter().filter(|(_, entry)| reports(entry));
            for person in theirs.map(|(account, _)| self.person(account)) {
                if below.insert(person) {
                    waiting.push(person);
                }
            }
        }
        let accounts = self.entries.keys().map(String::as_str);
        let theirs: Vec<&str> = accounts.filter(|account| below.contains(self.person(account))).collect();
        below.into_iter().chain(theirs).collect()
    }

    /// Whether one person was the last to say whom somebody reports to, or whom somebody above them does: they could have said so
    /// to be above them no more.
    pub fn line_is_said_by(&self, account: &str, by: &str) -> bool {
        let said =
            |entry: &Entry| entry.reports_to_said_by.as_deref().is_some_and(|said| self.same(said, by));
        let mut theirs = self.entries.iter().filter(|(_, entry)| said(entry)).map(|(other, _)| other);
        theirs.any(|other| self.same(account, other) || self.reports(account, other))
    }

    /// Everybody above somebody.
    fn above<'a>(&'a self, account: &'a str) -> BTreeSet<&'a str> {
        let (mut above, mut waiting) = (BTreeSet::new(), vec![self.person(account)]);
        while let Some(person) = waiting.pop() {
            for superior in self.superiors(person) {
                if above.insert(superior) {
                    waiting.push(superior);
                }
            }
        }
        above
    }

    /// Whom a person reports to, by the first of their accounts that says so.
    pub fn manager<'a>(&'a self, account: &'a str) -> Option<&'a str> {
        self.superiors(self.person(account)).next()
    }

    /// Whom a person reports to, by any of their accounts.
    fn superiors<'a>(&'a self, person: &'a str) -> impl Iterator<Item = &'a str> {
        let theirs = self.entries.iter().filter(move |(account, _)| self.person(account) == person);
        theirs.filter_map(|(_, entry)| entry.reports_to.as_deref()).map(move |superior| self.person(superior))
    }

    /// Whether an account may have a role as far as the directory knows: one that lists other roles has lost it.
    pub fn may_have(&self, account: &str, role: Role) -> bool {
        let listed = self.entries.get(account).map(|entry| &entry.roles);
        listed.is_none_or(|roles| roles.is_empty() || roles.contains(&role))
    }

    /// The people with the roles that they have by all of their accounts, in the order of their names.
    pub fn people(&self) -> BTreeMap<&str, BTreeSet<Role>> {
        let mut people: BTreeMap<&str, BTreeSet<Role>> = BTreeMap::new();
        for (account, entry) in &self.entries {
            people.entry(self.person(account)).or_default().extend(&entry.roles);
        }
        people
    }
}

refusal::refusals! {
    /// Why an entry of the directory does not change.
    pub enum DirectoryRefusal {
        /// It does not exist.
        Missing "NOT_FOUND" NotFound { name: String } => "{name} does not exist",
        /// It has changed since the caller read it.
        Stale "ETAG_MISMATCH" EtagMismatch { name: String, etag: String } =>
            "{name} has changed since it was read as {etag}; read it again and decide anew",
        /// Whoever says who they are could say that they are somebody else.
        Forbidden "OWN_ENTRY" OwnEntry { person: String } =>
            "{person} cannot change their own entry in the directory; ask another controller",
        /// Nobody is above themselves.
        StateForbids "REPORTING_CYCLE" ReportingCycle { person: String, superior: String } =>
            "{superior} reports to {person} already; somebody who reports to themselves has no superior",
    }
}

/// The directory with another entry, changed by somebody else than whom it is about. Whoever changes whom somebody reports
/// to is kept with it, also where they say that two accounts are one person's no more, and where they say again what is there
/// (`says_line`).
///
/// Order of refusal: OWN_ENTRY, REPORTING_CYCLE.
pub fn change(
    directory: &Directory,
    account: &str,
    entry: Entry,
    (by, says_line): (&str, bool),
) -> Result<Directory, DirectoryRefusal> {
    // Who stands for somebody stands for themselves, so that no two accounts stand for each other.
    let person = entry.same_person_as.as_deref().map(|other| directory.person(other).to_owned());
    let same_person_as = person.filter(|person| person != account);
    let before = directory.entries.get(account);
    let said_before = before.filter(|before| !says_line && before.reports_to == entry.reports_to);
    let reports_to_said_by =
        said_before.map_or_else(|| Some(by.to_owned()), |before| before.reports_to_said_by.clone());
    let mut changed = directory.clone();
    changed.entries.insert(account.to_owned(), Entry { same_person_as, reports_to_said_by, ..entry });
    if directory.same(account, by) || changed.same(account, by) {
        return Err(DirectoryRefusal::OwnEntry { person: by.to_owned() });
    }
    if changed.reports(account, account) {
        let superior = changed.entries.get(account).and_then(|entry| entry.reports_to.clone());
        return Err(DirectoryRefusal::ReportingCycle {
            person: account.to_owned(),
            superior: superior.unwrap_or_else(|| account.to_owned()),
        });
    }
    for parted in parted(directory, &changed, account) {
        changed.entries.entry(parted).or_default().reports_to_said_by = Some(by.to_owned());
    }
    Ok(changed)
}

/// The accounts that one person had, and that are not one person's any more: each has lost the reporting lines of the others.
fn parted(before: &Directory, after: &Directory, account: &str) -> Vec<String> {
    let entered = before.entries.keys().map(String::as_str);
    let theirs = entered.chain([before.person(account)]).filter(|other| before.same(other, account));
    let lost: BTreeSet<&str> = theirs.filter(|other| !after.same(other, account)).collect();
    let own = (!lost.is_empty()).then_some(account);
    lost.into_iter().chain(own).map(str::to_owned).collect()
}
