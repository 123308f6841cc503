use anyhow::{Context, Result};
use billing_proto::billing::invoicing::v1::{self as pb, note_line::By};

use super::{
    super::{table, world::World},
    Said, invoices,
};
use crate::adjusting::house::amount;

/// What the missed spots of an order come to.
pub async fn balance(world: &mut World, said: &Said<'_>) -> Result<()> {
    let name = format!("{}/makegoodBalance", world.name(said.word(0))?);
    let client = world.client("the analyst")?;
    let found = client.makegoods().get_makegood_balance(pb::GetMakegoodBalanceRequest { name }).await?;
    let cells = |balance: pb::MakegoodBalance| {
        vec![
            ("owed", amount(&balance.owed).to_owned()),
            ("fulfilled", amount(&balance.fulfilled).to_owned()),
            ("left", amount(&balance.left).to_owned()),
            ("missed spots", balance.missed_spots.to_string()),
            ("makegoods", balance.makegood_spots.to_string()),
        ]
    };
    table::compare(said.block, [found.into_inner()].into_iter().map(cells))
}

pub async fn missed(world: &mut World, said: &Said<'_>) -> Result<()> {
    let request = pb::ListMakegoodObligationsRequest {
        parent: world.name(said.word(0))?,
        ..pb::ListMakegoodObligationsRequest::default()
    };
    let client = world.client("the analyst")?;
    let found = client.makegoods().list_makegood_obligations(request).await?.into_inner();
    let cells = |missed: pb::MakegoodObligation| {
        vec![
            ("state", missed.state().as_str_name().trim_start_matches("MAKEGOOD_STATE_").to_owned()),
            ("line", missed.order_line),
            ("spot", missed.printed_as),
            ("owed", amount(&missed.owed).to_owned()),
        ]
    };
    table::compare(said.block, found.makegood_obligations.into_iter().map(cells))
}

/// A credit of a spot by its name, as billing would work it out.
pub async fn credit(world: &mut World, said: &Said<'_>) -> Result<()> {
    let invoice = invoices::of_order(world, said.word(3), said.word(4)).await?;
    let line = invoice.lines.iter().find(|line| line.order_line == said.word(2));
    let line = line.context("the invoice has no such line")?.number;
    let spots = pb::CreditedSpots { names: vec![said.word(1).to_owned()] };
    let note = pb::Note {
        basis: pb::NoteBasis::Correction.into(),
        reason: "It did not air".to_owned(),
        lines: vec![pb::NoteLine { line, by: Some(By::Spots(spots)) }],
        ..pb::Note::default()
    };
    let request = pb::PreviewCreditNoteRequest { invoice: invoice.name, note: Some(note), lines_only: false };
    world.client(said.word(0))?.notes().preview_credit_note(request).await?;
    Ok(())
}
