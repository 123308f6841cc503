//! The repository as files.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is made, not written.
const MADE: [&str; 7] = ["target", ".git", ".makegood", ".sqlx", "__pycache__", "node_modules", ".venv"];

/// A file of the repository.
#[derive(Debug)]
pub struct SourceFile {
    /// From the root, with `/`: `crates/money/src/lib.rs`.
    pub path: String,
    /// Empty where it is not text.
    pub text: String,
}

impl SourceFile {
    pub fn is(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// Whether it is code that the suite runs, and no test.
    pub fn is_shipped(&self) -> bool {
        let test =
            self.path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "examples" | "testkit"));
        self.is("rs") && !test
    }
}

/// Where the repository is.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate is a folder of the repository")
        .to_owned()
}

/// Every file that somebody wrote, in the order of the paths.
pub fn files() -> Vec<SourceFile> {
    let root = root();
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn walk(folder: &Path, root: &Path, found: &mut Vec<SourceFile>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.filter_map(Result::ok) {
        let (path, kind) = (entry.path(), entry.file_type().expect("an entry has a kind"));
        let name = entry.file_name();
        if kind.is_dir() && !MADE.iter().any(|made| name == *made) {
            walk(&path, root, found);
        } else if kind.is_file() {
            let below = path.strip_prefix(root).expect("found below the root");
            let path_text = below.to_str().expect("paths are ASCII").to_owned();
            found.push(SourceFile { path: path_text, text: fs::read_to_string(&path).unwrap_or_default() });
        }
    }
}
