//! Laid-out pages into a PDF/A-3b file. Nothing is decided here: a mark is drawn where it stands.

mod points;
mod structure;

use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};
use krilla::text::{Font, GlyphId, KrillaGlyph};

use self::points::{em, points};
use crate::page::{Area, Color, Mark, Page, Role, Text};
use crate::text::Face;
use crate::{Invoice, RenderError};

/// Writes the pages as a file.
pub(crate) fn draw(invoice: &Invoice, pages: &[Page]) -> Result<Vec<u8>, RenderError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_B)
        .finish()
        .map_err(|error| RenderError::File(format!("{error:?}")))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    document.set_metadata(metadata(invoice));
    let fonts = Fonts { regular: font(Face::Regular)?, bold: font(Face::Bold)? };
    let (width, height) = (points(invoice.paper.width()), points(invoice.paper.height()));
    let size =
        PageSettings::from_wh(width, height).ok_or_else(|| RenderError::File("paper size".to_owned()))?;
    let mut read = Vec::new();
    for page in pages {
        let mut sheet = document.start_page_with(size.clone());
        let mut surface = sheet.surface();
        for mark in &page.marks {
            if let Some(entry) = draw_mark(&mut surface, &fonts, mark) {
                read.push(entry);
            }
        }
        surface.finish();
        sheet.finish();
    }
    document.set_tag_tree(structure::tree(&read));
    document.finish().map_err(|error| RenderError::File(format!("{error:?}")))
}

fn metadata(invoice: &Invoice) -> Metadata {
    let title = invoice.kind.title();
    let date = invoice.issued;
    // jiff's month and day are 1–31, its year at most 9999; a year before 0 has no way into a PDF date.
    let small = |number: i8| u8::try_from(number).unwrap_or(1);
    let created = DateTime::new(u16::try_from(date.year()).unwrap_or(0))
        .month(small(date.month()))
        .day(small(date.day()))
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(format!("{title} {}", invoice.number))
        .authors(vec![invoice.seller.legal_name.clone()])
        .creator("Makegood".to_owned())
        .language("en".to_owned())
        .creation_date(created)
        .document_id(format!("{} {title} {}", invoice.seller.legal_name, invoice.number))
}

struct Fonts {
    regular: Font,
    bold: Font,
}

fn font(face: Face) -> Result<Font, RenderError> {
    Font::new(face.file().into(), 0).ok_or_else(|| RenderError::File("font".to_owned()))
}

/// Draws a mark; answers its place in the structure where it is to be read.
fn draw_mark(surface: &mut Surface<'_>, fonts: &Fonts, mark: &Mark) -> Option<(Role, Identifier)> {
    let artifact = |kind| ContentTag::Artifact(Artifact::with_kind(kind));
    let (tag, role) = match mark {
        Mark::Text(Text { role: Role::Furniture, .. }) => (artifact(ArtifactType::PaginationOther), None),
        Mark::Text(text) => (ContentTag::Span(SpanTag::empty()), Some(text.role)),
        Mark::Fill(..) | Mark::Frame(..) | Mark::Cut(..) => (artifact(ArtifactType::Layout), None),
    };
    let id = surface.start_tagged(tag);
    match mark {
        Mark::Text(text) => draw_text(surface, fonts, text),
        Mark::Fill(area, color) => {
            ink(surface, *color);
            stroke(surface, None);
            shape(surface, rectangle(*area));
        }
        Mark::Frame(area, color) => {
            surface.set_fill(None);
            stroke(surface, Some((*color, None)));
            shape(surface, rectangle(*area));
        }
        Mark::Cut(area, color) => {
            surface.set_fill(None);
            stroke(surface, Some((*color, Some(StrokeDash { array: vec![3.0, 3.0], offset: 0.0 }))));
            shape(surface, upper_edge(*area));
        }
    }
    surface.end_tagged();
    role.map(|role| (role, id))
}

fn draw_text(surface: &mut Surface<'_>, fonts: &Fonts, text: &Text) {
    ink(surface, text.color);
    stroke(surface, None);
    let per_em = text.face.units_per_em();
    let glyphs: Vec<KrillaGlyph> = text
        .glyphs
        .iter()
        .map(|glyph| {
            let (x, y) = glyph.offset;
            let (advance, x, y) = (em(glyph.advance, per_em), em(x, per_em), em(y, per_em));
            KrillaGlyph::new(GlyphId::new(glyph.id), advance, x, y, 0.0, glyph.source.clone(), None)
        })
        .collect();
    let font = match text.face {
        Face::Regular => fonts.regular.clone(),
        Face::Bold => fonts.bold.clone(),
    };
    // Capitals of Noto Sans are 0.714 em high; the baseline puts them in the middle of the box.
    let baseline = text.area.y + text.size.fraction(857, 1000);
    let start = Point::from_xy(points(text.area.x), points(baseline));
    surface.draw_glyphs(start, &glyphs, font, &text.content, points(text.size), false);
}

fn ink(surface: &mut Surface<'_>, color: Color) {
    let paint = rgb::Color::new(color.0, color.1, color.2).into();
    surface.set_fill(Some(Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::NonZero }));
}

fn stroke(surface: &mut Surface<'_>, pen: Option<(Color, Option<StrokeDash>)>) {
    surface.set_stroke(pen.map(|(Color(red, green, blue), dash)| Stroke {
        paint: rgb::Color::new(red, green, blue).into(),
        width: 0.75,
        dash,
        ..Stroke::default()
    }));
}

fn shape(surface: &mut Surface<'_>, path: Option<Path>) {
    // A rectangle without extent has no path, and nothing of it could be seen.
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn rectangle(area: Area) -> Option<Path> {
    let (left, top) = (points(area.x), points(area.y));
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_ltrb(left, top, points(area.right()), points(area.bottom()))?);
    path.finish()
}

fn upper_edge(area: Area) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(points(area.x), points(area.y));
    path.line_to(points(area.right()), points(area.y));
    path.finish()
}
