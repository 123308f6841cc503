//! `makegood keys`: who may call the suite.

use anyhow::anyhow;
use billing_proto::billing::access::v1 as access;
use clap::{Args, Subcommand};
use comfy_table::{Table, presets::UTF8_BORDERS_ONLY};
use uuid::Uuid;

use crate::{
    Verdict,
    client::{Client, ask},
    endpoints::DoorArguments,
};

const EXAMPLES: &str = "\
Examples:
  makegood keys create --person ann@example.com --role billing_manager
  makegood keys create --person order-system --platform --role order_management
  makegood keys list
  makegood keys revoke apiKeys/key_…

Roles: billing_analyst, billing_manager, controller, cfo, collections, sales, order_management, product_ops, auditor,
access_admin. Who grants roles may not approve money.";

/// Makes, lists and revokes the keys that open the suite.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Keys {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand, Debug)]
enum Act {
    /// Makes a key and prints its token, once
    Create {
        /// Whom the key speaks for; two keys of one person are one person
        #[arg(long)]
        person: String,
        /// What the key opens; may be given several times
        #[arg(long = "role", required = true, value_parser = role)]
        roles: Vec<access::Role>,
        /// The key is a platform's: it counts as nobody's approval
        #[arg(long)]
        platform: bool,
        #[command(flatten)]
        door: DoorArguments,
    },
    /// Lists the keys, revoked ones too
    List {
        #[command(flatten)]
        door: DoorArguments,
    },
    /// From now on the key opens nothing
    Revoke {
        /// `apiKeys/key_…`, as `keys list` prints it
        name: String,
        #[command(flatten)]
        door: DoorArguments,
    },
}

impl Keys {
    /// Does it, as the one who grants roles.
    pub async fn run(self) -> Result<Verdict, anyhow::Error> {
        let door = match &self.act {
            Act::Create { door, .. } | Act::List { door } | Act::Revoke { door, .. } => door,
        };
        let client = door.open().await?.client("access_admin")?;
        match self.act {
            Act::Create { person, roles, platform, door: _ } => {
                create(&client, person, &roles, platform).await?
            }
            Act::List { door: _ } => list(&client).await?,
            Act::Revoke { name, door: _ } => {
                let request = access::RevokeApiKeyRequest { name, request_id: request_id() };
                let key = ask!(client.api_keys(), revoke_api_key, request)?;
                println!("{} of {} is revoked", key.name, key.person);
            }
        }
        Ok(Verdict::Done)
    }
}

async fn create(
    client: &Client,
    person: String,
    roles: &[access::Role],
    platform: bool,
) -> Result<(), anyhow::Error> {
    let kind = if platform { access::PrincipalKind::Platform } else { access::PrincipalKind::Person };
    let grant = |role: &access::Role| access::Grant { role: (*role).into(), ..access::Grant::default() };
    let grants = roles.iter().map(grant).collect();
    let key = access::ApiKey { person, kind: kind.into(), grants, ..access::ApiKey::default() };
    let request = access::CreateApiKeyRequest { api_key: Some(key), request_id: request_id() };
    let created = ask!(client.api_keys(), create_api_key, request)?;
    let key = created.api_key.ok_or_else(|| anyhow!("the answer names no key"))?;
    if created.token.is_empty() {
        anyhow::bail!(
            "{} was made, but the connection broke before its token arrived, and it is shown only once; revoke it and make another",
            key.name
        );
    }
    eprintln!("{} for {}. This is its token; it is not shown again:", key.name, key.person);
    println!("{}", created.token);
    Ok(())
}

async fn list(client: &Client) -> Result<(), anyhow::Error> {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(["key", "of", "opens", "state"]);
    let mut page_token = String::new();
    loop {
        let request = access::ListApiKeysRequest { page_size: 1000, page_token };
        let page = ask!(client.api_keys(), list_api_keys, request)?;
        for key in page.api_keys {
            let roles = key
                .grants
                .iter()
                .map(|grant| grant.role().as_str_name().trim_start_matches("ROLE_").to_ascii_lowercase());
            let roles = roles.collect::<Vec<_>>().join(", ");
            let state = match (&key.revoke_time, &key.expire_time) {
                (Some(_), _) => "revoked",
                (None, Some(_)) => "expires",
                (None, None) => "good",
            };
            table.add_row([key.name, key.person, roles, state.to_owned()]);
        }
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    println!("{table}");
    Ok(())
}

fn role(name: &str) -> Result<access::Role, String> {
    let role = access::Role::from_str_name(&format!("ROLE_{}", name.to_ascii_uppercase()));
    role.filter(|role| *role != access::Role::Unspecified)
        .ok_or_else(|| "is no role; see `makegood keys --help`".to_owned())
}

/// Each command is a request of its own.
fn request_id() -> String {
    format!("keys-{}", Uuid::now_v7())
}
