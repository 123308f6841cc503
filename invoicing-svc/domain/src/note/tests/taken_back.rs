//! What a run took back is not credited once more.

use super::*;

/// 1,000.00 of January, of which a later document took 100.00 back, beside 500.00 of which nothing was.
#[test]
fn a_credit_takes_what_stands_of_the_period() {
    let original =
        document(vec![fee(1, ["1000", "850", "20", "170.00"]), fee(2, ["500", "425", "10", "42.50"])]);
    let by = "INV-2".to_owned();
    let stands = TakenBack { line: order_line(1), origin: january().first(), stands: money("900"), by };
    let refused = |number, gross| {
        let asked = asked(NoteBasis::Commercial, &[(number, By::Gross(money(gross)))]);
        let credit = note(&original, &asked, Ledgers::new(), SETTINGS).unwrap();
        check_taken_back(&credit, std::slice::from_ref(&stands)).err().map(|refused| refused.to_string())
    };
    let above = "line 1: INV-2 takes back some of it by a line below zero, and 900.00 of its period stand; 900.01 is more";
    let cases = [(1, "900.00", None), (1, "900.01", Some(above.to_owned())), (2, "500.00", None)];
    for (number, gross, expected) in cases {
        assert_eq!(refused(number, gross), expected, "{gross} of line {number}");
    }
}
