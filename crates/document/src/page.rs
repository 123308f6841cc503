//! A laid-out page: marks in their places. Drawing turns them into PDF and decides nothing more.

use crate::Paper;
use crate::length::Length;
use crate::text::{Face, Glyph};

/// Red, green and blue of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

/// A rectangle; the page's origin is its top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// From the left edge.
    pub x: Length,
    /// From the top edge.
    pub y: Length,
    /// To the right.
    pub width: Length,
    /// Downwards.
    pub height: Length,
}

impl Area {
    /// Its right edge.
    #[must_use]
    pub fn right(self) -> Length {
        self.x + self.width
    }

    /// Its lower edge.
    #[must_use]
    pub fn bottom(self) -> Length {
        self.y + self.height
    }

    /// Whether the two share more than an edge.
    #[must_use]
    pub fn overlaps(self, other: Area) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// What a text is in the structure of the document, for those who hear it instead of seeing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Repeated furniture of the page; not read.
    Furniture,
    /// The title.
    Title,
    /// A heading under the title.
    Heading,
    /// Running text.
    Paragraph,
    /// A cell of a table. Texts of one cell follow each other.
    Cell {
        /// Counts the tables of the document.
        table: u32,
        /// Counts the rows of the table, heads too.
        row: u32,
        /// Counts the cells of the row.
        column: u32,
        /// Whether it names the column.
        head: bool,
    },
}

/// One line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its box: as wide as its glyphs, as high as the font's size.
    pub area: Area,
    /// What is written.
    pub content: String,
    /// How it is written; drawing shapes nothing again.
    pub(crate) glyphs: Vec<Glyph>,
    /// Weight.
    pub face: Face,
    /// Height of the em.
    pub size: Length,
    /// Colour.
    pub color: Color,
    /// What it is.
    pub role: Role,
}

/// Something visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// One line of text.
    Text(Text),
    /// A filled rectangle; rules are thin ones.
    Fill(Area, Color),
    /// A rectangle drawn by its edge.
    Frame(Area, Color),
    /// A dashed line along the upper edge of the area, to cut along.
    Cut(Area, Color),
}

/// The marks of one page, in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Later ones cover earlier ones.
    pub marks: Vec<Mark>,
}

impl Page {
    /// The texts of the page, in reading order.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.marks.iter().filter_map(|mark| match mark {
            Mark::Text(text) => Some(text),
            Mark::Fill(..) | Mark::Frame(..) | Mark::Cut(..) => None,
        })
    }
}

impl Paper {
    /// Width of the sheet.
    #[must_use]
    pub const fn width(self) -> Length {
        match self {
            Paper::Letter => Length::pt(612),
            Paper::A4 => Length::milli(595_276),
        }
    }

    /// Height of the sheet.
    #[must_use]
    pub const fn height(self) -> Length {
        match self {
            Paper::Letter => Length::pt(792),
            Paper::A4 => Length::milli(841_890),
        }
    }
}
