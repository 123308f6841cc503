//! What the catalogue of the migrated database says, compared with what the house asks of it (architecture §8, §9):
//! hot tables can be distributed by account, registries stay local, what is issued never changes, and every stored
//! description of a query is true.

mod grants;
mod keys;
mod queries;

use anyhow::Result;
use chassis::configuration::Secret;
use sqlx::{Connection, PgConnection};
use testkit::TestDatabase;

/// What belongs to an account.
const HOT: [&str; 41] = [
    "ad_credit",
    "airing",
    "billed_to_date",
    "chosen_outcome",
    "credited_spot",
    "decided_excess",
    "delivery_fact",
    "delivery_total",
    "disputed_part",
    "document",
    "draft",
    "draft_edit",
    "draft_line",
    "draft_posting",
    "draft_spot",
    "draft_tax",
    "hold",
    "input_change",
    "insertion_order",
    "invoice",
    "invoice_line",
    "invoice_spot",
    "invoice_tax",
    "ledger_entry",
    "line_tax_place",
    "makegood_release",
    "milestone",
    "order_external_id",
    "order_line",
    "order_purchase_order",
    "order_review",
    "order_revision",
    "owed_shortfall",
    "owed_spot",
    "period_units",
    "plan_week",
    "receivable_activity",
    "schedule_part",
    "subscription_quantity",
    "superseded_draft",
    "term_segment",
];

/// Small, and one day replicated to every node.
const REFERENCE: [&str; 10] = [
    "account",
    "account_hold",
    "ad_product",
    "agreement",
    "agreement_account",
    "billing_entity",
    "check_severity",
    "number_series",
    "rate_card",
    "tax_rate",
];

/// Of the coordinator: runs, registries, batches, and what crate outbox keeps.
const LOCAL: [&str; 18] = [
    "_migration",
    "accounting_period_change",
    "answered_request",
    "billing_exception",
    "billing_run",
    "billing_run_shard",
    "delivery_batch",
    "delivery_source",
    "document_due",
    "feed",
    "inbox",
    "issued_number",
    "number_series_year",
    "order_batch",
    "order_registry",
    "outbox",
    "quarantined_row",
    "run_review",
];

/// What belongs to an account in the schema adjustments.
const ADJUSTED: [&str; 16] = [
    "account_change",
    "account_territory",
    "adjusted_document",
    "adjustment",
    "adjustment_evidence",
    "adjustment_line",
    "adjustment_spot",
    "cause_product",
    "correspondence",
    "customer_case",
    "dispute",
    "dispute_settlement",
    "disputed_document",
    "disputed_document_told",
    "proposed_correction",
    "refund_request",
];

/// Of the schema adjustments: a request may be about anything, so the rest belongs to the coordinator.
const APPROVALS: [&str; 20] = [
    "_migration",
    "answered_request",
    "approval",
    "approval_decision",
    "approval_involved",
    "approval_reporting",
    "approval_side",
    "cause_month_seen",
    "delegation",
    "feed",
    "improvement",
    "inbox",
    "notification",
    "outbox",
    "person",
    "policy_version",
    "proposed_change",
    "run_sign_off",
    "subscription",
    "touch",
];

/// All schemas, migrated as the services migrate them.
struct Catalogue {
    connection: PgConnection,
    // Dropped last: it is the connection's database.
    _database: TestDatabase,
}

impl Catalogue {
    async fn read() -> Result<Self> {
        let database = TestDatabase::create("catalogue", async |url| {
            let secret = || Secret::new("nobody logs in here");
            let invoicing = invoicing_svc::Passwords { owner: secret(), app: secret() };
            invoicing_svc::migrate(&Secret::new(url.as_str()), &invoicing).await?;
            let adjustments = adjustments_svc::Passwords { owner: secret(), app: secret() };
            adjustments_svc::migrate(&Secret::new(url.as_str()), &adjustments).await?;
            let access = gateway::Passwords { owner: secret(), app: secret() };
            Ok(gateway::migrate(&Secret::new(url.as_str()), &access).await?)
        });
        let database = database.await?;
        Ok(Self { connection: PgConnection::connect(database.url()).await?, _database: database })
    }

    /// The names of tables in a schema, which no list above may lack.
    async fn tables(&mut self, schema: &str) -> Result<Vec<String>> {
        let sql = "select tablename::text from pg_tables where schemaname = $1 order by 1";
        Ok(sqlx::query_scalar(sql).bind(schema).fetch_all(&mut self.connection).await?)
    }
}

#[tokio::test]
async fn every_table_is_hot_reference_or_local() -> Result<()> {
    let mut catalogue = Catalogue::read().await?;
    let tables = catalogue.tables("invoicing").await?;
    let known: Vec<&str> = [&HOT[..], &REFERENCE, &LOCAL].concat();
    let unknown: Vec<&String> = tables.iter().filter(|table| !known.contains(&table.as_str())).collect();
    assert!(unknown.is_empty(), "say in this file what these are: {unknown:?}");
    let gone: Vec<&&str> = known.iter().filter(|table| !tables.contains(&(**table).to_owned())).collect();
    assert!(gone.is_empty(), "these are no more: {gone:?}");
    let mut known = [&APPROVALS[..], &ADJUSTED].concat();
    known.sort_unstable();
    assert_eq!(catalogue.tables("adjustments").await?, known, "say in this file what these are");
    Ok(())
}
