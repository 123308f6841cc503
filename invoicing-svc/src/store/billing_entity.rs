//! Billing entities.

use anyhow::Context;
use calendar::EntityZone;
use chassis::failure::Failure;
use ids::EntityId;
use invoicing_domain::{
    billing_entity::{BankAccount, BillingEntity, GeneralLedgerCodes, PostalAddress, SettlementCodes},
    resource::ResourceRefusal,
    tax::Place,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::{Money, Percent};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    fiscal_calendar,
    tax::place,
    written::{Written, currency, revision, revision_number},
};

/// Which entities to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only this one.
    pub id: Option<EntityId>,
    /// Only those after this one.
    pub after: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many.
    pub limit: i64,
}

/// Loads entities in the order of their ids.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<BillingEntity>, Failure> {
    let rows = sqlx::query!(
        "select * from billing_entity
          where ($1::uuid is null or entity_id = $1) and ($2::uuid is null or entity_id > $2)
            and in_scope($3::jsonb, entity_id, null, null)
          order by entity_id limit $4",
        which.id.map(EntityId::uuid),
        which.after,
        which.scope,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let functional_currency = currency(&row.functional_currency)?;
            let limit = row.negative_line_limit.map(|limit| Money::of(functional_currency, limit));
            Ok(BillingEntity {
                negative_line_limit: limit.transpose().context("the database holds parts of a minor unit")?,
                id: EntityId::from_uuid(row.entity_id),
                revision: revision(row.revision)?,
                code: row.code,
                legal_name: row.legal_name,
                address: address(&row.address)?,
                tax_registrations: row.tax_registrations,
                functional_currency,
                zone: row
                    .time_zone
                    .parse::<EntityZone>()
                    .context("the database holds an unknown time zone")?,
                rounding: Written::read(&row.rounding)?,
                remainder: Written::read(&row.remainder)?,
                commission_posting: Written::read(&row.commission_posting)?,
                bank_account: bank_account(&row.bank_account)?,
                gl_codes: GeneralLedgerCodes {
                    receivables: row.gl_receivables,
                    agency_commission: row.gl_agency_commission,
                    tax_payable: row.gl_tax_payable,
                },
                fiscal: fiscal_calendar::read(&row.fiscal_calendar)?,
                statutory_first_month: i8::try_from(row.statutory_year_first_month)
                    .context("the database holds no month")?,
                tax_place: row.tax_place.as_deref().map(place).transpose()?,
                tax_base: Written::read(&row.tax_base)?,
                rate_card_tolerance: row
                    .rate_card_tolerance_percent
                    .map(Percent::of)
                    .transpose()
                    .context("the database holds no percent")?,
                makegood_days: row
                    .makegood_days
                    .map(u16::try_from)
                    .transpose()
                    .context("the database holds no days")?,
                tax_engine: row.tax_engine,
                settlement_codes: row.settlement_codes.as_ref().map(settlement_codes).transpose()?,
            })
        })
        .collect()
}

/// One entity, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    id: EntityId,
    scope: Option<&Value>,
) -> Result<BillingEntity, Failure> {
    let found = load(connection, Which { id: Some(id), scope, limit: 1, ..Which::default() }).await?.pop();
    Ok(found
        .ok_or_else(|| ResourceRefusal::NotFound { name: format!("billingEntities/{id}") })
        .map_err(refusal::Refusal::from)?)
}

/// Locks an entity until the transaction ends, so that what is decided about it is decided one after the other.
pub async fn lock(connection: &mut PgConnection, id: EntityId) -> Result<(), Failure> {
    sqlx::query!("select revision from billing_entity where entity_id = $1 for update", id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// Records a new entity.
pub async fn insert(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    at: Timestamp,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into billing_entity (entity_id, revision, code, legal_name, address, tax_registrations, functional_currency,
           time_zone, rounding, remainder, commission_posting, bank_account, gl_receivables, gl_agency_commission,
           gl_tax_payable, fiscal_calendar, statutory_year_first_month, created_at, updated_at, tax_place, tax_base,
           rate_card_tolerance_percent, tax_engine,
           settlement_codes, makegood_days, negative_line_limit)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, $19, $20, $21, $22, $23, $24,
           $25)",
        entity.id.uuid(),
        revision_number(entity.revision)?,
        entity.code,
        entity.legal_name,
        address_json(&entity.address),
        &entity.tax_registrations,
        entity.functional_currency.code(),
        entity.zone.to_string(),
        entity.rounding.text(),
        entity.remainder.text(),
        entity.commission_posting.text(),
        bank_account_json(&entity.bank_account),
        entity.gl_codes.receivables,
        entity.gl_codes.agency_commission,
        entity.gl_codes.tax_payable,
        fiscal_calendar::written(entity.fiscal),
        i32::from(entity.statutory_first_month),
        at.to_sqlx() as _,
        entity.tax_place.as_ref().map(Place::as_str),
        entity.tax_base.text(),
        entity.rate_card_tolerance.map(Percent::value),
        entity.tax_engine,
        entity.settlement_codes.as_ref().map(settlement_codes_json),
        entity.makegood_days.map(i32::from),
        entity.negative_line_limit.map(Money::amount)
    )
    .execute(connection)
    .await
    .map_err(|error| {
        let taken = ResourceRefusal::CodeTaken { code: entity.code.clone() };
        Failure::from_constraint(error, &[("billing_entity_code_is_unique", taken.into())])
    })?;
    Ok(())
}

