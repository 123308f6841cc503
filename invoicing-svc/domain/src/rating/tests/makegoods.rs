use super::{
    super::{KnownSpot, MadeGood, made_good},
    *,
};

const NOTHING: MadeGood = MadeGood { missed_was_billed: false, made_good_free: false };
const FREE: MadeGood = MadeGood { missed_was_billed: true, made_good_free: false };
const STANDS: MadeGood = MadeGood { missed_was_billed: false, made_good_free: true };

fn aired<'a>(line: &str, name: &'a str, makes_good: &'a [String]) -> KnownSpot<'a> {
    let line = LineId::of(order(), line);
    KnownSpot { order: order(), line, name, aired: true, is_billed: false, makes_good }
}

/// A spot that was billed and then turned out not to have aired.
fn missed<'a>(line: &str, name: &'a str) -> KnownSpot<'a> {
    KnownSpot { aired: false, is_billed: true, ..aired(line, name, &[]) }
}

#[test]
fn a_name_means_the_spot_of_the_makegoods_own_line() {
    let s1 = ["S1".to_owned()];
    let never_billed = KnownSpot { aired: false, ..aired("L1", "S1", &[]) };
    let found = made_good(&[never_billed, missed("L2", "S1"), aired("L1", "S9", &s1)]);
    assert_eq!(found, [NOTHING, NOTHING, NOTHING]);
    let found = made_good(&[missed("L1", "S1"), missed("L2", "S1"), aired("L1", "S9", &s1)]);
    assert_eq!(found, [STANDS, NOTHING, FREE]);
}

#[test]
fn a_name_that_the_line_does_not_know_means_the_one_line_that_knows_it() {
    let s1 = ["S1".to_owned()];
    assert_eq!(made_good(&[missed("L1", "S1"), aired("L3", "S9", &s1)]), [STANDS, FREE]);
    let two = [missed("L1", "S1"), missed("L2", "S1"), aired("L3", "S9", &s1)];
    assert_eq!(made_good(&two), [NOTHING; 3], "which of the two it is cannot be guessed");
    let elsewhere = KnownSpot { order: OrderId::of("traffic", "IO-2"), ..aired("L3", "S9", &s1) };
    assert_eq!(made_good(&[missed("L1", "S1"), elsewhere]), [NOTHING; 2], "another order");
}

#[test]
fn only_a_makegood_that_aired_makes_good() {
    let s1 = ["S1".to_owned()];
    let not_aired = KnownSpot { aired: false, ..aired("L1", "S9", &s1) };
    assert_eq!(made_good(&[missed("L1", "S1"), not_aired]), [NOTHING, FREE]);
}
