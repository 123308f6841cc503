//! The directory of a suite that is started on one machine: the people of the development tokens, by the roles that they
//! can be asked for. What is known of somebody already stays as it is.

use std::collections::BTreeSet;

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as adjustments, ApproverRole},
};
use prost_types::FieldMask;

use super::people::PEOPLE;
use crate::{
    client::{Client, ask},
    endpoints::{Endpoints, Keyring},
};

/// Who enters the others. Nobody enters themselves, so there are two.
const CLERKS: [&str; 2] = ["controller_1", "controller_2"];

/// Enters everybody who can be asked to approve and is not in it.
pub async fn fill(endpoints: &Endpoints) -> Result<(), anyhow::Error> {
    let keyring = Keyring::of(endpoints).await?;
    let [first, second] = CLERKS.map(|clerk| keyring.client(clerk));
    let (first, second) = (first?, second?);
    let request = adjustments::ListPeopleRequest { page_size: 1_000, page_token: String::new() };
    let known = ask!(first.people(), list_people, request)?.people;
    let known: BTreeSet<String> = known.into_iter().map(|person| person.name).collect();
    for (person, _, role) in PEOPLE {
        let name = format!("people/{person}");
        let Some(role) = approver(role).filter(|_| !known.contains(&name)) else { continue };
        let clerk = if person == first.person() { &second } else { &first };
        enter(clerk, name, role).await?;
    }
    Ok(())
}

async fn enter(clerk: &Client, name: String, role: ApproverRole) -> Result<(), anyhow::Error> {
    let request = adjustments::UpdatePersonRequest {
        request_id: format!("up-{name}"),
        person: Some(adjustments::Person {
            name,
            roles: vec![role.into()],
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
