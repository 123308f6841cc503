use super::*;
use crate::pricing::{Tier, Tiers};

/// Clicks at 1.00, and 100.00 for up to 500 of them over the life, or 50.00 for more: 500 in January are 600.00.
fn five_hundred_billed() -> Book {
    let tier = |up_to: Option<&str>, flat: &str| Tier {
        up_to: up_to.map(units),
        rate: price("1"),
        flat: Some(money(flat)),
    };
    let tiers = Tiers::of(vec![tier(Some("500"), "100.00"), tier(None, "50.00")]).unwrap();
    let mut line = Book::metered(PricingModel::Volume, days("2026-01-01", "2026-06-30"), "1");
    line.terms().metric = Metric::Clicks;
    line.terms().terms[0].price = Some(Price::Tiers(tiers));
    line.deliver("2026-01-01", "2026-01-31", "500");
    assert_eq!(gross(&line.run("2026-01")), money("600.00"));
    line
}

/// The fee of 800 clicks is 50.00: the 50.00 too much are January's, which billed 100.00, and February bills its 300 clicks.
#[test]
fn a_fee_that_falls_is_held_of_the_period_that_billed_it_and_the_rest_bills() {
    for (clicks, billed) in [("300", "300 × 1 = 300.00"), ("1", "1 × 1 = 1.00")] {
        let mut line = five_hundred_billed();
        line.deliver("2026-02-01", "2026-02-28", clicks);
        let rated = line.run("2026-02");
        assert_eq!(lines(&rated), [(LineKind::Delivery, billed.into())]);
        assert_eq!(held(&rated), [(1, "-50.00".into(), HeldCause::Tiers)]);
        let changes: Vec<_> = rated.held[0].changes.iter().map(|c| (c.units, c.bucket.rate)).collect();
        assert_eq!(changes, [(Decimal::ONE, price("50")), (Decimal::NEGATIVE_ONE, price("100"))]);
        let again = line.run("2026-03");
        assert_eq!((again.items, again.held), (vec![], rated.held));
    }
}

#[test]
fn a_fee_that_falls_is_taken_back_where_it_was_billed_if_that_is_asked() {
    let mut line = five_hundred_billed();
    line.deliver("2026-02-01", "2026-02-28", "300");
    line.0.month = month("2026-02");
    let taken = rate_taking_back(&line.0).unwrap();
    let expected = [
        (LineKind::TierFee, "1 × 50 = 50.00".into()),
        (LineKind::TierFee, "-1 × 100 = -100.00".into()),
        (LineKind::Delivery, "300 × 1 = 300.00".into()),
    ];
    assert_eq!(lines(&taken), expected);
    assert_eq!(taken.held, []);
    assert!(taken.items[0].late && taken.items[1].late, "they are January's");
    line.issue(&taken);
    let next = line.run("2026-03");
    assert_eq!((next.items, next.held), (vec![], vec![]), "it is taken back once");
}
