//! What was counted of the lines of a shard. Running totals say it; where something arrived after what the run has seen,
//! the daily facts that it has seen say it instead.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use calendar::Days;
use chassis::failure::Failure;
use ids::RunId;
use invoicing_domain::{
    order::BillingTerms,
    pricing::{Metric, PricingModel},
    rating::{Cell, Terms},
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::days;

/// What each source counted, by line.
#[derive(Default)]
pub(super) struct Delivered {
    lines: HashMap<Uuid, Vec<Counted>>,
    sources: HashMap<i32, String>,
}

/// What a source counted of a line on some days of one billing period and one segment of terms.
struct Counted {
    source: i32,
    days: Days,
    /// The last of the days of which anything was said.
    latest: Date,
    impressions: i64,
    viewable_impressions: i64,
    clicks: i64,
    views: i64,
    completed_views: i64,
    actions: i64,
    /// Days on which anything was delivered.
    active: i64,
    spend: Decimal,
    hours: Decimal,
}

impl Delivered {
    pub(super) async fn load(
        connection: &mut PgConnection,
        run: RunId,
        accounts: &[Uuid],
    ) -> Result<Self, Failure> {
        let later = sqlx::query_scalar!(
            "select distinct c.account_id from input_change c join billing_run r on r.run_id = $1
              where c.account_id = any($2) and c.cause = 'DELIVERY' and not pg_visible_in_snapshot(c.xid, r.snapshot)",
            run.uuid(),
            accounts
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut delivered = Self::default();
        let seen: Vec<Uuid> = accounts.iter().copied().filter(|account| !later.contains(account)).collect();
        delivered.add_totals(connection, &seen).await?;
        delivered.say_by_day(connection, &seen).await?;
        if !later.is_empty() {
            delivered.add_facts(connection, run, &later).await?;
        }
        if !delivered.lines.is_empty() {
            let sources = sqlx::query!("select source_no, source from delivery_source").fetch_all(connection);
            delivered.sources = sources.await?.into_iter().map(|row| (row.source_no, row.source)).collect();
        }
        Ok(delivered)
    }

    async fn add_totals(&mut self, connection: &mut PgConnection, accounts: &[Uuid]) -> Result<(), Failure> {
        let rows = sqlx::query!(
            "select line_id, source_no, first_day, last_day, impressions, viewable_impressions, clicks, views,
                    completed_views, actions, days, spend, hours, latest_day
               from delivery_total where account_id = any($1)",
            accounts
        )
        .fetch_all(connection)
        .await?;
        for row in rows {
            self.lines.entry(row.line_id).or_default().push(Counted {
                source: row.source_no,
                days: days(row.first_day, row.last_day)?,
                latest: row.latest_day.to_jiff(),
                impressions: row.impressions,
                viewable_impressions: row.viewable_impressions,
                clicks: row.clicks,
                views: row.views,
                completed_views: row.completed_views,
                actions: row.actions,
                active: row.days,
                spend: row.spend,
                hours: row.hours,
            });
        }
        Ok(())
    }

    /// Sums of several sources do not say which of their days are the same: where days bill, the days say it.
    async fn say_by_day(&mut self, connection: &mut PgConnection, accounts: &[Uuid]) -> Result<(), Failure> {
        let lines: Vec<Uuid> =
            self.lines.iter().filter(|(_, counted)| is_of_several(counted)).map(|(line, _)| *line).collect();
        if lines.is_empty() {
            return Ok(());
        }
        let rows = sqlx::query_file!("src/store/sql/days_of_several.sql", accounts, &lines)
            .fetch_all(connection)
            .await?;
        let mut by_day: HashMap<Uuid, Vec<Counted>> = HashMap::new();
        for row in rows {
            let days = days(row.day, row.day)?;
            let active = i64::from(row.is_active);
            by_day.entry(row.line_id).or_default().push(Counted::only_active(row.source_no, days, active));
        }
        self.lines.extend(by_day);
        Ok(())
    }

    async fn add_facts(
        &mut self,
        connection: &mut PgConnection,
        run: RunId,
        accounts: &[Uuid],
    ) -> Result<(), Failure> {
        let rows = sqlx::query_file!("src/store/sql/facts_seen.sql", run.uuid(), accounts)
            .fetch_all(connection)
            .await?;
        for row in rows {
            self.lines.entry(row.line_id).or_default().push(Counted {
                source: row.source_no,
                days: days(row.day, row.day)?,
                latest: row.day.to_jiff(),
                impressions: row.impressions,
                viewable_impressions: row.viewable_impressions,
                clicks: row.clicks,
                views: row.views,
                completed_views: row.completed_views,
                actions: row.actions,
                active: i64::from(row.is_active),
                spend: row.spend,
                hours: row.hours,
            });
        }
        Ok(())
    }

    /// The last day of which a source said anything of a line.
    pub(super) fn latest(&self, line: Uuid) -> Option<Date> {
        self.lines.get(&line)?.iter().map(|counted| counted.latest).max()
    }

    /// The sources that counted units of a line in a billing period, where there are several of those that count for it.
    pub(super) fn several(
        &self,
        line: Uuid,
        metric: Metric,
        counts: impl Fn(&str) -> bool,
        billing: BillingTerms,
    ) -> BTreeMap<Days, BTreeSet<String>> {
        let mut periods: BTreeMap<Days, BTreeSet<String>> = BTreeMap::new();
        let counted = self.lines.get(&line).filter(|counted| is_of_several(counted));
        for one in counted.into_iter().flatten().filter(|one| !one.units(metric).is_zero()) {
            if let Some(name) = self.sources.get(&one.source).filter(|name| counts(name)) {
                periods.entry(billing.period_of(one.days.first())).or_default().insert(name.clone());
            }
        }
        periods.retain(|_, sources| sources.len() > 1);
        periods
    }

    /// The cells of a line: what was counted of it by the sources that count for it. Days that are in no terms were
    /// taken out of its flight.
    pub(super) fn cells(
        &self,
        line: Uuid,
        (model, metric): (PricingModel, Metric),
        counts: impl Fn(&str) -> bool,
        terms: &[Terms],
    ) -> Vec<Cell> {
        let counted = self.lines.get(&line).map_or(&[][..], Vec::as_slice);
        let with_spend = model == PricingModel::TimeAndMaterials;
        let of_source =
            |counted: &Counted| self.sources.get(&counted.source).is_some_and(|name| counts(name));
        let in_flight =
            |counted: &Counted| terms.iter().any(|terms| terms.days.contains(counted.days.first()));
        let counted = counted.iter().filter(|counted| of_source(counted) && in_flight(counted));
        let cells = counted.map(|counted| Cell {
            days: counted.days,
            units: counted.units(metric),
            spend: if with_spend { counted.spend } else { Decimal::ZERO },
        });
        if metric == Metric::Days { each_day_once(cells) } else { cells.collect() }
    }
}

fn is_of_several(counted: &[Counted]) -> bool {
    counted.iter().any(|one| one.source != counted[0].source)
}

/// A day on which several sources counted something is one day.
fn each_day_once(cells: impl Iterator<Item = Cell>) -> Vec<Cell> {
    let mut once: BTreeMap<Days, Cell> = BTreeMap::new();
    for cell in cells {
        let known = once.entry(cell.days).or_insert(cell);
        known.units = known.units.max(cell.units);
    }
    once.into_values().collect()
}

impl Counted {
    fn only_active(source: i32, days: Days, active: i64) -> Self {
        Self {
            source,
            days,
            latest: days.last(),
            impressions: 0,
            viewable_impressions: 0,
            clicks: 0,
            views: 0,
            completed_views: 0,
            actions: 0,
            active,
            spend: Decimal::ZERO,
            hours: Decimal::ZERO,
        }
    }

    fn units(&self, metric: Metric) -> Decimal {
        match metric {
            Metric::Impressions => Decimal::from(self.impressions),
            Metric::ViewableImpressions => Decimal::from(self.viewable_impressions),
            Metric::Clicks => Decimal::from(self.clicks),
            Metric::Views => Decimal::from(self.views),
            Metric::CompletedViews => Decimal::from(self.completed_views),
            Metric::Actions => Decimal::from(self.actions),
            Metric::Days => Decimal::from(self.active),
            Metric::Spend => self.spend,
            Metric::Hours => self.hours,
        }
    }
}
