use super::{CsvReader, Record};

/// The records of a file that comes in pieces of this size.
fn records(file: &str, piece: usize) -> Vec<Record> {
    let mut reader = CsvReader::new();
    let mut records: Vec<Record> =
        file.as_bytes().chunks(piece).flat_map(|piece| reader.read(piece).unwrap()).collect();
    records.extend(reader.end().unwrap());
    records
}

#[test]
fn a_file_from_windows_with_every_field_quoted_is_read_in_whatever_pieces_it_comes() {
    let file = "\u{feff}\"invoice_no\",\"row\"\r\n\"77-1\",\"1\"\r\n";
    for piece in 1..=file.len() {
        let read: Vec<_> = records(file, piece).into_iter().map(|it| (it.line, it.raw, it.fields)).collect();
        let record =
            |line, raw: &str, fields: [&str; 2]| (line, raw.to_owned(), fields.map(str::to_owned).to_vec());
        let expected = [
            record(1, "\"invoice_no\",\"row\"", ["invoice_no", "row"]),
            record(2, "\"77-1\",\"1\"", ["77-1", "1"]),
        ];
        assert_eq!(read, expected, "in pieces of {piece}");
    }
}

#[test]
fn the_mark_is_one_at_the_beginning_of_the_file_only() {
    let read = records("a\n\u{feff}b\n", 100);
    assert_eq!(read[1].fields, ["\u{feff}b"]);
}
