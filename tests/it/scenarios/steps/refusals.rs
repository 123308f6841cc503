use anyhow::{Context, Result, ensure};
use tonic_types::StatusExt;

use super::{super::world::World, Said};
use crate::suite::reason;

pub async fn refused(world: &mut World, said: &Said<'_>) -> Result<()> {
    let status = world.refused.as_ref().context("nothing was refused")?;
    let got = reason(status);
    ensure!(got == said.word(0), "expected {}, got {got}: {}", said.word(0), status.message());
    Ok(())
}

/// Somewhere in the message or among the fields that are wrong.
pub async fn names(world: &mut World, said: &Said<'_>) -> Result<()> {
    let status = world.refused.as_ref().context("nothing was refused")?;
    let fields = status.get_details_bad_request().map(|wrong| wrong.field_violations).unwrap_or_default();
    let fields = fields.iter().map(|wrong| format!("\n{} {}", wrong.field, wrong.description));
    let text = format!("{}{}", status.message(), fields.collect::<String>());
    ensure!(text.contains(said.word(0)), "expected {}, got {text}", said.word(0));
    Ok(())
}
