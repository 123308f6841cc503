use adjustments_domain::customer_case::{Case, Closing, Matter, Requested, State};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use jiff::{Timestamp, civil::Date};
use jiff_sqlx::ToSqlx;
use money::Money;
use sqlx::PgConnection;

use crate::store::written::revision_number;

/// Records a new case.
pub async fn insert(connection: &mut PgConnection, case: &Case) -> Result<(), Failure> {
    let (wanted, promised): (Option<Requested>, Option<(Money, Date)>) = match &case.matter {
        Matter::Enquiry | Matter::Complaint => (None, None),
        Matter::DocumentRequest(wanted) => (Some(*wanted), None),
        Matter::Promise { amount, day } => (None, Some((*amount, *day))),
    };
    sqlx::query_file!(
        "src/store/sql/insert_case.sql",
        case.account.uuid(),
        case.id.uuid(),
        revision_number(case.revision)?,
        case.document.map(|document| document.entity.uuid()),
        case.territory,
        case.document.map(|document| document.invoice.uuid()),
        case.matter.name(),
        wanted.map(Requested::name),
        promised.map(|(amount, _)| amount.currency().code()),
        promised.map(|(amount, _)| amount.amount()),
        promised.map(|(_, day)| day.to_sqlx()) as _,
        case.subject,
        case.words,
        case.contact,
        case.opened.by,
        case.opened.at.to_sqlx() as _,
        case.owner,
        case.clock.due.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records what has become of a case, as its next revision, where it is still as it was loaded.
pub async fn record(connection: &mut PgConnection, case: Case) -> Result<Case, Failure> {
    let next = case.revision.next().context("the case has had every revision")?;
    let escalation = case.clock.escalation.as_ref();
    let (since, closing): (Option<Timestamp>, Option<&Closing>) = match &case.state {
        State::Open => (None, None),
        State::AwaitingCustomer { since } => (Some(*since), None),
        State::Closed(closing) => (None, Some(closing)),
    };
    let recorded = sqlx::query_file!(
        "src/store/sql/update_case.sql",
        case.account.uuid(),
        case.id.uuid(),
        revision_number(next)?,
        case.owner,
        case.clock.due.to_sqlx() as _,
        escalation.map(|escalation| escalation.at.to_sqlx()) as _,
        escalation.and_then(|escalation| escalation.to.as_deref()),
        case.state.name(),
        since.map(ToSqlx::to_sqlx) as _,
        closing.map(|closing| closing.outcome.name()),
        closing.map(|closing| closing.words.as_str()),
        closing.map(|closing| closing.act.by.as_str()),
        closing.map(|closing| closing.act.at.to_sqlx()) as _
    )
    .execute(connection)
    .await?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was not at revision {} any more", case.id, case.revision).into());
    }
    Ok(Case { revision: next, ..case })
}
