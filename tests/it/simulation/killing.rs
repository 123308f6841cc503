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
use crate::suite::{folder, makegood, rest};

/// How long a demo that nobody kills may take.
const DEMO_MAX: Duration = Duration::from_secs(300);

/// The private PostgreSQL outlives the demo that is killed; it goes with this value.
struct Folder(TempDir);

impl Drop for Folder {
    fn drop(&mut self) {
        let pid_file = self.0.path().join("makegood/postgres/data/postmaster.pid");
        let pid = fs::read_to_string(pid_file).ok().and_then(|text| text.lines().next()?.parse().ok());
        if let Some(pid) = pid {
            let _ =
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGQUIT);
        }
    }
}

fn demo(folder: &Path, more: &[&str]) -> Result<Child> {
    let said = File::create(folder.join("said"))?;
    let mut command = makegood();
    command
        .args(["demo", "--port", "0", "--health-port", "0", "--data-dir"])
        .arg(folder.join("makegood"))
        .args(more);
    command.arg("--data").arg(crate::repository::root().join("demo/broadcast-2020"));
    command.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said);
    command.spawn().context("the command cannot be run")
}

/// Runs the demo, and kills it after a while unless it has come to its end by then.
async fn run_and_kill(folder: &Path, after: Duration) -> Result<()> {
    let since = Instant::now();
    let mut demo = demo(folder, &["--once"])?;
    while since.elapsed() < after {
        if let Some(status) = demo.try_wait()? {
            ensure!(status.success(), "{status}:\n{}", fs::read_to_string(folder.join("said"))?);
            return Ok(());
        }
        sleep(Duration::from_millis(5)).await;
    }
    demo.kill()?;
    demo.wait()?;
    Ok(())
}

/// Lets the demo come to its end and stay up; asks it for the numbers of its documents; ends it.
async fn run_to_the_end(folder: &Path) -> Result<(String, Vec<String>)> {
    let mut demo = demo(folder, &[])?;
    let since = Instant::now();
    let said = loop {
        let said = fs::read_to_string(folder.join("said"))?;
        if said.contains("credits refused") {
            break said;
        }
        if demo.try_wait()?.is_some() || since.elapsed() > DEMO_MAX {
            demo.kill()?;
            bail!("the demo does not come to its end:\n{said}");
        }
        sleep(Duration::from_millis(50)).await;
    };
    let numbers = numbers(&folder.join("makegood/endpoints.json")).await;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(demo.id())?);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM)?;
    ensure!(
        demo.wait()?.success(),
        "the demo does not end well:\n{}",
        fs::read_to_string(folder.join("said"))?
    );
    Ok((said, numbers?))
}

async fn numbers(endpoints: &Path) -> Result<Vec<String>> {
    let endpoints: serde_json::Value = serde_json::from_str(&fs::read_to_string(endpoints)?)?;
    let text = |value: &serde_json::Value| {
        value.as_str().map(str::to_owned).context("the endpoints name no address or token")
    };
    let token = text(&endpoints["tokens"]["auditor"])?;
    let url = format!("{}/v1/accounts/-/invoices?page_size=1000", text(&endpoints["address"])?);
    let listed = rest("GET", &url, Some(&token), "").await?.json()?;
    let invoices = listed["invoices"].as_array().context("no invoices")?;
    invoices.iter().map(|invoice| text(&invoice["number"])).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_that_is_killed_ends_with_the_same_invoices() -> Result<()> {
    let mut chance = Chance::new("a_demo_that_is_killed_ends_with_the_same_invoices");
    let folder = Folder(folder()?);
    for _ in 0..rounds(4) {
        run_and_kill(folder.0.path(), Duration::from_millis(500 + chance.below(7_000))).await?;
    }
    let (said, mut numbers) = run_to_the_end(folder.0.path()).await?;
    for line in [
        "invoices matched: 53 of 53",
        "unexpected: 0",
        "gross: 400548.00",
        "contracts matched: 65 of 65",
        "contract periods matched: 59 of 65",
        "scripted disputes settled: 3, 1 of them rejected",
        "credit notes: 2, gross 225.00 + 10800.00",
        "credits refused: 1, SPOT_NOT_BILLED",
    ] {
        ensure!(said.contains(line), "it does not say {line}:\n{said}");
    }
    numbers.sort();
    let (notes, invoices): (Vec<String>, Vec<String>) =
        numbers.into_iter().partition(|number| number.starts_with("CN-"));
    let expected: Vec<String> = (1..54).map(|number| format!("2020-{number:06}")).collect();
    ensure!(invoices == expected, "{invoices:?}");
    // Dated on the day on which they are issued.
    let ends: Vec<&str> = notes.iter().filter_map(|number| number.rsplit('-').next()).collect();
    ensure!(ends == ["000001", "000002"], "{notes:?}");
    Ok(())
}