/// Records what may change of an entity that is locked.
pub async fn update(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    at: Timestamp,
) -> Result<(), Failure> {
    sqlx::query!(
        "update billing_entity set revision = $2, legal_name = $3, address = $4, tax_registrations = $5, rounding = $6,
           remainder = $7, commission_posting = $8, bank_account = $9, gl_receivables = $10, gl_agency_commission = $11,
           gl_tax_payable = $12, updated_at = $13, tax_place = $14, tax_base = $15,
           rate_card_tolerance_percent = $16, tax_engine = $17,
           settlement_codes = $18, makegood_days = $19, negative_line_limit = $20
         where entity_id = $1",
        entity.id.uuid(),
        revision_number(entity.revision)?,
        entity.legal_name,
        address_json(&entity.address),
        &entity.tax_registrations,
        entity.rounding.text(),
        entity.remainder.text(),
        entity.commission_posting.text(),
        bank_account_json(&entity.bank_account),
        entity.gl_codes.receivables,
        entity.gl_codes.agency_commission,
        entity.gl_codes.tax_payable,
        at.to_sqlx() as _,
        entity.tax_place.as_ref().map(Place::as_str),
        entity.tax_base.text(),
        entity.rate_card_tolerance.map(Percent::value),
        entity.tax_engine,
        entity.settlement_codes.as_ref().map(settlement_codes_json),
        entity.makegood_days.map(i32::from),
        entity.negative_line_limit.map(Money::amount)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An address as the database keeps it.
pub fn address_json(address: &PostalAddress) -> Value {
    let PostalAddress { lines, city, region, postal_code, country } = address;
    json!({ "lines": lines, "city": city, "region": region, "postal_code": postal_code, "country": country })
}

/// An address that the database holds.
pub fn address(json: &Value) -> Result<PostalAddress, Failure> {
    let lines = json.get("lines").and_then(Value::as_array).context("an address without lines")?;
    let lines: Option<Vec<String>> = lines.iter().map(|line| line.as_str().map(str::to_owned)).collect();
    Ok(PostalAddress {
        lines: lines.context("an address line that is no text")?,
        city: text(json, "city")?,
        region: text(json, "region")?,
        postal_code: text(json, "postal_code")?,
        country: text(json, "country")?,
    })
}

fn bank_account_json(bank: &BankAccount) -> Value {
    let BankAccount { account_name, bank_name, account_number, routing_number } = bank;
    json!({ "account_name": account_name, "bank_name": bank_name, "account_number": account_number, "routing_number": routing_number })
}

fn bank_account(json: &Value) -> Result<BankAccount, Failure> {
    Ok(BankAccount {
        account_name: text(json, "account_name")?,
        bank_name: text(json, "bank_name")?,
        account_number: text(json, "account_number")?,
        routing_number: text(json, "routing_number")?,
    })
}

fn settlement_codes_json(codes: &SettlementCodes) -> Value {
    let SettlementCodes { cash, unapplied_cash, bad_debt, bad_debt_recovered, tax_relief } = codes;
    json!({ "cash": cash, "unapplied_cash": unapplied_cash, "bad_debt": bad_debt,
            "bad_debt_recovered": bad_debt_recovered, "tax_relief": tax_relief })
}

fn settlement_codes(json: &Value) -> Result<SettlementCodes, Failure> {
    Ok(SettlementCodes {
        cash: text(json, "cash")?,
        unapplied_cash: text(json, "unapplied_cash")?,
        bad_debt: text(json, "bad_debt")?,
        bad_debt_recovered: text(json, "bad_debt_recovered")?,
        tax_relief: text(json, "tax_relief")?,
    })
}

fn text(json: &Value, key: &str) -> Result<String, Failure> {
    let text =
        json.get(key).and_then(Value::as_str).with_context(|| format!("the database holds no {key}"))?;
    Ok(text.to_owned())
}
