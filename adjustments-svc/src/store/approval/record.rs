use adjustments_domain::{
    approval::{Decision, Involved, Request, State},
    directory::Directory,
};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::{plan, refused};
use crate::store::written::{count, revision_number};

/// What was decided since the request was loaded, and what was decided before.
#[derive(Clone, Copy, Debug)]
pub struct NewDecisions<'a> {
    pub before: usize,
    pub new: &'a [Decision],
}

/// Records a new request, with everybody on the side of those who have a part in it.
pub async fn insert(
    connection: &mut PgConnection,
    request: &Request,
    directory: &Directory,
) -> Result<(), Failure> {
    let measure = request.measure.as_ref();
    sqlx::query_file!(
        "src/store/sql/insert_approval.sql",
        request.id.uuid(),
        revision_number(request.revision)?,
        request.subject.kind.name(),
        request.subject.name,
        &request.subject.digest[..],
        request.subject.summary,
        request.subject.entity.map(|entity| entity.uuid()),
        request.subject.account.map(|account| account.uuid()),
        request.subject.cause.map(|cause| cause.name()),
        request.circumstances.entity,
        count::<_, i64>(request.circumstances.share)?,
        count::<_, i32>(request.circumstances.age_days)?,
        measure.map(|measure| measure.this.currency().code()),
        measure.map(|measure| measure.this.amount()),
        measure.map(|measure| measure.account.amount()),
        measure.map(|measure| measure.account_and_cause.amount()),
        measure.map(|measure| measure.maker.amount()),
        measure.map(|measure| measure.largest.name()),
        count::<_, i32>(request.policy_version)?,
        plan::write(&request.plan)?,
        request.submitted.by,
        request.submitted.at.to_sqlx() as _,
        request.deadlines.remind.to_sqlx() as _,
        request.deadlines.escalate.to_sqlx() as _,
        request.deadlines.expire.to_sqlx() as _,
        request.replaces.map(|replaces| replaces.uuid()),
        request.state.name(),
        request.plan.is_automatic(),
        ended_at(request).map(ToSqlx::to_sqlx) as _
    )
    .execute(&mut *connection)
    .await
    .map_err(|error| refused(error, &request.subject.name, request.id))?;
    insert_involved(connection, request, directory).await?;
    insert_reporting(connection, request, directory).await
}

async fn insert_involved(
    connection: &mut PgConnection,
    request: &Request,
    directory: &Directory,
) -> Result<(), Failure> {
    let person = |involved: &Involved| directory.person(&involved.account).to_owned();
    let people: Vec<String> = request.involved.iter().map(person).collect();
    let accounts: Vec<String> = request.involved.iter().map(|involved| involved.account.clone()).collect();
    let parts: Vec<String> = request.involved.iter().map(|involved| involved.part.to_string()).collect();
    sqlx::query!(
        "with sides as (
           insert into approval_side (approval_id, person, side)
           select distinct $1::uuid, person, 'INVOLVED' from unnest($4::text[]) as involved(person)
         )
         insert into approval_involved (approval_id, account, part, person, side)
         select $1::uuid, account, part, person, 'INVOLVED'
           from unnest($2::text[], $3::text[], $4::text[]) as involved(account, part, person)
         on conflict (approval_id, account, part) do nothing",
        request.id.uuid(),
        &accounts,
        &parts,
        &people
    )
    .execute(connection)
    .await
    .map_err(|error| refused(error, &request.subject.name, request.id))?;
    Ok(())
}

