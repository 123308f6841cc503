//! What a caller is told.

use refusal::{Class, FieldViolation, Refusal, Violations, refusals};

refusals! {
    /// Why a line is not taken.
    pub enum LineRefusal {
        /// The order is not known.
        Missing "ORDER_UNKNOWN" OrderUnknown { order: String } => "order {order} is unknown; send the order first",
        /// A line cannot leave in silence.
        StateForbids "LINE_ABSENT" LineAbsent {
            /// The number of the line.
            line: u32,
            revision: u64,
        } => "line {line} is absent; cancel it with a day",
        Unavailable "CLOSED" Closed => "closed",
    }
}

#[test]
fn an_enum_of_refusals_knows_its_reasons_in_order_of_precedence() {
    let expected = [
        (Class::Missing, "ORDER_UNKNOWN"),
        (Class::StateForbids, "LINE_ABSENT"),
        (Class::Unavailable, "CLOSED"),
    ];
    assert_eq!(LineRefusal::REASONS, expected);
    assert_eq!(LineRefusal::Closed.class(), Class::Unavailable);
    assert_eq!(LineRefusal::OrderUnknown { order: "7".into() }.reason(), "ORDER_UNKNOWN");
}

#[test]
fn a_refusal_says_it_in_words_and_gives_every_field_to_machines() {
    let refusal = Refusal::from(LineRefusal::LineAbsent { line: 3, revision: 12 });
    let expected = Refusal::new(Class::StateForbids, "LINE_ABSENT", "line 3 is absent; cancel it with a day")
        .with("line", 3)
        .with("revision", 12);
    assert_eq!(refusal, expected);
    assert_eq!(refusal.to_string(), "line 3 is absent; cancel it with a day");
    assert_eq!(Refusal::from(LineRefusal::Closed), Refusal::new(Class::Unavailable, "CLOSED", "closed"));
}

#[test]
fn what_is_wrong_with_a_whole_is_told_without_a_name() {
    let mut violations = Violations::new();
    violations.add("", "is empty");
    violations.within("lines[3]", |line| line.add("", "has no rate"));
    let refusal = violations.refusal();
    let fields: Vec<&str> = refusal.violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["", "lines[3]"]);
    assert_eq!(refusal.message, "is empty; lines[3]: has no rate");
}

#[test]
fn every_violation_is_told_with_its_path() {
    let mut violations = Violations::new();
    assert_eq!(violations.take("currency", Ok::<_, String>("USD")), Some("USD"));
    let rate = violations.within("lines[3]", |line| {
        line.within("plan[0]", |week| week.add("units", "must not be negative"));
        line.take("rate", "ten".parse::<u32>().map_err(|_| "is not a number"))
    });
    assert_eq!(rate, None);
    violations.add("account", "is required");
    let refusal = violations.check().unwrap_err();
    assert_eq!((refusal.class, refusal.reason), (Class::Malformed, "MALFORMED"));
    let fields: Vec<&str> = refusal.violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["lines[3].plan[0].units", "lines[3].rate", "account"]);
    assert_eq!(
        refusal.message,
        "lines[3].plan[0].units: must not be negative; lines[3].rate: is not a number; account: is required"
    );
}

#[test]
fn the_message_spells_out_the_first_violations_and_counts_the_rest() {
    let wrong = |field: &str| FieldViolation { field: field.into(), description: "is required".into() };
    let refusal = Refusal::malformed(["a", "b", "c", "d", "e"].map(wrong).to_vec());
    assert_eq!(refusal.message, "a: is required; b: is required; c: is required; and 2 more");
    assert_eq!(refusal.violations.len(), 5);
}

#[test]
fn nothing_wrong_is_not_refused() {
    assert_eq!(Violations::new().check(), Ok(()));
}
