//! (j) From asking for a credit to its credit note, through the door, adjustments and invoicing, on an idle machine.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use billing_proto::billing::{
    adjustments::v1 as pb, event::v1::StreamEventsRequest, invoicing::v1 as invoicing,
};

use super::{Bench, said};
use crate::figure::median;

/// How many credits, each on a document of its own. All of them together are below what needs a person.
const CREDITS: i64 = 100;
/// From asking to the note.
const LIMIT: Duration = Duration::from_millis(25);
/// What invoicing says of a note.
const NOTED: &str = "billing.invoicing.v1.credit_note.issued";
/// How long one credit may take at all.
const PATIENCE: Duration = Duration::from_secs(30);

impl Bench {
    /// Credits one cent of a document, again and again.
    pub async fn correcting(&mut self) -> Result<()> {
        let documents: Vec<(String, String)> = sqlx::query_as(
            "select replace(account_id::text, '-', ''), replace(invoice_id::text, '-', '')
               from invoice where kind = 'INVOICE' and gross >= 1 order by invoice_id limit $1",
        )
        .bind(CREDITS)
        .fetch_all(&mut self.postgres.connection)
        .await?;
        self.postgres.settle().await?;
        let after_position: i64 = sqlx::query_scalar("select coalesce(max(position), 0) from outbox")
            .fetch_one(&mut self.postgres.connection)
            .await?;
        let request = StreamEventsRequest {
            after_position,
            type_prefixes: vec![NOTED.to_owned()],
            ..StreamEventsRequest::default()
        };
        let mut notes = self.client.events().stream_events(request).await?.into_inner();
        let mut times = Vec::with_capacity(documents.len());
        for (number, (account, invoice)) in documents.iter().enumerate() {
            let parent = format!("accounts/acc_{account}");
            let adjustment = credit(format!("{parent}/invoices/inv_{invoice}"));
            let request = pb::CreateAdjustmentRequest {
                parent,
                adjustment: Some(adjustment),
                request_id: format!("credit-{number}"),
            };
            let draft = self.client.adjustments().create_adjustment(request).await?.into_inner();
            let request = pb::SubmitAdjustmentRequest {
                name: draft.name,
                etag: String::new(),
                request_id: format!("submit-{number}"),
                rate: String::new(),
            };
            let began = Instant::now();
            self.client.adjustments().submit_adjustment(request).await?;
            let noted = tokio::time::timeout(PATIENCE, notes.message()).await;
            noted.context("there is no credit note")??.context("the feed ended")?;
            times.push(began.elapsed());
        }
        ensure!(!times.is_empty(), "there is no document to credit");
        let ours = median(times);
        said(&format!("credited {} documents", documents.len()), ours);
        self.within("(j) from submitting a credit to its note, p50, through three services", (ours, LIMIT));
        Ok(())
    }
}

fn credit(invoice: String) -> pb::Adjustment {
    let gross = invoicing::Money { currency_code: "USD".to_owned(), amount: "0.01".to_owned() };
    pb::Adjustment {
        kind: pb::AdjustmentKind::Goodwill.into(),
        invoice,
        root_cause: pb::RootCause::Goodwill.into(),
        reason: "One cent back".to_owned(),
        lines: vec![pb::AdjustmentLine { line: 1, gross: Some(gross), ..pb::AdjustmentLine::default() }],
        ..pb::Adjustment::default()
    }
}