/// Who reports to them stands on their side, whatever the directory says later.
async fn insert_reporting(
    connection: &mut PgConnection,
    request: &Request,
    directory: &Directory,
) -> Result<(), Failure> {
    let reporting = &request.reporting;
    if reporting.is_empty() {
        return Ok(());
    }
    let accounts: Vec<String> = reporting.iter().map(|each| each.account.clone()).collect();
    let superiors: Vec<String> = reporting.iter().map(|each| each.to.account.clone()).collect();
    let parts: Vec<String> = reporting.iter().map(|each| each.to.part.to_string()).collect();
    let people: Vec<String> =
        reporting.iter().map(|each| directory.person(&each.account).to_owned()).collect();
    sqlx::query!(
        "with sides as (
           insert into approval_side (approval_id, person, side)
           select distinct $1::uuid, person, 'INVOLVED' from unnest($5::text[]) as reporting(person)
         )
         insert into approval_reporting (approval_id, account, reports_to, part, person, side)
         select $1::uuid, account, reports_to, part, person, 'INVOLVED'
           from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as reporting(account, reports_to, part, person)",
        request.id.uuid(),
        &accounts,
        &superiors,
        &parts,
        &people
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records what has become of a request, as its next revision, where it is still as it was loaded.
pub async fn record(
    connection: &mut PgConnection,
    request: Request,
    decisions: NewDecisions<'_>,
    at: Timestamp,
) -> Result<Request, Failure> {
    for (ordinal, decision) in (decisions.before..).zip(decisions.new) {
        insert_decision(connection, &request, (ordinal, decision)).await?;
    }
    let next = request.revision.next().context("the request has had every revision")?;
    let glass = glass(&request);
    let recorded = sqlx::query_file!(
        "src/store/sql/update_approval.sql",
        request.id.uuid(),
        revision_number(next)?,
        request.reminded,
        request.escalated,
        request.state.name(),
        ended_at(&request).or((request.state != State::Pending).then_some(at)).map(ToSqlx::to_sqlx) as _,
        glass.void_reason,
        glass.withdrawn_by,
        glass.by,
        glass.at.map(ToSqlx::to_sqlx) as _,
        glass.incident,
        glass.reason,
        glass.due.map(ToSqlx::to_sqlx) as _,
        glass.reviewed_by,
        glass.reviewed_at.map(ToSqlx::to_sqlx) as _
    )
    .execute(&mut *connection)
    .await
    .map_err(|error| refused(error, &request.subject.name, request.id))?;
    if recorded.rows_affected() != 1 {
        return Err(anyhow!("{} was not at revision {} any more", request.id, request.revision).into());
    }
    if let Some(breaker) = glass.by {
        insert_decider(connection, &request, &breaker).await?;
    }
    Ok(Request { revision: next, ..request })
}

/// The columns that only some states have.
#[derive(Default)]
struct Told {
    void_reason: Option<String>,
    withdrawn_by: Option<String>,
    by: Option<String>,
    at: Option<Timestamp>,
    incident: Option<String>,
    reason: Option<String>,
    due: Option<Timestamp>,
    reviewed_by: Option<String>,
    reviewed_at: Option<Timestamp>,
}

fn glass(request: &Request) -> Told {
    let broken = |glass: &adjustments_domain::approval::BrokenGlass| Told {
        by: Some(glass.act.by.clone()),
        at: Some(glass.act.at),
        incident: Some(glass.incident.clone()),
        reason: Some(glass.reason.clone()),
        ..Told::default()
    };
    match &request.state {
        State::Voided { why, .. } => Told { void_reason: Some(why.clone()), ..Told::default() },
        State::Withdrawn(act) => Told { withdrawn_by: Some(act.by.clone()), ..Told::default() },
        State::PostReviewDue { glass, due } => Told { due: Some(*due), ..broken(glass) },
        State::Ratified { glass, review } => {
            Told { reviewed_by: Some(review.by.clone()), reviewed_at: Some(review.at), ..broken(glass) }
        }
        State::Violation { glass, at } => Told { reviewed_at: Some(*at), ..broken(glass) },
        State::Pending
        | State::Approved(_)
        | State::Executed(_)
        | State::Rejected
        | State::Returned
        | State::Expired { .. } => Told::default(),
    }
}

fn ended_at(request: &Request) -> Option<Timestamp> {
    use adjustments_domain::approval::Grant;
    match &request.state {
        State::Pending => None,
        State::Approved(Grant::Automatic { at } | Grant::ByPeople { at })
        | State::Executed(Grant::Automatic { at } | Grant::ByPeople { at })
        | State::Expired { at }
        | State::Voided { at, .. } => Some(*at),
        State::Rejected | State::Returned => request.decisions.last().map(|decision| decision.act.at),
        State::Withdrawn(act) => Some(act.at),
        State::PostReviewDue { glass, .. }
        | State::Ratified { glass, .. }
        | State::Violation { glass, .. } => Some(glass.act.at),
    }
}

async fn insert_decision(
    connection: &mut PgConnection,
    request: &Request,
    (ordinal, decision): (usize, &Decision),
) -> Result<(), Failure> {
    insert_decider(connection, request, &decision.person).await?;
    sqlx::query!(
        "insert into approval_decision
           (approval_id, ordinal, account, person, side, choice, step, role, on_behalf_of, comment, digest, decided_at)
         values ($1, $2, $3, $4, 'DECIDES', $5, $6, $7, $8, $9, $10, $11)",
        request.id.uuid(),
        count::<_, i32>(ordinal)?,
        decision.act.by,
        decision.person,
        decision.choice.name(),
        count::<_, i32>(decision.step)?,
        decision.role.name(),
        decision.on_behalf_of,
        decision.comment,
        &decision.digest[..],
        decision.act.at.to_sqlx() as _
    )
    .execute(connection)
    .await
    .map_err(|error| refused(error, &request.subject.name, request.id))?;
    Ok(())
}

/// Puts a person on the side of those who decide. Whoever is on the other side is refused by the key.
async fn insert_decider(
    connection: &mut PgConnection,
    request: &Request,
    person: &str,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into approval_side (approval_id, person, side) values ($1, $2, 'DECIDES')
         on conflict on constraint approval_side_is_named do nothing",
        request.id.uuid(),
        person
    )
    .execute(connection)
    .await
    .map_err(|error| refused(error, &request.subject.name, request.id))?;
    Ok(())
}
