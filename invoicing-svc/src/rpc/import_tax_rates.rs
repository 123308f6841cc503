//! `ImportTaxRates`: a file of rates, whole or not at all.

use std::collections::BTreeSet;

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{call::Call, failure::Failure};
use ids::TaxRateId;
use invoicing_domain::tax::{TaxRate, take_in};
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use tonic::Request;
use uuid::Uuid;

use super::{
    Rpc,
    changed::unlimited,
    tax_service::{fact, record_change},
};
use crate::{
    store::tax as store,
    wire::{tax as wire, tax_csv as file},
};

/// Takes the rates of a file in.
pub async fn import(
    rpc: &Rpc,
    request: Request<pb::ImportTaxRatesRequest>,
) -> Result<pb::ImportTaxRatesResponse, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    unlimited(&call)?;
    let filed = file::parse(&message.csv, || TaxRateId::from_uuid(Uuid::now_v7()))?;
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    store::lock(&mut transaction).await?;
    let known = store::load(&mut transaction, store::Which::default()).await?;
    let taken = take_in(&known, filed).map_err(|wrong| {
        let mut v = Violations::new();
        for (line, refusal) in wrong {
            v.add(&file::at(line), refusal);
        }
        v.refusal()
    })?;
    let changed = || taken.created.iter().chain(&taken.updated);
    let is_known = |rate: &TaxRate| {
        known.iter().any(|before| before.place == rate.place && before.tax_code == rate.tax_code)
    };
    if changed().any(is_known) {
        rpc.is_approved_change(&call, "")?;
    }
    store::record(&mut transaction, &changed().cloned().collect::<Vec<_>>(), call.at).await?;
    let mut told = BTreeSet::new();
    for rate in changed().filter(|rate| told.insert((rate.place.clone(), rate.tax_code.clone()))) {
        let is_first = !known.iter().any(|before| before.place == rate.place);
        record_change(&mut transaction, rate, is_first).await?;
    }
    let created =
        taken.created.iter().map(|rate| fact("billing.invoicing.v1.tax_rate.created", &wire::message(rate)));
    let updated =
        taken.updated.iter().map(|rate| fact("billing.invoicing.v1.tax_rate.updated", &wire::message(rate)));
    say(&mut transaction, &Voice::of(&call), created.chain(updated).collect()).await?;
    let count = |of: usize| i32::try_from(of).map_err(anyhow::Error::from);
    let answer = pb::ImportTaxRatesResponse {
        created: count(taken.created.len())?,
        updated: count(taken.updated.len())?,
        unchanged: count(taken.unchanged)?,
    };
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}
