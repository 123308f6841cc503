use super::none_of;
use crate::repository::{self, SourceFile};

const LINES_MAX: usize = 500;
const LINES_P90: usize = 300;
const MAIN_LINES_MAX: usize = 60;

fn written() -> Vec<(String, usize)> {
    let code = |file: &SourceFile| ["rs", "sql", "proto", "sh", "py"].iter().any(|kind| file.is(kind));
    let files = repository::files();
    files
        .iter()
        .filter(|file| code(file))
        .map(|file| (file.path.clone(), file.text.lines().count()))
        .collect()
}

#[test]
fn files_stop_at_500_lines() {
    let long = written().into_iter().filter(|(_, lines)| *lines > LINES_MAX);
    let findings: Vec<String> = long.map(|(path, lines)| format!("{path}: {lines}")).collect();
    none_of("longer than 500 lines", &findings);
}

#[test]
fn nine_files_in_ten_are_below_300_lines() {
    let mut sizes: Vec<usize> = written().into_iter().map(|(_, lines)| lines).collect();
    sizes.sort_unstable();
    let p90 = sizes.get(sizes.len() * 9 / 10).copied().expect("there are files");
    assert!(p90 < LINES_P90, "90 % of the files are below {p90} lines; it should be {LINES_P90}");
}

#[test]
fn a_main_fits_on_one_screen() {
    let mains = written()
        .into_iter()
        .filter(|(path, lines)| path.ends_with("src/main.rs") && *lines > MAIN_LINES_MAX);
    let findings: Vec<String> = mains.map(|(path, lines)| format!("{path}: {lines}")).collect();
    none_of("longer than 60 lines", &findings);
}
