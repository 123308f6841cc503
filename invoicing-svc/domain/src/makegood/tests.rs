use jiff::civil::date;
use money::{Currency, Money};
use proptest::prelude::*;

use super::*;

/// A spot with what it owns, so that it can be told in a line.
#[derive(Clone, Debug)]
struct Told {
    order: &'static str,
    line: &'static str,
    name: String,
    /// In April.
    day: i8,
    rate: Option<Decimal>,
    status: AiringStatus,
    is_billed: bool,
    makes_good: Vec<String>,
    days: Option<u16>,
    is_credited: bool,
    released: Option<Decimal>,
    is_decided: bool,
}

fn told(line: &'static str, name: impl ToString, day: i8, rate: i64) -> Told {
    Told {
        order: "IO-1",
        line,
        name: name.to_string(),
        day,
        rate: Some(rate.into()),
        status: AiringStatus::Aired,
        is_billed: false,
        makes_good: vec![],
        days: None,
        is_credited: false,
        released: None,
        is_decided: false,
    }
}

fn missed(line: &'static str, name: impl ToString, day: i8, rate: i64) -> Told {
    Told { status: AiringStatus::MadeGood, ..told(line, name, day, rate) }
}

fn makegood(line: &'static str, name: impl ToString, day: i8, rate: i64, names: &[&str]) -> Told {
    Told { makes_good: names.iter().map(|name| (*name).to_owned()).collect(), ..told(line, name, day, rate) }
}

impl Told {
    fn id(&self) -> AiringId {
        AiringId::of("traffic", self.order(), self.line, &self.name)
    }

    fn order(&self) -> OrderId {
        OrderId::of("traffic", self.order)
    }

    fn known(&self) -> KnownSpot<'_> {
        let day = date(2020, 4, self.day);
        KnownSpot {
            id: self.id(),
            order: self.order(),
            line: LineId::of(self.order(), self.line),
            line_number: self.line,
            name: &self.name,
            day,
            time: None,
            row: 1,
            status: self.status,
            rate: self.rate.map(|rate| Rate::of(rate).unwrap()),
            is_billed: self.is_billed,
            makes_good: &self.makes_good,
            expires: expires(day, self.days),
            is_credited: self.is_credited,
            released: self.released,
            is_decided: self.is_decided,
        }
    }
}

fn all(spots: &[Told]) -> Owed<'_> {
    owed(spots.iter().map(Told::known))
}

/// Name, owed, fulfilled, left.
fn lines(owed: &Owed<'_>) -> Vec<String> {
    let line = |obligation: &Obligation<'_>| {
        let Sums { owed, fulfilled, left, .. } = obligation.sums();
        format!("{} owed {owed}, fulfilled {fulfilled}, left {left}", obligation.name())
    };
    owed.obligations.iter().map(line).collect()
}

fn fulfils(owed: &Owed<'_>, spot: &Told) -> (i64, i64) {
    let Fulfils { free, beyond } = owed.makegoods[&spot.id()];
    (free.try_into().unwrap(), beyond.try_into().unwrap())
}

const TODAY: Date = date(2020, 4, 30);

