//! What the spots that were missed are owed, and what makes them good, as the services say it of the real airings.

use billing_proto::billing::invoicing::v1 as pb;

use crate::client::{Client, ask};

/// How many obligations are asked for at a time.
const PAGE: i32 = 200;

/// The obligations of all orders, counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Obligations {
    /// Spots that were missed and are owed.
    pub missed: usize,
    /// Spots that make them good.
    pub airings: usize,
    /// Those of which nothing is left.
    pub fulfilled: usize,
}

/// Counts what is owed.
pub async fn obligations(auditor: &Client) -> Result<Obligations, anyhow::Error> {
    let mut all: Vec<pb::MakegoodObligation> = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListMakegoodObligationsRequest {
            parent: "accounts/-/orders/-".to_owned(),
            page_size: PAGE,
            page_token,
            ..pb::ListMakegoodObligationsRequest::default()
        };
        let page = ask!(auditor.makegoods(), list_makegood_obligations, request)?;
        all.extend(page.makegood_obligations);
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    let fulfilled = all.iter().filter(|of| of.state() == pb::MakegoodState::Fulfilled).count();
    let mut airings: Vec<&str> =
        all.iter().flat_map(|of| &of.fulfilments).map(|by| by.airing.as_str()).collect();
    airings.sort_unstable();
    airings.dedup();
    Ok(Obligations { missed: all.len(), airings: airings.len(), fulfilled })
}
