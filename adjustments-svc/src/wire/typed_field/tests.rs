use super::*;

#[test]
fn what_is_wrong_is_told_by_the_field_that_was_typed() {
    for (theirs, ours) in [
        ("note.lines[0].line", "adjustment.lines[0].line"),
        ("note.lines[3].gross", "adjustment.lines[3].gross"),
        ("note.lines[3].spots.names[7]", "adjustment.lines[3].spots[7]"),
        ("note.reason", "adjustment.reason"),
        ("rebill.account", "adjustment.bill_to"),
        ("rebill.purchase_order", "adjustment.purchase_order"),
        ("rebill.lines[1].quantity", "adjustment.lines[1].quantity"),
        ("tax_correction.lines[2].line", "adjustment.lines[2].line"),
        ("tax_correction.lines[2].category", "adjustment.lines[2].right_tax.category"),
        ("tax_correction.reason", "adjustment.reason"),
        ("lines[0].names[1]", "adjustment.lines[0].spots[1]"),
        ("lines", "adjustment.lines"),
        ("refund.source", "refund_request.source"),
        ("name", "name"),
    ] {
        assert_eq!(typed(theirs), ours, "{theirs}");
    }
}
