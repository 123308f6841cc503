//! Who is believed, what a method is open to, and what a scope covers.

use billing_proto::billing::access::v1::Role;
use chassis::{
    allow::Method,
    caller::{CallerSigner, CallerVerifier, Grant},
    configuration::Secret,
    scope::Scope,
};
use jiff::SignedDuration;
use refusal::Class;
use uuid::Uuid;

use crate::{caller, clock, grant, noon, secret};

const LIST_KEYS: &str = "/billing.access.v1.ApiKeyService/ListApiKeys";

#[test]
fn a_clock_that_stands_shows_its_clones_the_same_time() {
    let clock = clock();
    let other = clock.clone();
    clock.advance(SignedDuration::from_nanos(1_500));
    assert_eq!(other.now(), noon() + SignedDuration::from_micros(1));
}

#[test]
fn a_caller_arrives_as_it_was_signed() {
    let limited = Grant { territories: vec!["US-NY".to_owned()], ..grant(Role::Sales) };
    let sent = caller(vec![grant(Role::Auditor), limited]);
    let token = CallerSigner::new(&secret(), clock()).unwrap().sign(&sent, "invoicing").unwrap();
    let verifier = CallerVerifier::new(&secret(), "invoicing", clock()).unwrap();
    assert_eq!(verifier.verify(&token), Ok(sent));
}

#[test]
fn a_token_is_good_for_a_minute_at_one_service_under_one_secret() {
    let time = clock();
    let token =
        CallerSigner::new(&secret(), time.clone()).unwrap().sign(&caller(Vec::new()), "invoicing").unwrap();
    let at = |audience: &str, secret: &Secret| CallerVerifier::new(secret, audience, time.clone()).unwrap();
    let here = at("invoicing", &secret());

    assert!(here.verify(&token).is_ok());
    let elsewhere = at("controls", &secret()).verify(&token).unwrap_err();
    assert_eq!((elsewhere.class, elsewhere.reason), (Class::Unauthenticated, "CALLER_UNKNOWN"));
    assert!(at("invoicing", &Secret::new("another secret of thirty-two bytes!")).verify(&token).is_err());
    let mut changed = token.clone();
    changed.insert(token.find('.').unwrap() + 5, 'x');
    assert!(here.verify(&changed).is_err());
    assert!(here.verify("").is_err());

    time.advance(SignedDuration::from_secs(59));
    assert!(here.verify(&token).is_ok());
    time.advance(SignedDuration::from_secs(1));
    assert!(here.verify(&token).is_err());
    time.advance(SignedDuration::from_secs(-120));
    assert!(here.verify(&token).is_err(), "signed in the future");
}

#[test]
fn a_short_secret_is_not_used() {
    let error = CallerSigner::new(&Secret::new("short"), clock()).err().unwrap();
    assert!(error.to_string().contains("has 5 bytes; it needs at least 32"), "{error}");
}

#[test]
fn a_method_is_open_to_the_roles_that_its_contract_names() {
    let method = Method::of(LIST_KEYS).unwrap();
    assert_eq!(method.roles(), [Role::AccessAdmin, Role::Auditor]);
    assert!(Method::of("/billing.access.v1.ApiKeyService/Nothing").is_none());

    let refused = method.admit(&caller(vec![grant(Role::Sales)])).unwrap_err();
    assert_eq!((refused.class, refused.reason), (Class::Forbidden, "ROLE_MISSING"));
    assert!(refused.message.contains("ROLE_ACCESS_ADMIN, ROLE_AUDITOR"), "{refused}");
    assert_eq!(method.admit(&caller(vec![grant(Role::Auditor)])), Ok(Scope::Everything));
}

#[test]
fn a_scope_is_the_union_of_the_grants_that_the_method_is_open_to() {
    let (mine, theirs, account) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    let auditor = Grant { entities: vec![mine], territories: vec!["NY".to_owned()], ..grant(Role::Auditor) };
    let admin = Grant { accounts: vec![account], ..grant(Role::AccessAdmin) };
    let sales = Grant { entities: vec![theirs], ..grant(Role::Sales) };
    let method = Method::of(LIST_KEYS).unwrap();
    let scope = method.admit(&caller(vec![auditor, admin, sales])).unwrap();

    assert!(scope.covers(Some(mine), Some("NY"), None));
    assert!(!scope.covers(Some(mine), Some("CA"), None));
    assert!(!scope.covers(Some(mine), None, None), "a limit covers only what is assigned");
    assert!(!scope.covers(Some(theirs), Some("NY"), None), "the role of this grant does not open the method");
    assert!(scope.covers(Some(theirs), None, Some(account)));
    assert_eq!(
        scope.json().unwrap(),
        serde_json::json!([
            { "entities": [mine.to_string()], "territories": ["NY"], "accounts": [] },
            { "entities": [], "territories": [], "accounts": [account.to_string()] },
        ])
    );
    assert_eq!(Scope::Everything.json(), None);
}
