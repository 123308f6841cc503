use std::collections::BTreeMap;

use adjustments_domain::{
    act::Act,
    approval::{
        BrokenGlass, Circumstances, Deadlines, Decision, Grant, Involved, Reporting, Request, RequestRefusal,
        State,
    },
    policy::Measure,
    subject::Subject,
};
use anyhow::{Context, anyhow};
use chassis::failure::Failure;
use ids::{AccountId, ApprovalId, EntityId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::plan;
use crate::store::written::{Written, count, digest, money, revision};

/// Which requests to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    pub id: Option<ApprovalId>,
    /// Only these.
    pub among: Option<&'a [Uuid]>,
    pub state: Option<&'a str>,
    /// Only what waits for people: to be decided, or looked at after an emergency.
    pub waiting: bool,
    pub subject: Option<&'a str>,
    /// Submitted from then on …
    pub from: Option<Timestamp>,
    /// … and before then.
    pub to: Option<Timestamp>,
    /// Only those before this one.
    pub before: Option<Uuid>,
    /// What the caller may see.
    pub scope: Option<&'a Value>,
    /// At most this many; `None`: all.
    pub limit: Option<i64>,
}

/// A row of the table.
struct Row {
    approval_id: Uuid,
    revision: i64,
    subject_kind: String,
    subject: String,
    subject_digest: Vec<u8>,
    summary: String,
    entity_id: Option<Uuid>,
    account_id: Option<Uuid>,
    cause: Option<String>,
    entity_code: String,
    share: i64,
    age_days: i32,
    measure_currency: Option<String>,
    measure_this: Option<Decimal>,
    measure_account: Option<Decimal>,
    measure_cause: Option<Decimal>,
    measure_maker: Option<Decimal>,
    measure_largest: Option<String>,
    policy_version: i32,
    plan: Value,
    submitted_by: String,
    submitted_at: jiff_sqlx::Timestamp,
    remind_at: jiff_sqlx::Timestamp,
    escalate_at: jiff_sqlx::Timestamp,
    expire_at: jiff_sqlx::Timestamp,
    reminded: bool,
    escalated: bool,
    replaces: Option<Uuid>,
    state: String,
    automatic: bool,
    ended_at: Option<jiff_sqlx::Timestamp>,
    void_reason: Option<String>,
    withdrawn_by: Option<String>,
    glass_by: Option<String>,
    glass_at: Option<jiff_sqlx::Timestamp>,
    glass_incident: Option<String>,
    glass_reason: Option<String>,
    review_due_at: Option<jiff_sqlx::Timestamp>,
    reviewed_by: Option<String>,
    reviewed_at: Option<jiff_sqlx::Timestamp>,
}

/// Loads requests, the latest first.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<Request>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        "select * from approval
          where ($1::uuid is null or approval_id = $1) and ($2::text is null or state = $2)
            and ($3::text is null or subject = $3)
            and ($4::timestamptz is null or submitted_at >= $4) and ($5::timestamptz is null or submitted_at < $5)
            and ($6::uuid is null or approval_id < $6) and in_scope($7::jsonb, entity_id, null, account_id)
            and ($9::uuid[] is null or approval_id = any($9)) and (not $10 or state in ('PENDING', 'POST_REVIEW_DUE'))
          order by approval_id desc limit $8",
        which.id.map(ApprovalId::uuid),
        which.state,
        which.subject,
        which.from.map(ToSqlx::to_sqlx) as _,
        which.to.map(ToSqlx::to_sqlx) as _,
        which.before,
        which.scope,
        which.limit,
        which.among,
        which.waiting
    )
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.approval_id).collect();
    let mut involved = involved(connection, &ids).await?;
    let mut reporting = reporting(connection, &ids).await?;
    let mut decisions = decisions(connection, &ids).await?;
    let request = |row: Row| {
        let id = row.approval_id;
        let request = row.request()?;
        Ok(Request {
            involved: involved.remove(&id).into_iter().flatten().collect(),
            reporting: reporting.remove(&id).into_iter().flatten().collect(),
            decisions: decisions.remove(&id).into_iter().flatten().collect(),
            ..request
        })
    };
    rows.into_iter().map(request).collect()
}

/// One request, or that it does not exist for this caller.
pub async fn get(
    connection: &mut PgConnection,
    id: ApprovalId,
    scope: Option<&Value>,
) -> Result<Request, Failure> {
    let which = Which { id: Some(id), scope, limit: Some(1), ..Which::default() };
    let missing = || Refusal::from(RequestRefusal::NotFound { name: format!("approvals/{id}") });
    Ok(load(connection, which).await?.pop().ok_or_else(missing)?)
}

