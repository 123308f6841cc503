//! The demo is killed at moments of chance and started again, until it comes to its end: the same invoices, none doubled,
//! none missing, no gap.

use std::{
    fs::{self, File},
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::chance::{Chance, rounds};
use crate::suite::makegood;

/// How long a demo that nobody kills may take.
const DEMO_MAX: Duration = Duration::from_secs(300);

/// The private PostgreSQL outlives the demo that is killed; it goes with this value.
struct Folder(TempDir);

impl Drop for Folder {
    fn drop(&mut self) {
        let pid_file = self.0.path().join("postgres/data/postmaster.pid");
        let moved = fs::read_to_string(self.0.path().join("postgres/moved-to"));
        let pid_file = moved.map_or(pid_file, |moved| Path::new(moved.trim()).join("data/postmaster.pid"));
        let pid = fs::read_to_string(pid_file).ok().and_then(|text| text.lines().next()?.parse().ok());
        if let Some(pid) = pid {
            let _ =
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGQUIT);
        }
    }
}

fn demo(folder: &Path) -> Result<Child> {
    let said = File::create(folder.join("said"))?;
    let mut command = makegood();
    command.args(["demo", "--once", "--data-dir"]).arg(folder.join("makegood"));
    command.arg("--data").arg(crate::repository::root().join("demo/broadcast-2020"));
    command.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said);
    command.spawn().context("the command cannot be run")
}

/// How long it took until it ended by itself; `None` if it was killed before.
async fn run(folder: &Path, killed_after: Duration) -> Result<Option<Duration>> {
    let since = Instant::now();
    let mut demo = demo(folder)?;
    while since.elapsed() < killed_after {
        if let Some(status) = demo.try_wait()? {
            ensure!(status.success(), "{status}:\n{}", fs::read_to_string(folder.join("said"))?);
            return Ok(Some(since.elapsed()));
        }
        sleep(Duration::from_millis(5)).await;
    }
    demo.kill()?;
    demo.wait()?;
    Ok(None)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_that_is_killed_ends_with_the_same_invoices() -> Result<()> {
    let mut chance = Chance::new("a_demo_that_is_killed_ends_with_the_same_invoices");
    let folder = Folder(TempDir::new()?);
    for _ in 0..rounds(4) {
        let after = Duration::from_millis(500 + chance.below(7_000));
        run(folder.0.path(), after).await?;
    }
    if run(folder.0.path(), DEMO_MAX).await?.is_none() {
        bail!("the demo does not end");
    }
    let said = fs::read_to_string(folder.0.path().join("said"))?;
    for line in [
        "invoices matched: 53 of 53",
        "unexpected: 0",
        "contracts matched: 65 of 65",
        "contract periods matched: 59 of 65",
    ] {
        ensure!(said.contains(line), "it does not say {line}:\n{said}");
    }
    ensure!(said.contains("gross: 400548.00"), "another gross:\n{said}");
    Ok(())
}
