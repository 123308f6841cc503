//! The table of lines. The last line and the totals stay together: totals alone on a page say nothing.

use super::block::{Align, Block};
use super::flow::Flow;
use super::measure;
use super::table::{Cell, Columns, Row, fitting, underlined};
use super::theme::{BODY, DIM, NUMBER, STRONG};
use super::totals::totals;
use crate::figure::{grouped, period};
use crate::length::Length;
use crate::{Invoice, Line, RenderError};

const TABLE: u32 = 0;

/// Prints lines and totals.
pub(super) fn print(invoice: &Invoice, flow: &mut Flow) -> Result<(), RenderError> {
    let width = measure(invoice.paper);
    let columns = columns(&invoice.lines, width)?;
    let amount = format!("Amount ({})", invoice.currency);
    let head =
        columns.head(width, TABLE, &["#", "Description", "Service period", "Quantity", "Price", &amount]);
    let mut lead = vec![head.clone()];
    for (index, line) in invoice.lines.iter().enumerate() {
        let row = Row { table: TABLE, row: line_row(index) };
        let block = underlined(columns.row(row, Length::pt(4), &cells(invoice, line)?), width);
        let mut together = std::mem::take(&mut lead);
        together.push(block);
        if index + 1 < invoice.lines.len() {
            flow.place(together)?;
        } else {
            last(flow, together, totals(invoice)?)?;
        }
        if index == 0 {
            flow.repeat = vec![head.as_furniture()];
        }
    }
    flow.repeat.clear();
    Ok(())
}

/// The last line with the totals under it, apart only where no page holds both.
fn last(flow: &mut Flow, line: Vec<Block>, totals: Block) -> Result<(), RenderError> {
    let mut together = line;
    together.push(totals);
    if flow.fits_a_page(&together) {
        return flow.place(together);
    }
    let totals = together.split_off(together.len() - 1);
    flow.place(together)?;
    flow.place(totals)
}

fn columns(lines: &[Line], width: Length) -> Result<Columns, RenderError> {
    let fitted = |least, figure: fn(&Line) -> &str| {
        let figures: Result<Vec<String>, RenderError> =
            lines.iter().map(|line| grouped(figure(line))).collect();
        Ok::<Length, RenderError>(fitting(least, BODY, &figures?))
    };
    let widths = [
        (Length::pt(20), Align::Left),
        (Length::ZERO, Align::Left),
        (Length::pt(94), Align::Left),
        (fitted(62, |line| &line.quantity)?, Align::Right),
        (fitted(58, |line| &line.price)?, Align::Right),
        (fitted(72, |line| &line.amount)?, Align::Right),
    ];
    Ok(Columns::new(width, &widths))
}

/// Row of the table's structure; the head is row 0.
fn line_row(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

fn cells(invoice: &Invoice, line: &Line) -> Result<[Cell; 6], RenderError> {
    let detail = line.detail.iter().chain(&line.note).map(|text| (DIM, text.clone()));
    let basis = line.price_basis.iter().map(|text| (DIM, text.clone()));
    Ok([
        vec![(NUMBER, line.number.to_string())],
        std::iter::once((STRONG, line.description.clone())).chain(detail).collect(),
        vec![(BODY, period(invoice.paper, line.period))],
        vec![(BODY, grouped(&line.quantity)?), (DIM, line.unit.clone())],
        std::iter::once((BODY, grouped(&line.price)?)).chain(basis).collect(),
        vec![(BODY, grouped(&line.amount)?)],
    ])
}
