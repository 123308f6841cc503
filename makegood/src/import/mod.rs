//! `makegood import`: files into the suite.

pub mod airings;
mod causes;
mod codes;
pub mod contracts;
pub mod delivery;
mod entries;
pub mod insertion_orders;
pub mod landing;
pub mod layout;
pub mod orders;
pub mod reference;
pub mod source;
pub mod sync;
pub mod table;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use billing_proto::billing::invoicing::v1 as pb;
use clap::{Args, Subcommand};
use uuid::Uuid;

use self::{
    airings::Batch, causes::Causes, codes::Codes, layout::Layout, source::Source, sync::Sync, table::Table,
};
use crate::{
    Verdict,
    client::{Client, ask},
    endpoints::DoorArguments,
};

/// The order systems that the files name when the command line names none.
pub const ORDER_SYSTEM: &str = "traffic";
/// See [`ORDER_SYSTEM`].
pub const CONTRACT_SYSTEM: &str = "contracts";
/// See [`ORDER_SYSTEM`].
pub const INSERTION_ORDER_SYSTEM: &str = "orders";

const EXAMPLES: &str = "\
What it takes, each file known by its header:
  orders    insertion_orders.csv with insertion_order_lines.csv: every pricing model and term, revisions, cancellations
            (the columns: docs/ORDER_FILES.md); orders.csv with order_lines.csv: spots at one rate; contracts.csv with
            contract_lines.csv and contract_weeks.csv: spots by the week
  airings   airings.csv: what aired, was missed, and makes good, spot by spot
  delivery  CSV or Parquet: impressions, clicks, views, spend, hours … by line and day

Examples:
  makegood import orders insertion_orders.csv insertion_order_lines.csv --entity DEMO
  makegood import orders demo/broadcast-2020/orders.csv demo/broadcast-2020/order_lines.csv --entity DEMO
  makegood import orders contracts.csv contract_lines.csv contract_weeks.csv --entity DEMO
  makegood import airings demo/broadcast-2020/airings.csv
  makegood import airings january.csv --source ad-server --batch 2020-01 --order-source traffic
  makegood import delivery january.parquet --source ad-server --order-source orders --time-zone Europe/Berlin

The same orders again, or the same batch, change nothing. A file whose rows were quarantined is sent again as a new batch: import
the orders that were missing, then the same file once more. Accounts and tax rates are no files of this command: they go in by the API.";

/// Brings files into the suite: orders of any pricing model, what aired, and what was counted by day.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Import {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Orders with their lines, or contracts with their lines and weeks
    #[command(after_help = EXAMPLES)]
    Orders {
        /// orders.csv and order_lines.csv; contracts.csv, contract_lines.csv and contract_weeks.csv; insertion_orders.csv
        /// and insertion_order_lines.csv, whose columns docs/ORDER_FILES.md shows
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The code of the billing entity that invoices them
        #[arg(long, value_name = "CODE")]
        entity: String,
        /// The system whose orders these are [default: traffic for orders.csv, contracts for contracts.csv,
        /// orders for insertion_orders.csv]
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        #[command(flatten)]
        door: DoorArguments,
    },
    /// What aired, each file one batch
    #[command(after_help = EXAMPLES)]
    Airings {
        /// airings.csv
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Who counted
        #[arg(long, value_name = "NAME", default_value = ORDER_SYSTEM)]
        source: String,
        /// The batch's id [default: the file's name and a digest of its content]
        #[arg(long, value_name = "ID")]
        batch: Option<String>,
        /// The system whose order numbers the file carries
        #[arg(long, value_name = "NAME", default_value = ORDER_SYSTEM)]
        order_source: String,
        #[command(flatten)]
        door: DoorArguments,
    },
    /// What was counted of a line on a day, in CSV or Parquet, each file one batch
    #[command(after_help = EXAMPLES)]
    Delivery {
        /// Files with the columns order_no, line, date and measures: impressions, clicks …
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Who counted
        #[arg(long, value_name = "NAME")]
        source: String,
        /// The batch's id [default: the file's name and a digest of its content]
        #[arg(long, value_name = "ID")]
        batch: Option<String>,
        /// The system whose order numbers the file carries
        #[arg(long, value_name = "NAME", default_value = ORDER_SYSTEM)]
        order_source: String,
        /// Where the source's days are days; needed with its first batch
        #[arg(long, value_name = "IANA", default_value = "")]
        time_zone: String,
        #[command(flatten)]
        door: DoorArguments,
    },
}

