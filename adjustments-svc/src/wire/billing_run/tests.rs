use ids::EntityId;
use money::Currency;
use uuid::Uuid;

use super::*;

/// What is asked of a British entity whose drafts come to so much.
fn asked(totals: &[(&str, &str)]) -> (String, Case) {
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
    (subject.summary, case)
}

#[test]
fn a_run_in_the_currency_of_the_books_is_measured_by_its_gross() {
    let (summary, case) = asked(&[("GBP", "20000.00")]);
    assert_eq!((case.amount.unwrap().to_string().as_str(), case.lacks_rate), ("20000.00", false));
    assert!(summary.ends_with("0 drafts of GBP 20000.00 before commission"), "{summary}");
    assert_eq!(asked(&[]).1.amount.unwrap().to_string(), "0.00");
}

/// USD 10.00 may be worth anything in pounds: it is not 10.00. What is shown is what there is in pounds.
#[test]
fn a_run_with_another_currency_is_beyond_every_limit_and_says_so() {
    let (summary, case) = asked(&[("GBP", "20000.00"), ("USD", "10.00")]);
    assert_eq!((case.amount.unwrap().to_string().as_str(), case.lacks_rate), ("20000.00", true));
    assert!(summary.contains("0 drafts of GBP 20000.00, USD 10.00 before commission"), "{summary}");
    assert!(summary.contains("there is no exchange rate of USD 10.00 to GBP"), "{summary}");
}

/// Whoever wrote on a draft, before the request or after one that it replaces, is kept from this one, as who started the run is.
#[test]
fn whoever_wrote_on_a_draft_has_a_part_in_the_run() {
    let entity = Entity {
        id: EntityId::from_uuid(Uuid::nil()),
        code: "LON".into(),
        functional: Currency::parse("GBP").unwrap(),
    };
    let run = invoicing::BillingRun {
        started_by: "starter".into(),
        editors: vec!["analyst".into(), "manager".into()],
        ..invoicing::BillingRun::default()
    };
    let (_, _, involved) = subject(&run, [0; 32], &entity).unwrap();
    let involved: Vec<(&str, Part)> =
        involved.iter().map(|involved| (involved.account.as_str(), involved.part)).collect();
    let want = [("starter", Part::Maker), ("analyst", Part::Editor), ("manager", Part::Editor)];
    assert_eq!(involved, want);
}
