//! The lines of orders that are taken, with their segments, plans, parts and balances.

use chassis::failure::Failure;
use ids::LineId;
use invoicing_domain::{
    order::{Cap, Discount, Line, LineTerms, Order},
    pricing::{PricingModel, Tiers},
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Taken, bytea};
use crate::store::{
    delivery_total,
    input_change::{self, Cause},
    written::Written,
};

/// Records the lines of the orders. What was booked once stays as it is while the terms do.
pub(super) async fn record(
    connection: &mut PgConnection,
    taken: &[Taken<'_>],
    at: Timestamp,
) -> Result<(), Failure> {
    let lines = || taken.iter().flat_map(lines);
    let rows: Value = lines().map(|line| line.json()).collect();
    sqlx::query_file!("src/store/sql/upsert_order_lines.sql", rows).execute(&mut *connection).await?;
    let rewritten: Vec<_> = lines().filter(|line| line.terms_are_new).collect();
    replace_parts(connection, &rewritten, at).await?;
    // What was delivered of a line that was known stands in cells by its old terms.
    let known = rewritten.iter().filter(|line| line.is_known).map(|line| (line.order.account, line.id));
    delivery_total::rebuild(connection, &known.collect::<Vec<_>>()).await?;
    let accounts: Vec<_> = taken.iter().map(|taken| taken.order.account).collect();
    input_change::record(connection, &accounts, Cause::Order).await
}

/// A line of an order that is taken.
struct TakenLine<'a> {
    order: &'a Order,
    id: LineId,
    ordinal: i32,
    line: &'a Line,
    terms: &'a LineTerms,
    is_known: bool,
    is_billed: bool,
    terms_are_new: bool,
}

fn lines<'a>(taken: &Taken<'a>) -> impl Iterator<Item = TakenLine<'a>> {
    let Taken { order, booking, known } = *taken;
    let (order_id, lines) = (order.id(), order.lines.iter().zip(&booking.lines));
    (1_i32..).zip(lines).map(move |(ordinal, (line, terms))| {
        let known = known.and_then(|known| known.lines.get(&line.number));
        let terms_are_new = known.is_none_or(|known| known.terms_digest != terms.digest);
        let (id, is_known) = (LineId::of(order_id, &line.number), known.is_some());
        let is_billed = known.is_some_and(|known| known.is_billed);
        TakenLine { order, id, ordinal, line, terms, is_known, is_billed, terms_are_new }
    })
}

