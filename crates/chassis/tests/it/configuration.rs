//! Where configuration comes from, and what it says when it is wrong.

use std::{collections::HashMap, fs};

use chassis::configuration::{Secret, load, load_from};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Configuration {
    database: Database,
}

#[derive(Debug, Deserialize)]
struct Database {
    schema: String,
    connections_max: u32,
    password: Secret,
}

const DEFAULTS: &str = "[database]\nschema = \"invoicing\"\nconnections_max = 8\n";

fn environment(variables: &[(&str, &str)]) -> HashMap<String, String> {
    variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_environment_is_stronger_than_the_file_and_the_file_than_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("makegood.toml");
    fs::write(&file, "[database]\nschema = \"other\"\nconnections_max = 9\n").unwrap();
    let variables = environment(&[
        ("MAKEGOOD__DATABASE__CONNECTIONS_MAX", "10"),
        ("MAKEGOOD__DATABASE__PASSWORD", "007"),
        ("MAKEGOOD_PG_BIN", "/elsewhere"),
    ]);
    let Configuration { database } = load_from(DEFAULTS, Some(&file), variables).unwrap();
    assert_eq!((database.schema.as_str(), database.connections_max), ("other", 10));
    assert_eq!(database.password.reveal(), "007", "text stays text");
    assert_eq!(format!("{:?}", database.password), "Secret(…)");
}

#[test]
fn an_error_names_the_key_and_how_to_set_it() {
    let missing = load_from::<Configuration>(DEFAULTS, None, HashMap::new()).unwrap_err().to_string();
    assert!(
        missing.contains("database.password") && missing.contains("MAKEGOOD__DATABASE__PASSWORD"),
        "{missing}"
    );
    let empty = environment(&[("MAKEGOOD__DATABASE__PASSWORD", "")]);
    let empty = load_from::<Configuration>(DEFAULTS, None, empty).unwrap_err().to_string();
    assert!(empty.contains("MAKEGOOD__DATABASE__PASSWORD"), "{empty}");
    let wrong = environment(&[("MAKEGOOD__DATABASE__CONNECTIONS_MAX", "many")]);
    let wrong = load_from::<Configuration>(DEFAULTS, None, wrong).unwrap_err().to_string();
    assert!(wrong.contains("MAKEGOOD__DATABASE__CONNECTIONS_MAX") && wrong.contains("many"), "{wrong}");
    let nowhere = load::<Configuration>(DEFAULTS, Some("/nowhere.toml".as_ref())).unwrap_err().to_string();
    assert!(nowhere.contains("/nowhere.toml"), "{nowhere}");
}
