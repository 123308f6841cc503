//! The contracts keep one shape, so that who knows one method knows them all: <https://google.aip.dev>, 131–136, 148,
//! 154, 155, 158, and architecture §6.

mod baseline;
mod comments;
mod methods;
mod shapes;

use billing_proto::DESCRIPTOR_POOL;
use prost_reflect::{DynamicMessage, MethodDescriptor};

/// All methods of the suite's own packages.
fn methods() -> impl Iterator<Item = MethodDescriptor> {
    DESCRIPTOR_POOL
        .services()
        .filter(|service| service.package_name().starts_with("billing."))
        .flat_map(|service| service.methods().collect::<Vec<_>>())
}

/// An option of a method, where it is set.
fn option(method: &MethodDescriptor, extension: &str) -> Option<DynamicMessage> {
    let extension = DESCRIPTOR_POOL.get_extension_by_name(extension)?;
    let options = method.options();
    options.has_extension(&extension).then(|| options.get_extension(&extension).as_message().cloned())?
}

/// The HTTP method and path of a method: `("GET", "/v1/accounts")`.
fn http(method: &MethodDescriptor) -> Option<(&'static str, String)> {
    let rule = option(method, "google.api.http")?;
    [("get", "GET"), ("put", "PUT"), ("post", "POST"), ("delete", "DELETE"), ("patch", "PATCH")]
        .into_iter()
        .filter(|(field, _)| rule.has_field_by_name(field))
        .find_map(|(field, verb)| Some((verb, rule.get_field_by_name(field)?.as_str()?.to_owned())))
}

/// The roles of the option `allow` by name.
fn roles(method: &MethodDescriptor) -> Vec<String> {
    let role = DESCRIPTOR_POOL.get_enum_by_name("billing.access.v1.Role").expect("the roles are an enum");
    let Some(allow) = option(method, "billing.access.v1.allow") else { return Vec::new() };
    let listed = allow.get_field_by_name("roles").expect("allow lists roles");
    let numbers = listed.as_list().expect("a list").iter().filter_map(prost_reflect::Value::as_enum_number);
    numbers.map(|number| role.get_value(number).expect("a known role").name().to_owned()).collect()
}

/// What the option `second_person` says is asked to be approved before it is called; empty where it needs nobody.
fn second_person(method: &MethodDescriptor) -> String {
    let kind = DESCRIPTOR_POOL.get_extension_by_name("billing.access.v1.second_person").expect("an option");
    method.options().get_extension(&kind).as_str().unwrap_or_default().to_owned()
}

/// Whether calling it changes something. A read whose question is too long for a URL says that it has no side effects.
fn is_mutation(method: &MethodDescriptor) -> bool {
    let level =
        method.options().get_field_by_name("idempotency_level").and_then(|level| level.as_enum_number());
    // NO_SIDE_EFFECTS of google.protobuf.MethodOptions.
    let only_asks = level == Some(1);
    !only_asks && http(method).is_some_and(|(verb, _)| verb != "GET")
}
