//! Why a document is not printed.

/// Why a document is not printed. Each is mended in the data, none by trying again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// There is nothing to bill.
    #[error("the document has no lines")]
    NoLines,
    /// An airing names a line that the document does not have.
    #[error("an airing names line {0}, which the document does not have")]
    UnknownLine(u32),
    /// A figure is not `-?digits[.digits]`.
    #[error("{0:?} is not a decimal number")]
    NotADecimal(String),
    /// The font lacks these characters; they would print as boxes.
    #[error("the font has no glyph for {0:?}")]
    MissingGlyphs(Vec<char>),
    /// A row, a header or a block of totals is taller than the paper.
    #[error("a part of the document does not fit on one page")]
    TooTall,
    /// The file could not be written.
    #[error("the file could not be written: {0}")]
    File(String),
}
