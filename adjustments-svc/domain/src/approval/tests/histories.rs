//! Random histories against a model that knows only who people are, who said whom they report to, and what was asked: nothing
//! that is approved has an approver who had a part in it, nor one below or of the choice of who had, and what the plan asks for
//! is there.

use std::collections::BTreeSet;

use ids::DelegationId;
use proptest::prelude::*;

use super::*;
use crate::directory::change;

/// Everybody: two accounts of each of six people.
const ACCOUNTS: [&str; 12] = ["p0", "p1", "p2", "p3", "p4", "p5", "p0x", "p1x", "p2x", "p3x", "p4x", "p5x"];

#[derive(Clone, Debug)]
enum Step {
    Vote { who: usize, roles: u8, choice: u8, stale: bool },
    Lend { from: usize, to: usize, role: u8 },
    Tick { days: i64 },
    Change,
    Report { by: usize, who: usize, to: Option<usize> },
    BreakGlass { who: usize },
    Withdraw { who: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..ACCOUNTS.len();
    prop_oneof![
        8 => (who(), 0_u8..16, 0_u8..9, prop::bool::weighted(0.1))
            .prop_map(|(who, roles, choice, stale)| Step::Vote { who, roles, choice, stale }),
        3 => (who(), who(), 0_u8..4).prop_map(|(from, to, role)| Step::Lend { from, to, role }),
        1 => (0_i64..3).prop_map(|days| Step::Tick { days }),
        1 => Just(Step::Change),
        2 => (who(), 0..PEOPLE, prop::option::of(0..PEOPLE))
            .prop_map(|(by, who, to)| Step::Report { by, who, to }),
        1 => who().prop_map(|who| Step::BreakGlass { who }),
        1 => who().prop_map(|who| Step::Withdraw { who }),
    ]
}

/// How many people have these accounts.
const PEOPLE: usize = 6;

/// The person of an account, in the model: the digit of its name.
fn who_is(account: &str) -> usize {
    usize::try_from(account.chars().nth(1).unwrap().to_digit(10).unwrap()).unwrap()
}

/// Who reports to whom, and who has last said so.
struct Model {
    superior: Vec<Option<usize>>,
    said_by: Vec<Option<usize>>,
    involved: BTreeSet<usize>,
    /// Those who reported to one of them when it was submitted.
    reported: BTreeSet<usize>,
}

impl Model {
    fn new(reports: &[Option<usize>], involved: BTreeSet<usize>) -> Self {
        let superior = reports.iter().enumerate().map(|(place, to)| to.filter(|to| *to < place)).collect();
        let mut model = Self { superior, said_by: vec![None; PEOPLE], involved, reported: BTreeSet::new() };
        model.reported = (0..PEOPLE).filter(|person| model.is_below(*person)).collect();
        model
    }

    fn above(&self, person: usize) -> Vec<usize> {
        std::iter::successors(self.superior[person], |above| self.superior[*above]).collect()
    }

    fn is_below(&self, person: usize) -> bool {
        self.above(person).iter().any(|above| self.involved.contains(above))
    }

