//! Which roles a method is open to stands in its contract, in the option `(billing.access.v1.allow)`.
//! A method without the option is open to nobody. Whether it needs a second person, too: `(billing.access.v1.second_person)`.

use std::{collections::HashMap, sync::LazyLock};

use billing_proto::{DESCRIPTOR_POOL, billing::access::v1::Role};
use prost_reflect::{ExtensionDescriptor, MethodDescriptor};
use refusal::{Class, Refusal};

use crate::{
    caller::Caller,
    scope::{Scope, ScopeGrant},
};

/// A method of the contracts and who may call it.
#[derive(Debug)]
pub struct Method {
    path: String,
    roles: Vec<Role>,
    takes: String,
    second_person: Option<String>,
}

static METHODS: LazyLock<HashMap<String, Method>> = LazyLock::new(|| {
    let allow = DESCRIPTOR_POOL.get_extension_by_name("billing.access.v1.allow");
    let second = DESCRIPTOR_POOL.get_extension_by_name("billing.access.v1.second_person");
    let services =
        DESCRIPTOR_POOL.services().filter(|service| service.package_name().starts_with("billing."));
    services
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .map(|method| {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            let roles = allow.as_ref().map(|allow| roles(&method, allow)).unwrap_or_default();
            let takes = method.input().full_name().to_owned();
            let second_person = second.as_ref().and_then(|second| kind(&method, second));
            (path.clone(), Method { path, roles, takes, second_person })
        })
        .collect()
});

impl Method {
    /// The method of a request path such as `/billing.invoicing.v1.OrderService/GetOrder`, if the contracts have it.
    pub fn of(path: &str) -> Option<&'static Self> {
        METHODS.get(path)
    }

    /// Every method that needs a second person where approvals are configured.
    pub fn of_two() -> impl Iterator<Item = &'static Self> {
        METHODS.values().filter(|method| method.second_person.is_some())
    }

    /// The full name of the message that it takes.
    pub fn takes(&self) -> &str {
        &self.takes
    }

    /// What is asked to be approved where it needs a second person: the name of a value of
    /// `billing.adjustments.v1.SubjectKind`.
    pub fn second_person(&self) -> Option<&str> {
        self.second_person.as_deref()
    }

    /// The request path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The roles that the method is open to.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// What the caller may see through this method, or that it is not open to them.
    pub fn admit(&self, caller: &Caller) -> Result<Scope, Refusal> {
        let grants: Vec<ScopeGrant> = caller
            .grants
            .iter()
            .filter(|grant| self.roles.contains(&grant.role))
            .map(|grant| ScopeGrant {
                entities: grant.entities.clone(),
                territories: grant.territories.clone(),
                accounts: grant.accounts.clone(),
            })
            .collect();
        let unlimited =
            |g: &ScopeGrant| g.entities.is_empty() && g.territories.is_empty() && g.accounts.is_empty();
        if grants.is_empty() {
            Err(self.closed())
        } else if grants.iter().any(unlimited) {
            Ok(Scope::Everything)
        } else {
            Ok(Scope::Grants(grants))
        }
    }

    fn closed(&self) -> Refusal {
        let names: Vec<&str> = self.roles.iter().map(Role::as_str_name).collect();
        let remedy = match names.as_slice() {
            [] => "it is open to no role".to_owned(),
            names => format!("it needs one of {}", names.join(", ")),
        };
        Refusal::new(
            Class::Forbidden,
            "ROLE_MISSING",
            format!("{} is not open to this caller; {remedy}", self.path),
        )
        .with("method", &self.path)
        .with("roles", names.join(","))
    }
}

fn roles(method: &MethodDescriptor, allow: &ExtensionDescriptor) -> Vec<Role> {
    let options = method.options();
    let roles = options.get_extension(allow).as_message().and_then(|allow| {
        let listed = allow.get_field_by_name("roles")?;
        Some(
            listed.as_list()?.iter().filter_map(|role| Role::try_from(role.as_enum_number()?).ok()).collect(),
        )
    });
    let named: Vec<Role> = roles.unwrap_or_default();
    named.into_iter().filter(|role| *role != Role::Unspecified).collect()
}

fn kind(method: &MethodDescriptor, second: &ExtensionDescriptor) -> Option<String> {
    let options = method.options();
    options.get_extension(second).as_str().filter(|kind| !kind.is_empty()).map(str::to_owned)
}
