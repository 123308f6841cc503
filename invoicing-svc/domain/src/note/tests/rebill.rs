use super::*;
use crate::tax::Place;

fn treated(category: TaxCategory, rate: &str, reason: &str) -> Treatment {
    Treatment { category, percent: percent(rate), reason: reason.to_owned() }
}

/// The credit note of what is asked, by default of everything that is left.
fn credited(original: &Original, lines: Option<Vec<AskedLine>>) -> Result<Note, NoteRefusal> {
    let lines = lines.unwrap_or(everything_left(original)?);
    let asked = Asked { kind: DocumentKind::CreditNote, basis: NoteBasis::Rebill, lines };
    note(original, &asked, Ledgers::new(), SETTINGS)
}

/// The invoice of it, every line taxed in one place in one way.
fn billed(credit: &Note, place: &str, treatment: &Treatment) -> Note {
    let place: Place = place.parse().unwrap();
    let taxed = credit.lines.iter().map(|_| (place.clone(), treatment.clone())).collect();
    rebill(credit, taxed, TaxBase::NetOfCommission, SETTINGS).unwrap()
}

#[test]
fn a_rebill_comes_to_nothing_over_both_documents() {
    // Issue 4, story 5: 24,000.00 of an invoice of which 27,000.00 is left.
    let mut original = invoice();
    for gross in ["10000", "3000"] {
        let note = credit(&original, gross).unwrap();
        original = after(original, &note);
    }
    let lines = vec![AskedLine { number: 1, by: By::Gross(money("24000")) }];
    let credit = credited(&original, Some(lines)).unwrap();
    let invoice = billed(&credit, "GB", &treated(TaxCategory::Standard, "20", ""));
    assert_eq!(figures(&invoice), ["24000.00", "3600.00", "20400.00", "4080.00", "24480.00"]);
    assert_eq!(figures(&invoice), figures(&credit));
    assert_eq!((invoice.kind, invoice.basis), (DocumentKind::Invoice, NoteBasis::Rebill));
    assert_eq!((&invoice.lines, &invoice.taxes), (&credit.lines, &credit.taxes));
}

#[test]
fn everything_is_whole_lines_and_what_is_left_of_the_others() {
    let lines = vec![
        fee(1, ["1000", "850", "20", "170"]),
        fee(2, ["500", "425", "20", "85"]),
        fee(3, ["0", "0", "20", "0"]),
    ];
    let original = document(lines);
    let part = asked(NoteBasis::Commercial, &[(1, By::Gross(money("400")))]);
    let original = after(original.clone(), &note(&original, &part, Ledgers::new(), SETTINGS).unwrap());
    let credit = credited(&original, None).unwrap();
    let taken: Vec<_> =
        credit.lines.iter().map(|line| (line.corrects, line.quantity, line.gross.to_string())).collect();
    let one = Decimal::ONE;
    assert_eq!(taken, [(1, one, "600.00".into()), (2, one, "500.00".into()), (3, one, "0.00".into())]);
    // What is shown at nothing is no reason to bill again.
    let refused = credited(&after(original, &credit), None).unwrap_err();
    assert_eq!(refused.reason(), "NOTE_OF_NOTHING");
}

#[test]
fn the_tax_is_that_of_the_new_buyer() {
    // Domain §7: Germany, June 2020 at 19 %; who is abroad owes the tax itself.
    let original =
        document(vec![fee(1, ["1000", "850", "19", "161.50"]), fee(2, ["2000", "1700", "16", "272.00"])]);
    let credit = credited(&original, None).unwrap();
    let abroad = billed(&credit, "FR", &treated(TaxCategory::ReverseCharge, "0", "Reverse charge"));
    assert_eq!(figures(&abroad), ["3000.00", "450.00", "2550.00", "0.00", "2550.00"]);
    let [row] = &abroad.taxes[..] else { panic!("one row: {abroad:?}") };
    assert_eq!((row.base, row.treatment.reason.as_str()), (money("2550"), "Reverse charge"));
    // All at one rate: that row is not the one of the credit note, though one of its lines has the same rate.
    let together = billed(&credit, "DE", &treated(TaxCategory::Standard, "19", ""));
    assert_eq!((together.tax, together.taxes.len()), (money("484.50"), 1));
    let taxes: Vec<_> = together.lines.iter().map(|line| line.tax.amount).collect();
    assert_eq!(taxes, [money("161.50"), money("323.00")]);
}

proptest! {
    #[test]
    fn whatever_is_rebilled_in_pieces_is_the_same_on_both_sides(
        cents in 1_i64..1_000_000, cuts in prop::collection::vec((1_i64..1_000_000, any::<bool>()), 0..8),
    ) {
        let gross = Money::of(currency(), Decimal::new(cents, 2)).unwrap();
        let net = gross.less_percent(percent("15"), SETTINGS.rounding);
        let tax = crate::tax::percent_of(net, percent("20"), SETTINGS.rounding);
        let texts = [gross.to_string(), net.to_string(), "20".to_owned(), tax.to_string()];
        let mut original = document(vec![fee(1, texts.each_ref().map(String::as_str))]);
        let mut rebilled = Noted { gross: money("0"), net: money("0"), tax: money("0") };
        let mut gone = rebilled;
        for (cut, is_rebill) in cuts {
            let left = original.lines[0].left().unwrap();
            let asked = Money::of(currency(), Decimal::new(cut, 2)).unwrap();
            let lines = Some(vec![AskedLine { number: 1, by: By::Gross(asked) }]);
            if asked.compare(left).unwrap().is_gt() {
                prop_assert_eq!(credited(&original, lines).unwrap_err().reason(), "CREDIT_ABOVE_LEFT");
                continue;
            }
            let credit = credited(&original, lines).unwrap();
            let to = if is_rebill { &mut rebilled } else { &mut gone };
            to.gross = to.gross.plus(credit.gross).unwrap();
            if is_rebill {
                let invoice = billed(&credit, "GB", &treated(TaxCategory::Standard, "20", ""));
                prop_assert_eq!(figures(&invoice), figures(&credit));
                to.net = to.net.plus(invoice.net).unwrap();
                to.tax = to.tax.plus(invoice.tax).unwrap();
            }
            original = after(original, &credit);
        }
        // What was billed is still there, but for what was credited without being billed again.
        let left = original.lines[0].left().unwrap();
        prop_assert_eq!(left.plus(rebilled.gross).unwrap().plus(gone.gross).unwrap(), gross);
    }
}
