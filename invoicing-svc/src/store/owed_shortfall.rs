//! What is owed where two counts of a line are apart, and somebody chose that the lower one bills and the rest is made good.

use calendar::Days;
use chassis::failure::Failure;
use ids::{AccountId, AiringId, ExceptionId, LineId, OrderId};
use invoicing_domain::{billing_run::Act, delivery::AiringStatus, makegood::expires, third_party::Outcome};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use money::Rate;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    makegood::{Decision, Spot},
    rating_input::{days, rate},
};

/// What is owed of a line in a period.
#[derive(Clone, Debug)]
pub struct OwedShortfall {
    pub id: AiringId,
    pub order: OrderId,
    pub line: LineId,
    /// The line's number in its order.
    pub line_number: String,
    pub origin: Days,
    /// What it comes to.
    pub amount: Rate,
    pub decision: Decision,
    /// How much of it was released, and why.
    pub released: Option<(Decimal, Decision)>,
}

impl OwedShortfall {
    /// As a spot that was missed on the last day of the period, under a name that makegoods can be for.
    pub fn spot(&self, makegood_days: Option<u16>) -> Spot {
        let day = self.origin.last();
        Spot {
            id: self.id,
            order: self.order,
            line: self.line,
            line_number: self.line_number.clone(),
            name: format!("SHORTFALL-{}-{}", self.line_number, self.origin.first()),
            place: (day, None, 0),
            status: AiringStatus::NotAired,
            rate: Some(self.amount),
            is_billed: false,
            makes_good: Vec::new(),
            expires: expires(day, makegood_days),
            is_credited: false,
            released: self.released.as_ref().map(|(amount, _)| *amount),
            is_decided: true,
        }
    }
}

/// What is owed to accounts.
pub async fn of_accounts(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<Vec<OwedShortfall>, Failure> {
    let rows = sqlx::query!(
        "select s.line_id, s.order_id, s.origin_first, s.origin_last, s.airing_id, s.amount, s.reason, s.owed_by, s.owed_at, l.number,
                r.amount as \"released?\", r.reason as \"release_reason?\", r.approval as \"approval?\", r.released_by as \"released_by?\",
                r.released_at as \"released_at?\"
           from owed_shortfall s
           join order_line l using (account_id, line_id)
           left join makegood_release r using (account_id, airing_id)
          where s.account_id = any($1) order by s.order_id, s.line_id, s.origin_first",
        accounts
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let act = Act { by: row.owed_by, at: row.owed_at.to_jiff() };
            let by = row.release_reason.zip(row.released_by).zip(row.released_at);
            let approval = row.approval;
            let released = by.map(|((reason, by), at)| {
                let act = Act { by, at: at.to_jiff() };
                Decision { reason, approval, act }
            });
            Ok(OwedShortfall {
                id: AiringId::from_uuid(row.airing_id),
                order: OrderId::from_uuid(row.order_id),
                line: LineId::from_uuid(row.line_id),
                line_number: row.number,
                origin: days(row.origin_first, row.origin_last)?,
                amount: rate(row.amount)?,
                decision: Decision { reason: row.reason, approval: None, act },
                released: row.released.zip(released),
            })
        })
        .collect()
}

/// Records what somebody chose where the counts of a line are apart, as an exception found it. What was owed before is owed no more,
/// whatever they choose.
pub async fn choose(
    connection: &mut PgConnection,
    (account, line, origin_first): (AccountId, LineId, Date),
    exception: ExceptionId,
    (outcome, why): (&str, &str),
    act: &Act,
) -> Result<(), Failure> {
    sqlx::query!(
        "delete from owed_shortfall where account_id = $1 and line_id = $2 and origin_first = $3",
        account.uuid(),
        line.uuid(),
        origin_first.to_sqlx() as _
    )
    .execute(&mut *connection)
    .await?;
    if outcome != Outcome::Makegood.name() {
        return Ok(());
    }
    let (line_name, first) = (line.to_string(), origin_first.to_string());
    let id = AiringId::derived(&["shortfall", &line_name, &first].map(str::as_bytes));
    sqlx::query_file!(
        "src/store/sql/owe_shortfall.sql",
        exception.uuid(),
        id.uuid(),
        why,
        act.by,
        act.at.to_sqlx() as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
