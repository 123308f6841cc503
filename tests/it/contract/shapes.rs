use billing_proto::DESCRIPTOR_POOL;
use prost_reflect::{Kind, MessageDescriptor};

use super::methods;

fn messages() -> impl Iterator<Item = MessageDescriptor> {
    DESCRIPTOR_POOL.all_messages().filter(|message| message.package_name().starts_with("billing."))
}

#[test]
fn every_enum_starts_with_unspecified_and_carries_its_name() {
    for each in DESCRIPTOR_POOL.all_enums().filter(|each| each.package_name().starts_with("billing.")) {
        let prefix = upper_snake(each.name());
        let zero = each.get_value(0).expect("proto3 wants a zero");
        assert_eq!(zero.name(), format!("{prefix}_UNSPECIFIED"));
        for value in each.values() {
            assert!(value.name().starts_with(&format!("{prefix}_")), "{}", value.full_name());
        }
    }
}

/// `BillingRunState` is `BILLING_RUN_STATE`.
fn upper_snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_uppercase());
    }
    snake
}

#[test]
fn no_number_is_a_float() {
    for message in messages() {
        for field in message.fields() {
            let float = matches!(field.kind(), Kind::Float | Kind::Double);
            assert!(!float, "{} is a floating-point number", field.full_name());
        }
    }
}

#[test]
fn lists_have_pages() {
    for method in methods().filter(|method| method.name().starts_with("List")) {
        for field in ["page_size", "page_token"] {
            assert!(method.input().get_field_by_name(field).is_some(), "{}: {field}", method.full_name());
        }
        assert!(method.output().get_field_by_name("next_page_token").is_some(), "{}", method.full_name());
    }
}

#[test]
fn the_resource_is_the_answer_and_updates_carry_a_mask_and_an_etag() {
    for method in methods() {
        let name = method.name();
        let of = |verb: &str| name.strip_prefix(verb).map(str::to_owned);
        if let Some(resource) = of("Get").or_else(|| of("Update")).filter(|name| name != "TrialBalance") {
            assert_eq!(method.output().name(), resource, "{}", method.full_name());
        }
        if of("Update").is_some() {
            assert!(method.input().get_field_by_name("update_mask").is_some(), "{}", method.full_name());
            assert!(method.output().get_field_by_name("etag").is_some(), "{}", method.full_name());
        }
    }
}