/// domain.md §5: order 2006411 missed 520 + 520 + 450 = 1,490.00, made good by 450 + 290 + 10 + 290 + 450. The station's
/// documents number spots otherwise than they name them.
#[test]
fn order_2006411_is_made_good_to_the_cent() {
    let names = ["13.4", "13.1", "12.1"];
    let spots = [
        makegood("12", "25", 23, 450, &names),
        makegood("12", "26", 23, 290, &names),
        makegood("12", "27", 23, 10, &names),
        missed("12", "28", 24, 450),
        makegood("12", "29", 24, 290, &names),
        makegood("12", "30", 26, 450, &names),
        missed("13", "33", 23, 520),
        missed("13", "34", 24, 520),
    ];
    let owed = all(&spots);
    let left = [
        "33 owed 520, fulfilled 520, left 0",
        "34 owed 520, fulfilled 520, left 0",
        "28 owed 450, fulfilled 450, left 0",
    ];
    assert_eq!(lines(&owed), left);
    let balance = Balance::of(&owed.obligations);
    assert_eq!((balance.sums.owed, balance.sums.left), (1490.into(), 0.into()));
    assert_eq!((balance.missed, balance.missed_left, balance.makegoods), (3, 0, 5));
    assert_eq!(owed.beyond(), Decimal::ZERO);
    let printed = |obligation: &Obligation<'_>| match obligation.missed {
        Missed::Known { spot, printed } => format!("{} as {}", spot.name, printed.unwrap_or("itself")),
        Missed::Unknown(name) => name.to_owned(),
    };
    let printed: Vec<_> = owed.obligations.iter().map(printed).collect();
    assert_eq!(printed, ["33 as 13.1", "34 as 13.4", "28 as 12.1"]);
}

/// Invoice 1607859-2 names 5.1 and 5.5 and lists one missed spot of line 5: the other was missed before.
#[test]
fn what_nobody_knows_is_owed_what_makes_it_good() {
    let spots = [
        makegood("5", "16", 28, 450, &["5.1"]),
        missed("5", "17", 29, 450),
        makegood("5", "18", 30, 450, &["5.5"]),
        makegood("3", "8", 27, 200, &["3.1"]),
    ];
    let owed = all(&spots);
    assert_eq!(
        lines(&owed),
        [
            "17 owed 450, fulfilled 450, left 0",
            "3.1 owed 200, fulfilled 200, left 0",
            "5.1 owed 450, fulfilled 450, left 0"
        ]
    );
    assert_eq!(owed.beyond(), Decimal::ZERO);
}

#[test]
fn a_makegood_bills_up_to_what_is_owed() {
    let spots = [
        missed("1", "A", 1, 100),
        makegood("1", "G1", 3, 60, &["A"]),
        makegood("1", "G2", 4, 60, &["A"]),
        makegood("1", "G3", 5, 60, &["A"]),
    ];
    let owed = all(&spots);
    assert_eq!(lines(&owed), ["A owed 100, fulfilled 100, left 0"]);
    assert_eq!([1, 2, 3].map(|n| fulfils(&owed, &spots[n])), [(0, 0), (0, 20), (0, 60)]);
}

#[test]
fn what_two_counts_are_apart_by_is_made_good_by_what_bills() {
    // 2,000 were not billed, and somebody decided that airings make it good: they bill up to it.
    let name = "SHORTFALL-L1-2026-01-01";
    let shortfall = Told { status: AiringStatus::NotAired, is_decided: true, ..told("L1", name, 1, 2000) };
    let spots = [shortfall, makegood("2", "G1", 3, 1500, &[name]), makegood("2", "G2", 4, 1500, &[name])];
    let owed = all(&spots);
    assert_eq!(lines(&owed), ["SHORTFALL-L1-2026-01-01 owed 2000, fulfilled 2000, left 0"]);
    assert_eq!([1, 2].map(|n| fulfils(&owed, &spots[n])), [(0, 0), (0, 1000)]);
}

#[test]
fn one_makegood_makes_several_good() {
    let spots = [
        missed("4", "A", 1, 1400),
        missed("7", "B", 2, 1600),
        missed("7", "C", 3, 1600),
        makegood("7", "G", 4, 3000, &["A", "B"]),
    ];
    let owed = all(&spots);
    let left = ["A owed 1400, fulfilled 1400, left 0", "B owed 1600, fulfilled 1600, left 0"];
    assert_eq!(lines(&owed)[..2], left);
    assert_eq!(
        owed.obligations[2].state(TODAY),
        State::Open,
        "nothing names C, and its source says it is made good"
    );
}

