//! Writes a few documents into a directory, to look at the design.

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("name the directory to write into")?;
    let samples = [
        ("one-line.pdf", sample::broadcast(1, 4)),
        ("broadcast.pdf", sample::broadcast(40, 200)),
        ("short.pdf", sample::broadcast(8, 0)),
        ("credit-note.pdf", sample::credit_note()),
    ];
    for (name, invoice) in samples {
        std::fs::write(Path::new(&directory).join(name), document::render(&invoice)?)?;
    }
    Ok(())
}
