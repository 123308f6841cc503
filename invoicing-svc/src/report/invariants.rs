//! The laws of the books, counted: each is one SQL file, which names what breaks it.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::failure::Failure;
use invoicing_domain::invariant::Invariant;
use serde_json::Value;
use sqlx::PgConnection;

/// Every law with how often it is broken by what the caller may see. One snapshot, if the transaction has one.
pub async fn check(
    connection: &mut PgConnection,
    scope: Option<&Value>,
) -> Result<Vec<pb::InvariantResult>, Failure> {
    let mut results = Vec::with_capacity(Invariant::ALL.len());
    for invariant in Invariant::ALL {
        let (violations, examples) = broken(connection, invariant, scope).await?;
        let (id, law) = (invariant.id().to_owned(), invariant.law().to_owned());
        results.push(pb::InvariantResult { invariant: id, law, violations, examples });
    }
    Ok(results)
}

/// How often the law is broken, and the names of the first few that break it.
async fn broken(
    connection: &mut PgConnection,
    invariant: Invariant,
    scope: Option<&Value>,
) -> Result<(i64, Vec<String>), Failure> {
    macro_rules! count {
        ($file:literal) => {{
            let row = sqlx::query_file!($file, scope).fetch_one(connection).await?;
            (row.violations, row.examples)
        }};
    }
    Ok(match invariant {
        Invariant::LinesSumToGross => count!("src/report/sql/invariants/lines_sum_to_gross.sql"),
        Invariant::NetIsGrossLessCommission => {
            count!("src/report/sql/invariants/net_is_gross_less_commission.sql")
        }
        Invariant::LineCommissionsSum => count!("src/report/sql/invariants/line_commissions_sum.sql"),
        Invariant::PostingsSumToZero => count!("src/report/sql/invariants/postings_sum_to_zero.sql"),
        Invariant::BilledToDateIsWhatWasDocumented => {
            count!("src/report/sql/invariants/billed_to_date_is_what_was_documented.sql")
        }
        Invariant::NumberHasOneDocument => count!("src/report/sql/invariants/number_has_one_document.sql"),
        Invariant::NumbersHaveNoGap => count!("src/report/sql/invariants/numbers_have_no_gap.sql"),
        Invariant::ApprovedByAnother => count!("src/report/sql/invariants/approved_by_another.sql"),
        Invariant::CapHolds => count!("src/report/sql/invariants/cap_holds.sql"),
        Invariant::LedgerOfALineAddsUp => count!("src/report/sql/invariants/ledger_of_a_line_adds_up.sql"),
        Invariant::QuantityTimesPrice => count!("src/report/sql/invariants/quantity_times_price.sql"),
        Invariant::DatesFollowNumbers => count!("src/report/sql/invariants/dates_follow_numbers.sql"),
        Invariant::TaxRowsSum => count!("src/report/sql/invariants/tax_rows_sum.sql"),
        Invariant::CreditWithinLine => count!("src/report/sql/invariants/credit_within_line.sql"),
        Invariant::OpenIsReceivable => count!("src/report/sql/invariants/open_is_receivable.sql"),
        Invariant::PutWithinWhatIsThere => {
            count!("src/report/sql/invariants/put_within_what_is_there.sql")
        }
    })
}
