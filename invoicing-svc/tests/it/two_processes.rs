//! Two processes rate one run, and one of them dies in the middle: the drafts are the same to the byte.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{self as pb, billing_run_service_client::BillingRunServiceClient},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    invoice::{sold, watched},
    refresh::refresh,
    service::Service,
};

/// So many accounts that each of four workers has a portion at once, and some are left over.
const ACCOUNTS: i32 = 1_000;

/// A process that is killed with this value.
struct Replica(Child);

impl Replica {
    /// A second process of the service on the same database.
    fn start(service: &Service) -> Self {
        let (database_url, caller_secret) = service.secrets();
        let child = Command::new(env!("CARGO_BIN_EXE_invoicing-svc"))
            .arg("serve")
            .env("MAKEGOOD__INVOICING__LISTEN", "127.0.0.1:0")
            .env("MAKEGOOD__INVOICING__CONNECTIONS_MAX", "8")
            .env("MAKEGOOD__INVOICING__DATABASE_URL", database_url)
            .env("MAKEGOOD__INVOICING__CALLER_SECRET", caller_secret)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }

    /// SIGKILL: as a power cut does.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Copies the one account with its order, so often that the run has several portions.
pub async fn many_accounts(connection: &mut PgConnection, count: i32) {
    let copies = "
        create temporary table copy as
          select a.account_id as of_account, gen_random_uuid() as account_id, gen_random_uuid() as order_id, n
            from account a, generate_series(1, $1) as n;";
    sqlx::raw_sql(AssertSqlSafe(copies.replace("$1", &count.to_string())))
        .execute(&mut *connection)
        .await
        .unwrap();
    for (table, key) in [
        ("account", "jsonb_build_object('account_id', c.account_id, 'code', 'COPY-' || c.n)"),
        ("insertion_order", "jsonb_build_object('account_id', c.account_id, 'order_id', c.order_id)"),
        (
            "order_line",
            "jsonb_build_object('account_id', c.account_id, 'order_id', c.order_id,
                                'line_id', md5(c.account_id || t.line_id::text)::uuid)",
        ),
        (
            "term_segment",
            "jsonb_build_object('account_id', c.account_id, 'line_id', md5(c.account_id || t.line_id::text)::uuid)",
        ),
        (
            "schedule_part",
            "jsonb_build_object('account_id', c.account_id, 'line_id', md5(c.account_id || t.line_id::text)::uuid)",
        ),
    ] {
        let sql = format!(
            "insert into {table} select (jsonb_populate_record(null::{table}, to_jsonb(t) || {key})).*
               from copy c join {table} t on t.account_id = c.of_account"
        );
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
    }
}

/// The names that follow from the run, and what it had seen.
const NAMES: &[&str] = &["run_id", "invoice_id", "digest", "seen", "made_by"];

/// What says when it was made.
const TIMES: &[&str] = &["since", "seen", "made_by"];

/// What a run drafted, without these columns.
async fn drafted(connection: &mut PgConnection, run: &str, without: &[&str]) -> (i64, String) {
    let run: uuid::Uuid = run.strip_prefix("billingRuns/run_").unwrap().parse().unwrap();
    let sql = "select count(*), md5(string_agg(text, E'\\n' order by text))
                 from (select (to_jsonb(d) - $2::text[])::text || (to_jsonb(l) - $2::text[])::text as text
                         from draft d join draft_line l using (account_id, invoice_id) where run_id = $1) as line";
    sqlx::query_as(sql).bind(run).bind(without).fetch_one(connection).await.unwrap()
}

/// Waits until so many workers stand before the locked table of drafts, each with a portion of its own.
async fn workers_wait(connection: &mut PgConnection, count: i64) {
    let sql = "select count(*) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into draft %'";
    for _ in 0..1_200 {
        let (waiting,): (i64,) = sqlx::query_as(sql).fetch_one(&mut *connection).await.unwrap();
        if waiting == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{count} workers do not come to their drafts");
}

async fn start(service: &Service, entity: &str, preview: bool) -> pb::BillingRun {
    let request = pb::StartBillingRunRequest {
        billing_entity: entity.to_owned(),
        month: "2026-01".into(),
        request_id: format!("preview-{preview}"),
        preview,
        ..pb::StartBillingRunRequest::default()
    };
    client(service).start_billing_run(request).await.unwrap().into_inner()
}

fn client(service: &Service) -> BillingRunServiceClient<crate::service::Door> {
    BillingRunServiceClient::new(service.door("first", Role::BillingManager))
}

#[tokio::test]
async fn a_run_whose_second_process_is_killed_drafts_the_same_bytes() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let mut connection = service.connection().await;
    many_accounts(&mut connection, ACCOUNTS).await;
    let alone = start(&service, &sold.entity, true).await;
    watched(&mut client(&service), &alone.name).await;

    let mut replica = Replica::start(&service);
    let mut locked = connection.begin().await.unwrap();
    sqlx::query("lock table draft in exclusive mode").execute(&mut *locked).await.unwrap();
    let shared = start(&service, &sold.entity, false).await;
    // Two workers of each process: the killed one takes two portions with it.
    workers_wait(&mut service.connection().await, 4).await;
    replica.kill();
    locked.rollback().await.unwrap();
    let shared = watched(&mut client(&service), &shared.name).await;
    assert_eq!(shared.state(), pb::BillingRunState::InReview, "{}", shared.failure);
    let (expected, found) = (
        drafted(&mut connection, &alone.name, NAMES).await,
        drafted(&mut connection, &shared.name, NAMES).await,
    );
    // The account that was copied bills spots besides its fee.
    assert_eq!(expected.0, i64::from(ACCOUNTS) + 2);
    assert_eq!(found, expected);

    // The one process that is left rates all of the run again: to the id and the digest.
    let named = drafted(&mut connection, &shared.name, TIMES).await;
    let touched = "insert into input_change (account_id, cause) select account_id, 'REFERENCE' from account";
    sqlx::query(touched).execute(&mut connection).await.unwrap();
    let again = refresh(&service, &shared.name, "again").await;
    assert_eq!(drafted(&mut connection, &again.name, TIMES).await, named);
    assert_eq!(again.drafts_root, shared.drafts_root);
}