async fn involved(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Involved>>, Failure> {
    let rows = sqlx::query!(
        "select approval_id, account, part from approval_involved where approval_id = any($1) order by account, part",
        ids
    )
    .fetch_all(connection)
    .await?;
    let mut of: BTreeMap<Uuid, Vec<Involved>> = BTreeMap::new();
    for row in rows {
        let involved = Involved { account: row.account, part: Written::read(&row.part)? };
        of.entry(row.approval_id).or_default().push(involved);
    }
    Ok(of)
}

async fn reporting(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Reporting>>, Failure> {
    let rows = sqlx::query!(
        "select approval_id, account, reports_to, part from approval_reporting where approval_id = any($1) order by account",
        ids
    )
    .fetch_all(connection)
    .await?;
    let mut of: BTreeMap<Uuid, Vec<Reporting>> = BTreeMap::new();
    for row in rows {
        let to = Involved { account: row.reports_to, part: Written::read(&row.part)? };
        of.entry(row.approval_id).or_default().push(Reporting { account: row.account, to });
    }
    Ok(of)
}

async fn decisions(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Decision>>, Failure> {
    let rows =
        sqlx::query!("select * from approval_decision where approval_id = any($1) order by ordinal", ids)
            .fetch_all(connection)
            .await?;
    let mut of: BTreeMap<Uuid, Vec<Decision>> = BTreeMap::new();
    for row in rows {
        let decision = Decision {
            act: Act { by: row.account, at: row.decided_at.to_jiff() },
            person: row.person,
            choice: Written::read(&row.choice)?,
            step: count(row.step)?,
            role: Written::read(&row.role)?,
            on_behalf_of: row.on_behalf_of,
            comment: row.comment,
            digest: digest(&row.digest)?,
        };
        of.entry(row.approval_id).or_default().push(decision);
    }
    Ok(of)
}

impl Row {
    /// The request without what other tables hold of it.
    fn request(self) -> Result<Request, Failure> {
        Ok(Request {
            id: ApprovalId::from_uuid(self.approval_id),
            revision: revision(self.revision)?,
            state: self.state()?,
            measure: self.measure()?,
            subject: Subject {
                kind: Written::read(&self.subject_kind)?,
                name: self.subject,
                entity: self.entity_id.map(EntityId::from_uuid),
                account: self.account_id.map(AccountId::from_uuid),
                cause: self.cause.as_deref().map(Written::read).transpose()?,
                digest: digest(&self.subject_digest)?,
                summary: self.summary,
            },
            involved: Vec::new(),
            reporting: Vec::new(),
            circumstances: Circumstances {
                entity: self.entity_code,
                share: count(self.share)?,
                age_days: count(self.age_days)?,
            },
            policy_version: count(self.policy_version)?,
            plan: plan::read(self.plan)?,
            submitted: Act { by: self.submitted_by, at: self.submitted_at.to_jiff() },
            deadlines: Deadlines {
                remind: self.remind_at.to_jiff(),
                escalate: self.escalate_at.to_jiff(),
                expire: self.expire_at.to_jiff(),
            },
            reminded: self.reminded,
            escalated: self.escalated,
            decisions: Vec::new(),
            replaces: self.replaces.map(ApprovalId::from_uuid),
        })
    }

    fn measure(&self) -> Result<Option<Measure>, Failure> {
        let (Some(currency), Some(this), Some(account), Some(cause), Some(maker), Some(largest)) = (
            &self.measure_currency,
            self.measure_this,
            self.measure_account,
            self.measure_cause,
            self.measure_maker,
            &self.measure_largest,
        ) else {
            return Ok(None);
        };
        Ok(Some(Measure {
            this: money(currency, this)?,
            account: money(currency, account)?,
            account_and_cause: money(currency, cause)?,
            maker: money(currency, maker)?,
            largest: Written::read(largest)?,
        }))
    }

    fn state(&self) -> Result<State, Failure> {
        if self.state == "PENDING" {
            return Ok(State::Pending);
        }
        let at = self.ended_at.context("a request that has ended says when")?.to_jiff();
        let grant = || if self.automatic { Grant::Automatic { at } } else { Grant::ByPeople { at } };
        Ok(match self.state.as_str() {
            "APPROVED" => State::Approved(grant()),
            "EXECUTED" => State::Executed(grant()),
            "REJECTED" => State::Rejected,
            "RETURNED" => State::Returned,
            "WITHDRAWN" => {
                let by = self.withdrawn_by.clone().context("a request that was withdrawn says by whom")?;
                State::Withdrawn(Act { by, at })
            }
            "EXPIRED" => State::Expired { at },
            "VOIDED" => {
                State::Voided { at, why: self.void_reason.clone().context("a voided request says why")? }
            }
            "POST_REVIEW_DUE" => {
                let due = self.review_due_at.context("an emergency says when it is looked at")?.to_jiff();
                State::PostReviewDue { glass: self.glass()?, due }
            }
            "RATIFIED" => {
                let reviewed = self.reviewed_by.clone().zip(self.reviewed_at);
                let (by, at) = reviewed.context("a ratified request says by whom")?;
                State::Ratified { glass: self.glass()?, review: Act { by, at: at.to_jiff() } }
            }
            "VIOLATION" => {
                let at = self.reviewed_at.context("a violation says since when")?.to_jiff();
                State::Violation { glass: self.glass()?, at }
            }
            other => return Err(anyhow!("the database holds the state {other:?}").into()),
        })
    }

    fn glass(&self) -> Result<BrokenGlass, Failure> {
        let told = self.glass_by.clone().zip(self.glass_at).zip(self.glass_incident.clone());
        let ((by, at), incident) = told.context("an emergency says who, when and for what")?;
        let reason = self.glass_reason.clone().context("an emergency says why")?;
        Ok(BrokenGlass { act: Act { by, at: at.to_jiff() }, incident, reason })
    }
}
