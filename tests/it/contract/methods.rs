use std::collections::BTreeSet;

use billing_proto::DESCRIPTOR_POOL;

use super::{http, is_mutation, methods, roles, second_person};

/// The mutations without a `request_id`, and what makes each of them happen once. The list must stay as it is.
const ONCE_BY_OTHER_MEANS: [&str; 4] = [
    // The id of the batch within its source.
    "billing.invoicing.v1.DeliveryService.ImportAirings",
    "billing.invoicing.v1.DeliveryService.ImportDelivery",
    // It compares, and changes nothing.
    "billing.invoicing.v1.DeliveryService.ReconcileDelivery",
    "billing.invoicing.v1.OrderService.ReconcileOrders",
];

/// The paths of account-owned collections without their account: batches that reach over accounts.
const ACROSS_ACCOUNTS: [&str; 3] = ["/v1/orders:sync", "/v1/orders:reconcile", "/v1/airings:import"];

/// What belongs to an account.
const OF_ACCOUNTS: [&str; 4] = ["orders", "invoices", "ledgerEntries", "airings"];

/// Where access is, and who is who.
const OF_ACCESS_ADMINS: [&str; 2] =
    ["billing.access.v1.ApiKeyService", "billing.adjustments.v1.PersonService"];

#[test]
fn every_method_has_a_rest_form() {
    for method in methods() {
        let (_, path) =
            http(&method).unwrap_or_else(|| panic!("{} has no google.api.http", method.full_name()));
        assert!(path.starts_with("/v1/"), "{} is at {path}, which is not below /v1/", method.full_name());
    }
}

#[test]
fn every_method_says_whom_it_is_open_to() {
    for method in methods() {
        let roles = roles(&method);
        assert!(!roles.is_empty(), "{} is open to nobody: it has no allow", method.full_name());
        assert!(!roles.contains(&"ROLE_UNSPECIFIED".to_owned()), "{}", method.full_name());
        let once: BTreeSet<&String> = roles.iter().collect();
        assert_eq!(once.len(), roles.len(), "{} names a role twice", method.full_name());
    }
}

#[test]
fn access_admins_never_touch_money() {
    for method in methods().filter(|method| !OF_ACCESS_ADMINS.contains(&method.parent_service().full_name()))
    {
        assert!(!roles(&method).contains(&"ROLE_ACCESS_ADMIN".to_owned()), "{}", method.full_name());
    }
}

#[test]
fn auditors_change_nothing() {
    for method in methods().filter(is_mutation) {
        assert!(!roles(&method).contains(&"ROLE_AUDITOR".to_owned()), "{}", method.full_name());
    }
}

#[test]
fn every_mutation_takes_a_request_id() {
    let without: Vec<String> = methods()
        .filter(|method| is_mutation(method) && method.input().get_field_by_name("request_id").is_none())
        .map(|method| method.full_name().to_owned())
        .collect();
    assert_eq!(without, ONCE_BY_OTHER_MEANS);
    let reads = methods().filter(|method| !is_mutation(method));
    for read in reads {
        assert!(read.input().get_field_by_name("request_id").is_none(), "{} only reads", read.full_name());
    }
}

/// Each such method has a message of its own, by which it is proposed, and asks for something that there is to be approved.
#[test]
fn a_second_person_is_asked_about_something_that_can_be_proposed() {
    let kinds = DESCRIPTOR_POOL.get_enum_by_name("billing.adjustments.v1.SubjectKind").expect("the kinds");
    let mut messages = BTreeSet::new();
    for method in methods().filter(|method| !second_person(method).is_empty()) {
        let (name, kind) = (method.full_name(), second_person(&method));
        assert!(kinds.values().any(|known| known.number() != 0 && known.name() == kind), "{name}: {kind}");
        assert_eq!(
            method.parent_service().package_name(),
            "billing.invoicing.v1",
            "{name}: changes call invoicing"
        );
        assert!(is_mutation(&method), "{name} changes nothing");
        assert!(!method.is_client_streaming() && !method.is_server_streaming(), "{name} is a stream");
        assert!(messages.insert(method.input().full_name().to_owned()), "{name} shares its message");
    }
    assert!(!messages.is_empty());
}

#[test]
fn no_two_methods_share_a_path() {
    let mut seen = BTreeSet::new();
    for method in methods() {
        let (verb, path) = http(&method).expect("checked above");
        let path = shape(&path);
        assert!(seen.insert((verb, path.clone())), "{}: {verb} {path} is taken", method.full_name());
    }
}

#[test]
fn what_belongs_to_an_account_is_found_below_it() {
    for method in methods() {
        let (_, path) = http(&method).expect("checked above");
        let shape = shape(&path);
        let owned = shape.split(['/', ':']).any(|segment| OF_ACCOUNTS.contains(&segment));
        if owned && !ACROSS_ACCOUNTS.contains(&path.as_str()) {
            assert!(shape.starts_with("/v1/accounts/*/"), "{}: {path}", method.full_name());
        }
    }
}

/// The path without the names of its variables: `/v1/{name=accounts/*}` is `/v1/accounts/*`.
fn shape(path: &str) -> String {
    path.split(['{', '}']).map(|part| part.split_once('=').map_or(part, |(_, pattern)| pattern)).collect()
}
