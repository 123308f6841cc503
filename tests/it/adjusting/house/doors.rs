use anyhow::Result;
use billing_proto::billing::{
    access::v1::{PrincipalKind, Role},
    adjustments::v1::change_service_client::ChangeServiceClient,
};
use chassis::caller::Grant;

use super::{Door, House};

impl House {
    pub fn changing(&self, person: &str, role: Role) -> Result<ChangeServiceClient<Door>> {
        Ok(ChangeServiceClient::new(self.our_door(person, role)?))
    }

    /// The same as a person with these grants.
    pub fn changing_with(&self, person: &str, grants: Vec<Grant>) -> Result<ChangeServiceClient<Door>> {
        let to = ("adjustments", self.address);
        Ok(ChangeServiceClient::new(self.limited_door(to, (person, PrincipalKind::Person), grants)?))
    }

    /// The way to adjustments as a person.
    pub(super) fn our_door(&self, person: &str, role: Role) -> Result<Door> {
        self.door(("adjustments", self.address), (person, PrincipalKind::Person, role))
    }
}