#[test]
fn what_makes_good_what_was_billed_is_free() {
    let billed = Told { is_billed: true, ..missed("1", "A", 1, 100) };
    let spots = [billed, missed("1", "B", 2, 100), makegood("1", "G", 3, 250, &["A", "B"])];
    let owed = all(&spots);
    assert_eq!(fulfils(&owed, &spots[2]), (100, 50));
    assert!(owed.stands.contains(&spots[0].id()), "what was billed for it stands");
    assert!(!owed.stands.contains(&spots[1].id()));
}

#[test]
fn a_name_means_the_spot_of_the_makegoods_own_line() {
    let spots = [missed("1", "S", 1, 100), missed("2", "S", 1, 70), makegood("2", "G", 3, 100, &["S"])];
    assert_eq!(fulfils(&all(&spots), &spots[2]), (0, 30));
    let two = [missed("1", "S", 1, 100), missed("2", "S", 1, 70), makegood("3", "G", 3, 100, &["S"])];
    let owed = all(&two);
    let guess = "which of the two it is cannot be guessed";
    assert_eq!(lines(&owed)[2], "S owed 100, fulfilled 100, left 0", "{guess}");
    let one = [missed("1", "S", 1, 100), makegood("3", "G", 3, 100, &["S"])];
    assert_eq!(lines(&all(&one)), ["S owed 100, fulfilled 100, left 0"]);
    let elsewhere = [missed("1", "S", 1, 100), Told { order: "IO-2", ..makegood("3", "G", 3, 100, &["S"]) }];
    assert_eq!(lines(&all(&elsewhere)).len(), 2, "another order");
}

#[test]
fn only_a_makegood_that_aired_makes_good() {
    let not_aired = Told { status: AiringStatus::NotAired, ..makegood("1", "G", 3, 100, &["A"]) };
    let spots = [missed("1", "A", 1, 100), not_aired];
    assert_eq!(lines(&all(&spots)), ["A owed 100, fulfilled 0, left 100"]);
}

#[test]
fn a_missed_makegood_passes_on_what_names_it() {
    let first = Told { status: AiringStatus::MadeGood, ..makegood("1", "G1", 3, 100, &["A"]) };
    let spots = [missed("1", "A", 1, 100), first, makegood("1", "G2", 5, 100, &["G1"])];
    let owed = all(&spots);
    assert_eq!(lines(&owed), ["A owed 100, fulfilled 100, left 0"], "the debt is one");
    assert_eq!(fulfils(&owed, &spots[2]), (0, 0));
}

#[test]
fn what_is_credited_released_or_expired_is_owed_no_more() {
    let spots = |change: fn(&mut Told)| {
        let mut missed = missed("1", "A", 1, 100);
        change(&mut missed);
        [missed, makegood("1", "G", 11, 100, &["A"])]
    };
    let state = |spots: &[Told; 2]| {
        let owed = all(spots);
        (owed.obligations[0].state(TODAY), fulfils(&owed, &spots[1]).1)
    };
    assert_eq!(state(&spots(|_| {})), (State::Fulfilled, 0));
    assert_eq!(state(&spots(|spot| spot.is_credited = true)), (State::Credited, 100));
    assert_eq!(state(&spots(|spot| spot.status = AiringStatus::Credited)), (State::Credited, 100));
    assert_eq!(state(&spots(|spot| spot.released = Some(100.into()))), (State::Released, 100));
    assert_eq!(state(&spots(|spot| spot.days = Some(9))), (State::Expired, 100));
    assert_eq!(state(&spots(|spot| spot.days = Some(10))), (State::Fulfilled, 0), "the last day counts");
    let aired = spots(|spot| spot.status = AiringStatus::Aired);
    let owed = all(&aired);
    assert_eq!((owed.obligations.len(), fulfils(&owed, &aired[1])), (0, (0, 100)), "nothing was missed");
}

