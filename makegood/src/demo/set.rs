//! A set of data that the demo bills: a folder in the layout of `demo/broadcast-2020`, or that one, which the program
//! carries.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use crate::import::source::Source;

/// Where the project keeps the set that is billed when none is named.
const HOME: &str = "demo/broadcast-2020";

macro_rules! carried {
    ($($file:literal),* $(,)?) => {
        [ $( ($file, include_str!(concat!("../../../demo/broadcast-2020/", $file))) ),* ]
    };
}

const CARRIED: [(&str, &str); 8] = carried![
    "orders.csv",
    "order_lines.csv",
    "airings.csv",
    "expected_invoices.csv",
    "contracts.csv",
    "contract_lines.csv",
    "contract_weeks.csv",
    "contract_periods.csv",
];

/// Disputes that nobody had; a set may go without.
const SCRIPTED_DISPUTES: (&str, &str) = carried!["scripted_disputes.csv"][0];

/// The longest readable part of a set's name; a database's name may have 63 bytes.
const SLUG_MAX: usize = 40;

/// A set of data.
#[derive(Clone, Debug)]
pub struct Set {
    name: String,
    folder: Option<PathBuf>,
}

impl Set {
    /// The set in a folder; without one the project's.
    pub fn open(folder: Option<&Path>) -> Result<Self, anyhow::Error> {
        let home = fs::canonicalize(HOME).ok().filter(|home| home.join(CARRIED[0].0).is_file());
        let Some(folder) = folder else { return Ok(Self { name: slug(Path::new(HOME)), folder: home }) };
        let path = fs::canonicalize(folder)
            .with_context(|| format!("there is no folder {}; --data names one", folder.display()))?;
        if Some(&path) == home.as_ref() {
            return Ok(Self { name: slug(&path), folder: home });
        }
        if let Some((file, _)) = CARRIED.iter().find(|(file, _)| !path.join(file).is_file()) {
            bail!("{} has no {file}; a set has the files of {HOME}", folder.display());
        }
        // By its place and not by its content: the same folder is the same set, whatever is mended in it.
        let place = hex::encode(Sha256::digest(path.as_os_str().as_encoded_bytes()));
        let place: String = place.chars().take(8).collect();
        Ok(Self { name: format!("{}_{place}", slug(&path)), folder: Some(path) })
    }

    /// What the set is called: small letters, digits and `_`. Another folder has another name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its scripted disputes, where it has some.
    pub fn scripted_disputes(&self) -> Option<Source> {
        let (file, content) = SCRIPTED_DISPUTES;
        match &self.folder {
            Some(folder) => {
                Some(folder.join(file)).filter(|path| path.is_file()).map(|path| Source::file(&path))
            }
            None => Some(Source::inline(file, content)),
        }
    }

    /// One of its files.
    pub fn source(&self, file: &str) -> Source {
        match &self.folder {
            Some(folder) => Source::file(&folder.join(file)),
            None => {
                let content =
                    CARRIED.iter().find(|(name, _)| *name == file).map_or("", |(_, content)| content);
                Source::inline(file, content)
            }
        }
    }
}

fn slug(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    name.chars().map(plain).take(SLUG_MAX).collect()
}
