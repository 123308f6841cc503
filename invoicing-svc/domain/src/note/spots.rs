//! A credit of spots by their names: each takes back exactly what the spot was billed at, and a spot is credited once.

use std::collections::{BTreeMap, BTreeSet};

use ids::AiringId;
use money::Money;

use super::{Asked, Note, NoteBasis, NoteRefusal, Original};
use crate::{figure::grouped, invoice::DocumentKind, makegood::MadeGood, rating::LineKind};

/// A spot that a credit note names.
#[derive(Clone, Debug)]
pub struct NamedSpot {
    /// On the document.
    pub line: u32,
    /// What its source calls it.
    pub name: String,
    /// The spot, where the line bills it and no later document does.
    pub billed: Option<AiringId>,
    pub is_credited: bool,
    pub made_good: Option<MadeGood>,
    /// It is or was owed, however that ended.
    pub was_owed: bool,
}

/// Whether each of the spots may be credited.
///
/// Order of refusal: SPOT_NOT_BILLED, SPOT_CREDITED, SPOT_MADE_GOOD spot by spot.
pub fn check_spots(named: &[NamedSpot]) -> Result<(), NoteRefusal> {
    let mut seen = BTreeSet::new();
    for spot in named {
        let (line, name) = (spot.line, || spot.name.clone());
        let Some(airing) = spot.billed else {
            return Err(NoteRefusal::SpotNotBilled { line, spot: name() });
        };
        if spot.is_credited || !seen.insert(airing) {
            return Err(NoteRefusal::SpotCredited { line, spot: name() });
        }
        let how = match spot.made_good {
            None => continue,
            Some(MadeGood::Was) => "was made good; what is made good is not credited besides",
            Some(MadeGood::IsToBe) => "is to be made good; release that obligation first, or let it expire",
        };
        return Err(NoteRefusal::SpotMadeGood { line, spot: name(), how });
    }
    Ok(())
}

/// Whether each of the spots may be owed instead of being credited.
///
/// Order of refusal: SPOT_NOT_BILLED, SPOT_CREDITED, SPOT_MADE_GOOD spot by spot, then SPOT_OWED_BEFORE.
pub fn check_owed(named: &[NamedSpot]) -> Result<(), NoteRefusal> {
    check_spots(named)?;
    match named.iter().find(|spot| spot.was_owed) {
        Some(spot) => Err(NoteRefusal::SpotOwedBefore { line: spot.line, spot: spot.name.clone() }),
        None => Ok(()),
    }
}

/// What is to be made good of a line, or was, is not credited besides, by whatever the credit is said. `owed` is that, line by line.
///
/// Refusal: CREDIT_ABOVE_LEFT.
pub fn check_beside_owed(
    original: &Original,
    note: &Note,
    owed: &BTreeMap<u32, Money>,
) -> Result<(), NoteRefusal> {
    for (number, owed) in owed {
        let line = original.line(*number)?;
        let of_line = note.lines.iter().filter(|of| of.corrects == *number);
        let asked = Money::sum(original.currency, of_line.map(|of| of.gross))?;
        let left = line.left()?.minus(*owed)?;
        if asked.is_positive() && asked.compare(left)?.is_gt() {
            let (left, asked) = (grouped(left), grouped(asked));
            return Err(NoteRefusal::AboveLeft { line: *number, left, asked });
        }
    }
    Ok(())
}

/// A credit instead of a makegood says for which spots it is, where the line bills spots. `named` are the lines with spots.
///
/// Refusal: SPOTS_NOT_NAMED.
pub fn check_named(original: &Original, asked: &Asked, named: &[u32]) -> Result<(), NoteRefusal> {
    let is_instead = asked.kind == DocumentKind::CreditNote && asked.basis == NoteBasis::Makegood;
    for line in asked.lines.iter().filter(|line| is_instead && !named.contains(&line.number)) {
        let of = original.lines.iter().find(|of| of.number == line.number);
        let bills_spots = of.is_some_and(|of| matches!(of.bucket.kind, LineKind::Spots | LineKind::Makegood));
        if bills_spots {
            return Err(NoteRefusal::SpotsNotNamed { line: line.number });
        }
    }
    Ok(())
}