impl Import {
    /// Imports. The answer is no when orders were refused or rows quarantined.
    pub async fn run(self) -> Result<Verdict, anyhow::Error> {
        match self.what {
            What::Orders { files, entity, source, door } => {
                import_orders(&files, &entity, source, &door).await
            }
            What::Airings { files, source, batch, order_source, door } => {
                let batch = named(&files, source, batch, order_source)?;
                import_batches(&files, batch, &door, Kind::Airings).await
            }
            What::Delivery { files, source, batch, order_source, time_zone, door } => {
                let batch = named(&files, source, batch, order_source)?;
                import_batches(&files, batch, &door, Kind::Daily { time_zone: &time_zone }).await
            }
        }
    }
}

/// The batch that the command line names; one without an id is called after its file.
fn named(
    files: &[PathBuf],
    source: String,
    batch: Option<String>,
    order_source: String,
) -> Result<Batch, anyhow::Error> {
    if batch.is_some() && files.len() > 1 {
        bail!(
            "--batch names one batch, and each of the {} files is one; import them one by one",
            files.len()
        );
    }
    Ok(Batch { source, id: batch.unwrap_or_default(), order_source_system: order_source })
}

/// What the files of a batch hold.
#[derive(Clone, Copy)]
enum Kind<'a> {
    Airings,
    Daily { time_zone: &'a str },
}

async fn import_orders(
    files: &[PathBuf],
    entity: &str,
    source: Option<String>,
    door: &DoorArguments,
) -> Result<Verdict, anyhow::Error> {
    let (read, codes) = read_with_codes(files.iter().map(|file| Source::file(file)))?;
    let keys = door.open().await?;
    let (sender, products) = (keys.client("order_management")?, keys.client("product_ops")?);
    let entity = reference::entity(&sender, entity, keys.address()).await?;
    let request = format!("import-{}", Uuid::now_v7());
    let mut refused = 0;
    for (system, mut orders) in read {
        codes.resolve(&sender, &mut orders).await?;
        let source_system = source.as_deref().unwrap_or(system);
        let sync =
            Sync { orders: &sender, products: &products, entity: &entity, source_system, request: &request };
        refused += sync::report(&sync.send(orders).await?);
    }
    Ok(if refused == 0 { Verdict::Done } else { Verdict::No })
}

