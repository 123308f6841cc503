//! What came out, as the services say it: invoices page by page, contracts by period, the trial balance, a few PDFs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{
    expected::{Expected, Figures},
    load::Loaded,
};
use crate::{
    client::{Client, ask},
    import::{orders::date, table::decimal},
    progress::Bar,
};

/// How many invoices are asked for at a time.
const PAGE: i32 = 200;

/// Every issued invoice; what corrects one is none.
pub async fn invoices(auditor: &Client) -> Result<Vec<pb::Invoice>, anyhow::Error> {
    let mut invoices = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListInvoicesRequest {
            parent: "accounts/-".to_owned(),
            page_size: PAGE,
            page_token,
            state: pb::InvoiceState::Issued.into(),
            ..pb::ListInvoicesRequest::default()
        };
        let page = ask!(auditor.invoices(), list_invoices, request)?;
        let is_invoice = |document: &pb::Invoice| document.kind() == pb::DocumentKind::Invoice;
        invoices.extend(page.invoices.into_iter().filter(is_invoice));
        if page.next_page_token.is_empty() {
            return Ok(invoices);
        }
        page_token = page.next_page_token;
    }
}

/// The figures of an invoice, by its order and its month.
pub fn figures(invoice: &pb::Invoice) -> Result<((String, String), Figures), anyhow::Error> {
    let figures = Figures {
        spots: invoice.spots.into(),
        gross: money(&invoice.gross)?,
        commission: money(&invoice.commission)?,
        net: money(&invoice.net)?,
    };
    Ok(((invoice.order_external_id.clone(), invoice.billing_month.clone()), figures))
}

/// The totals of contracts, and their figures in the billing periods that are expected.
#[derive(Debug, Default)]
pub struct Booked {
    /// By contract.
    pub contracts: Vec<(String, Figures)>,
    /// By contract and the expected last day.
    pub periods: Vec<((String, Date), Figures)>,
}

/// Asks what each contract is booked for.
pub async fn booked(auditor: &Client, loaded: &Loaded, expected: &Expected) -> Result<Booked, anyhow::Error> {
    let bar = Bar::new("Contracts looked up", "contracts", u64::try_from(loaded.contracts.len())?);
    let mut booked = Booked::default();
    for (contract, order) in &loaded.contracts {
        let request = pb::BookedByPeriodRequest { name: order.clone() };
        let answer = ask!(auditor.orders(), booked_by_period, request)?;
        booked.contracts.push((contract.clone(), booked_figures(&answer.total)?));
        for ((of, last), _) in expected.periods.iter().filter(|((of, _), _)| of == contract) {
            // A station may print the end of the contract where the billing period goes on to the end of the month.
            if let Some(period) = answer.periods.iter().find(|period| holds(period, *last)) {
                booked.periods.push(((of.clone(), *last), booked_figures(&period.booked)?));
            }
        }
        bar.step();
    }
    bar.done();
    Ok(booked)
}

fn holds(period: &pb::BookedPeriod, last: Date) -> bool {
    let days = period.period.as_ref().and_then(|days| Some((days.first.as_ref()?, days.last.as_ref()?)));
    let key = |date: &billing_proto::google::r#type::Date| (date.year, date.month, date.day);
    days.is_some_and(|(from, to)| key(from) <= key(&date(last)) && key(&date(last)) <= key(to))
}

fn booked_figures(booked: &Option<pb::BookedAmount>) -> Result<Figures, anyhow::Error> {
    let booked = booked.as_ref().context("an answer of BookedByPeriod has no amount")?;
    let spots =
        decimal(&booked.units).with_context(|| format!("`{}` is not a number of spots", booked.units))?;
    let (gross, commission, net) = (money(&booked.gross)?, money(&booked.commission)?, money(&booked.net)?);
    Ok(Figures { spots, gross, commission, net })
}

/// What the books say: revenue, commission and receivables, a line for each currency.
pub async fn balance(auditor: &Client, entity: &str) -> Result<Vec<String>, anyhow::Error> {
    let request = pb::GetTrialBalanceRequest { billing_entity: entity.to_owned(), as_of: None };
    let balance = ask!(auditor.ledger(), get_trial_balance, request)?;
    let currency = |money: &Option<pb::Money>| money.as_ref().map(|money| money.currency_code.clone());
    let mut currencies: Vec<String> = balance.rows.iter().filter_map(|row| currency(&row.balance)).collect();
    currencies.sort();
    currencies.dedup();
    let line = |of: &String| {
        let amount = |account: pb::LedgerAccount, side: fn(&pb::TrialBalanceRow) -> &Option<pb::Money>| {
            let rows = balance.rows.iter().filter(|row| row.ledger_account() == account);
            let rows = rows.filter(|row| currency(side(row)).as_ref() == Some(of));
            let amounts: Vec<&str> =
                rows.filter_map(|row| side(row).as_ref()).map(|money| money.amount.as_str()).collect();
            if amounts.is_empty() { "0".to_owned() } else { amounts.join(" + ") }
        };
        let gross = amount(pb::LedgerAccount::Revenue, |row| &row.credit);
        let commission = amount(pb::LedgerAccount::AgencyCommission, |row| &row.debit);
        let net = amount(pb::LedgerAccount::Receivables, |row| &row.debit);
        let currency = if currencies.len() > 1 { format!(" {of}") } else { String::new() };
        format!("gross: {gross} commission: {commission} net: {net}{currency}")
    };
    if currencies.is_empty() {
        return Ok(vec!["gross: 0 commission: 0 net: 0".to_owned()]);
    }
    Ok(currencies.iter().map(line).collect())
}

/// Saves the first invoice, the last and the one with the most spots, as the customer gets them.
pub async fn save_pdfs(
    auditor: &Client,
    invoices: &[pb::Invoice],
    folder: &Path,
) -> Result<Vec<PathBuf>, anyhow::Error> {
    let mut numbered: Vec<&pb::Invoice> = invoices.iter().collect();
    numbered.sort_by_key(|invoice| &invoice.number);
    let longest = numbered.iter().max_by_key(|invoice| invoice.spots);
    let mut chosen: Vec<&pb::Invoice> =
        [numbered.first(), longest, numbered.last()].into_iter().flatten().copied().collect();
    chosen.dedup_by_key(|invoice| &invoice.name);
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut saved = Vec::new();
    for invoice in chosen {
        let request =
            pb::DownloadInvoiceRequest { name: invoice.name.clone(), format: pb::InvoiceFormat::Pdf.into() };
        let pdf = ask!(auditor.invoices(), download_invoice, request)?;
        let path = folder.join(format!("{}.pdf", invoice.number));
        fs::write(&path, &pdf.data).with_context(|| format!("{} cannot be written", path.display()))?;
        saved.push(path);
    }
    Ok(saved)
}

fn money(money: &Option<pb::Money>) -> Result<Decimal, anyhow::Error> {
    let money = money.as_ref().context("an answer has no amount where one belongs")?;
    decimal(&money.amount).with_context(|| format!("`{}` is not an amount", money.amount))
}