#[test]
fn what_was_made_good_before_a_release_stays_so() {
    let released = Told { released: Some(40.into()), ..missed("1", "A", 1, 100) };
    let spots = [released, makegood("1", "G1", 2, 60, &["A"]), makegood("1", "G2", 3, 60, &["A"])];
    let owed = all(&spots);
    assert_eq!([1, 2].map(|n| fulfils(&owed, &spots[n]).1), [0, 60]);
    let Sums { fulfilled, released, left, .. } = owed.obligations[0].sums();
    assert_eq!((fulfilled, released, left), (60.into(), 40.into(), 0.into()));
}

#[test]
fn what_is_left_is_released_as_it_was_read() {
    let usd = |amount: &str| Money::parse(Currency::parse("USD").unwrap(), amount).unwrap();
    let spots = [missed("1", "A", 1, 100), missed("1", "B", 2, 50), makegood("1", "G", 3, 50, &["B"])];
    let owed = all(&spots);
    let [open, fulfilled] = &owed.obligations[..] else { panic!("two") };
    let try_release = |obligation: &Obligation<'_>, said| {
        release(obligation, (usd("100.00"), usd(said)), TODAY).map_err(|refusal| refusal.reason())
    };
    assert_eq!(try_release(open, "100.00"), Ok(()));
    assert_eq!(try_release(open, "99.99"), Err("LEFT_CHANGED"));
    assert_eq!(try_release(fulfilled, "100.00"), Err("OBLIGATION_SETTLED"));
    let together = |said| check_left(usd("550.00"), usd(said)).map_err(|refusal| refusal.reason());
    assert_eq!((together("550.00"), together("275.00")), (Ok(()), Err("LEFT_CHANGED")));
}

#[test]
fn nothing_is_given_back_for_what_is_made_good() {
    let of = |spots: &[Told]| all(spots).obligations[0].made_good(TODAY);
    assert_eq!(of(&[missed("1", "A", 1, 100)]), Some(MadeGood::IsToBe));
    assert_eq!(of(&[missed("1", "A", 1, 100), makegood("1", "G", 2, 10, &["A"])]), Some(MadeGood::Was));
    assert_eq!(of(&[Told { days: Some(7), ..missed("1", "A", 1, 100) }]), None, "it has expired");
    assert_eq!(of(&[Told { released: Some(100.into()), ..missed("1", "A", 1, 100) }]), None);
}

#[test]
fn what_somebody_decided_is_owed_whatever_its_source_says() {
    // A was billed at 100 as if it had aired as sold.
    let decided = || Told { is_billed: true, is_decided: true, ..told("1", "A", 1, 100) };
    let spots = [decided(), makegood("1", "G1", 3, 60, &["A"]), makegood("1", "G2", 5, 60, &["A"])];
    let owed = all(&spots);
    assert_eq!(lines(&owed), ["A owed 100, fulfilled 100, left 0"]);
    assert_eq!([1, 2].map(|n| fulfils(&owed, &spots[n])), [(60, 0), (40, 20)], "free up to what is owed");
    assert!(owed.stands.is_empty(), "it aired, and so it bills by itself");
    let alone = |spot: Told| {
        let spots = [spot];
        let owed = all(&spots);
        let obligation = &owed.obligations[0];
        (obligation.state(TODAY), obligation.made_good(TODAY), owed.stands.contains(&spots[0].id()))
    };
    let not_aired = || Told { status: AiringStatus::NotAired, ..decided() };
    assert_eq!(alone(decided()), (State::Open, Some(MadeGood::IsToBe), false));
    assert_eq!(alone(not_aired()), (State::Open, Some(MadeGood::IsToBe), true), "its bill stands");
    let cases = [
        (Told { is_credited: true, ..not_aired() }, (State::Credited, None, false)),
        (Told { released: Some(100.into()), ..not_aired() }, (State::Released, None, false)),
        (Told { days: Some(9), ..not_aired() }, (State::Expired, None, true)),
    ];
    for (spot, expected) in cases {
        assert_eq!(alone(spot.clone()), expected, "{spot:?}");
    }
    let itself = [Told { makes_good: vec!["A".into()], ..decided() }];
    assert_eq!(lines(&all(&itself)), ["A owed 100, fulfilled 0, left 100"], "nothing makes itself good");
    let printed = [decided(), makegood("2", "G", 3, 100, &["1.7"])];
    assert_eq!(lines(&all(&printed)), ["A owed 100, fulfilled 100, left 0"], "as makegoods print it");
}

