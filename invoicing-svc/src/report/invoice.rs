//! Drafts and documents.

use anyhow::Context;
use billing_proto::billing::invoicing::v1 as pb;
use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, EntityId, InvoiceId, OrderId, RunId};
use money::{Currency, Money};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    store::{invoice::Chunk, written::month},
    wire::{money::message, name, period::{day_message, days_message}},
};

/// The documents of a chunk that was just issued, without their lines.
pub async fn heads(connection: &mut PgConnection, chunk: &Chunk) -> Result<Vec<(AccountId, pb::Invoice)>, Failure> {
    let account: Vec<Uuid> = chunk.numbered.iter().map(|n| n.account).collect();
    let invoice: Vec<Uuid> = chunk.numbered.iter().map(|n| n.invoice).collect();
    let rows = sqlx::query!(
        "select i.*, o.external_id, o.source_system, o.advertiser
           from invoice i join unnest($1::uuid[], $2::uuid[]) as chunk(account_id, invoice_id) using (account_id, invoice_id)
           join insertion_order o using (account_id, order_id)
          order by account_id, invoice_id",
        &account,
        &invoice
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = Currency::parse(&row.currency).context("the database holds an unknown currency")?;
            let money = |amount| Ok::<_, anyhow::Error>(Some(message(Money::of(currency, amount).context("parts of a minor unit")?)));
            let period = Days::new(row.period_first.to_jiff(), row.period_last.to_jiff()).context("no period")?;
            let account = AccountId::from_uuid(row.account_id);
            let head = pb::Invoice {
                name: name::invoice_name(account, InvoiceId::from_uuid(row.invoice_id)),
                state: pb::InvoiceState::Issued.into(),
                kind: pb::DocumentKind::Invoice.into(),
                number: row.number,
                billing_run: name::run_name(RunId::from_uuid(row.run_id)),
                billing_entity: name::entity_name(EntityId::from_uuid(row.entity_id)),
                account: name::account_name(account),
                order: name::order_name(account, OrderId::from_uuid(row.order_id)),
                order_external_id: row.external_id,
                order_source_system: row.source_system,
                advertiser: row.advertiser,
                billing_month: month(row.billing_month.to_jiff()).to_string(),
                invoice_period: Some(days_message(period)),
                issue_date: Some(day_message(row.issue_date.to_jiff())),
                due_date: Some(day_message(row.due_date.to_jiff())),
                payment_terms_days: row.payment_terms_days,
                spots: row.spots,
                gross: money(row.gross)?,
                commission_percent: row.commission_percent.normalize().to_string(),
                commission: money(row.commission)?,
                net: money(row.net)?,
                tax: money(row.tax)?,
                total: money(row.total)?,
                lines: Vec::new(),
                digest: crate::wire::billing_run::hexadecimal(&row.digest),
            };
            Ok((account, head))
        })
        .collect()
}
