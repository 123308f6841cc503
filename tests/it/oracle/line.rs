//! What a line of spots is worth over its life, whatever was reported when.

use super::Amount;

/// A spot that aired.
#[derive(Clone, Debug)]
pub struct Aired {
    pub day: String,
    /// `HH:MM`; empty sorts first.
    pub time: String,
    pub row: i32,
    pub rate: Amount,
    pub makegood: bool,
}

/// At most how much of it bills.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    Spots(i128),
    Money(Amount),
    None,
}

/// Ordinary spots in the order in which they aired, as far as the limit reaches; makegoods beside it; rounded once.
pub fn worth(mut spots: Vec<Aired>, limit: Limit) -> Amount {
    spots.sort_by(|one, other| (&one.day, &one.time, one.row).cmp(&(&other.day, &other.time, other.row)));
    let (makegoods, ordinary): (Vec<Aired>, Vec<Aired>) = spots.into_iter().partition(|spot| spot.makegood);
    let sum = |spots: &[Aired]| spots.iter().map(|spot| spot.rate).sum::<Amount>();
    let billed = match limit {
        Limit::None => sum(&ordinary),
        Limit::Money(most) => sum(&ordinary).min(most),
        Limit::Spots(most) => (0..most).zip(&ordinary).map(|(_, spot)| spot.rate).sum(),
    };
    (billed + sum(&makegoods)).rounded()
}

#[test]
fn the_limit_counts_in_the_order_of_airing() {
    let spot = |row, day: &str, rate, makegood| Aired {
        day: day.to_owned(),
        time: String::new(),
        row,
        rate: Amount::parse(rate).expect("a rate"),
        makegood,
    };
    let spots = vec![
        spot(3, "2020-01-03", "9.999", false),
        spot(1, "2020-01-01", "10.001", false),
        spot(2, "2020-01-02", "5", true),
    ];
    assert_eq!(worth(spots.clone(), Limit::Spots(1)).to_string(), "15.00");
    assert_eq!(
        worth(spots.clone(), Limit::Money(Amount::parse("12.34").expect("an amount"))).to_string(),
        "17.34"
    );
    assert_eq!(worth(spots, Limit::None).to_string(), "25.00");
}