/// Line, day, rate, status, whether it is billed, what it makes good, and how it was settled.
type Chanced =
    (&'static str, i8, i64, AiringStatus, bool, Vec<String>, (bool, Option<i64>, Option<u16>, bool));

fn chance() -> impl Strategy<Value = Vec<Told>> {
    let lines = prop_oneof![Just("1"), Just("2")];
    let status = prop_oneof![
        4 => Just(AiringStatus::MadeGood),
        1 => Just(AiringStatus::NotAired),
        1 => Just(AiringStatus::Credited),
        2 => Just(AiringStatus::Aired),
    ];
    let names = prop::collection::vec(
        prop_oneof![(0_usize..8).prop_map(|n| n.to_string()), (1_u8..4).prop_map(|n| format!("1.{n}"))],
        0..3,
    );
    let settled = (
        prop::bool::weighted(0.2),
        prop::option::weighted(0.2, 1_i64..300),
        prop::option::of(1_u16..20),
        prop::bool::weighted(0.3),
    );
    let spot = (lines, 1_i8..28, 0_i64..300, status, prop::bool::weighted(0.3), names, settled);
    prop::collection::vec(spot, 0..10).prop_map(|spots| {
        let told = |(n, (line, day, rate, status, is_billed, makes_good, settled)): (usize, Chanced)| {
            let (is_credited, released, days, is_decided): (bool, Option<i64>, _, bool) = settled;
            let released = released.filter(|released| *released <= rate).map(Decimal::from);
            // What is decided is of a spot that was billed.
            let is_decided = is_decided && is_billed;
            let told = told(line, n, day, rate);
            Told { status, is_billed, makes_good, is_credited, released, days, is_decided, ..told }
        };
        spots.into_iter().enumerate().map(told).collect()
    })
}

proptest! {
    /// Never both credited and made good; never more than is owed; every cent of a makegood is for something or beyond.
    #[test]
    fn a_shortfall_is_settled_once(spots in chance()) {
        let owed = all(&spots);
        for obligation in &owed.obligations {
            let Sums { owed, fulfilled, credited, released, left } = obligation.sums();
            prop_assert_eq!(owed, fulfilled + credited + released + left);
            prop_assert!(left >= Decimal::ZERO && (credited.is_zero() || fulfilled.is_zero()));
            if let Some(spot) = obligation.spot() {
                prop_assert!(fulfilled <= spot.rate.unwrap().value());
            }
        }
        for spot in &spots {
            let Some(fulfils) = owed.makegoods.get(&spot.id()) else { continue };
            let parts = owed.obligations.iter().flat_map(|obligation| &obligation.parts);
            let parts: Decimal = parts.filter(|part| part.by == spot.id()).map(|part| part.value).sum();
            prop_assert_eq!(parts + fulfils.beyond, spot.rate.unwrap());
            prop_assert!(fulfils.free + fulfils.beyond <= spot.rate.unwrap());
        }
    }

    /// What airs later changes nothing of what an earlier makegood is for, where it names spots by their names.
    #[test]
    fn a_later_makegood_takes_nothing_from_an_earlier_one(spots in chance(), rate in 0_i64..300, name in 0_usize..8) {
        let mut spots = spots;
        for spot in &mut spots {
            spot.makes_good.retain(|name| !name.contains('.'));
        }
        let before: Vec<(AiringId, Fulfils)> =
            all(&spots).makegoods.iter().map(|(id, fulfils)| (*id, *fulfils)).collect();
        spots.push(makegood("1", "late", 28, rate, &[&name.to_string()]));
        let after = all(&spots);
        for (id, fulfils) in before {
            prop_assert_eq!(after.makegoods[&id], fulfils);
        }
    }
}
