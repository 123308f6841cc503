//! Where a batch lands: a batch that landed stays as it landed, rows that were quarantined included. So a file whose
//! rows could not be used is sent again as another batch.

use std::collections::BTreeMap;

use billing_proto::billing::invoicing::v1 as pb;

use super::airings::Batch;
use crate::{
    client::{Client, ask},
    progress::say,
};

/// The batches of a source that landed, by their ids.
#[derive(Debug, Default)]
pub struct Landed(pub(super) BTreeMap<String, i64>);

impl Landed {
    /// Asks which batches of the source landed.
    pub async fn of(client: &Client, source: &str) -> Result<Self, anyhow::Error> {
        let mut landed = BTreeMap::new();
        let mut page_token = String::new();
        loop {
            let request =
                pb::ListDeliveryBatchesRequest { page_size: 1000, page_token, source: source.to_owned() };
            let page = ask!(client.delivery(), list_delivery_batches, request)?;
            let batches = page.delivery_batches.into_iter();
            landed.extend(batches.map(|batch| (batch.batch_id, batch.rows_quarantined)));
            if page.next_page_token.is_empty() {
                return Ok(Self(landed));
            }
            page_token = page.next_page_token;
        }
    }

    /// How many rows were quarantined when the batch landed; `None` where it has not.
    pub fn quarantined(&self, id: &str) -> Option<i64> {
        self.0.get(id).copied()
    }

    /// The id for sending what is called `id`: the first of `id`, `id-2`, `id-3` … that has not landed, or that landed
    /// with every row.
    pub fn next(&self, id: &str) -> String {
        let again = (2_u64..).map(|number| format!("{id}-{number}"));
        let mut ids = std::iter::once(id.to_owned()).chain(again);
        let usable = |id: &String| self.quarantined(id).is_none_or(|quarantined| quarantined == 0);
        ids.find(usable).unwrap_or_else(|| id.to_owned())
    }
}

/// Chooses the id of a batch whose name the program made, and says so where the file landed before.
pub async fn choose(client: &Client, mut batch: Batch) -> Result<Batch, anyhow::Error> {
    let landed = Landed::of(client, &batch.source).await?;
    let id = landed.next(&batch.id);
    match (landed.quarantined(&id), landed.quarantined(&batch.id)) {
        (Some(_), _) => {
            say(&format!("The file landed before with every row, as batch {id}; nothing changes"))
        }
        (None, Some(quarantined)) => say(&format!(
            "Batch {} landed before with {quarantined} rows quarantined; the file is sent again as {id}",
            batch.id
        )),
        (None, None) => {}
    }
    batch.id = id;
    Ok(batch)
}

/// Says it where a batch that the command line named landed before.
pub async fn remind(client: &Client, batch: &Batch) -> Result<(), anyhow::Error> {
    let landed = Landed::of(client, &batch.source).await?;
    if let Some(quarantined) = landed.quarantined(&batch.id) {
        let again = if quarantined == 0 { "" } else { "; name a new --batch to send these rows again" };
        say(&format!(
            "Batch {} landed before, with {quarantined} rows quarantined; nothing changes{again}",
            batch.id
        ));
    }
    Ok(())
}
