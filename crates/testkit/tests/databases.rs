//! The shared server and the databases on it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::{Connection, PgConnection};
use testkit::{SharedServer, TestDatabase, URL_VARIABLE, free_port};

async fn count(url: &str, sql: &'static str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
}

async fn execute(url: &str, sql: &'static str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(sql).execute(&mut connection).await?;
    Ok(())
}

#[tokio::test]
async fn tests_share_a_template_and_not_a_database() {
    let migrated = AtomicUsize::new(0);
    let create = async || {
        let migrate = async |url: String| {
            migrated.fetch_add(1, Ordering::SeqCst);
            execute(&url, "create table line (n int); insert into line values (1)").await
        };
        TestDatabase::create("one template", migrate).await.unwrap()
    };
    let (first, second) = tokio::join!(create(), create());
    execute(first.url(), "insert into line values (2)").await.unwrap();
    assert_eq!(count(first.url(), "select count(*) from line").await, 2);
    assert_eq!(count(second.url(), "select count(*) from line").await, 1);
    assert!(migrated.load(Ordering::SeqCst) <= 1);
}

#[tokio::test]
async fn a_template_can_be_copied_while_the_migration_left_a_connection_open() {
    let mut open = None;
    let migrate = async |url: String| {
        open = Some(PgConnection::connect(&url).await?);
        Ok(())
    };
    TestDatabase::create("left open", migrate).await.unwrap();
}

#[tokio::test]
async fn a_failed_migration_is_told_and_tried_again() {
    let failed =
        TestDatabase::create("fails first", async |url| execute(&url, "create nonsense").await).await;
    assert!(format!("{:#}", failed.unwrap_err()).contains("syntax error"));
    TestDatabase::create("fails first", async |url| execute(&url, "create table line (n int)").await)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_database_goes_with_its_test_and_stale_ones_with_the_next() {
    let admin = testkit::server_url().await.unwrap();
    let stale = "create database t_1000_1_1";
    // Another test of this kind may be sweeping at the same moment.
    let _ = execute(admin, stale).await;
    let database = TestDatabase::create("goes", async |_| Ok(())).await.unwrap();
    assert_eq!(count(admin, "select count(*) from pg_database where datname = 't_1000_1_1'").await, 0);
    let url = database.url().to_owned();
    drop(database);
    assert!(PgConnection::connect(&url).await.is_err());
}

#[tokio::test]
async fn the_last_user_of_a_server_stops_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let folder = dir.path().join("pg");
    let (first, second) = tokio::join!(SharedServer::join(&folder), SharedServer::join(&folder));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.url(), second.url());
    let url = first.url().to_owned();
    assert!(!first.leave().await.unwrap());
    assert_eq!(count(&url, "select 1::bigint").await, 1);
    assert!(second.leave().await.unwrap());
    assert!(PgConnection::connect(&url).await.is_err());
    assert!(!folder.exists());
}

#[test]
fn the_command_names_the_server_and_passes_the_exit_code_on() {
    let run = |script: &str| {
        let program = env!("CARGO_BIN_EXE_testkit-postgres");
        Command::new(program).args(["run", "sh", "-c", script]).output().unwrap()
    };
    let told = run(&format!("echo ${URL_VARIABLE}; exit 3"));
    assert!(told.stdout.starts_with(b"postgres://"), "{told:?}");
    assert_eq!(told.status.code(), Some(3));
    assert_eq!(run("kill -9 $$").status.code(), Some(1));
}

#[tokio::test]
async fn the_command_migrates_a_database_for_the_query_checks() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("0001_line.sql"),
        "create table line (n int); grant select on line to house_app",
    )
    .unwrap();
    let program = env!("CARGO_BIN_EXE_testkit-postgres");
    let mut command = Command::new(program);
    command.args(["run", "--migrations"]).arg(dir.path()).args([
        "house",
        "sh",
        "-c",
        "echo $HOUSE_DATABASE_URL; cat",
    ]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    assert_eq!(count(url.trim(), "select count(*) from line").await, 0);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_free_port_can_be_bound() {
    TcpListener::bind(("127.0.0.1", free_port().unwrap())).unwrap();
}
