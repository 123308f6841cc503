use anyhow::{Result, bail};
use billing_proto::billing::invoicing::v1 as pb;

use super::{
    super::{table::rows, world::World},
    Said,
};
use crate::suite::day;

pub async fn entity(world: &mut World, said: &Said<'_>) -> Result<()> {
    let (code, zone, currency) = (said.word(0), said.word(1), said.word(2));
    let billing_entity = pb::BillingEntity {
        code: code.to_owned(),
        legal_name: format!("{code} LLC"),
        address: Some(address(&world.country)),
        functional_currency: currency.to_owned(),
        time_zone: zone.to_owned(),
        tax_registrations: vec!["US EIN 12-3456789".to_owned()],
        gl_codes: Some(pb::GeneralLedgerCodes {
            receivables: "1200".to_owned(),
            agency_commission: "4900".to_owned(),
            tax_payable: "2200".to_owned(),
        }),
        bank_account: Some(pb::BankAccount {
            account_name: format!("{code} LLC"),
            bank_name: "First Bank".to_owned(),
            account_number: "000123456789".to_owned(),
            routing_number: "021000021".to_owned(),
        }),
        ..pb::BillingEntity::default()
    };
    let request = pb::CreateBillingEntityRequest {
        billing_entity: Some(billing_entity),
        request_id: world.request_id(),
    };
    let made = world.client("the controller")?.entities().create_billing_entity(request).await?.into_inner();
    world.learn(code, made.name);
    world.entity = code.to_owned();
    Ok(())
}

pub async fn entity_abroad(world: &mut World, said: &Said<'_>) -> Result<()> {
    world.country = said.word(3).to_owned();
    world.currency = said.word(2).to_owned();
    entity(world, said).await
}

/// As a file, with the columns that the story's table has.
pub async fn tax_rates(world: &mut World, said: &Said<'_>) -> Result<()> {
    let columns = ["place", "tax_code", "category", "percent", "valid_from", "valid_to"];
    let record = |row: &super::super::table::Row| columns.map(|column| row.cell(column).to_owned()).join(",");
    let records: Vec<String> = rows(said.block)?.iter().map(record).collect();
    let csv = format!("{}\n{}\n", columns.join(","), records.join("\n"));
    let request = pb::ImportTaxRatesRequest { csv, request_id: world.request_id() };
    world.client("the controller")?.taxes().import_tax_rates(request).await?;
    Ok(())
}

pub async fn series(world: &mut World, said: &Said<'_>) -> Result<()> {
    let (document_kind, prefix) = match said.word(0) {
        "invoices" => (pb::DocumentKind::Invoice, ""),
        "credit notes" => (pb::DocumentKind::CreditNote, "CN"),
        other => bail!("what are {other}?"),
    };
    let number_series = pb::NumberSeries {
        document_kind: document_kind.into(),
        year_basis: pb::YearBasis::Calendar.into(),
        prefix: prefix.to_owned(),
        width: said.word(1).parse()?,
        ..pb::NumberSeries::default()
    };
    let parent = world.name(&world.entity)?;
    let request = pb::CreateNumberSeriesRequest {
        parent,
        number_series: Some(number_series),
        request_id: world.request_id(),
    };
    world.client("the controller")?.series().create_number_series(request).await?;
    Ok(())
}

pub async fn products(world: &mut World, said: &Said<'_>) -> Result<()> {
    for row in rows(said.block)? {
        let model = format!("PRICING_MODEL_{}", row.cell("pricing model"));
        let ad_product = pb::AdProduct {
            code: row.cell("product").to_owned(),
            display_name: row.cell("name").to_owned(),
            format: "TV_SPOT".to_owned(),
            pricing_model: pb::PricingModel::from_str_name(&model).map_or(0, i32::from),
            invoice_text: row.cell("name").to_owned(),
            tax_code: "ADV".to_owned(),
            gl_revenue: "4000".to_owned(),
            effective_from: Some(day(row.filled("from").unwrap_or("2026-01-01"))?),
            state: pb::AdProductState::Live.into(),
            ..pb::AdProduct::default()
        };
        let request =
            pb::CreateAdProductRequest { ad_product: Some(ad_product), request_id: world.request_id() };
        let made = world.client("the controller")?.products().create_ad_product(request).await?.into_inner();
        world.learn(row.cell("product"), made.name);
    }
    Ok(())
}

pub async fn agency(world: &mut World, said: &Said<'_>) -> Result<()> {
    let code = said.word(1);
    let account = pb::Account {
        code: code.to_owned(),
        kind: pb::AccountKind::Agency.into(),
        legal_name: format!("{code} Media Inc"),
        address: Some(address(&world.country)),
        currency_code: said.word(2).to_owned(),
        commission_percent: said.word(3).to_owned(),
        payment_terms_days: 30,
        ..pb::Account::default()
    };
    let request = pb::CreateAccountRequest { account: Some(account), request_id: world.request_id() };
    let made = world.client(said.word(0))?.accounts().create_account(request).await?.into_inner();
    world.learn(code, made.name);
    Ok(())
}

fn address(country: &str) -> pb::PostalAddress {
    pb::PostalAddress {
        lines: vec!["1 Broadcast Plaza".to_owned()],
        city: "New York".to_owned(),
        region: "NY".to_owned(),
        postal_code: "10001".to_owned(),
        country: country.to_owned(),
    }
}
