use ids::EntityId;
use money::Currency;
use uuid::Uuid;

use super::*;

/// What is asked of a British entity whose drafts come to so much.
fn asked(totals: &[(&str, &str)]) -> (String, Money) {
    let entity = Entity {
        id: EntityId::from_uuid(Uuid::nil()),
        code: "LON".into(),
        functional: Currency::parse("GBP").unwrap(),
    };
    let total = |(currency_code, amount): &(&str, &str)| {
        let (currency_code, amount) = ((*currency_code).to_owned(), (*amount).to_owned());
        let gross = Some(invoicing::Money { currency_code, amount });
        invoicing::BillingRunTotals { gross, ..invoicing::BillingRunTotals::default() }
    };
    let totals = totals.iter().map(total).collect();
    let run = invoicing::BillingRun { totals, ..invoicing::BillingRun::default() };
    let (subject, case, _) = subject(&run, [0; 32], &entity).unwrap();
    (subject.summary, case.amount.unwrap())
}

#[test]
fn a_run_in_the_currency_of_the_books_is_measured_by_its_gross() {
    let (summary, amount) = asked(&[("GBP", "20000.00")]);
    assert_eq!(amount.to_string(), "20000.00");
    assert!(summary.ends_with("0 drafts of GBP 20000.00 before commission"), "{summary}");
    assert_eq!(asked(&[]).1.to_string(), "0.00");
}

/// USD 10.00 may be worth anything in pounds: it is not 10.00.
#[test]
fn a_run_with_another_currency_is_beyond_every_limit_and_says_so() {
    let (summary, amount) = asked(&[("GBP", "20000.00"), ("USD", "10.00")]);
    assert_eq!(amount, beyond_limits(amount.currency()));
    assert!(summary.contains("there is no exchange rate of USD 10.00 to GBP"), "{summary}");
}
