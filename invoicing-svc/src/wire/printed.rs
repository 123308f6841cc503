//! An issued document as it is printed.

#[cfg(test)]
mod tests;

use anyhow::{Context, bail};
use billing_proto::{billing::invoicing::v1 as pb, google::r#type as google};
use document::{
    Bank, Buyer, Commission, Invoice, Kind, Labelled, Line, Paper, Period, References, Seller, Spot, TaxRow,
    Totals,
};
use jiff::civil::{Date, Time};
use money::Currency;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

/// Seller, buyer and order, as they are pinned on the document when it is issued.
#[derive(Deserialize)]
struct Parties {
    seller: PinnedSeller,
    buyer: PinnedBuyer,
    order: PinnedOrder,
}

#[derive(Deserialize)]
struct PinnedSeller {
    legal_name: String,
    address: Address,
    tax_registrations: Vec<String>,
    bank_account: BankAccount,
}

#[derive(Deserialize)]
struct PinnedBuyer {
    code: String,
    legal_name: String,
    address: Address,
    tax_ids: Vec<String>,
}

#[derive(Deserialize)]
struct PinnedOrder {
    external_id: String,
    billing_calendar: String,
    purchase_orders: Vec<String>,
}

#[derive(Deserialize)]
struct Address {
    lines: Vec<String>,
    city: String,
    region: String,
    postal_code: String,
    country: String,
}

#[derive(Deserialize)]
struct BankAccount {
    account_name: String,
    bank_name: String,
    account_number: String,
    routing_number: String,
}

/// What the printer takes. `parties` is what was pinned on the day of issue.
pub fn printed(invoice: &pb::Invoice, parties: Value) -> Result<Invoice, anyhow::Error> {
    let Parties { seller, buyer, order } =
        serde_json::from_value(parties).context("the parties are not as pinned")?;
    let paper = paper(&seller.address.country);
    let abroad = seller.address.country != buyer.address.country;
    let currency = &invoice.gross.as_ref().context("no gross")?.currency_code;
    let minor_units = Currency::parse(currency).context("no currency")?.minor_units();
    let style = Style {
        paper,
        minor_units,
        is_taxed_in_parts: invoice.taxes.len() > 1,
        bills_several_orders: invoice.order_count > 1,
        goes_on_one_number: !invoice.purchase_order.is_empty(),
    };
    Ok(Invoice {
        paper,
        kind: kind(invoice)?,
        number: invoice.number.clone(),
        issued: day(invoice.issue_date.as_ref())?,
        currency: currency.clone(),
        seller: Seller {
            address: seller.address.printed(abroad),
            legal_name: seller.legal_name,
            tax_ids: seller.tax_registrations.into_iter().map(tax_id).collect(),
            email: None,
            phone: None,
            remit_to: Vec::new(),
            bank: seller.bank_account.printed().filter(|_| is_transferred(invoice)),
        },
        buyer: Buyer {
            address: buyer.address.printed(abroad),
            name: buyer.legal_name,
            account_number: buyer.code,
            attention: None,
            reference: None,
            tax_id: buyer.tax_ids.into_iter().next().map(tax_id),
        },
        references: references(invoice, order)?,
        lines: invoice.lines.iter().map(|line| style.line(line)).collect::<Result<_, _>>()?,
        spots: style.spots(&invoice.lines)?,
        totals: totals(invoice)?,
        notes: notes(invoice),
    })
}

/// Why a note was made, which other document a rebill has, why there is no tax, what somebody wrote for the customer, and where to find what belongs to it.
fn notes(invoice: &pb::Invoice) -> Vec<String> {
    let reasons = taxed(invoice).map(|row| row.reason.clone());
    let attachment = Some(&invoice.attachment).filter(|attachment| !attachment.is_empty());
    let attachment = attachment.map(|attachment| format!("Belongs to this invoice: {attachment}"));
    let replaces = format!("Replaces {}", invoice.rebills_number);
    let replaced = format!("Billed again as {}", invoice.rebilled_as_number);
    let rebill = [(&invoice.rebills_number, replaces), (&invoice.rebilled_as_number, replaced)];
    let rebill = rebill.into_iter().filter(|(number, _)| !number.is_empty()).map(|(_, note)| note);
    std::iter::once(invoice.reason.clone())
        .chain(rebill)
        .chain(reasons)
        .chain([invoice.note.clone()])
        .filter(|note| !note.is_empty())
        .chain(attachment)
        .collect()
}

fn kind(invoice: &pb::Invoice) -> Result<Kind, anyhow::Error> {
    match invoice.kind() {
        pb::DocumentKind::Invoice => {
            let payment_terms = payment_terms(invoice);
            Ok(Kind::Invoice { due: day(invoice.due_date.as_ref())?, payment_terms })
        }
        pb::DocumentKind::CreditNote => Ok(Kind::CreditNote { corrects: invoice.corrects_number.clone() }),
        pb::DocumentKind::DebitNote => Ok(Kind::DebitNote {
            corrects: invoice.corrects_number.clone(),
            due: day(invoice.due_date.as_ref())?,
        }),
        pb::DocumentKind::Unspecified => bail!("a document without a kind"),
    }
}

fn payment_terms(invoice: &pb::Invoice) -> String {
    match (invoice.settled_by(), invoice.payment_terms_days) {
        (pb::SettledBy::Card, _) => "Charged to your card".to_owned(),
        (pb::SettledBy::SellerBalance, _) => "Taken off your seller balance".to_owned(),
        (pb::SettledBy::Wallet, _) => "Paid from your wallet as far as it reaches".to_owned(),
        (pb::SettledBy::Unspecified | pb::SettledBy::Terms, 0) => "Due on receipt".to_owned(),
        (pb::SettledBy::Unspecified | pb::SettledBy::Terms, days) => format!("Net {days} days"),
    }
}

/// A price of nothing.
fn is_free(line: &pb::InvoiceLine) -> bool {
    line.rate.parse::<Decimal>().is_ok_and(|rate| rate.is_zero())
}

/// Whether the customer may have something to transfer: nobody pays twice because a bank account was printed.
fn is_transferred(invoice: &pb::Invoice) -> bool {
    match invoice.settled_by() {
        pb::SettledBy::Card | pb::SettledBy::SellerBalance => false,
        pb::SettledBy::Unspecified | pb::SettledBy::Terms | pb::SettledBy::Wallet => true,
    }
}

fn references(invoice: &pb::Invoice, order: PinnedOrder) -> Result<References, anyhow::Error> {
    let calendar = match order.billing_calendar.as_str() {
        "BROADCAST_MONTH" => "Broadcast",
        "FISCAL" => "Fiscal",
        _ => "Calendar",
    };
    let mut said = match invoice.order_count {
        0 | 1 => Said { orders: vec![order.external_id], ..Said::default() },
        _ => said_of_lines(&invoice.lines),
    };
    if said.advertisers.is_empty() {
        said.advertisers.push(invoice.advertiser.clone());
    }
    // What was chosen for the document goes before what its order names.
    if !invoice.purchase_order.is_empty() {
        said.purchase_orders = vec![invoice.purchase_order.clone()];
    } else if invoice.order_count <= 1 {
        said.purchase_orders = order.purchase_orders;
    }
    Ok(References {
        advertiser: listed(&said.advertisers),
        order_number: listed(&said.orders),
        purchase_order: Some(listed(&said.purchase_orders)).filter(|numbers| !numbers.is_empty()),
        period: period(invoice.invoice_period.as_ref())?,
        billing_calendar: calendar.to_owned(),
        product: None,
        estimate: None,
        account_manager: None,
        sales_office: None,
        contact: Some(invoice.contact.clone()).filter(|contact| !contact.is_empty()),
    })
}

/// What the lines of a document say of their orders, each once.
#[derive(Default)]
struct Said {
    orders: Vec<String>,
    advertisers: Vec<String>,
    purchase_orders: Vec<String>,
}

fn said_of_lines(lines: &[pb::InvoiceLine]) -> Said {
    let once = |of: fn(&pb::InvoiceLine) -> &String| {
        let mut said: Vec<String> = Vec::new();
        for value in lines.iter().map(of).filter(|value| !value.is_empty()) {
            if !said.contains(value) {
                said.push(value.clone());
            }
        }
        said
    };
    Said {
        orders: once(|line| &line.order_external_id),
        advertisers: once(|line| &line.advertiser),
        purchase_orders: once(|line| &line.purchase_order),
    }
}

/// `IO-1, IO-2 and 3 more`: each line of the document says its own.
fn listed(values: &[String]) -> String {
    match values {
        [first, second, third, _, ..] => {
            let rest = values.len() - 3;
            format!("{first}, {second}, {third} and {rest} more")
        }
        few => few.join(", "),
    }
}

fn totals(invoice: &pb::Invoice) -> Result<Totals, anyhow::Error> {
    let commission = amount(invoice.commission.as_ref())?;
    let is_nothing = commission.parse::<Decimal>().is_ok_and(|commission| commission.is_zero());
    Ok(Totals {
        gross: amount(invoice.gross.as_ref())?,
        // Taken off, so printed below zero.
        commission: (!is_nothing).then(|| Commission {
            percent: invoice.commission_percent.clone(),
            amount: format!("-{commission}"),
        }),
        net: amount(invoice.net.as_ref())?,
        taxes: taxed(invoice).map(tax_row).collect::<Result<_, _>>()?,
        total: amount(invoice.total.as_ref())?,
    })
}

/// The tax rows that are printed: what is not subject to tax says nothing of it.
fn taxed(invoice: &pb::Invoice) -> impl Iterator<Item = &pb::TaxRow> {
    invoice.taxes.iter().filter(|row| row.category() != pb::TaxCategory::O)
}

fn tax_row(row: &pb::TaxRow) -> Result<TaxRow, anyhow::Error> {
    let category = match row.category() {
        pb::TaxCategory::S => "Tax",
        pb::TaxCategory::Z => "Zero-rated",
        pb::TaxCategory::E => "Exempt",
        pb::TaxCategory::Ae => "Reverse charge",
        pb::TaxCategory::K => "Intra-community",
        pb::TaxCategory::G => "Export",
        pb::TaxCategory::O => "Not subject to tax",
        pb::TaxCategory::Unspecified => bail!("a tax row without a category"),
    };
    Ok(TaxRow {
        category: category.to_owned(),
        rate: row.percent.clone(),
        base: amount(row.base.as_ref())?,
        amount: amount(row.tax.as_ref())?,
    })
}

/// How figures and times of the document are written.
#[derive(Clone, Copy)]
struct Style {
    paper: Paper,
    minor_units: u32,
    /// Then each line says which of the tax rows is its own.
    is_taxed_in_parts: bool,
    /// Then each line says of which it is.
    bills_several_orders: bool,
    /// Otherwise each line says on which number it goes.
    goes_on_one_number: bool,
}

impl Style {
    fn line(self, line: &pb::InvoiceLine) -> Result<Line, anyhow::Error> {
        // The buyer finds the line in the order by its number.
        let mut detail = match self.bills_several_orders {
            false => vec![format!("Order line {}", line.order_line)],
            true => vec![
                format!("Order {}, line {}", line.order_external_id, line.order_line),
                line.advertiser.clone(),
            ],
        };
        if self.bills_several_orders && !self.goes_on_one_number && !line.purchase_order.is_empty() {
            detail.push(format!("Purchase order {}", line.purchase_order));
        }
        if let Some(spot) = line.spots.first() {
            detail.extend([spot.station.clone(), spot.program.clone(), length(spot.length_seconds)]);
            detail.retain(|part| !part.is_empty());
        }
        Ok(Line {
            number: u32::try_from(line.number).context("a line without a number")?,
            description: line.description.clone(),
            detail: Some(detail.join(" · ")),
            period: period(line.service_period.as_ref())?,
            quantity: line.quantity.clone(),
            unit: unit(line),
            price: self.price(&line.rate)?,
            price_basis: price_basis(line.price_base),
            amount: amount(line.gross.as_ref())?,
            note: Some(self.note(line)).filter(|note| !note.is_empty()),
        })
    }

    fn note(self, line: &pb::InvoiceLine) -> String {
        let kind = match line.kind() {
            pb::InvoiceLineKind::OverDelivery => Some("Over-delivery, not charged"),
            pb::InvoiceLineKind::TierFee => Some("Fee of the tier reached"),
            pb::InvoiceLineKind::Expenses if is_free(line) => Some("Expenses beyond the cap, not charged"),
            pb::InvoiceLineKind::Expenses => Some("Expenses"),
            pb::InvoiceLineKind::Minimum | pb::InvoiceLineKind::TrueUp => Some("Up to the agreed minimum"),
            pb::InvoiceLineKind::Rebate => Some("Volume rebate"),
            pb::InvoiceLineKind::AdCredit => Some("Ad credit used"),
            pb::InvoiceLineKind::Unspecified
            | pb::InvoiceLineKind::SchedulePart
            | pb::InvoiceLineKind::Spots
            | pb::InvoiceLineKind::Makegood
            | pb::InvoiceLineKind::Delivery => None,
        };
        let note = Some(line.note.as_str()).filter(|note| !note.is_empty());
        let tax = self.is_taxed_in_parts.then(|| format!("Tax {}% ({})", line.tax_percent, line.tax_place));
        let said = kind.into_iter().chain(note).map(str::to_owned).chain(tax);
        said.collect::<Vec<_>>().join("; ")
    }

    fn spots(self, lines: &[pb::InvoiceLine]) -> Result<Vec<Spot>, anyhow::Error> {
        let spots = lines.iter().flat_map(|line| line.spots.iter().map(move |spot| (line, spot)));
        spots.map(|(line, spot)| self.spot(line, spot)).collect()
    }

    fn spot(self, line: &pb::InvoiceLine, spot: &pb::InvoiceSpot) -> Result<Spot, anyhow::Error> {
        let remark = match line.kind() {
            pb::InvoiceLineKind::Makegood => Some(format!("Makegood for {}", spot.makegood_for)),
            pb::InvoiceLineKind::OverDelivery => Some("Not charged".to_owned()),
            pb::InvoiceLineKind::Unspecified
            | pb::InvoiceLineKind::SchedulePart
            | pb::InvoiceLineKind::Spots
            | pb::InvoiceLineKind::Delivery
            | pb::InvoiceLineKind::TierFee
            | pb::InvoiceLineKind::Expenses
            | pb::InvoiceLineKind::Minimum
            | pb::InvoiceLineKind::TrueUp
            | pb::InvoiceLineKind::Rebate
            | pb::InvoiceLineKind::AdCredit => None,
        };
        Ok(Spot {
            line: u32::try_from(line.number).context("a line without a number")?,
            date: day(spot.date.as_ref())?,
            time: Some(self.time(&spot.time)?).filter(|time| !time.is_empty()),
            length: length(spot.length_seconds),
            creative: Some(spot.creative.clone()).filter(|creative| !creative.is_empty()),
            rate: self.price(&spot.rate)?,
            // At the price of its line, which is what it bills: 0 where it is free.
            amount: self.price(&line.rate)?,
            remark,
        })
    }

    /// At least the minor units of the currency, and every decimal that the price has.
    fn price(self, rate: &str) -> Result<String, anyhow::Error> {
        let mut rate: Decimal = rate.parse().context("a price that is no number")?;
        if rate.scale() < self.minor_units {
            rate.rescale(self.minor_units);
        }
        Ok(rate.to_string())
    }

    /// `5:42 PM` where that is how it is read.
    fn time(self, time: &str) -> Result<String, anyhow::Error> {
        match self.paper {
            Paper::Letter if !time.is_empty() => {
                let time = Time::strptime("%H:%M", time).context("a time that is none")?;
                Ok(time.strftime("%-I:%M %p").to_string())
            }
            Paper::Letter | Paper::A4 => Ok(time.to_owned()),
        }
    }
}

/// `impressions`, and `impression` where it is one; spend has no plural.
fn unit(line: &pb::InvoiceLine) -> String {
    match line.quantity.as_str() {
        "1" | "-1" => line.unit.clone(),
        _ if line.unit == "spend" => line.unit.clone(),
        _ => format!("{}s", line.unit),
    }
}

/// `per 1,000` where the price is not that of one.
fn price_basis(price_base: i32) -> Option<String> {
    let digits = price_base.to_string();
    let apart = |(index, digit): (usize, char)| {
        let comma = index > 0 && (digits.len() - index).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([digit])
    };
    (price_base > 1)
        .then(|| format!("per {}", digits.chars().enumerate().flat_map(apart).collect::<String>()))
}

/// `:30`; nothing where there is no length.
fn length(seconds: i32) -> String {
    if seconds > 0 { format!(":{seconds:02}") } else { String::new() }
}

impl Address {
    /// One string a line; the country only where the letter crosses a border.
    fn printed(self, abroad: bool) -> Vec<String> {
        let place = match self.region.as_str() {
            "" => format!("{} {}", self.postal_code, self.city),
            region => format!("{}, {region} {}", self.city, self.postal_code),
        };
        let country = abroad.then_some(self.country);
        let lines = self.lines.into_iter().chain([place.trim().to_owned()]).chain(country);
        lines.filter(|line| !line.is_empty()).collect()
    }
}

impl BankAccount {
    fn printed(self) -> Option<Bank> {
        let numbers = [("Account", self.account_number), ("Routing", self.routing_number)];
        let numbers: Vec<Labelled> = numbers
            .into_iter()
            .filter(|(_, number)| !number.is_empty())
            .map(|(label, value)| Labelled { label: label.to_owned(), value })
            .collect();
        (!numbers.is_empty()).then_some(Bank {
            account_name: self.account_name,
            bank: self.bank_name,
            numbers,
        })
    }
}

fn tax_id(value: String) -> Labelled {
    Labelled { label: "Tax ID".to_owned(), value }
}

/// Letter where it is the paper of the country (Unicode CLDR), else A4.
fn paper(country: &str) -> Paper {
    match country {
        "BZ" | "CA" | "CL" | "CO" | "CR" | "GT" | "MX" | "NI" | "PA" | "PH" | "PR" | "SV" | "US" | "VE" => {
            Paper::Letter
        }
        _ => Paper::A4,
    }
}

fn amount(amount: Option<&pb::Money>) -> Result<String, anyhow::Error> {
    Ok(amount.context("an amount is missing")?.amount.clone())
}

fn period(days: Option<&pb::Days>) -> Result<Period, anyhow::Error> {
    let days = days.context("a period is missing")?;
    Ok(Period { first: day(days.first.as_ref())?, last: day(days.last.as_ref())? })
}

fn day(day: Option<&google::Date>) -> Result<Date, anyhow::Error> {
    let day = day.context("a day is missing")?;
    Ok(Date::new(i16::try_from(day.year)?, i8::try_from(day.month)?, i8::try_from(day.day)?)?)
}
