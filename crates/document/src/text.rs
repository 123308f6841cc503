//! Text as the font sees it: which glyphs, how wide, where a line ends. Left to right only, as are the scripts of the font.

use std::ops::Range;
use std::sync::LazyLock;

use rustybuzz::{Direction, Face as Shaper, ShapePlan, UnicodeBuffer, script};

use crate::length::Length;

/// Weight of Noto Sans. Its figures are all of one width, so that columns of amounts align.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Running text.
    Regular,
    /// What is read first.
    Bold,
}

static REGULAR: LazyLock<Loaded> = LazyLock::new(|| Loaded::new(notosans::REGULAR_TTF));
static BOLD: LazyLock<Loaded> = LazyLock::new(|| Loaded::new(notosans::BOLD_TTF));

/// A face with its plan of shaping, which takes far longer to make than a line takes to shape.
struct Loaded {
    shaper: Shaper<'static>,
    plan: ShapePlan,
}

impl Loaded {
    fn new(file: &'static [u8]) -> Loaded {
        let shaper = Shaper::from_slice(file, 0).expect("the compiled-in font can be read");
        let plan = ShapePlan::new(&shaper, Direction::LeftToRight, Some(script::LATIN), None, &[]);
        Loaded { shaper, plan }
    }
}

/// A glyph in its place; offsets and advance in units of the font, whose em has [`Face::units_per_em`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glyph {
    /// Index in the font; 0 is the box.
    pub(crate) id: u32,
    /// Bytes of the text that it stands for.
    pub(crate) source: Range<usize>,
    pub(crate) advance: i32,
    pub(crate) offset: (i32, i32),
}

/// A line of text as the font prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shaped {
    pub(crate) content: String,
    pub(crate) glyphs: Vec<Glyph>,
    pub(crate) width: Length,
}

impl Face {
    /// The font file.
    pub(crate) fn file(self) -> &'static [u8] {
        match self {
            Face::Regular => notosans::REGULAR_TTF,
            Face::Bold => notosans::BOLD_TTF,
        }
    }

    fn loaded(self) -> &'static Loaded {
        match self {
            Face::Regular => &REGULAR,
            Face::Bold => &BOLD,
        }
    }

    pub(crate) fn units_per_em(self) -> i32 {
        self.loaded().shaper.units_per_em()
    }

    /// Kerned and composed glyphs of one line of text.
    pub(crate) fn glyphs(self, text: &str) -> Vec<Glyph> {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(Direction::LeftToRight);
        // The font's Latin, Greek and Cyrillic share their kerning and marks, so one plan serves all.
        buffer.set_script(script::LATIN);
        let Loaded { shaper, plan } = self.loaded();
        let shaped = rustybuzz::shape_with_plan(shaper, plan, buffer);
        let starts: Vec<usize> =
            shaped.glyph_infos().iter().filter_map(|info| usize::try_from(info.cluster).ok()).collect();
        let places = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
        places
            .zip(starts.iter().enumerate())
            .map(|((info, place), (index, &start))| {
                let end = starts.iter().skip(index).copied().find(|next| *next > start);
                Glyph {
                    id: info.glyph_id,
                    source: start..end.unwrap_or(text.len()),
                    advance: place.x_advance,
                    offset: (place.x_offset, place.y_offset),
                }
            })
            .collect()
    }

    /// One line of text with its glyphs and width.
    pub(crate) fn line(self, size: Length, content: String) -> Shaped {
        let glyphs = self.glyphs(&content);
        let units = glyphs.iter().map(|glyph| i64::from(glyph.advance)).sum();
        let width = size.fraction(units, i64::from(self.units_per_em()));
        Shaped { content, glyphs, width }
    }

    /// Width of one line of text.
    pub(crate) fn width(self, size: Length, text: &str) -> Length {
        self.line(size, text.to_owned()).width
    }

    /// Lines no wider than `limit`, broken where the text says so, between words, and inside a word only where it
    /// alone is wider.
    pub(crate) fn wrap(self, size: Length, text: &str, limit: Length) -> Vec<Shaped> {
        text.lines().flat_map(|line| self.wrap_line(size, line, limit)).collect()
    }

    fn wrap_line(self, size: Length, text: &str, limit: Length) -> Vec<Shaped> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let whole = self.line(size, words.join(" "));
        if whole.content.is_empty() {
            return Vec::new();
        }
        if whole.width <= limit {
            return vec![whole];
        }
        let broken = self.break_lines(size, &words, limit);
        broken.into_iter().map(|content| self.line(size, content)).collect()
    }

    fn break_lines(self, size: Length, words: &[&str], limit: Length) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in words {
            let longer = if line.is_empty() { (*word).to_owned() } else { format!("{line} {word}") };
            if self.width(size, &longer) <= limit {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(line);
            }
            line = self.split_word(size, word, limit, &mut lines);
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// Pushes the full lines of a word and answers its rest.
    fn split_word(self, size: Length, word: &str, limit: Length, lines: &mut Vec<String>) -> String {
        let mut rest = String::new();
        for character in word.chars() {
            rest.push(character);
            if self.width(size, &rest) > limit && rest.chars().nth(1).is_some() {
                rest.pop();
                lines.push(std::mem::replace(&mut rest, character.to_string()));
            }
        }
        rest
    }
}

/// The characters of `text` that the font cannot print, each once, in order.
///
/// Shaped as it would be printed: what the font can compose or leave out is not missing.
#[must_use]
pub fn missing_glyphs(text: &str) -> Vec<char> {
    let mut missing = Vec::new();
    for word in text.split_whitespace() {
        collect_missing(word, &Face::Regular.glyphs(word), &mut missing);
        collect_missing(word, &Face::Bold.glyphs(word), &mut missing);
    }
    missing
}

/// Adds the characters of `text` whose glyph is the box, each once.
pub(crate) fn collect_missing(text: &str, glyphs: &[Glyph], missing: &mut Vec<char>) {
    for glyph in glyphs.iter().filter(|glyph| glyph.id == 0) {
        for character in text.get(glyph.source.clone()).unwrap_or(text).chars() {
            if !missing.contains(&character) {
                missing.push(character);
            }
        }
    }
}
