//! Lines that two count: what bills by whose count, and what somebody has to decide.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;
use calendar::Month;
use chassis::failure::Failure;
use invoicing_domain::{
    order::BillingTerms,
    rating::Cell,
    third_party::{self, Case, Counts, Decided, Decision, Outcome, ThirdPartyTerms},
};
use jiff::civil::Date;
use sqlx::PgConnection;
use uuid::Uuid;

/// What was chosen where counts were apart, and what is owed by that, by line and first day of the period.
pub(super) type Chosen = HashMap<Uuid, BTreeMap<Date, Decided>>;

/// Who counts beside the delivery source.
pub(super) struct ThirdParty {
    pub(super) source: String,
    /// Absent where its count is only compared.
    pub(super) controls: Option<ThirdPartyTerms>,
}

pub(super) async fn chosen(connection: &mut PgConnection, accounts: &[Uuid]) -> Result<Chosen, Failure> {
    if accounts.is_empty() {
        return Ok(Chosen::new());
    }
    let rows = sqlx::query!(
        "select line_id, origin_first, outcome, own_count, controlling_count
           from chosen_outcome where account_id = any($1) order by chosen_at",
        accounts
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut chosen = Chosen::new();
    for row in rows {
        let outcome = Outcome::of_name(&row.outcome).context("the database holds an unknown outcome")?;
        let counts = row.own_count.map(|own| Counts { own, controlling: row.controlling_count });
        let of_line = chosen.entry(row.line_id).or_default();
        of_line.entry(row.origin_first.to_jiff()).or_default().made.push(Decision { outcome, counts });
    }
    let owed = sqlx::query!(
        "select line_id, origin_first, own_count as \"own_count!\", controlling_count from owed_shortfall s
          where account_id = any($1) and own_count is not null
            and not exists (select from makegood_release r where r.account_id = s.account_id and r.airing_id = s.airing_id)",
        accounts
    )
    .fetch_all(connection)
    .await?;
    for row in owed {
        let of_line = chosen.entry(row.line_id).or_default();
        of_line.entry(row.origin_first.to_jiff()).or_default().owed =
            Some(Counts { own: row.own_count, controlling: row.controlling_count });
    }
    Ok(chosen)
}

/// The cells that bill, and the periods in which the counts are apart, up to the month that is run.
pub(super) fn settle(
    (own, controlling): (Vec<Cell>, Vec<Cell>),
    terms: ThirdPartyTerms,
    chosen: Option<BTreeMap<Date, Decided>>,
    (billing, month): (BillingTerms, Month),
) -> (Vec<Cell>, Vec<Case>) {
    let by_period = |cells: Vec<Cell>| {
        let mut periods: BTreeMap<_, Vec<Cell>> = BTreeMap::new();
        for cell in cells {
            periods.entry(billing.period_of(cell.days.first())).or_default().push(cell);
        }
        periods.retain(|period, _| billing.month_of(*period) <= month);
        periods
    };
    let delivered = third_party::Delivered { own: by_period(own), controlling: by_period(controlling) };
    let mut decided: BTreeMap<_, Decided> = BTreeMap::new();
    for (first, of_period) in chosen.into_iter().flatten() {
        let known = decided.entry(billing.period_of(first)).or_default();
        known.made.extend(of_period.made);
        known.owed = of_period.owed.or(known.owed);
    }
    let settled = third_party::settle(&delivered, terms, &decided);
    (settled.cells, settled.cases)
}
