//! The design of the document as boxes. Nothing below knows PDF; nothing here depends on a clock or a machine.

mod block;
mod figures;
mod flow;
mod furniture;
mod head;
mod lines;
mod slip;
mod spots;
mod table;
mod theme;
mod totals;

use self::block::Block;
use self::flow::Flow;
use self::theme::{DIM, GAP, MARGIN};
use crate::length::Length;
use crate::page::{Page, Role};
use crate::text::collect_missing;
use crate::{Invoice, Kind, Paper, RenderError};

/// Lays the document out on its pages.
///
/// # Errors
/// Everything that [`crate::render`] refuses except `File`.
pub fn lay_out(invoice: &Invoice) -> Result<Vec<Page>, RenderError> {
    check(invoice)?;
    let mut flow = Flow::new(invoice.paper);
    flow.place(vec![head::letterhead(invoice)])?;
    flow.space(GAP);
    flow.place(vec![head::key_figures(invoice)?])?;
    flow.space(GAP);
    flow.place(vec![head::parties(invoice)])?;
    flow.space(GAP);
    lines::print(invoice, &mut flow)?;
    notes(invoice, &mut flow)?;
    spots::print(invoice, &mut flow)?;
    if let Kind::Invoice { due, .. } | Kind::DebitNote { due, .. } = &invoice.kind {
        flow.place_at_foot(slip::slip(invoice, *due)?)?;
    }
    let pages = flow.finish(|number, count| furniture::furniture(invoice, number, count));
    all_printable(&pages)?;
    Ok(pages)
}

fn check(invoice: &Invoice) -> Result<(), RenderError> {
    if invoice.lines.is_empty() {
        return Err(RenderError::NoLines);
    }
    let known = |number| invoice.lines.iter().any(|line| line.number == number);
    match invoice.spots.iter().find(|spot| !known(spot.line)) {
        Some(spot) => Err(RenderError::UnknownLine(spot.line)),
        None => Ok(()),
    }
}

fn all_printable(pages: &[Page]) -> Result<(), RenderError> {
    let mut missing = Vec::new();
    for text in pages.iter().flat_map(Page::texts) {
        collect_missing(&text.content, &text.glyphs, &mut missing);
    }
    if missing.is_empty() { Ok(()) } else { Err(RenderError::MissingGlyphs(missing)) }
}

/// Width between the margins.
fn measure(paper: Paper) -> Length {
    paper.width() - MARGIN * 2
}

fn notes(invoice: &Invoice, flow: &mut Flow) -> Result<(), RenderError> {
    let slot = block::Slot::left(Length::ZERO, measure(invoice.paper));
    for note in &invoice.notes {
        flow.space(Length::pt(6));
        for line in DIM.face.wrap(DIM.size, note, slot.width) {
            let mut block = Block::default();
            block.set(slot, Length::ZERO, (DIM, Role::Paragraph), &line.content);
            flow.place(vec![block])?;
        }
    }
    Ok(())
}
