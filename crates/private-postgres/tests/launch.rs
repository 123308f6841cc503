//! Real servers in real folders.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use private_postgres::{LaunchError, Options, PrivatePostgres, start};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

const FOLDER_OF_PARENT: &str = "FOLDER_OF_THE_PARENT_TO_BE_KILLED";

/// A folder that the server's user can enter also when the tests run as root.
fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

fn options(folder: &Path) -> Options {
    Options { folder: folder.join("postgres"), bin: None, durable: false }
}

async fn run(server: &PrivatePostgres, sql: &'static str) -> Option<i64> {
    let mut connection = PgConnection::connect(&server.url("postgres")).await.unwrap();
    sqlx::query_scalar(sql).fetch_optional(&mut connection).await.unwrap()
}

async fn write(server: &PrivatePostgres) {
    run(server, "create table kept (n bigint)").await;
    run(server, "insert into kept values (7)").await;
}

const READ: &str = "select n from kept";

fn signal(pid: i32, signal: nix::sys::signal::Signal) {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).unwrap();
}

#[tokio::test]
async fn a_second_start_finds_the_data_and_the_same_url() {
    let dir = folder();
    let first = start(options(dir.path())).await.unwrap();
    write(&first).await;
    let url = first.url("postgres");
    first.stop().await.unwrap();
    let second = start(options(dir.path())).await.unwrap();
    assert_eq!(run(&second, READ).await, Some(7));
    assert_eq!(second.url("postgres"), url);
}

#[tokio::test]
async fn a_dropped_server_is_stopped_and_leaves_no_socket() {
    let dir = folder();
    let server = start(options(dir.path())).await.unwrap();
    let url = server.url("postgres");
    let socket = PathBuf::from(url.split_once("host=").unwrap().1);
    assert!(socket.exists());
    drop(server);
    assert!(PgConnection::connect(&url).await.is_err());
    assert!(!socket.exists());
}

#[tokio::test]
async fn data_survives_a_killed_server() {
    let dir = folder();
    let options = Options { durable: true, ..options(dir.path()) };
    let server = start(options.clone()).await.unwrap();
    write(&server).await;
    signal(server.pid(), nix::sys::signal::Signal::SIGKILL);
    let since = Instant::now();
    while server.is_running() {
        assert!(since.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(server);
    let again = start(options).await.unwrap();
    assert_eq!(run(&again, READ).await, Some(7));
}

#[tokio::test]
async fn the_server_of_a_killed_parent_is_adopted() {
    let dir = folder();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "parent_to_be_killed", "--ignored"])
        .env(FOLDER_OF_PARENT, dir.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let since = Instant::now();
    while !dir.path().join("ready").exists() {
        assert!(since.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    parent.kill().unwrap();
    parent.wait().unwrap();
    let adopted = start(options(dir.path())).await.unwrap();
    assert_eq!(adopted.pid().to_string(), fs::read_to_string(dir.path().join("ready")).unwrap());
    assert_eq!(run(&adopted, READ).await, Some(7));
    adopted.stop().await.unwrap();
}

#[tokio::test]
#[ignore = "the other process of the_server_of_a_killed_parent_is_adopted"]
async fn parent_to_be_killed() {
    let Some(dir) = std::env::var_os(FOLDER_OF_PARENT).map(PathBuf::from) else { return };
    let server = start(options(&dir)).await.unwrap();
    write(&server).await;
    fs::write(dir.join("being-written"), server.pid().to_string()).unwrap();
    fs::rename(dir.join("being-written"), dir.join("ready")).unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn a_server_left_running_is_adopted() {
    let dir = folder();
    let first = start(options(dir.path())).await.unwrap();
    let pid = first.pid();
    first.leave_running();
    let second = start(options(dir.path())).await.unwrap();
    assert_eq!(second.pid(), pid);
}

#[tokio::test]
async fn two_living_parents_on_one_folder_are_refused() {
    let dir = folder();
    let _first = start(options(dir.path())).await.unwrap();
    let second = start(options(dir.path())).await;
    assert!(matches!(second, Err(LaunchError::InUse { .. })), "{second:?}");
}

#[tokio::test]
async fn two_folders_have_two_servers() {
    let (here, there) = (folder(), folder());
    let (first, second) = tokio::join!(start(options(here.path())), start(options(there.path())));
    let (first, second) = (first.unwrap(), second.unwrap());
    write(&first).await;
    assert_eq!(run(&second, "select count(*) from pg_tables where tablename = 'kept'").await, Some(0));
}

#[tokio::test]
async fn a_directory_without_a_server_is_named() {
    let dir = folder();
    let wrong = dir.path().join("nothing-here");
    let error = start(Options { bin: Some(wrong.clone()), ..options(dir.path()) }).await.unwrap_err();
    assert!(matches!(error, LaunchError::NotAServer { .. }), "{error}");
    assert!(error.to_string().contains(wrong.to_str().unwrap()), "{error}");
}

/// A directory with programs that say they are PostgreSQL of that version, and do nothing else.
fn pretended(dir: &Path, version: &str) -> PathBuf {
    let bin = dir.join("bin");
    fs::create_dir_all(&bin).unwrap();
    for program in ["postgres", "initdb"] {
        let path = bin.join(program);
        fs::write(&path, format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    bin
}

#[tokio::test]
async fn an_old_server_is_refused() {
    let dir = folder();
    let bin = pretended(dir.path(), "12.22");
    let error = start(Options { bin: Some(bin), ..options(dir.path()) }).await.unwrap_err();
    assert!(matches!(error, LaunchError::TooOld { found: 12, .. }), "{error}");
}

#[tokio::test]
async fn data_of_another_version_is_not_opened() {
    let dir = folder();
    start(options(dir.path())).await.unwrap().stop().await.unwrap();
    let bin = pretended(dir.path(), "99.1");
    let error = start(Options { bin: Some(bin), ..options(dir.path()) }).await.unwrap_err();
    assert!(matches!(error, LaunchError::OtherVersion { .. }), "{error}");
    assert!(error.to_string().contains("only 99 is here"), "{error}");
}

#[tokio::test]
async fn damaged_data_is_said_with_what_the_server_said() {
    let dir = folder();
    start(options(dir.path())).await.unwrap().stop().await.unwrap();
    fs::remove_file(dir.path().join("postgres/data/global/pg_control")).unwrap();
    let error = start(options(dir.path())).await.unwrap_err();
    assert!(matches!(&error, LaunchError::Exited { tail, .. } if tail.contains("pg_control")), "{error}");
}

#[tokio::test]
async fn a_socket_directory_that_others_may_enter_is_not_used() {
    let dir = folder();
    let server = start(options(dir.path())).await.unwrap();
    let socket = PathBuf::from(server.url("postgres").split_once("host=").unwrap().1);
    server.stop().await.unwrap();
    fs::create_dir(&socket).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).unwrap();
    let error = start(options(dir.path())).await.unwrap_err();
    fs::remove_dir(&socket).unwrap();
    assert!(matches!(error, LaunchError::Socket { .. }), "{error}");
}

/// As root only: the server's user cannot enter a folder of mode 0700 that belongs to root.
#[tokio::test]
async fn data_moves_where_the_server_can_enter() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let first = start(options(dir.path())).await.unwrap();
    write(&first).await;
    first.stop().await.unwrap();
    let second = start(options(dir.path())).await.unwrap();
    assert_eq!(run(&second, READ).await, Some(7));
    second.stop().await.unwrap();
    let moved = fs::read_to_string(dir.path().join("postgres/moved-to")).unwrap();
    fs::remove_dir_all(moved.trim_end()).unwrap();
}
