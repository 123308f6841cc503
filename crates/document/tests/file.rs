//! The file: the same bytes each time, refused rather than wrong, quick enough for a large bill.

#![expect(clippy::unwrap_used, reason = "clippy knows the tests of this file, but not their helpers")]

mod sample;

use document::{Invoice, RenderError, missing_glyphs, render};

fn refusal(change: impl FnOnce(&mut Invoice)) -> RenderError {
    let mut invoice = sample::broadcast(3, 3);
    change(&mut invoice);
    render(&invoice).unwrap_err()
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let file = render(&sample::broadcast(40, 200)).unwrap();
    assert!(file.starts_with(b"%PDF-1.7"));
    assert_eq!(file, render(&sample::broadcast(40, 200)).unwrap());
    assert_ne!(file, render(&sample::broadcast(40, 199)).unwrap());
}

#[test]
fn a_credit_note_is_titled_as_one() {
    let file = render(&sample::credit_note()).unwrap();
    let title = b"Credit note GS-2020-000031";
    assert!(file.windows(title.len()).any(|bytes| bytes == title));
}

#[test]
fn a_document_without_lines_is_refused() {
    assert_eq!(refusal(|invoice| invoice.lines.clear()), RenderError::NoLines);
}

#[test]
fn an_airing_without_its_line_is_refused() {
    assert_eq!(refusal(|invoice| invoice.spots[0].line = 9), RenderError::UnknownLine(9));
}

#[test]
fn what_is_not_a_decimal_number_is_refused() {
    for text in ["", "-", "1,000.00", "1e3", ".50", "5.", "1.2.3", "٣", "--1"] {
        let refused = refusal(|invoice| invoice.lines[1].amount = text.into());
        assert_eq!(refused, RenderError::NotADecimal(text.into()));
    }
}

#[test]
fn what_the_font_lacks_is_named_and_refused() {
    assert_eq!(missing_glyphs("Œuvre, Ωμέγα, Żółć, Её, Việt e\u{301} 10 € № – ™"), []);
    assert_eq!(missing_glyphs("漢 and 字 and 漢, שלום"), ['漢', '字', 'ש', 'ל', 'ו', 'ם']);
    assert_eq!(missing_glyphs("bell \u{7}"), ['\u{7}']);
    let mut invisible = sample::broadcast(1, 0);
    invisible.buyer.name = "soft\u{ad}hyphen, zero\u{200b}width\u{feff}, no\u{a0}break".into();
    assert!(render(&invisible).is_ok());
    let refused = refusal(|invoice| invoice.buyer.name = "電通".into());
    assert_eq!(refused, RenderError::MissingGlyphs(vec!['電', '通']));
}

#[test]
fn a_row_taller_than_the_paper_is_refused() {
    let refused = refusal(|invoice| invoice.lines[0].description = "very long ".repeat(2000));
    assert_eq!(refused, RenderError::TooTall);
}

#[test]
fn a_thousand_lines_are_printed_quickly() {
    let start = std::time::Instant::now();
    render(&sample::broadcast(1000, 0)).unwrap();
    // 0.2 s when optimised; the limit is for slow builds on a busy machine, and finds what grows by the square.
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}
