//! What is asked of a line of a document, and what it comes to.

use std::{collections::BTreeSet, fmt};

use money::{Currency, Money, Percent, Quantity};

use super::{AdjustmentRefusal, OfLines};
use crate::{content_digest::ContentDigest, spelled::spelled};

/// How many spots of a line are named where people read them at a glance.
const SPOTS_SHOWN: usize = 3;

/// What is asked of a line of the document; of a write-off of one line, [`WHOLE`](super::WHOLE).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedLine {
    pub number: i32,
    pub by: By,
}

/// By what it is said how much of a line is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Before commission and tax, above zero: the kind says which way it goes.
    Gross(Money),
    /// In the line's unit, at its price; above zero.
    Quantity(Quantity),
    /// Spots that the line bills, as their source calls them.
    Spots(Vec<String>),
    /// Nothing but its tax, which should have been this one.
    Tax(RightTax),
}

/// The tax that a line should have had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightTax {
    pub category: TaxCategory,
    pub percent: Percent,
    /// Why there is no tax, as printed; empty where there is.
    pub exemption_reason: String,
    /// Where it is taxed; empty: where it stands.
    pub place: String,
}

spelled! {
    /// How a line is taxed, by the codes of UNCL5305. O stands alone on a document, and is no correction.
    pub enum TaxCategory {
        Standard "S",
        Zero "Z",
        Exempt "E",
        ReverseCharge "AE",
        IntraCommunity "K",
        Export "G",
    }
}

/// So much of a line of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustedLine {
    pub number: i32,
    pub by: By,
    /// What that comes to before commission and tax, above zero; of a correction of tax the tax that it moves, whichever way.
    pub amount: Money,
}

impl AdjustedLine {
    /// What was asked of it.
    pub fn asked(&self) -> AskedLine {
        AskedLine { number: self.number, by: self.by.clone() }
    }

    /// Its part of what is approved. What is said in money needs no more than the amount.
    pub(super) fn digest(&self, digest: &mut ContentDigest) {
        digest.written(self.number);
        digest.written(self.amount);
        match &self.by {
            By::Gross(_) => {}
            By::Quantity(quantity) => {
                digest.text("quantity");
                digest.written(quantity);
            }
            By::Spots(names) => {
                digest.text("spots");
                digest.count(names.len());
                for name in names {
                    digest.text(name);
                }
            }
            By::Tax(right) => {
                digest.text("tax");
                digest.written(right.category);
                digest.written(right.percent);
                digest.text(&right.exemption_reason);
                digest.text(&right.place);
            }
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gross(gross) => write!(f, "{} {gross}", gross.currency()),
            Self::Quantity(quantity) => write!(f, "quantity {quantity}"),
            Self::Spots(names) => {
                let shown: Vec<&str> = names.iter().take(SPOTS_SHOWN).map(String::as_str).collect();
                write!(f, "spots {}", shown.join(", "))?;
                match names.len().saturating_sub(SPOTS_SHOWN) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
            Self::Tax(right) => write!(f, "tax {} {} %", right.category, right.percent),
        }
    }
}

/// Checks the lines of an adjustment by themselves.
///
/// Order of refusal: NOTHING_TO_ADJUST, LINE_AMOUNT.
pub fn check(invoice: &str, currency: Currency, asked: &[AskedLine]) -> Result<(), AdjustmentRefusal> {
    if asked.is_empty() {
        return Err(AdjustmentRefusal::Nothing { invoice: invoice.to_owned() });
    }
    for (place, line) in asked.iter().enumerate() {
        let again = asked.iter().take(place).any(|other| other.number == line.number);
        let is_something = match &line.by {
            By::Gross(gross) => gross.currency() == currency && gross.is_positive(),
            By::Quantity(quantity) => !quantity.value().is_zero(),
            By::Spots(names) => !names.is_empty(),
            By::Tax(_) => true,
        };
        if again || !is_something {
            return Err(AdjustmentRefusal::LineAmount { line: line.number, amount: line.by.to_string() });
        }
    }
    Ok(())
}

/// The lines with what they come to: what is said in money as it is said, the rest as invoicing has worked it out.
///
/// Refusal: LINE_AMOUNT.
pub fn come_to(asked: &[AskedLine], worked_out: &OfLines) -> Result<Vec<AdjustedLine>, AdjustmentRefusal> {
    let line = |line: &AskedLine| {
        let amount = match &line.by {
            By::Gross(gross) => Some(*gross),
            By::Quantity(_) | By::Spots(_) | By::Tax(_) => worked_out.get(&line.number).copied(),
        };
        let nothing = || AdjustmentRefusal::LineAmount {
            line: line.number,
            amount: format!("{}, which comes to nothing", line.by),
        };
        let amount = amount.filter(|amount| amount.is_positive()).ok_or_else(nothing)?;
        Ok(AdjustedLine { number: line.number, by: line.by.clone(), amount })
    };
    asked.iter().map(line).collect()
}

/// Spots by the numbers of their lines.
pub type OfSpots = BTreeSet<(i32, String)>;

/// Whether others ask for the same spots: a spot is settled once, in whatever way.
///
/// Refusal: SPOT_ASKED_FOR.
pub fn check_spots(asked: &[AskedLine], pending: &OfSpots) -> Result<(), AdjustmentRefusal> {
    for line in asked {
        match &line.by {
            By::Spots(names) => {
                for spot in names {
                    if pending.contains(&(line.number, spot.clone())) {
                        let (line, spot) = (line.number, spot.clone());
                        return Err(AdjustmentRefusal::SpotAskedFor { line, spot });
                    }
                }
            }
            By::Gross(_) | By::Quantity(_) | By::Tax(_) => {}
        }
    }
    Ok(())
}

/// Whether others ask for another tax of the same lines: what the second one comes to is known once the first one is executed.
///
/// Refusal: TAX_ASKED_FOR.
pub fn check_taxes(asked: &[AskedLine], pending: &BTreeSet<i32>) -> Result<(), AdjustmentRefusal> {
    for line in asked {
        match &line.by {
            By::Tax(_) if pending.contains(&line.number) => {
                return Err(AdjustmentRefusal::TaxAskedFor { line: line.number });
            }
            By::Tax(_) | By::Gross(_) | By::Quantity(_) | By::Spots(_) => {}
        }
    }
    Ok(())
}
