//! Lines that two count: what bills by whose count, and what somebody has to decide.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;
use calendar::Month;
use chassis::failure::Failure;
use invoicing_domain::{
    order::BillingTerms,
    rating::Cell,
    third_party::{self, Case, Outcome, ThirdPartyTerms},
};
use jiff::civil::Date;
use sqlx::PgConnection;
use uuid::Uuid;

/// What was chosen where counts were apart, by line and first day of the period.
pub(super) type Chosen = HashMap<Uuid, BTreeMap<Date, Outcome>>;

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
        "select line_id, origin_first, outcome from chosen_outcome where account_id = any($1)",
        accounts
    )
    .fetch_all(connection)
    .await?;
    let mut chosen = Chosen::new();
    for row in rows {
        let outcome = Outcome::of_name(&row.outcome).context("the database holds an unknown outcome")?;
        chosen.entry(row.line_id).or_default().insert(row.origin_first.to_jiff(), outcome);
    }
    Ok(chosen)
}

/// The cells that bill, and the periods in which the counts are apart, up to the month that is run.
pub(super) fn settle(
    (own, controlling): (Vec<Cell>, Vec<Cell>),
    terms: ThirdPartyTerms,
    chosen: Option<BTreeMap<Date, Outcome>>,
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
    let chosen = chosen.unwrap_or_default();
    let decided = chosen.into_iter().map(|(first, outcome)| (billing.period_of(first), outcome)).collect();
    let settled = third_party::settle(&delivered, terms, &decided);
    (settled.cells, settled.cases)
}
