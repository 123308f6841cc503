//! `makegood demo`: real advertising, billed from orders and airings, and held against what was charged for it. Then the
//! second act: what was missed and made good, and disputes that are scripted.
//!
//! The law: it uses the public door, as any client would, and sums nothing itself.

mod bill;
mod compare;
mod disputes;
mod expected;
mod load;
mod obligations;
mod report;
mod results;
mod set;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use anyhow::bail;
use chassis::{serve::told_to_end, telemetry::Telemetry};
use clap::Args;

use self::{compare::compare, expected::Expected, report::Report, set::Set};
use crate::{
    Verdict,
    endpoints::{self, Endpoints, Keyring},
    import,
    progress::Bar,
    suite::{Options, Storage, Suite},
    up,
};

/// Where the suite listens when it stays up.
const PORT: u16 = 8080;
const HEALTH_PORT: u16 = 9090;

const EXAMPLES: &str = "\
Examples:
  makegood demo                    bills demo/broadcast-2020, then stays up to look around
  makegood demo --once             bills it and ends
  makegood demo --data my-orders   bills another folder with the same files

Each folder has a database of its own. Ended at any moment and started again, the demo goes on where it was.
Months that were issued stay as they are, whatever is mended in the files; --data-dir NEW bills them from the beginning.
Exit code 1: an invoice or a contract is not as expected, or an invoice is one that nobody expected.";

/// Bills a year of real advertising through the real services, and compares to the cent.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Demo {
    /// A folder with the files of demo/broadcast-2020 [default: that one]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Ends when everything is billed and compared
    #[arg(long)]
    once: bool,
    /// The folder of everything that stays
    #[arg(long, value_name = "DIR", default_value = ".makegood")]
    data_dir: PathBuf,
    /// The public port [default: 8080; with --once a free one]
    #[arg(long)]
    port: Option<u16>,
    /// The port of health and metrics [default: 9090; with --once a free one]
    #[arg(long)]
    health_port: Option<u16>,
}

impl Demo {
    /// Starts a suite, bills the set, reports, and stays or ends.
    pub async fn run(self, telemetry: Arc<Telemetry>) -> Result<Verdict, anyhow::Error> {
        // Files that cannot be read are better known before anything is started.
        let set = Set::open(self.data.as_deref())?;
        let work = Work::of(set)?;
        let port = |given: Option<u16>, stays: u16| given.unwrap_or(if self.once { 0 } else { stays });
        let options = Options {
            data_dir: self.data_dir.clone(),
            storage: Storage::Private { database: format!("demo_{}", work.set.name()) },
            port: port(self.port, PORT),
            health_port: port(self.health_port, HEALTH_PORT),
        };
        let bar = Bar::spinner("Starting PostgreSQL and the services");
        let suite = tokio::select! {
            suite = Suite::start(options, Some(telemetry)) => suite?,
            told = told_to_end() => { told?; bail!("told to end") }
        };
        bar.done_as(&format!(
            "Makegood is up at {}, database {}",
            suite.endpoints().address,
            suite.endpoints().database
        ));
        let folder = self.data_dir.join("demo").join(work.set.name());
        let report = tokio::select! {
            report = work.bill(suite.endpoints(), folder) => report,
            told = told_to_end() => match told {
                Ok(()) => Err(anyhow::anyhow!("told to end; the same command goes on from here")),
                Err(error) => Err(error.into()),
            }
        };
        let verdict = match report {
            Err(error) => {
                suite.stop().await?;
                return Err(error);
            }
            Ok(report) => {
                report.print();
                if let Some(remedy) = report.remedy() {
                    println!("\n{remedy}");
                }
                report.verdict()
            }
        };
        if self.once {
            suite.stop().await?;
        } else {
            let Endpoints { address, tokens, .. } = suite.endpoints();
            let token = tokens.get("auditor").map_or("TOKEN", String::as_str);
            println!("\nThe suite stays up at {address} to look around; Ctrl-C ends it. For example");
            println!(
                "  curl '{address}/v1/accounts/-/invoices?pageSize=3' -H 'Authorization: Bearer {token}'"
            );
            println!("Tokens of everybody: {}", endpoints::file(&self.data_dir).display());
            up::stay(suite).await?;
        }
        Ok(verdict)
    }
}

/// A set, read.
struct Work {
    set: Set,
    orders: Vec<(&'static str, Vec<billing_proto::billing::invoicing::v1::Order>)>,
    expected: Expected,
    months: Vec<calendar::Month>,
}

impl Work {
    fn of(set: Set) -> Result<Self, anyhow::Error> {
        let files =
            ["orders.csv", "order_lines.csv", "contracts.csv", "contract_lines.csv", "contract_weeks.csv"];
        let orders = import::read(files.into_iter().map(|file| set.source(file)))?;
        let expected = Expected::of(&set)?;
        let months = bill::months(&orders, &set.source("airings.csv"))?;
        Ok(Self { set, orders, expected, months })
    }

    async fn bill(self, endpoints: &Endpoints, folder: PathBuf) -> Result<Report, anyhow::Error> {
        let keys = Keyring::of(endpoints).await?;
        let loaded = load::load(&self.set, self.orders, &keys).await?;
        let billed = bill::bill(&self.set, &loaded.entity, &self.months, &keys).await?;

        let auditor = keys.client("auditor")?;
        let invoices = results::invoices(&auditor).await?;
        let obligations = obligations::obligations(&auditor).await?;
        let disputes = disputes::work(&self.set, &invoices, &keys).await?;
        let figures = invoices.iter().map(results::figures).collect::<Result<Vec<_>, _>>()?;
        let booked = results::booked(&auditor, &loaded, &self.expected).await?;
        let in_month = |(order, month): &(String, String)| format!("order {order}, {month}");
        let contract = |contract: &String| format!("contract {contract}");
        let until =
            |(contract, last): &(String, jiff::civil::Date)| format!("contract {contract} until {last}");
        Ok(Report {
            runs: billed.runs,
            issued_before: billed.issued_before,
            invoices: compare(&self.expected.invoices, figures, in_month),
            contracts: compare(&self.expected.contracts, booked.contracts, contract),
            periods: compare(&self.expected.periods, booked.periods, until),
            balance: results::balance(&auditor, &loaded.entity.name).await?,
            pdfs: results::save_pdfs(&auditor, &invoices, &folder).await?,
            obligations,
            disputes,
        })
    }
}
