use crate::control_total::ControlTotal;

/// What a batch of delivery holds, as its sender says or as it was counted.
///
/// Every rate that is a decimal number of at most 28 digits counts as it was sent, whether its row can be used or
/// not; any other counts nothing. So a row is quarantined without the batch being refused, and what was lost or
/// changed on the way still shows.
#[derive(Clone, Copy, Debug)]
pub struct BatchTotals {
    pub rows: i64,
    pub amount: ControlTotal,
}

refusal::refusals! {
    /// Why a batch of delivery is refused whole.
    pub enum DeliveryRefusal {
        /// The rest of the batch did not arrive.
        Malformed "STREAM_BROKEN" StreamBroken { problem: String } =>
            "the stream cannot be read: {problem}; nothing was stored, send the batch again",
        /// Nothing more of the batch arrives.
        StateForbids "STREAM_STALLED" StreamStalled { seconds: u64 } =>
            "nothing arrived for {seconds} seconds; nothing was stored, send the batch again without a pause",
        /// There is room for a few batches at once.
        Exhausted "TOO_MANY_IMPORTS" TooManyImports { imports_max: usize } =>
            "{imports_max} batches are arriving now; nothing was stored, send the batch again when one has landed",
        /// The file cannot be read from some place on, so nobody knows which rows it has.
        Malformed "MALFORMED_FILE" MalformedFile { line: u64, problem: String } =>
            "line {line} of the file {problem}; nothing was stored",
        /// One id names one content.
        StateForbids "BATCH_CONTENT_DIFFERS" BatchContentDiffers { source: String, batch_id: String } =>
            "batch {batch_id} of {source} landed before with other content; send what changed as a new batch",
        /// A batch was lost between the sender and us.
        StateForbids "SEQUENCE_GAP" SequenceGap { source: String, expected: i64, got: i64 } =>
            "{source}: the next batch is number {expected}, this one is {got}; send the missing ones first",
        /// A batch under a number that was used.
        StateForbids "SEQUENCE_REPEATED" SequenceRepeated { source: String, expected: i64, got: i64 } =>
            "{source}: batch {got} was taken before, the next one is number {expected}",
        /// The settings of a source hold for all of its batches.
        StateForbids "SOURCE_DIFFERS" SourceDiffers { source: String, setting: &'static str, known: String, got: String } =>
            "{source} has the {setting} {known}, and the batch says {got}; leave it open, or send the batch under another source",
        /// One batch says a day twice, and nobody knows which of them is meant.
        Malformed "DUPLICATE_FACTS" DuplicateFacts { rows: String } =>
            "the batch says one line and day more than once, so nothing was stored: {rows}; send each once, or let the source be added up",
        /// What its columns are was not kept.
        StateForbids "AIRINGS_ARE_SENT_AGAIN" AiringsAreSentAgain =>
            "the batch came as a file whose first line was not kept, so its rows cannot be read again; send them in a new batch",
        /// Nobody lets count what they typed in.
        Forbidden "SAME_PERSON" SamePerson { person: String } =>
            "{person} typed these counts in, and therefore cannot release them; ask a second person",
        /// A platform cannot look at evidence.
        Forbidden "PERSON_REQUIRED" PersonRequired =>
            "counts that were typed in by hand have to be released by a person, not by a platform's key",
        /// The file is no Parquet, or has columns of other types.
        Malformed "MALFORMED_PARQUET" MalformedParquet { problem: String } => "the Parquet file {problem}; nothing was stored",
        /// Something was lost or changed on the way.
        Malformed "CONTROL_TOTALS" ControlTotals {
            rows_sent: i64, rows_counted: i64, rows_difference: i64,
            amount_sent: String, amount_counted: String, amount_difference: String, remark: String,
        } =>
            "the control totals do not match, so nothing was stored: rows {rows_sent} said, {rows_counted} counted, difference {rows_difference}; amount {amount_sent} said, {amount_counted} counted, difference {amount_difference}{remark}",
    }
}

/// Checks that a batch that landed before comes with the content that it had.
pub fn check_content(
    source: &str,
    batch_id: &str,
    known: [u8; 32],
    got: [u8; 32],
) -> Result<(), DeliveryRefusal> {
    if known == got {
        return Ok(());
    }
    Err(DeliveryRefusal::BatchContentDiffers { source: source.to_owned(), batch_id: batch_id.to_owned() })
}

/// Checks that the batch follows the last one of its source without a gap.
pub fn check_sequence(source: &str, last: Option<i64>, got: i64) -> Result<(), DeliveryRefusal> {
    let expected = last.map_or(1, |last| last.saturating_add(1));
    let source = source.to_owned();
    match got.cmp(&expected) {
        std::cmp::Ordering::Less => Err(DeliveryRefusal::SequenceRepeated { source, expected, got }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(DeliveryRefusal::SequenceGap { source, expected, got }),
    }
}

/// Checks that what was typed in by hand is released by a second person. `typed_by` is who sent it, where it was.
///
/// Order of refusal: PERSON_REQUIRED, SAME_PERSON.
pub fn check_release(typed_by: Option<&str>, by: &str, is_person: bool) -> Result<(), DeliveryRefusal> {
    match typed_by {
        None => Ok(()),
        Some(_) if !is_person => Err(DeliveryRefusal::PersonRequired),
        Some(typed_by) if typed_by == by => Err(DeliveryRefusal::SamePerson { person: by.to_owned() }),
        Some(_) => Ok(()),
    }
}

/// Checks what was counted against what the sender says. A difference is said − counted. `uncounted` names the rows,
/// counted from 1, whose value is no number and counted nothing.
pub fn check_totals(
    said: BatchTotals,
    counted: BatchTotals,
    uncounted: &[i64],
) -> Result<(), DeliveryRefusal> {
    let amount_difference = said.amount.minus(counted.amount);
    if said.rows == counted.rows && amount_difference.is_some_and(ControlTotal::is_zero) {
        return Ok(());
    }
    Err(DeliveryRefusal::ControlTotals {
        rows_sent: said.rows,
        rows_counted: counted.rows,
        rows_difference: said.rows.saturating_sub(counted.rows),
        amount_sent: said.amount.to_string(),
        amount_counted: counted.amount.to_string(),
        amount_difference: amount_difference
            .map_or_else(|| "too large to be told".to_owned(), |d| d.to_string()),
        remark: remark(uncounted),
    })
}

/// Checks what a batch says of a setting of its source, if it says something.
pub fn check_setting(
    source: &str,
    setting: &'static str,
    known: &str,
    got: Option<&str>,
) -> Result<(), DeliveryRefusal> {
    match got.filter(|got| *got != known) {
        None => Ok(()),
        Some(got) => {
            let (source, known, got) = (source.to_owned(), known.to_owned(), got.to_owned());
            Err(DeliveryRefusal::SourceDiffers { source, setting, known, got })
        }
    }
}

/// Refuses a batch that says a line and day more than once. `repeated` has the rows, counted from 1, that say again what an
/// earlier one says.
pub fn check_duplicates(repeated: &[i64]) -> Result<(), DeliveryRefusal> {
    let named: Vec<String> = repeated.iter().take(5).map(|row| format!("row {row}")).collect();
    match repeated.len() {
        0 => Ok(()),
        1..=5 => Err(DeliveryRefusal::DuplicateFacts { rows: named.join(", ") }),
        more => Err(DeliveryRefusal::DuplicateFacts {
            rows: format!("{} and {} more", named.join(", "), more - 5),
        }),
    }
}

fn remark(uncounted: &[i64]) -> String {
    let rows: Vec<String> = uncounted.iter().take(5).map(i64::to_string).collect();
    match uncounted.len() {
        0 => String::new(),
        1..=5 => format!("; what is no number counts nothing: row {}", rows.join(", ")),
        more => format!("; what is no number counts nothing: row {} and {} more", rows.join(", "), more - 5),
    }
}
