//! A story is a text file that a controller can read: one step a line; what stands indented below a step belongs to it;
//! `#` begins a remark. `Told before: FILE` tells the steps of another file first.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

/// One line of a story.
#[derive(Clone, Debug)]
pub struct Step {
    /// `2-january-is-rated.story:5`
    pub place: String,
    pub text: String,
    /// The indented lines below, without their indentation.
    pub block: Vec<String>,
}

/// Reads a story and what is told before it. `folder` is where all stories are.
pub fn read(folder: &Path, file: &str) -> Result<Vec<Step>> {
    let text = fs::read_to_string(folder.join(file)).with_context(|| format!("the story {file}"))?;
    let mut steps: Vec<Step> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let place = format!("{file}:{number}");
        if let Some(below) = line.strip_prefix("  ") {
            let Some(step) = steps.last_mut() else { bail!("{place}: indented below nothing") };
            step.block.push(below.to_owned());
        } else if let Some(other) = line.strip_prefix("Told before: ") {
            steps.extend(read(folder, other).context(place)?);
        } else if !line.is_empty() && !line.starts_with('#') {
            steps.push(Step { place, text: line.to_owned(), block: Vec::new() });
        }
    }
    Ok(steps)
}
