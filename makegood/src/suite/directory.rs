//! The directory of a suite that is started on one machine: the people of the development tokens, with the roles that they
//! can be asked for. What is known of somebody already stays as it is.

use std::collections::BTreeSet;

use billing_proto::billing::{
    access::v1::{PrincipalKind, Role},
    adjustments::v1::{self as adjustments, ApproverRole},
};
use prost_types::FieldMask;

use super::people::PEOPLE;
use crate::{
    client::{Client, ask},
    endpoints::{Endpoints, Keyring},
};

/// Who enters the others: somebody who asks for nothing, so that nobody has no say because they were entered by who asks.
const CLERK: &str = "access_admin";

/// Enters everybody who is not in it. Nobody enters themselves.
pub async fn fill(endpoints: &Endpoints) -> Result<(), anyhow::Error> {
    let keyring = Keyring::of(endpoints).await?;
    let clerk = keyring.client(CLERK)?;
    let request = adjustments::ListPeopleRequest { page_size: 1_000, page_token: String::new() };
    let known = ask!(clerk.people(), list_people, request)?.people;
    let known: BTreeSet<String> = known.into_iter().map(|person| person.name).collect();
    for (person, kind, role) in PEOPLE {
        let name = format!("people/{person}");
        if kind == PrincipalKind::Person && person != CLERK && !known.contains(&name) {
            enter(&clerk, name, approver(role)).await?;
        }
    }
    Ok(())
}

async fn enter(clerk: &Client, name: String, role: Option<ApproverRole>) -> Result<(), anyhow::Error> {
    let request = adjustments::UpdatePersonRequest {
        request_id: format!("up-{name}"),
        person: Some(adjustments::Person {
            name,
            roles: role.into_iter().map(i32::from).collect(),
            ..adjustments::Person::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["*".to_owned()] }),
        allow_missing: true,
    };
    ask!(clerk.people(), update_person, request)?;
    Ok(())
}

fn approver(role: Role) -> Option<ApproverRole> {
    match role {
        Role::BillingManager => Some(ApproverRole::BillingManager),
        Role::Controller => Some(ApproverRole::Controller),
        Role::Cfo => Some(ApproverRole::Cfo),
        Role::ProductOps => Some(ApproverRole::ProductOps),
        Role::Unspecified
        | Role::BillingAnalyst
        | Role::Collections
        | Role::Sales
        | Role::OrderManagement
        | Role::Auditor
        | Role::AccessAdmin => None,
    }
}