/// Orders, each with the system that they are usually of.
type Read = Vec<(&'static str, Vec<pb::Order>)>;

/// The orders and the contracts of the files. Accounts and products stand in them by their codes.
pub fn read(files: impl Iterator<Item = Source>) -> Result<Read, anyhow::Error> {
    read_with_codes(files).map(|(read, _)| read)
}

fn read_with_codes(files: impl Iterator<Item = Source>) -> Result<(Read, Codes), anyhow::Error> {
    let mut tables: BTreeMap<&str, Table> = BTreeMap::new();
    for file in files {
        let (layout, table) = Layout::of(&file)?;
        if layout == Layout::Airings {
            bail!("{} holds airings; bring them in with `makegood import airings`", file.name());
        }
        if let Some(other) = tables.insert(layout.file_name(), table) {
            bail!(
                "{} and {} are both {}; import one at a time",
                other.name(),
                file.name(),
                layout.file_name()
            );
        }
    }
    let mut take = |layout: Layout| tables.remove(layout.file_name());
    let orders = (take(Layout::Orders), take(Layout::OrderLines));
    let contracts = (take(Layout::Contracts), take(Layout::ContractLines), take(Layout::ContractWeeks));
    let insertion = (take(Layout::InsertionOrders), take(Layout::InsertionOrderLines));
    let (mut read, mut codes) = (Vec::new(), Codes::default());
    match insertion {
        (Some(heads), Some(lines)) => {
            read.push((INSERTION_ORDER_SYSTEM, insertion_orders::read(heads, lines, &mut codes)?));
        }
        (Some(heads), None) => {
            bail!("{} needs its lines beside it: name insertion_order_lines.csv too", heads.name())
        }
        (None, Some(lines)) => {
            bail!("{} needs its orders beside it: name insertion_orders.csv too", lines.name())
        }
        (None, None) => {}
    }
    match orders {
        (Some(heads), Some(lines)) => read.push((ORDER_SYSTEM, orders::read(heads, lines)?)),
        (Some(heads), None) => bail!("{} needs its lines beside it: name order_lines.csv too", heads.name()),
        (None, Some(lines)) => bail!("{} needs its orders beside it: name orders.csv too", lines.name()),
        (None, None) => {}
    }
    match contracts {
        (Some(heads), Some(lines), weeks) => {
            read.push((CONTRACT_SYSTEM, contracts::read(heads, lines, weeks)?))
        }
        (Some(heads), None, _) => {
            bail!("{} needs its lines beside it: name contract_lines.csv too", heads.name())
        }
        (None, Some(table), _) | (None, None, Some(table)) => {
            bail!("{} needs its contracts beside it: name contracts.csv too", table.name())
        }
        (None, None, None) => {}
    }
    Ok((read, codes))
}

async fn import_batches(
    files: &[PathBuf],
    batch: Batch,
    door: &DoorArguments,
    kind: Kind<'_>,
) -> Result<Verdict, anyhow::Error> {
    let keys = door.open().await?;
    let client = keys.client("order_management")?;
    let mut quarantined = 0;
    for file in files {
        let source = Source::file(file);
        let batch = if batch.id.is_empty() {
            let id = batch_id(file, &source)?;
            landing::choose(&client, Batch { id, ..batch.clone() }).await?
        } else {
            landing::remind(&client, &batch).await?;
            batch.clone()
        };
        let answer = match kind {
            Kind::Airings => airings::import(&client, &source, &batch).await?,
            Kind::Daily { time_zone } => delivery::import(&client, &source, &batch, time_zone).await?,
        };
        quarantined += report(&client, source.name(), &answer).await?;
    }
    Ok(if quarantined == 0 { Verdict::Done } else { Verdict::No })
}

/// The same file is the same batch, and another content is another.
fn batch_id(path: &Path, source: &Source) -> Result<String, anyhow::Error> {
    let stem = path.file_stem().context("a file has a name")?.to_string_lossy();
    let stem: String = stem
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '-' })
        .collect();
    Ok(format!("{stem}-{}", source.digest()?))
}

/// Says what became of a batch, and why some rows could not be used. Answers how many those are.
pub async fn report(client: &Client, file: &str, batch: &pb::DeliveryBatch) -> Result<i64, anyhow::Error> {
    eprintln!(
        "Batch {}: {} rows loaded, {} known already, {} quarantined",
        batch.batch_id, batch.rows_loaded, batch.rows_unchanged, batch.rows_quarantined
    );
    let causes = quarantine(client, file, batch).await?;
    eprint!("{causes}");
    if causes.hides_some() {
        eprintln!("  All of them: ListQuarantine, GET /v1/quarantine?batch={}", batch.name);
    }
    Ok(batch.rows_quarantined)
}

async fn quarantine(client: &Client, file: &str, batch: &pb::DeliveryBatch) -> Result<Causes, anyhow::Error> {
    let mut causes = Causes::default();
    let mut page_token = String::new();
    loop {
        let request = pb::ListQuarantineRequest { page_size: 1000, page_token, batch: batch.name.clone() };
        let page = ask!(client.delivery(), list_quarantine, request)?;
        for row in page.rows {
            let column =
                if row.column.is_empty() { String::new() } else { format!(", column `{}`", row.column) };
            let line = row.row.saturating_add(1);
            causes.add(&row.reason, format!("{file} line {line}{column}: {}", row.message));
        }
        if page.next_page_token.is_empty() {
            return Ok(causes);
        }
        page_token = page.next_page_token;
    }
}
