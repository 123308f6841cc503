//! What happens to machines: no PostgreSQL, one that dies, a port that is taken. Said plainly, and recovered from.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::Path,
    process::{Child, Output, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::suite::{folder, makegood, rest};

/// How long a suite may take to start, or to recover.
const PATIENCE: Duration = Duration::from_secs(60);

/// What `makegood up` says when it cannot start.
fn refused(folder: &Path, port: u16, postgres: Option<&Path>) -> Result<Output> {
    let mut command = makegood();
    command.args(["up", "--health-port", "0", "--port", &port.to_string(), "--data-dir"]).arg(folder);
    if let Some(postgres) = postgres {
        command.env("MAKEGOOD_PG_BIN", postgres);
    }
    Ok(command.stdin(Stdio::null()).output()?)
}

#[test]
fn a_missing_postgres_is_named_with_its_remedy() -> Result<()> {
    let (folder, empty) = (folder()?, TempDir::new()?);
    let output = refused(folder.path(), 0, Some(empty.path()))?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(2), "{:?}", output.status);
    ensure!(said.contains("initdb") && said.contains(&empty.path().display().to_string()), "{said}");
    Ok(())
}

#[test]
fn a_port_that_is_taken_is_named() -> Result<()> {
    let (folder, listener) = (folder()?, TcpListener::bind("127.0.0.1:0")?);
    let port = listener.local_addr()?.port();
    let output = refused(folder.path(), port, None)?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(2), "{:?}", output.status);
    ensure!(said.contains(&port.to_string()) && said.contains("--port"), "{said}");
    Ok(())
}

/// A suite on a private PostgreSQL of its own. It is told to end with this value.
struct Alone {
    folder: TempDir,
    process: Child,
}

impl Alone {
    async fn start() -> Result<Self> {
        let folder = folder()?;
        let mut command = makegood();
        command.args(["up", "--port", "0", "--health-port", "0", "--data-dir"]).arg(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(folder.path().join("said"))?);
        let alone = Self { process: command.spawn()?, folder };
        alone.until("it starts", || alone.folder.path().join("endpoints.json").exists()).await?;
        Ok(alone)
    }

    async fn until(&self, what: &str, holds: impl Fn() -> bool) -> Result<()> {
        let since = Instant::now();
        while !holds() {
            let said = fs::read_to_string(self.folder.path().join("said"))?;
            ensure!(since.elapsed() < PATIENCE, "we wait in vain until {what}:\n{said}");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// The HTTP status of a call that needs the database.
    async fn ask(&self) -> Result<u16> {
        let endpoints = fs::read_to_string(self.folder.path().join("endpoints.json"))?;
        let endpoints: serde_json::Value = serde_json::from_str(&endpoints)?;
        let text =
            |value: &serde_json::Value| value.as_str().map(str::to_owned).context("no address, or no token");
        let url = format!("{}/v1/accounts", text(&endpoints["address"])?);
        Ok(rest("GET", &url, Some(&text(&endpoints["tokens"]["auditor"])?), "").await?.status)
    }

    /// The process of the private PostgreSQL.
    fn postgres(&self) -> Option<Pid> {
        let pid_file = fs::read_to_string(self.folder.path().join("postgres/data/postmaster.pid")).ok()?;
        Some(Pid::from_raw(pid_file.lines().next()?.parse().ok()?))
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let pid = i32::try_from(self.process.id()).map(Pid::from_raw);
        let _ = pid.map(|pid| kill(pid, Signal::SIGTERM));
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_dies_is_started_again_and_calls_go_on() -> Result<()> {
    let alone = Alone::start().await?;
    ensure!(alone.ask().await? == 200, "it does not work to begin with");
    let died = alone.postgres().context("no PostgreSQL runs")?;
    kill(died, Signal::SIGKILL)?;
    alone.until("PostgreSQL runs again", || alone.postgres().is_some_and(|pid| pid != died)).await?;
    let since = Instant::now();
    loop {
        // Until then it says that it cannot, and never that something is wrong with it.
        match alone.ask().await? {
            200 => return Ok(()),
            status => ensure!(status == 503 && since.elapsed() < PATIENCE, "{status}"),
        }
        sleep(Duration::from_millis(50)).await;
    }
}
