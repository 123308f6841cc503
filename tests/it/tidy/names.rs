use super::none_of;
use crate::repository;

/// Names that say nothing, so that everything fits into them.
const SAY_NOTHING: [&str; 10] =
    ["util", "utils", "common", "helper", "helpers", "misc", "manager", "base", "types", "shared"];

#[test]
fn the_file_list_is_the_glossary() {
    let files = repository::files();
    let code = files.iter().filter(|file| file.is("rs") || file.is("sql") || file.is("proto"));
    let nameless = |path: &&str| path.split(['/', '.']).any(|part| SAY_NOTHING.contains(&part));
    let findings: Vec<String> =
        code.map(|file| file.path.as_str()).filter(nameless).map(str::to_owned).collect();
    none_of("named after nothing", &findings);
}

#[test]
fn modules_inside_a_file_have_names_too() {
    let mut findings = Vec::new();
    for file in repository::files().iter().filter(|file| file.is("rs")) {
        for line in file.text.lines() {
            let module = line.trim().trim_start_matches("pub ").strip_prefix("mod ");
            let name = module.map(|rest| rest.trim_end_matches([';', '{', ' ']));
            if name.is_some_and(|name| SAY_NOTHING.contains(&name)) {
                findings.push(format!("{}: {line}", file.path));
            }
        }
    }
    none_of("named after nothing", &findings);
}
