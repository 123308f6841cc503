//! That the bench runs to its end and prints its table. What it measures is not looked at: the sizes are far too small.

use std::{
    fs,
    process::{Command, Output},
};

/// What the table says in its first column, of each part.
const PARTS: [&str; 12] = [
    "(a) import",
    "(b) rate",
    "(c) issue",
    "(d) refresh",
    "(e) GetInvoice, gRPC",
    "(e) GetInvoice, REST",
    "(f) cost",
    "(g) decide",
    "(h) look",
    "(i) 500 decisions",
    "(j) from submitting",
    "peak MB",
];

#[test]
fn the_bench_prints_its_table() {
    let data = format!("{}/bench-data", env!("CARGO_TARGET_TMPDIR"));
    // What a bench that was killed has left.
    let _ = fs::remove_dir_all(&data);
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_makegood-bench"))
        .args(["--part", "4000", "--data-dir", &data])
        .output()
        .expect("the bench starts");
    let (table, progress) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{status}\n{table}\n{progress}");
    for part in PARTS {
        assert!(table.contains(part), "no {part:?} in\n{table}");
    }
}
