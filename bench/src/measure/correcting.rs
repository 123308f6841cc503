//! (j) From asking for a credit to its credit note, through the door, adjustments and invoicing, on an idle machine.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use billing_proto::billing::{adjustments::v1 as pb, invoicing::v1 as invoicing};

use super::{Bench, said};
use crate::figure::median;

/// How many credits, each on a document of its own. All of them together are below what needs a person.
const CREDITS: i64 = 100;
/// From asking to the note.
const LIMIT: Duration = Duration::from_millis(25);
/// How long the bench waits until it asks again whether the note is there.
const PAUSE: Duration = Duration::from_micros(200);
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
            times.push(self.submitted(draft.name, number).await?);
        }
        ensure!(!times.is_empty(), "there is no document to credit");
        let ours = median(times);
        said(&format!("credited {} documents", documents.len()), ours);
        self.within("(j) from submitting a credit to its note, p50, through three services", (ours, LIMIT));
        Ok(())
    }

    /// How long it takes from asking until the note is there.
    async fn submitted(&self, name: String, number: usize) -> Result<Duration> {
        let mut client = self.client.adjustments();
        let began = Instant::now();
        let request = pb::SubmitAdjustmentRequest {
            name: name.clone(),
            etag: String::new(),
            request_id: format!("submit-{number}"),
            rate: String::new(),
        };
        let mut adjustment = client.submit_adjustment(request).await?.into_inner();
        while adjustment.state() != pb::AdjustmentState::Executed {
            ensure!(began.elapsed() < PATIENCE, "{name} is {:?}: {}", adjustment.state(), adjustment.delay);
            tokio::time::sleep(PAUSE).await;
            let request = pb::GetAdjustmentRequest { name: name.clone() };
            adjustment = client.get_adjustment(request).await?.into_inner();
        }
        Ok(began.elapsed())
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
