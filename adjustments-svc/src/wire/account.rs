//! What invoicing says of accounts.

use anyhow::Context;
use billing_proto::billing::{event::v1 as events, invoicing::v1 as invoicing};
use ids::AccountId;
use prost::Message;
use refusal::Violations;

use super::name;

/// The account that an event is about, and its territory as it is now; empty: none.
pub fn territory(event: &events::Event) -> Result<(AccountId, String), anyhow::Error> {
    let payload = event.payload.as_ref().context("an event has its resource")?;
    let account = invoicing::Account::decode(payload.value.as_slice())?;
    let id = name::account(&mut Violations::new(), "account", &account.name);
    let id = id.with_context(|| format!("an event is about the account {:?}", account.name))?;
    Ok((id, account.territory))
}
