use super::*;

fn right(number: u32, category: TaxCategory, rate: &str, reason: &str) -> RightTax {
    let treatment = Treatment { category, percent: percent(rate), reason: reason.to_owned() };
    RightTax { number, place: None, treatment }
}

fn rows(note: &Note) -> Vec<(TaxCategory, String, String, String)> {
    let row = |row: &TaxRow| {
        let Treatment { category, percent, .. } = row.treatment;
        (category, percent.to_string(), row.base.to_string(), row.tax.to_string())
    };
    note.taxes.iter().map(row).collect()
}

#[test]
fn an_exemption_found_later_gives_back_the_tax_and_nothing_else() {
    // 34,000.00 net at 20 % should have been exempt: 6,800.00 go back.
    let exempt = [right(1, TaxCategory::Exempt, "0", "Charity")];
    let note = retax(&invoice(), &exempt, SETTINGS).unwrap();
    assert_eq!((note.kind, note.basis), (DocumentKind::CreditNote, NoteBasis::Tax));
    assert_eq!(figures(&note), ["0.00", "0.00", "0.00", "6800.00", "6800.00"]);
    let expected = [
        (TaxCategory::Standard, "20".into(), "34000.00".into(), "6800.00".into()),
        (TaxCategory::Exempt, "0".into(), "-34000.00".into(), "0.00".into()),
    ];
    assert_eq!(rows(&note), expected);
    let grosses: Vec<_> = note.lines.iter().map(|line| line.gross.to_string()).collect();
    assert_eq!(grosses, ["40000.00", "-40000.00"]);
    assert!(note.lines.iter().all(|line| line.retaxes && line.units.is_zero()));
}

#[test]
fn a_rate_that_was_too_low_is_a_debit_of_the_tax() {
    // Only what is left: 30,000.00 gross, 25,500.00 net at 19 % instead of 16 %.
    let original = document(vec![fee(1, ["40000", "34000", "16", "5440"])]);
    let part = credit(&original, "10000").unwrap();
    let standard = [right(1, TaxCategory::Standard, "19", "")];
    let note = retax(&after(original, &part), &standard, SETTINGS).unwrap();
    assert_eq!(note.kind, DocumentKind::DebitNote);
    assert_eq!(figures(&note), ["0.00", "0.00", "0.00", "765.00", "765.00"]);
    let expected = [
        (TaxCategory::Standard, "16".into(), "-25500.00".into(), "-4080.00".into()),
        (TaxCategory::Standard, "19".into(), "25500.00".into(), "4845.00".into()),
    ];
    assert_eq!(rows(&note), expected);
}

#[test]
fn lines_that_change_places_leave_one_row_for_each_rate() {
    let original =
        document(vec![fee(1, ["1000", "850", "19", "161.50"]), fee(2, ["2000", "1700", "16", "272.00"])]);
    let swapped = [right(1, TaxCategory::Standard, "16", ""), right(2, TaxCategory::Standard, "19", "")];
    let note = retax(&original, &swapped, SETTINGS).unwrap();
    // 850 × 3 % less, 1,700 × 3 % more.
    assert_eq!((note.kind, note.tax), (DocumentKind::DebitNote, money("25.50")));
    assert_eq!(note.taxes.len(), 2);
    assert_eq!(Money::sum(currency(), note.taxes.iter().map(|row| row.base)).unwrap(), money("0"));
}

#[test]
fn what_changes_nothing_is_refused() {
    let reason = |lines: &[RightTax]| retax(&invoice(), lines, SETTINGS).unwrap_err().reason();
    assert_eq!(reason(&[right(1, TaxCategory::Standard, "20", "")]), "NOTE_OF_NOTHING");
    assert_eq!(reason(&[right(2, TaxCategory::Standard, "19", "")]), "NOTE_LINE_UNKNOWN");
}