    fn excluded(&self) -> BTreeSet<usize> {
        let said = |person: &usize| self.said_by[*person].is_some_and(|by| self.involved.contains(&by));
        let line_said = |person: usize| said(&person) || self.above(person).iter().any(said);
        let out = |person: &usize| {
            self.involved.contains(person)
                || self.reported.contains(person)
                || self.is_below(*person)
                || line_said(*person)
        };
        (0..PEOPLE).filter(out).collect()
    }
}

fn known(reports: &[Option<usize>]) -> Directory {
    let mut known = Directory::default();
    for (place, account) in ACCOUNTS.iter().enumerate() {
        let same_person_as = (place >= 6).then(|| ACCOUNTS[place - 6].to_owned());
        let superior = if place < 6 { reports[place] } else { None };
        let reports_to = superior.filter(|to| *to < place).map(|to| ACCOUNTS[to].to_owned());
        let entry = Entry { same_person_as, reports_to, ..Entry::default() };
        known.entries.insert((*account).to_owned(), entry);
    }
    known
}

fn roles(bits: u8) -> Vec<Role> {
    Role::ALL
        .iter()
        .enumerate()
        .filter(|(place, _)| bits & (1 << place) != 0)
        .map(|(_, role)| *role)
        .collect()
}

/// What becomes of a request, and who could have no say when each decision on it was made.
fn run(
    steps: &[Step],
    mut request: Request,
    mut known: Directory,
    model: &mut Model,
) -> (Request, Vec<BTreeSet<usize>>) {
    let (mut lent, mut now): (Vec<Delegation>, _) = (Vec::new(), noon());
    let mut excluded = Vec::new();
    for step in steps {
        if let Step::Report { by, who, to } = step {
            let entry = Entry { reports_to: to.map(|to| ACCOUNTS[to].to_owned()), ..Entry::default() };
            if let Ok(changed) = change(&known, ACCOUNTS[*who], entry, (ACCOUNTS[*by], false)) {
                known = changed;
                if model.superior[*who] != *to {
                    (model.superior[*who], model.said_by[*who]) = (*to, Some(who_is(ACCOUNTS[*by])));
                }
            }
        }
        let in_force: Vec<Delegation> = lent.iter().filter(|lent| lent.is_in_force(now)).cloned().collect();
        let facts = Facts { directory: &known, delegations: &in_force };
        let events = match step {
            Step::Vote { who, roles: bits, choice, stale } => {
                let choice = match choice {
                    0 => Choice::Reject,
                    1 => Choice::Return,
                    _ => Choice::Approve,
                };
                let seen = if *stale { [9; 32] } else { request.subject.digest };
                let ballot = Ballot { choice, seen, comment: String::new() };
                decide(&request, &person(ACCOUNTS[*who], &roles(*bits)), ballot, facts, now)
                    .unwrap_or_else(|_| vec![])
            }
            Step::Lend { from, to, role } => {
                let role = Role::ALL[usize::from(*role)];
                let id = DelegationId::from_uuid(Uuid::from_u128(u128::try_from(lent.len()).unwrap()));
                let delegation = Delegation {
                    id,
                    revision: Revision::FIRST,
                    from: ACCOUNTS[*from].into(),
                    to: ACCOUNTS[*to].into(),
                    role,
                    kinds: vec![],
                    amount_max: None,
                    begins: now,
                    ends: now + jiff::SignedDuration::from_hours(48),
                    proposed_at: now,
                    state: DelegationState::Proposed,
                    settled: None,
                };
                let act = Act { by: ACCOUNTS[*to].into(), at: now };
                let offered = propose(delegation, &[role], &lent, &known).ok();
                lent.extend(offered.and_then(|offered| accept(&offered, act, true).ok()));
                vec![]
            }
            Step::Tick { days } => {
                now += jiff::SignedDuration::from_hours(24 * days);
                tick(&request, now)
            }
            Step::Change => subject_changed(&request, &[9; 32], now),
            Step::Report { .. } => vec![],
            Step::BreakGlass { who } => {
                let glass =
                    Glass { incident: "I".into(), reason: String::new(), used: false, cap: u128::MAX };
                let breaker = person(ACCOUNTS[*who], EVERYTHING);
                break_glass(&request, &breaker, glass, facts, now).unwrap_or_else(|_| vec![])
            }
            Step::Withdraw { who } => withdraw(&request, Act { by: ACCOUNTS[*who].into(), at: now }, facts)
                .unwrap_or_else(|_| vec![]),
        };
        request = events.iter().fold(request, |request, event| evolve(&request, event));
        excluded.resize(request.decisions.len(), model.excluded());
    }
    (request, excluded)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn nothing_is_approved_by_who_had_a_part_in_it(
        steps in prop::collection::vec(step(), 0..40),
        makers in prop::collection::vec(0..ACCOUNTS.len(), 1..3),
        reports in prop::collection::vec(prop::option::of(0_usize..6), 6),
        amount in prop_oneof![Just("600.00"), Just("20000.00"), Just("200000.00")],
    ) {
        let parts: Vec<(&str, Part)> = makers.iter().map(|maker| (ACCOUNTS[*maker], Part::Editor)).collect();
        let known = known(&reports);
        let involved = makers.iter().map(|maker| who_is(ACCOUNTS[*maker])).collect();
        let mut model = Model::new(&reports, involved);
        let request = credit_among(&known, amount, &parts);
        let (request, excluded) = run(&steps, request, known, &mut model);
        let mut people = Vec::new();
        for (decision, excluded) in request.decisions.iter().zip(&excluded) {
            let person = who_is(&decision.act.by);
            prop_assert!(!excluded.contains(&person), "{person} had no say: {excluded:?}");
            if let Some(lender) = &decision.on_behalf_of {
                prop_assert!(!excluded.contains(&who_is(lender)), "in the name of {lender}: {excluded:?}");
            }
            prop_assert!(!people.contains(&person), "{person} counts twice");
            people.push(person);
        }
        if let State::Approved(_) = request.state {
            let asked: u32 = request.plan.needs().map(|need| need.quorum).sum();
            prop_assert_eq!(usize::try_from(asked).unwrap(), people.len());
            prop_assert!(asked > 0);
        }
    }
}
