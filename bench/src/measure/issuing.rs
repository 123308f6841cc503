//! (c) Issuing against the bare inserts of the same rows into the same tables.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use billing_proto::billing::invoicing::v1 as pb;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::{Bench, key, said};
use crate::{
    figure::{Ratio, grouped, per_second, seconds},
    size::ORDERS,
    table::{Asked, Row},
};

/// The event of a document, one for each.
const ISSUED: &str = "billing.invoicing.v1.invoice.issued";

impl Bench {
    /// Issues the run of (b), then writes the same rows by hand.
    pub async fn issuing(&mut self, run: &pb::BillingRun) -> Result<()> {
        let request = pb::GetBillingRunRequest { name: run.name.clone() };
        let seen = self.client.runs().get_billing_run(request).await?.into_inner();
        let request = pb::ApproveBillingRunRequest {
            name: run.name.clone(),
            drafts_root: seen.drafts_root,
            request_id: "approve".to_owned(),
            approvers: Vec::new(),
        };
        self.approver.runs().approve_billing_run(request).await?;
        self.postgres.settle().await?;
        let before = self.filled().await?;
        self.suite.forget_peak();
        let began = Instant::now();
        let request = pb::IssueBillingRunRequest {
            name: run.name.clone(),
            issue_date: None,
            request_id: "issue".to_owned(),
        };
        self.client.runs().issue_billing_run(request).await?;
        self.reached(run, "ISSUED").await?;
        let ours = began.elapsed();
        let documents = self.size.billed * ORDERS;
        said(&format!("issued {documents} documents"), ours);
        let peak_mb = self.suite.peak_mb();
        let made: i64 = sqlx::query_scalar("select count(*) from invoice where run_id = $1")
            .bind(key(&run.name)?)
            .fetch_one(&mut self.postgres.connection)
            .await?;
        ensure!(usize::try_from(made)? == documents, "the run issued {made} documents");
        let after = self.filled().await?;
        let tables: Vec<String> = after.difference(&before).cloned().collect();
        let bare = self.again(&tables).await?;
        self.rows.push(Row {
            what: format!("(c) issue {} drafts", grouped(u128::try_from(documents)?)),
            ours: format!("{} · {}/s", seconds(ours), grouped(per_second(documents, ours))),
            limit: format!("{} · {}/s", seconds(bare), grouped(per_second(documents, bare))),
            of: "time",
            ratio: Ratio::of_times(ours, bare),
            asked: Asked::AtMost(Ratio(2500)),
            peak_mb,
        });
        Ok(())
    }

    /// The tables that hold anything.
    async fn filled(&mut self) -> Result<BTreeSet<String>> {
        let connection = &mut self.postgres.connection;
        let tables: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class where relnamespace = 'invoicing'::regnamespace and relkind = 'r'",
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut filled = BTreeSet::new();
        for table in tables {
            let exists = AssertSqlSafe(format!("select exists (select from {table})"));
            if sqlx::query_scalar(exists).fetch_one(&mut *connection).await? {
                filled.insert(table);
            }
        }
        Ok(filled)
    }

    /// Takes away what issuing wrote, and writes it again: one insert a table, in one transaction, with all keys and
    /// checks. What prints the files is stopped by taking its list away.
    async fn again(&mut self, tables: &[String]) -> Result<Duration> {
        self.postgres.run("create schema kept; delete from document_due").await?;
        let mut inserts = vec![
            "insert into document_due (account_id, invoice_id) select account_id, invoice_id from invoice"
                .to_owned(),
        ];
        let mut filled: Vec<&String> =
            tables.iter().filter(|table| !["document", "document_due"].contains(&table.as_str())).collect();
        // What others refer to comes first.
        filled.sort_by_key(|table| (table.as_str() != "invoice", table.as_str() != "invoice_line"));
        for table in &filled {
            self.postgres.run(&format!("create table kept.{table} as select * from {table}")).await?;
            inserts.push(format!("insert into {table} select * from kept.{table}"));
        }
        let outbox = "event_id, type, subject, entity, account, actor, trace, occurred_at, payload";
        self.postgres
            .run(&format!("create table kept.outbox as select {outbox} from outbox where type = '{ISSUED}'"))
            .await?;
        inserts.push(format!("insert into outbox ({outbox}) select * from kept.outbox"));
        let first = inserts.remove(0);
        inserts.push(first);
        let names: Vec<&str> = filled.iter().map(|table| table.as_str()).collect();
        self.postgres.run(&format!("truncate {} cascade", names.join(", "))).await?;
        self.postgres.run(&format!("delete from outbox where type = '{ISSUED}'")).await?;
        self.postgres.settle().await?;
        let began = Instant::now();
        let mut transaction = self.postgres.connection.begin().await?;
        for insert in inserts {
            transaction.execute(AssertSqlSafe(insert.clone())).await.with_context(|| insert)?;
        }
        transaction.commit().await?;
        let time = began.elapsed();
        said("wrote the same documents by bare inserts", time);
        self.postgres.run("delete from document_due; drop schema kept cascade").await?;
        Ok(time)
    }
}