impl TakenLine<'_> {
    fn json(&self) -> Value {
        let Self { order, id, ordinal, line, terms, .. } = self;
        let (percent, budget) = match terms.cap {
            Cap::LesserOfBookedAndDelivered | Cap::Uncapped => (None, None),
            Cap::Percent(percent) => (Some(text(percent)), None),
            Cap::Budget(budget) => (None, Some(text(budget))),
        };
        let (discount_percent, discount_amount) = match line.discount {
            None => (None, None),
            Some(Discount::Percent(percent)) => (Some(text(percent)), None),
            Some(Discount::Amount(amount)) => (None, Some(text(amount))),
        };
        let usage = &line.usage;
        let mut said = json!({
            "account_id": order.account.uuid(),
            "order_id": order.id().uuid(),
            "line_id": id.uuid(),
            "number": line.number,
            "ordinal": ordinal,
            "product_id": line.product.uuid(),
            "description": line.description,
            "flight_first": line.flight.first().to_string(),
            "flight_last": line.flight.last().to_string(),
            "pricing_model": terms.pricing_model.text(),
            "schedule": terms.schedule.text(),
            "amount": terms.amount.to_string(),
            "list_amount": terms.list_amount.to_string(),
            "list_rate": line.rate.map(text),
            "discount_percent": discount_percent,
            "discount_amount": discount_amount,
            "cap_kind": terms.cap.name(),
            "cap_percent": percent,
            "cap_budget": budget,
            "cap_window": line.cap_window.text(),
            "booked_units": line.booked_units.map(text),
            "metric": usage.metric.map(Written::text),
            "tier_window": usage.tier_window.text(),
            "minimum_amount": usage.minimum.map(|minimum| text(minimum.amount)),
            "minimum_window": usage.minimum.map(|minimum| minimum.window.text()),
            "term_months": usage.term_months,
            "proration": usage.proration.map(Written::text),
            "package_units": usage.package_units.map(text),
            "markup_percent": usage.markup_percent.map(text),
            "expense_cap": usage.expense_cap.map(text),
            "station": line.station,
            "program": line.program,
            "spot_length_seconds": line.spot_length_seconds,
            "terms_digest": bytea(terms.digest),
            "said": terms.said,
            "closed_on": line.cancelled_on.map(text),
            "short_rate": line.short_rate.map(text),
        });
        said.as_object_mut().into_iter().for_each(|said| said.extend(self.counting_json()));
        said
    }

    /// Who counts what is delivered, and whose count bills.
    fn counting_json(&self) -> serde_json::Map<String, Value> {
        let (usage, third_party) = (&self.line.usage, self.line.third_party.as_ref());
        let tolerance = third_party.map_or_else(|| "10".to_owned(), |of| text(of.tolerance_percent));
        let counting = [
            ("delivery_source", json!(usage.delivery_source)),
            ("third_party_source", json!(third_party.map(|third_party| &third_party.source))),
            ("third_party_controls", json!(third_party.is_some_and(|third_party| third_party.controls))),
            ("tolerance_percent", json!(tolerance)),
            ("tolerance_base", json!(third_party.map_or("OWN", |of| of.tolerance_base.name()))),
            ("without_count", json!(third_party.map_or("HOLD", |of| of.without_count.name()))),
            ("count_due_days", json!(third_party.map_or(0, |of| of.count_due_days))),
        ];
        counting.into_iter().map(|(column, value)| (column.to_owned(), value)).collect()
    }

    /// The booked units are those of the line, whatever the day: they stand with its first.
    fn segment_jsons(&self) -> impl Iterator<Item = Value> {
        let units = self.line.booked_units.map(text);
        self.terms.segments.iter().enumerate().map(move |(n, segment)| {
            let later = units.as_ref().map(|_| "0".to_owned());
            json!({
                "account_id": self.order.account.uuid(),
                "line_id": self.id.uuid(),
                "first_day": segment.days.first().to_string(),
                "last_day": segment.days.last().to_string(),
                "revision": segment.revision,
                "rate": segment.price.rate.map(text),
                "booked_units": if n == 0 { units.clone() } else { later },
                "tiers": segment.price.tiers.as_ref().map(tiers_json),
                "discount_percent": segment.price.discount.map(text),
            })
        })
    }

    fn week_jsons(&self) -> impl Iterator<Item = Value> {
        (1_i32..).zip(&self.line.plan).map(|(ordinal, week)| {
            json!({
                "account_id": self.order.account.uuid(),
                "line_id": self.id.uuid(),
                "ordinal": ordinal,
                "first_day": week.days.first().to_string(),
                "last_day": week.days.last().to_string(),
                "weekdays": week.weekdays.to_string(),
                "units": week.units,
                "rate": week.rate.to_string(),
            })
        })
    }

    fn part_jsons(&self) -> impl Iterator<Item = Value> {
        self.terms.parts.iter().map(|part| {
            json!({
                "account_id": self.order.account.uuid(),
                "line_id": self.id.uuid(),
                "period_first": part.period.first().to_string(),
                "period_last": part.period.last().to_string(),
                "amount": part.amount.to_string(),
            })
        })
    }

    fn period_units_jsons(&self) -> impl Iterator<Item = Value> {
        self.terms.period_units.iter().map(|of| {
            json!({
                "account_id": self.order.account.uuid(),
                "line_id": self.id.uuid(),
                "period_first": of.period.first().to_string(),
                "period_last": of.period.last().to_string(),
                "units": of.units.to_string(),
            })
        })
    }

    fn quantity_jsons(&self) -> impl Iterator<Item = Value> {
        self.line.usage.quantities.iter().map(|from| {
            json!({
                "account_id": self.order.account.uuid(),
                "line_id": self.id.uuid(),
                "from_day": from.day.to_string(),
                "quantity": from.quantity.to_string(),
            })
        })
    }

    fn milestone_jsons(&self) -> impl Iterator<Item = Value> {
        (1_i32..).zip(&self.line.milestones).map(|(ordinal, milestone)| {
            json!({
                "account_id": self.order.account.uuid(),
                "line_id": self.id.uuid(),
                "ordinal": ordinal,
                "day": milestone.day.to_string(),
                "amount": milestone.amount.to_string(),
                "description": milestone.description,
            })
        })
    }

    fn opening_jsons(&self) -> impl Iterator<Item = Value> {
        (1_i32..).zip(&self.line.opening_balances).map(|(entry, balance)| {
            json!({
                "account_id": self.order.account.uuid(),
                "line_id": self.id.uuid(),
                "entry": entry,
                "kind": opening_kind(self.terms.pricing_model),
                "origin_first": balance.origin.first().to_string(),
                "origin_last": balance.origin.last().to_string(),
                "segment_first": self.line.flight.first().to_string(),
                "units": balance.units.to_string(),
                "gross": balance.gross.to_string(),
            })
        })
    }
}

