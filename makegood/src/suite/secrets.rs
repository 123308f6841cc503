//! The passwords and the signing secret of a folder: made once, kept, shown to nobody.

use std::path::Path;

use chassis::configuration::Secret;
use serde::{Deserialize, Serialize};

use crate::secret_file;

/// What the services of a folder trust each other by.
#[derive(Serialize, Deserialize)]
pub struct Secrets {
    pub invoicing_owner: String,
    pub invoicing_app: String,
    #[serde(default = "random")]
    pub adjustments_owner: String,
    #[serde(default = "random")]
    pub adjustments_app: String,
    pub access_owner: String,
    pub access_app: String,
    /// What callers are signed with.
    pub caller: String,
}

impl Secrets {
    /// The secrets of the folder; new ones when it has none.
    pub fn of(folder: &Path) -> Result<Self, anyhow::Error> {
        let path = folder.join("secrets.json");
        if let Some(known) = secret_file::read(&path)? {
            return Ok(known);
        }
        let new = Self {
            invoicing_owner: random(),
            invoicing_app: random(),
            adjustments_owner: random(),
            adjustments_app: random(),
            access_owner: random(),
            access_app: random(),
            caller: random(),
        };
        secret_file::write(&path, &new)?;
        Ok(new)
    }

    pub fn invoicing(&self) -> invoicing_svc::Passwords {
        invoicing_svc::Passwords {
            owner: Secret::new(self.invoicing_owner.as_str()),
            app: Secret::new(self.invoicing_app.as_str()),
        }
    }

    pub fn adjustments(&self) -> adjustments_svc::Passwords {
        adjustments_svc::Passwords {
            owner: Secret::new(self.adjustments_owner.as_str()),
            app: Secret::new(self.adjustments_app.as_str()),
        }
    }

    pub fn access(&self) -> gateway::Passwords {
        gateway::Passwords {
            owner: Secret::new(self.access_owner.as_str()),
            app: Secret::new(self.access_app.as_str()),
        }
    }

    pub fn caller(&self) -> Secret {
        Secret::new(self.caller.as_str())
    }
}

/// 256 random bits, in hexadecimal digits.
fn random() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}
