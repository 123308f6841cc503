//! Running totals are what the days that hold come to, whatever happened to the days and to the terms of their lines.

use billing_proto::billing::invoicing::v1 as pb;
use jiff::civil::{Date, date};
use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

use crate::{
    daily,
    order::{Sold, day, order, reference_data, sync},
    reference::create_product,
    service::Service,
};

/// How many lives of an order are led, where SIMULATION_ROUNDS does not say it.
const LIVES: u32 = 3;
/// What happens in each.
const STEPS: usize = 16;

const FIRST: Date = date(2026, 1, 1);
/// The last day that can have been counted.
const DAYS: u16 = 90;

/// Impressions of a line on a day after the first.
type Said = (&'static str, u16, i64);

/// Something that happens to an order.
#[derive(Clone, Debug)]
enum Step {
    /// A source says some days: new ones, or others than before.
    Upsert(&'static str, Vec<Said>),
    /// A source says all about a run of days, of one line or of all: what it leaves out is zero.
    Replace { source: &'static str, days: (u16, u16), line: Option<&'static str>, facts: Vec<Said> },
    /// A line has another price, from a day on or from its start.
    Price { line: &'static str, from: Option<u16>, rate: u16 },
    /// A line runs to another day.
    Flight { line: &'static str, last: u16 },
    /// A line is cancelled as of a day, or goes on after all.
    Cancel { line: &'static str, on: Option<u16> },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let source = || prop_oneof![Just("adserver"), Just("logs")];
    let line = || prop_oneof![Just("L1"), Just("L2")];
    let facts = || vec((line(), 0..DAYS, 0..2_000_i64), 0..20);
    let run = (0..DAYS, 0..40_u16).prop_map(|(first, length)| (first, (first + length).min(DAYS - 1)));
    let replace = (source(), run, prop::option::of(line()), facts());
    vec(
        prop_oneof![
            4 => (source(), facts()).prop_map(|(source, facts)| Step::Upsert(source, facts)),
            2 => replace.prop_map(|(source, days, line, facts)| Step::Replace { source, days, line, facts }),
            2 => (line(), prop::option::of(1..DAYS), 1..20_u16)
                .prop_map(|(line, from, rate)| Step::Price { line, from, rate }),
            1 => (line(), 20..120_u16).prop_map(|(line, last)| Step::Flight { line, last }),
            1 => (line(), prop::option::of(10..DAYS)).prop_map(|(line, on)| Step::Cancel { line, on }),
        ],
        STEPS,
    )
}

fn written(after: u16) -> String {
    FIRST.saturating_add(jiff::Span::new().days(i64::from(after))).to_string()
}

/// The order as its system has it.
struct Order {
    said: pb::Order,
    /// Revisions that were taken.
    amended: usize,
}

impl Order {
    async fn first(service: &Service, sold: &Sold) -> Self {
        let ad_product = create_product(service, "DISPLAY", pb::PricingModel::Cpm).await.name;
        let line = |number: &str| pb::OrderLine {
            number: number.into(),
            ad_product: ad_product.clone(),
            flight: Some(pb::Days { first: Some(day(&written(0))), last: Some(day(&written(89))) }),
            rate: "10".into(),
            booked_units: "900000".into(),
            ..pb::OrderLine::default()
        };
        let said = pb::Order { lines: vec![line("L1"), line("L2")], ..order(sold, "IO-1001") };
        sync(service, vec![said.clone()], "1").await.unwrap();
        Self { said, amended: 0 }
    }

    /// Says another revision. One that is refused, or that waits in review, changes nothing.
    async fn amend(&mut self, service: &Service, line: &str, change: impl FnOnce(&mut pb::OrderLine)) {
        let mut next = self.said.clone();
        next.revision += 1;
        for line in &mut next.lines {
            line.scopes.clear();
        }
        let line = next.lines.iter_mut().find(|known| known.number == line).unwrap();
        change(line);
        let last =
            next.lines.iter().filter_map(|line| line.flight?.last).max_by_key(|day| (day.month, day.day));
        next.flight.as_mut().unwrap().last = last;
        let results = sync(service, vec![next.clone()], &next.revision.to_string()).await.unwrap();
        self.said.revision = next.revision;
        if results[0].outcome() == pb::SyncOutcome::Amended {
            self.said = next;
            self.amended += 1;
        }
    }
}

/// The facts of a batch, each day of a line once.
fn facts(said: &[Said]) -> Vec<pb::DeliveryFact> {
    let mut said = said.to_vec();
    said.sort();
    said.dedup_by_key(|(line, day, _)| (*line, *day));
    let fact = |(line, day, count): Said| pb::DeliveryFact {
        clicks: (count % 3 == 0).then_some(count / 100),
        spend: if count % 2 == 0 { format!("{count}.25") } else { String::new() },
        ..daily::fact(line, &written(day), count)
    };
    said.into_iter().map(fact).collect()
}

fn header(source: &str, batch: usize, facts: &[pb::DeliveryFact]) -> pb::DailyBatchHeader {
    let impressions = facts.iter().filter_map(|fact| fact.impressions).sum();
    let rows = i64::try_from(facts.len()).unwrap();
    pb::DailyBatchHeader { source: source.into(), ..daily::header(&format!("B{batch}"), rows, impressions) }
}

async fn happen(service: &Service, order: &mut Order, step: &Step, number: usize) {
    match step {
        Step::Upsert(source, said) => {
            let facts = facts(said);
            daily::import(service, header(source, number, &facts), &facts).await.unwrap();
        }
        Step::Replace { source, days, line, facts: said } => {
            let facts = facts(said);
            let line = line.map(|line| pb::DeliveredLine { order: "IO-1001".into(), line: line.into() });
            let header = pb::DailyBatchHeader {
                mode: pb::BatchMode::Replace.into(),
                days: crate::order::days(&written(days.0), &written(days.1)),
                lines: line.into_iter().collect(),
                ..header(source, number, &facts)
            };
            daily::import(service, header, &facts).await.unwrap();
        }
        Step::Price { line, from, rate } => {
            let scope = pb::TermScope {
                from: from.map(|from| day(&written(from))),
                from_start: from.is_none(),
                evidence: "a letter".into(),
                ..pb::TermScope::default()
            };
            let change =
                |line: &mut pb::OrderLine| (line.rate, line.scopes) = (rate.to_string(), vec![scope]);
            order.amend(service, line, change).await;
        }
        Step::Flight { line, last } => {
            let last = Some(day(&written(*last)));
            order.amend(service, line, |line| line.flight.as_mut().unwrap().last = last).await;
        }
        Step::Cancel { line, on } => {
            let on = on.map(|on| day(&written(on)));
            order.amend(service, line, |line| line.cancelled_on = on).await;
        }
    }
}

/// What the totals should be: of each day the fact that landed last, by month and segment of terms, up to the last day.
const SUMS: &str = "with held as (
    select distinct on (account_id, line_id, source_no, day) * from delivery_fact
     order by account_id, line_id, source_no, day, landing desc
  ), dated as (
    select h.*, greatest(s.first_day, date_trunc('month', day)::date) as first_day,
           least(s.last_day, l.closed_on, (date_trunc('month', day) + interval '1 month - 1 day')::date) as last_day
      from held h join order_line l using (account_id, line_id)
      join term_segment s on s.account_id = h.account_id and s.line_id = h.line_id and h.day between s.first_day and s.last_day
     where h.day <= coalesce(l.closed_on, h.day)
  )
  select line_id, source_no, first_day, last_day, sum(impressions)::bigint as impressions, coalesce(sum(clicks), 0)::bigint as clicks,
         count(*) filter (where greatest(impressions, clicks, spend) > 0) as days, trim_scale(coalesce(sum(spend), 0)) as spend, max(day) as latest
    from dated group by line_id, source_no, first_day, last_day";
const TOTALS: &str = "select line_id, source_no, first_day, last_day, impressions, clicks, days, trim_scale(spend), latest_day from delivery_total";

async fn rows(service: &Service, sql: &str) -> Vec<String> {
    let sql = format!("select said::text from ({sql}) as said order by 1");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut service.connection().await).await.unwrap()
}

#[tokio::test]
async fn totals_are_what_the_days_come_to() {
    let mut runner = TestRunner::new(Config::default());
    let lives = std::env::var("SIMULATION_ROUNDS").map_or(LIVES, |rounds| rounds.parse().unwrap());
    for _ in 0..lives {
        let life = steps().new_tree(&mut runner).unwrap().current();
        let service = Service::start().await;
        let sold = reference_data(&service).await;
        let mut order = Order::first(&service, &sold).await;
        for (number, step) in life.iter().enumerate() {
            happen(&service, &mut order, step, number).await;
            assert_eq!(
                rows(&service, TOTALS).await,
                rows(&service, SUMS).await,
                "after {number} of {life:#?}"
            );
        }
        assert!(!rows(&service, TOTALS).await.is_empty(), "nothing was counted in {life:#?}");
        println!("{} of {STEPS} steps were amendments that were taken", order.amended);
    }
}
