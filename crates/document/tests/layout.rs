//! The boxes on the pages: complete, apart, inside the sheet, broken where they may be.

#![expect(clippy::unwrap_used, reason = "clippy knows the tests of this file, but not their helpers")]

mod sample;

use document::{Face, Invoice, Length, Mark, Page, Paper, Role, Text, lay_out};

fn pages(invoice: &Invoice) -> Vec<Page> {
    lay_out(invoice).unwrap()
}

fn drawn(pages: &[Page]) -> Vec<&str> {
    pages.iter().flat_map(Page::texts).map(|text| text.content.as_str()).collect()
}

/// As it is printed, said in another way than the code says it.
fn with_commas(figure: &str) -> String {
    let (whole, fraction) =
        figure.split_once('.').map_or((figure, None), |(whole, part)| (whole, Some(part)));
    let (sign, digits) = if let Some(digits) = whole.strip_prefix('-') { ("-", digits) } else { ("", whole) };
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    let fraction = fraction.map(|part| format!(".{part}"));
    format!("{sign}{}{}", groups.join(","), fraction.as_deref().unwrap_or_default())
}

fn samples() -> Vec<Invoice> {
    let mut huge = sample::broadcast(3, 9);
    huge.currency = "IDR".into();
    for line in &mut huge.lines {
        line.amount = "-999999999999.99".into();
        line.quantity = "123456789012".into();
    }
    huge.spots[0].amount = "123456789012.00".into();
    vec![
        sample::broadcast(1, 4),
        sample::broadcast(40, 200),
        sample::broadcast(9, 0),
        sample::credit_note(),
        huge,
    ]
}

#[test]
fn every_figure_is_drawn_whole() {
    for invoice in samples() {
        let pages = pages(&invoice);
        let drawn = drawn(&pages);
        let has = |figure: &str| {
            let figure = with_commas(figure);
            assert!(drawn.iter().any(|text| text.split(' ').any(|word| word == figure)), "{figure}");
        };
        for line in &invoice.lines {
            for figure in [&line.quantity, &line.price, &line.amount] {
                has(figure);
            }
        }
        for spot in &invoice.spots {
            for figure in [&spot.rate, &spot.amount] {
                has(figure);
            }
        }
        let totals = &invoice.totals;
        for figure in [&totals.gross, &totals.net, &totals.total] {
            has(figure);
        }
        for tax in &totals.taxes {
            for figure in [&tax.base, &tax.amount] {
                has(figure);
            }
            assert!(drawn.iter().any(|text| text.contains(&format!("{}% on", tax.rate))));
        }
        if let Some(commission) = &totals.commission {
            has(&commission.amount);
            assert!(drawn.contains(&format!("Agency commission {}%", commission.percent).as_str()));
        }
    }
}

#[test]
fn no_text_touches_another_or_leaves_the_margins() {
    for invoice in samples() {
        for page in pages(&invoice) {
            let texts: Vec<&Text> = page.texts().collect();
            for (index, one) in texts.iter().enumerate() {
                assert!(one.area.x >= Length::pt(48), "{one:?}");
                assert!(one.area.right() <= invoice.paper.width() - Length::pt(48), "{one:?}");
                assert!(one.area.bottom() <= invoice.paper.height() - Length::pt(18), "{one:?}");
                for other in &texts[index + 1..] {
                    assert!(!one.area.overlaps(other.area), "{one:?} {other:?}");
                }
            }
        }
    }
}

#[test]
fn a_row_is_never_split_and_every_row_is_printed_once() {
    let invoice = sample::broadcast(40, 200);
    let pages = pages(&invoice);
    for number in 1..=40 {
        let on = |page: &&Page| page.texts().any(|text| is_in_row(text, number));
        assert_eq!(pages.iter().filter(on).count(), 1, "line {number}");
    }
}

fn is_in_row(text: &Text, number: u32) -> bool {
    matches!(text.role, Role::Cell { table: 0, row, head: false, .. } if row == number)
}

#[test]
fn the_head_of_the_table_is_repeated_and_read_once() {
    let pages = pages(&sample::broadcast(40, 0));
    let heads: Vec<&Text> =
        pages.iter().flat_map(Page::texts).filter(|text| text.content == "Quantity").collect();
    assert_eq!(heads.len(), 3);
    let read = heads.iter().filter(|head| head.role != Role::Furniture);
    assert_eq!(read.count(), 1);
}

#[test]
fn totals_never_stand_on_a_page_without_a_line() {
    for lines in 1..60 {
        let pages = pages(&sample::broadcast(lines, 0));
        let with_totals = pages.iter().find(|page| page.texts().any(|text| text.content == "Gross")).unwrap();
        assert!(with_totals.texts().any(|text| is_in_row(text, lines)), "{lines} lines");
    }
}

#[test]
fn the_head_of_a_group_is_followed_by_an_airing() {
    for page in pages(&sample::broadcast(40, 200)) {
        let texts: Vec<&Text> = page.texts().collect();
        for (head, next) in
            texts.iter().zip(texts.iter().skip(1)).filter(|(text, _)| text.content.starts_with("Line "))
        {
            assert!(
                matches!(next.role, Role::Cell { table: 2, column: 0, head: false, .. }),
                "{head:?} {next:?}"
            );
        }
    }
}

#[test]
fn an_invoice_ends_in_one_slip_and_a_credit_note_in_none() {
    let slips = |pages: &[Page]| -> Vec<bool> {
        pages.iter().map(|page| page.marks.iter().any(|mark| matches!(mark, Mark::Cut(..)))).collect()
    };
    assert_eq!(slips(&pages(&sample::broadcast(1, 4))), [true]);
    assert_eq!(slips(&pages(&sample::broadcast(20, 0))), [false, true]);
    assert_eq!(slips(&pages(&sample::credit_note())), [false]);
}

#[test]
fn every_page_says_which_it_is() {
    let pages = pages(&sample::broadcast(40, 200));
    assert_eq!(pages.len(), 8);
    for (index, page) in pages.iter().enumerate() {
        let number = format!("Page {} of 8", index + 1);
        assert!(page.texts().any(|text| text.content == number));
        assert!(page.texts().any(|text| text.content.contains("WCNC-2020-001990")));
    }
}

#[test]
fn figures_of_one_length_are_of_one_width() {
    let mut invoice = sample::broadcast(2, 0);
    invoice.lines[0].amount = "1111111.11".into();
    invoice.lines[1].amount = "7474747.47".into();
    let pages = pages(&invoice);
    let width = |figure: &str| {
        let found = pages.iter().flat_map(Page::texts).find(|text| text.content == figure).unwrap();
        assert_eq!(found.face, Face::Regular);
        found.area.width
    };
    assert_eq!(width("1,111,111.11"), width("7,474,747.47"));
}

#[test]
fn days_are_written_as_the_paper_is() {
    let mut invoice = sample::broadcast(1, 0);
    assert!(drawn(&pages(&invoice)).contains(&"Apr 28 – May 4, 2020"));
    invoice.lines[0].period.first = jiff::civil::date(2019, 12, 30);
    assert!(drawn(&pages(&invoice)).contains(&"Dec 30, 2019 –"));
    invoice.lines[0].period.first = jiff::civil::date(2020, 4, 28);
    invoice.paper = Paper::A4;
    assert!(drawn(&pages(&invoice)).contains(&"28 Apr – 4 May 2020"));
}
