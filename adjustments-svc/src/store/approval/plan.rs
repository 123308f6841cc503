//! A plan as the database keeps it: `{"rows": ["A2"], "steps": [[{"role": "CONTROLLER", "quorum": 1}]]}`.

use adjustments_domain::{
    policy::{Need, Plan},
    role::Role,
};
use anyhow::Context;
use chassis::failure::Failure;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::written::Written;

#[derive(Deserialize, Serialize)]
struct Kept {
    rows: Vec<String>,
    steps: Vec<Vec<KeptNeed>>,
}

#[derive(Deserialize, Serialize)]
struct KeptNeed {
    role: String,
    quorum: u32,
}

pub(super) fn write(plan: &Plan) -> Result<Value, Failure> {
    let need = |need: &Need| KeptNeed { role: need.role.name().to_owned(), quorum: need.quorum };
    let steps = plan.steps.iter().map(|step| step.iter().map(need).collect()).collect();
    Ok(serde_json::to_value(Kept { rows: plan.rows.clone(), steps }).context("a plan cannot be written")?)
}

pub(super) fn read(kept: Value) -> Result<Plan, Failure> {
    let kept: Kept = serde_json::from_value(kept).context("the database holds a plan that cannot be read")?;
    let need = |need: KeptNeed| Ok(Need { role: <Role as Written>::read(&need.role)?, quorum: need.quorum });
    let steps = kept.steps.into_iter().map(|step| step.into_iter().map(need).collect());
    Ok(Plan { rows: kept.rows, steps: steps.collect::<Result<_, Failure>>()? })
}
