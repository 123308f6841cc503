//! The airings, grouped by their line. A group's head never stands without an airing under it.

use super::block::{Align, Block, Slot};
use super::flow::Flow;
use super::measure;
use super::table::{Cell, Columns, Row, fitting};
use super::theme::{DIM, FINE, FINE_STRONG, GAP, HEADING, PAD, TINT};
use crate::figure::{grouped, weekday};
use crate::length::Length;
use crate::page::{Area, Role};
use crate::{Invoice, Line, RenderError, Spot};

const TABLE: u32 = 2;

/// Prints the airings of every line that has some, in the order of the lines.
pub(super) fn print(invoice: &Invoice, flow: &mut Flow) -> Result<(), RenderError> {
    let width = measure(invoice.paper);
    let columns = columns(&invoice.spots, width)?;
    let names = ["Date", "Time", "Length", "Creative", "Remark", "Rate", "Amount"];
    let head = columns.head(width, TABLE, &names);
    let mut lead = vec![Block::space(GAP), heading(width), head.clone()];
    let mut row = 0;
    for line in &invoice.lines {
        for (index, spot) in invoice.spots.iter().filter(|spot| spot.line == line.number).enumerate() {
            let mut together = std::mem::take(&mut lead);
            if index == 0 {
                row += 1;
                together.push(group(line, width, row, ""));
            }
            row += 1;
            let place = Row { table: TABLE, row };
            together.push(columns.row(place, Length::milli(500), &cells(invoice, spot)?));
            flow.place(together)?;
            flow.repeat = vec![head.as_furniture(), group(line, width, row, " (continued)").as_furniture()];
        }
        // The next group brings its own head.
        flow.repeat.truncate(1);
    }
    flow.repeat.clear();
    Ok(())
}

fn columns(spots: &[Spot], width: Length) -> Result<Columns, RenderError> {
    let fitted = |least, figure: fn(&Spot) -> &str| {
        let figures: Result<Vec<String>, RenderError> =
            spots.iter().map(|spot| grouped(figure(spot))).collect();
        Ok::<Length, RenderError>(fitting(least, FINE, &figures?))
    };
    let widths = [
        (Length::pt(84), Align::Left),
        (Length::pt(48), Align::Left),
        (Length::pt(34), Align::Left),
        (Length::pt(104), Align::Left),
        (Length::ZERO, Align::Left),
        (fitted(50, |spot| &spot.rate)?, Align::Right),
        (fitted(58, |spot| &spot.amount)?, Align::Right),
    ];
    Ok(Columns::new(width, &widths))
}

fn heading(width: Length) -> Block {
    let mut block = Block::default();
    block.set(Slot::left(Length::ZERO, width), Length::ZERO, (HEADING, Role::Heading), "Airing detail");
    block.height += PAD;
    block
}

/// The head of a line's airings.
fn group(line: &Line, width: Length, row: u32, suffix: &str) -> Block {
    let mut text = Block::default();
    let role = Role::Cell { table: TABLE, row, column: 0, head: false };
    let name = format!("Line {} · {}{suffix}", line.number, line.description);
    let room = Slot::left(Length::pt(4), width - Length::pt(8));
    text.set(room, Length::pt(2), (FINE_STRONG, role), &name);
    let mut block = Block::space(Length::pt(4));
    let height = text.height + Length::pt(2);
    block.fill(Area { x: Length::ZERO, y: Length::pt(4), width, height }, TINT);
    block.add(text, Length::ZERO, Length::pt(4));
    block.height += Length::pt(1);
    block
}

fn cells(invoice: &Invoice, spot: &Spot) -> Result<[Cell; 7], RenderError> {
    let fine = |text: &str| vec![(FINE, text.to_owned())];
    let maybe = |text: &Option<String>| text.iter().map(|text| (FINE, text.clone())).collect();
    Ok([
        fine(&weekday(invoice.paper, spot.date)),
        maybe(&spot.time),
        fine(&spot.length),
        maybe(&spot.creative),
        spot.remark.iter().map(|text| (DIM, text.clone())).collect(),
        fine(&grouped(&spot.rate)?),
        fine(&grouped(&spot.amount)?),
    ])
}
