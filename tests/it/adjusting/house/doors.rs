//! More ways to adjustments.

use anyhow::Result;
use billing_proto::billing::{
    access::v1::{PrincipalKind, Role},
    adjustments::v1::{
        change_service_client::ChangeServiceClient, root_cause_service_client::RootCauseServiceClient,
        work_queue_service_client::WorkQueueServiceClient,
    },
};
use chassis::caller::Grant;

use super::{Door, House};

impl House {
    pub fn causes(&self, person: &str, role: Role) -> Result<RootCauseServiceClient<Door>> {
        Ok(RootCauseServiceClient::new(self.our_door(person, role)?))
    }

    pub fn queue(&self, person: &str, role: Role) -> Result<WorkQueueServiceClient<Door>> {
        Ok(WorkQueueServiceClient::new(self.our_door(person, role)?))
    }

    pub fn changing(&self, person: &str, role: Role) -> Result<ChangeServiceClient<Door>> {
        Ok(ChangeServiceClient::new(self.our_door(person, role)?))
    }

    /// The same as a person with these grants.
    pub fn changing_with(&self, person: &str, grants: Vec<Grant>) -> Result<ChangeServiceClient<Door>> {
        let to = ("adjustments", self.address);
        Ok(ChangeServiceClient::new(self.limited_door(to, (person, PrincipalKind::Person), grants)?))
    }

    fn our_door(&self, person: &str, role: Role) -> Result<Door> {
        self.door(("adjustments", self.address), (person, PrincipalKind::Person, role))
    }
}
