use billing_proto::{DESCRIPTOR_POOL, billing::invoicing::v1::GetTrialBalanceRequest, google::r#type::Date};
use http::Method;

use super::*;
use crate::transcode::table::{Found, Table};

fn trial_balance(query: &str) -> Result<GetTrialBalanceRequest, Refusal> {
    let table = Table::compile(&DESCRIPTOR_POOL).unwrap();
    let found = table.find(&Method::GET, "/v1/billingEntities/ent_1:trialBalance");
    let Found::Binding(binding, captured) = found else { panic!("{found:?}") };
    let message = Parts::read(&binding, captured?, Some(query))?.message("body", b"")?;
    Ok(message.transcode_to().unwrap())
}

#[test]
fn a_day_is_written_whole_or_by_its_parts() {
    let as_of = Some(Date { year: 2020, month: 1, day: 31 });
    let expected = GetTrialBalanceRequest { billing_entity: "billingEntities/ent_1".to_owned(), as_of };
    for query in ["asOf=2020-01-31", "as_of=2020-01-31", "asOf.year=2020&as_of.month=1&asOf.day=31"] {
        assert_eq!(trial_balance(query).unwrap(), expected, "{query}");
    }
    assert_eq!(trial_balance("").unwrap().as_of, None);
}

#[test]
fn a_field_inside_a_field_that_is_none_is_refused() {
    for query in ["asOf.year.first=1", "billingEntity.name=1", "asOf.century=20", ".=1", "asOf.=1"] {
        let refusal = trial_balance(query).unwrap_err();
        assert_eq!(refusal.violations.len(), 1, "{query}: {refusal:?}");
    }
}
