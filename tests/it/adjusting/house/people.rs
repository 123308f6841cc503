//! Who is in the directory, and what people look at.

use anyhow::Result;
use billing_proto::billing::{
    access::v1::{PrincipalKind, Role},
    adjustments::v1::{
        self as adj, person_service_client::PersonServiceClient,
        root_cause_service_client::RootCauseServiceClient, work_queue_service_client::WorkQueueServiceClient,
    },
};
use prost_types::FieldMask;

use super::{Door, House};

impl House {
    /// Enters somebody in the directory, who reports to somebody or to nobody.
    pub async fn enter(&self, person: &str, reports_to: &str) -> Result<()> {
        let clerk = ("clerk", PrincipalKind::Person, Role::AccessAdmin);
        let door = self.door(("adjustments", self.address), clerk)?;
        let request = adj::UpdatePersonRequest {
            person: Some(adj::Person {
                name: format!("people/{person}"),
                reports_to: reports_to.into(),
                ..adj::Person::default()
            }),
            update_mask: Some(FieldMask { paths: vec!["*".into()] }),
            allow_missing: true,
            request_id: format!("enter-{person}"),
        };
        PersonServiceClient::new(door).update_person(request).await?;
        Ok(())
    }

    pub fn causes(&self, person: &str, role: Role) -> Result<RootCauseServiceClient<Door>> {
        let door = self.door(("adjustments", self.address), (person, PrincipalKind::Person, role))?;
        Ok(RootCauseServiceClient::new(door))
    }

    pub fn queue(&self, person: &str, role: Role) -> Result<WorkQueueServiceClient<Door>> {
        let door = self.door(("adjustments", self.address), (person, PrincipalKind::Person, role))?;
        Ok(WorkQueueServiceClient::new(door))
    }
}
