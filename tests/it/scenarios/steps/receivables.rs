use anyhow::Result;
use billing_proto::billing::invoicing::v1 as pb;

use super::{
    super::{table, world::World},
    Said,
};
use crate::{adjusting::house::amount, suite::day_text};

/// Documents of which something is open.
pub async fn open(world: &mut World, said: &Said<'_>) -> Result<()> {
    let request = pb::ListOpenDocumentsRequest {
        parent: "accounts/-".to_owned(),
        ..pb::ListOpenDocumentsRequest::default()
    };
    let client = world.client("collections")?;
    let found = client.receivables().list_open_documents(request).await?.into_inner().open_documents;
    let codes = world.codes();
    let cells = |document: pb::OpenDocument| {
        let account = document.name.split("/invoices/").next().unwrap_or_default();
        vec![
            ("account", codes.get(account).cloned().unwrap_or_default()),
            ("number", document.number),
            ("due date", day_text(document.due_date)),
            ("open", amount(&document.open).to_owned()),
            ("disputed", amount(&document.disputed).to_owned()),
            ("undisputed", amount(&document.undisputed).to_owned()),
        ]
    };
    table::compare(said.block, found.into_iter().map(cells))
}
