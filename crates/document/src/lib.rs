#![doc = include_str!("../README.md")]

mod draw;
mod error;
mod figure;
mod invoice;
mod layout;
mod length;
mod page;
mod text;

pub use self::error::RenderError;
pub use self::invoice::{
    Bank, Buyer, Commission, Invoice, Kind, Labelled, Line, Paper, Period, References, Seller, Spot, TaxRow,
    Totals,
};
pub use self::layout::lay_out;
pub use self::length::Length;
pub use self::page::{Area, Color, Mark, Page, Role, Text};
pub use self::text::{Face, missing_glyphs};

/// Prints the document as a PDF file. The same document gives the same bytes, whenever and wherever.
///
/// # Errors
/// [`RenderError`] says what in the data must be mended.
pub fn render(invoice: &Invoice) -> Result<Vec<u8>, RenderError> {
    draw::draw(invoice, &lay_out(invoice)?)
}
