//! `makegood entity`: who invoices. An entity without a number series cannot issue, so both are made together.

use anyhow::anyhow;
use billing_proto::billing::invoicing::v1 as pb;
use clap::Args;

use crate::{
    Verdict,
    client::{Client, ask},
    endpoints::DoorArguments,
    import::reference::find_entity,
};

const EXAMPLES: &str = "\
Example:
  makegood entity NYC --name \"Hudson Broadcasting, Inc.\" --currency USD --time-zone America/New_York \\
    --line \"1 Broadway\" --city \"New York\" --postal-code 10004 --country US --tax-registration \"US EIN 12-3456789\"";

/// Creates the legal entity that invoices, and its series of invoice numbers
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Entity {
    /// The short code that other commands name it by
    code: String,
    /// The legal name, printed on documents
    #[arg(long)]
    name: String,
    /// ISO 4217; the ledger is kept in it
    #[arg(long)]
    currency: String,
    /// IANA time zone; a document's day is a day there
    #[arg(long)]
    time_zone: String,
    /// A line of the address; may be given up to four times
    #[arg(long = "line")]
    lines: Vec<String>,
    #[arg(long, default_value = "")]
    city: String,
    #[arg(long, default_value = "")]
    region: String,
    #[arg(long, default_value = "")]
    postal_code: String,
    /// ISO 3166-1, two capital letters
    #[arg(long)]
    country: String,
    /// A tax registration, printed on documents; may be given several times
    #[arg(long = "tax-registration")]
    tax_registrations: Vec<String>,
    /// General ledger codes: receivables, agency commission, tax payable
    #[arg(long, value_delimiter = ',', default_value = "1200,4900,2200")]
    gl: Vec<String>,
    #[command(flatten)]
    door: DoorArguments,
}

impl Entity {
    /// Creates both as a controller. Done again, it changes nothing.
    pub async fn run(self) -> Result<Verdict, anyhow::Error> {
        let client = self.door.open().await?.client("controller_1")?;
        let code = self.code.clone();
        let entity = match find_entity(&client, &code).await? {
            Some(entity) => entity,
            None => {
                let request_id = format!("entity-{code}");
                let request =
                    pb::CreateBillingEntityRequest { billing_entity: Some(self.described()?), request_id };
                ask!(client.billing_entities(), create_billing_entity, request)?
            }
        };
        number(&client, &entity).await?;
        println!("{} is {} ({})", entity.code, entity.legal_name, entity.name);
        Ok(Verdict::Done)
    }

    fn described(self) -> Result<pb::BillingEntity, anyhow::Error> {
        let [receivables, agency_commission, tax_payable] =
            <[String; 3]>::try_from(self.gl).map_err(|given| {
                anyhow!("--gl takes three codes, receivables,commission,tax; {} given", given.len())
            })?;
        Ok(pb::BillingEntity {
            code: self.code,
            legal_name: self.name,
            address: Some(pb::PostalAddress {
                lines: self.lines,
                city: self.city,
                region: self.region,
                postal_code: self.postal_code,
                country: self.country,
            }),
            tax_registrations: self.tax_registrations,
            functional_currency: self.currency,
            time_zone: self.time_zone,
            gl_codes: Some(pb::GeneralLedgerCodes { receivables, agency_commission, tax_payable }),
            ..pb::BillingEntity::default()
        })
    }
}

/// The kinds of documents that are numbered, each with what its numbers begin with.
const SERIES: [(pb::DocumentKind, &str); 3] = [
    (pb::DocumentKind::Invoice, ""),
    (pb::DocumentKind::CreditNote, "CN-"),
    (pb::DocumentKind::DebitNote, "DN-"),
];

/// Gives an entity the series of numbers that it lacks: `2026-000001` for invoices, `CN-2026-000001` for credit notes,
/// `DN-2026-000001` for debit notes.
pub async fn number(client: &Client, entity: &pb::BillingEntity) -> Result<(), anyhow::Error> {
    let request =
        pb::ListNumberSeriesRequest { parent: entity.name.clone(), ..pb::ListNumberSeriesRequest::default() };
    let known = ask!(client.number_series(), list_number_series, request)?.number_series;
    for (kind, prefix) in SERIES {
        if known.iter().any(|series| series.document_kind() == kind) {
            continue;
        }
        let series = pb::NumberSeries {
            document_kind: kind.into(),
            year_basis: pb::YearBasis::Calendar.into(),
            prefix: prefix.to_owned(),
            width: 6,
            ..pb::NumberSeries::default()
        };
        let request = pb::CreateNumberSeriesRequest {
            parent: entity.name.clone(),
            number_series: Some(series),
            request_id: format!("series-{prefix}{}", entity.code),
        };
        ask!(client.number_series(), create_number_series, request)?;
    }
    Ok(())
}