/// What an opening balance has billed.
fn opening_kind(model: PricingModel) -> &'static str {
    match model {
        PricingModel::FlatFee | PricingModel::Subscription => "SCHEDULE_PART",
        PricingModel::PerSpot => "SPOTS",
        PricingModel::Cpm
        | PricingModel::Vcpm
        | PricingModel::Cpc
        | PricingModel::Cpv
        | PricingModel::Cpcv
        | PricingModel::Cpa
        | PricingModel::Cpd
        | PricingModel::PercentOfSpend
        | PricingModel::Graduated
        | PricingModel::Volume
        | PricingModel::Package
        | PricingModel::TieredFlat
        | PricingModel::GraduatedPercent
        | PricingModel::TimeAndMaterials => "DELIVERY",
    }
}

/// `[{"up_to": "100000", "rate": "10", "flat": null}, …]`
fn tiers_json(tiers: &Tiers) -> Value {
    let tier = |tier: invoicing_domain::pricing::Tier| json!({ "up_to": tier.up_to.map(text), "rate": text(tier.rate), "flat": tier.flat.map(text) });
    tiers.iter().map(tier).collect()
}

fn text(value: impl ToString) -> String {
    value.to_string()
}

async fn replace_parts(
    connection: &mut PgConnection,
    lines: &[TakenLine<'_>],
    at: Timestamp,
) -> Result<(), Failure> {
    let (accounts, ids): (Vec<Uuid>, Vec<Uuid>) =
        lines.iter().map(|line| (line.order.account.uuid(), line.id.uuid())).unzip();
    macro_rules! replace {
        ($delete:literal, $insert:literal, $rows:expr) => {
            sqlx::query!($delete, &accounts, &ids).execute(&mut *connection).await?;
            sqlx::query!($insert, $rows.collect::<Value>()).execute(&mut *connection).await?;
        };
    }
    replace!(
        "delete from term_segment where (account_id, line_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        "insert into term_segment (account_id, line_id, first_day, last_day, revision, rate, booked_units, tiers, discount_percent)
         select * from jsonb_to_recordset($1) as said (account_id uuid, line_id uuid, first_day date, last_day date,
           revision bigint, rate numeric, booked_units numeric, tiers jsonb, discount_percent numeric)",
        lines.iter().flat_map(TakenLine::segment_jsons)
    );
    replace!(
        "delete from plan_week where (account_id, line_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        "insert into plan_week (account_id, line_id, ordinal, first_day, last_day, weekdays, units, rate)
         select * from jsonb_to_recordset($1) as said (account_id uuid, line_id uuid, ordinal integer, first_day date,
           last_day date, weekdays text, units numeric, rate numeric)",
        lines.iter().flat_map(TakenLine::week_jsons)
    );
    replace!(
        "delete from schedule_part where (account_id, line_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        "insert into schedule_part (account_id, line_id, period_first, period_last, amount)
         select * from jsonb_to_recordset($1) as said (account_id uuid, line_id uuid, period_first date, period_last date,
           amount numeric)",
        lines.iter().flat_map(TakenLine::part_jsons)
    );
    replace!(
        "delete from period_units where (account_id, line_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        "insert into period_units (account_id, line_id, period_first, period_last, units)
         select * from jsonb_to_recordset($1) as said (account_id uuid, line_id uuid, period_first date, period_last date,
           units numeric)",
        lines.iter().flat_map(TakenLine::period_units_jsons)
    );
    replace!(
        "delete from subscription_quantity where (account_id, line_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        "insert into subscription_quantity (account_id, line_id, from_day, quantity)
         select * from jsonb_to_recordset($1) as said (account_id uuid, line_id uuid, from_day date, quantity numeric)",
        lines.iter().flat_map(TakenLine::quantity_jsons)
    );
    replace!(
        "delete from milestone where (account_id, line_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        "insert into milestone (account_id, line_id, ordinal, day, amount, description)
         select * from jsonb_to_recordset($1) as said (account_id uuid, line_id uuid, ordinal integer, day date,
           amount numeric, description text)",
        lines.iter().flat_map(TakenLine::milestone_jsons)
    );
    // A line with an opening balance counts as billed, so that its balances are new only once.
    let balances: Value =
        lines.iter().filter(|line| !line.is_billed).flat_map(TakenLine::opening_jsons).collect();
    sqlx::query_file!("src/store/sql/insert_opening_balances.sql", balances, at.to_sqlx() as _)
        .execute(connection)
        .await?;
    Ok(())
}
