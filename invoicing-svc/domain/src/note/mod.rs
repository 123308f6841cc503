//! Credit and debit notes: what is issued never changes, so a further document corrects lines of it.
//!
//! Net, commission and tax of a note are what is due on all that notes of its kind took of the lines to date, less what
//! they took before, so that a document that is credited piece by piece is credited to the cent. Category, percent and
//! place are those of the lines. A credit never takes more than what is left of a line.
//!
//! A correction counts as billed before: its units go to the ledger of the order line, which stays its units at their
//! prices, summed exactly and rounded once (INV-10). Every other note leaves what was billed as it is.

mod digest;
mod figures;
mod held;
mod quantify;
mod rebill;
mod retax;
mod spots;
mod taken_back;
#[cfg(test)]
mod tests;

pub use digest::digest;
pub use held::{Share, Source, shares};
pub use rebill::{everything_left, rebill};
pub use retax::{RightTax, retax};
pub use spots::{NamedSpot, check_beside_owed, check_named, check_owed, check_spots};
pub use taken_back::{TakenBack, check_taken_back};

use std::collections::BTreeMap;

use ids::LineId;
use jiff::civil::Date;
use money::{Currency, Money, MoneyError, Percent, Rate, Remainder, Rounding};
use rust_decimal::Decimal;

use crate::figure::grouped;
use crate::invoice::{DocumentKind, LineTax, TaxRow};
use crate::rating::{Basis, Billed, Bucket, Unit};
use crate::tax::TaxBase;

/// What a note is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteBasis {
    /// Quantity, price or a duplicate was wrong.
    Correction,
    /// Goodwill or a service failure.
    Commercial,
    Tax,
    /// Instead of a makegood.
    Makegood,
    /// To bill it to somebody else instead, or with other bill-to data.
    Rebill,
}

impl NoteBasis {
    /// What the entries of the ledger that the note makes follow from.
    pub fn of_ledger(self) -> Basis {
        match self {
            Self::Correction => Basis::Correction,
            Self::Commercial => Basis::Commercial,
            Self::Tax => Basis::Tax,
            Self::Makegood => Basis::Makegood,
            Self::Rebill => Basis::Rebill,
        }
    }
}

/// What is asked of an issued document.
#[derive(Clone, Debug)]
pub struct Asked {
    /// CreditNote or DebitNote.
    pub kind: DocumentKind,
    pub basis: NoteBasis,
    /// Each line of the document at most once.
    pub lines: Vec<AskedLine>,
}

/// How much of a line is asked.
#[derive(Clone, Copy, Debug)]
pub struct AskedLine {
    /// On the document.
    pub number: u32,
    pub by: By,
}

/// By what an amount is said.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// Before commission; of the sign of the line.
    Gross(Money),
    /// In the line's unit, at its price; of the sign of the line's quantity.
    Quantity(Decimal),
    /// What the price should have been, of the whole quantity. Only as a correction.
    Rate(Rate),
}

/// An issued document, as a note sees it.
#[derive(Clone, Debug)]
pub struct Original {
    pub currency: Currency,
    pub commission_percent: Percent,
    pub tax_base: TaxBase,
    pub taxes: Vec<TaxRow>,
    pub lines: Vec<OriginalLine>,
}

/// A line of it.
#[derive(Clone, Debug)]
pub struct OriginalLine {
    pub number: u32,
    /// The order line.
    pub line: LineId,
    pub bucket: Bucket,
    pub quantity: Decimal,
    pub unit: Unit,
    pub gross: Money,
    pub net: Money,
    pub tax: LineTax,
    pub tax_code: String,
    /// When its tax fell due.
    pub tax_point: Date,
    pub gl_revenue: String,
    /// What earlier notes of the same kind took of it.
    pub noted: Noted,
}

/// What notes of one kind came to on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    pub gross: Money,
    pub net: Money,
    pub tax: Money,
}

/// The ledgers of the order lines that a correction touches.
pub type Ledgers = BTreeMap<LineId, Vec<Billed>>;

/// A note without date and number; or the invoice that bills to another what a credit note took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub kind: DocumentKind,
    pub basis: NoteBasis,
    pub currency: Currency,
    pub gross: Money,
    pub commission: Money,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
    /// One for each category and percent of its lines.
    pub taxes: Vec<TaxRow>,
    /// In the order of the lines that they correct.
    pub lines: Vec<NoteLine>,
}

/// A line of a note; its amounts are above zero where the line that it corrects is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteLine {
    /// The number of the line that it corrects.
    pub corrects: u32,
    /// The order line.
    pub line: LineId,
    /// Its price is printed.
    pub bucket: Bucket,
    pub quantity: Decimal,
    pub unit: Unit,
    pub gross: Money,
    pub commission: Money,
    pub net: Money,
    pub tax: LineTax,
    pub gl_revenue: String,
    /// What the ledger of the order line takes in: less than nothing for a credit, nothing where it does not count.
    pub units: Decimal,
    /// Of two lines that together correct nothing but the tax of one.
    pub retaxes: bool,
}

/// The entity's settings.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub rounding: Rounding,
    pub remainder: Remainder,
}

refusal::refusals! {
    /// Why there is no note.
    pub enum NoteRefusal {
        /// Only what is issued is corrected by a further document.
        StateForbids "NOTE_OF_DRAFT" OfDraft { invoice: String } =>
            "{invoice} is a draft and can still change; a note corrects an issued document",
        /// A credit that is wrong is corrected on the document that it credits.
        StateForbids "NOTE_OF_CREDIT_NOTE" OfCreditNote { invoice: String } =>
            "{invoice} is a credit note; correct the document that it credits",
        /// Its lines bill nothing: they are one line at two taxes.
        StateForbids "NOTE_OF_TAX_NOTE" OfTaxNote { invoice: String } =>
            "{invoice} corrects nothing but the tax of another document; correct that one",
        /// Documents are not dated in the future.
        StateForbids "ISSUE_DATE_IN_FUTURE" IssueDateInFuture { issue_date: String, today: String } =>
            "the issue date {issue_date} lies in the future: today is {today} in the entity's time zone",
        /// A correction is not older than what it corrects.
        StateForbids "ISSUE_DATE_BEFORE_DOCUMENT" IssueDateBeforeDocument { issue_date: String, issued: String } =>
            "the issue date {issue_date} is before {issued}, on which the document was issued that the note corrects",
        /// Documents need numbers.
        StateForbids "NUMBER_SERIES_MISSING" NumberSeriesMissing { entity: String, kind: String } =>
            "{entity} has no number series for {kind}; create one first",
        /// Which shortfall it settles has to be known, or it is settled twice.
        StateForbids "SPOTS_NOT_NAMED" SpotsNotNamed { line: u32 } =>
            "line {line} bills spots; a credit instead of a makegood names the spots that it is for",
        /// What did not air is not billed, and so there is nothing to give back.
        StateForbids "SPOT_NOT_BILLED" SpotNotBilled { line: u32, spot: String } =>
            "line {line}: no spot {spot} is billed there, so there is nothing to credit; what did not air is not billed, and what was billed anew stands on a later document",
        /// A spot is credited once.
        StateForbids "SPOT_CREDITED" SpotCredited { line: u32, spot: String } =>
            "line {line}: the spot {spot} was credited before",
        /// A shortfall is never both credited and made good.
        StateForbids "SPOT_MADE_GOOD" SpotMadeGood { line: u32, spot: String, how: &'static str } =>
            "line {line}: the spot {spot} {how}",
        /// What was let go or ran out is not owed anew.
        StateForbids "SPOT_OWED_BEFORE" SpotOwedBefore { line: u32, spot: String } =>
            "line {line}: the spot {spot} was owed before, and that was released or has expired; credit it instead",
        /// A correction moves what the drafts of a run stand on.
        Unavailable "LINE_BEING_BILLED" LineBeingBilled { line: u32, run: String, state: String } =>
            "{run} is {state} and bills the order line of line {line}; correct it once the run is issued or back in review",
        /// There is nothing to correct.
        StateForbids "NOTE_LINE_UNKNOWN" LineUnknown { line: u32 } => "the document has no line {line}",
        /// A credit takes back, a debit adds.
        StateForbids "NOTE_OTHER_WAY" OtherWay { line: u32 } =>
            "line {line}: a credit takes of what the line bills and a debit adds to it; amount, quantity or price go the other way",
        /// Whole units are counted.
        StateForbids "CORRECTION_NEEDS_QUANTITY" NeedsQuantity { line: u32, amount: String, unit: String } =>
            "line {line}: {amount} is no whole number of units ({unit}) at the price of the line; say the quantity or the right price, or credit it on another basis",
        /// Never more than the line.
        StateForbids "CREDIT_ABOVE_LEFT" AboveLeft { line: u32, left: String, asked: String } =>
            "line {line}: {left} left; {asked} is more",
        /// Never more than what stands of what runs billed.
        StateForbids "TAKEN_BACK_SINCE" TakenBackSince { line: u32, invoice: String, stands: String, asked: String } =>
            "line {line}: {invoice} takes back some of it by a line below zero, and {stands} of its period stand; {asked} is more",
        /// A note of nothing says nothing.
        StateForbids "NOTE_OF_NOTHING" OfNothing => "the note comes to nothing; a note is above zero",
        /// The customer would send it back.
        StateForbids "REBILL_PURCHASE_ORDER" RebillPurchaseOrder { account: String, format: String } =>
            "{account} pays by purchase orders{format}; say the number that the new invoice goes on",
        /// More digits than can be calculated with.
        StateForbids "AMOUNT_TOO_LARGE" AmountTooLarge { error: MoneyError } => "{error}",
    }
}

impl From<MoneyError> for NoteRefusal {
    fn from(error: MoneyError) -> Self {
        Self::AmountTooLarge { error }
    }
}

/// What is asked as a note. `ledgers` are those of the order lines, for a correction.
///
/// Order of refusal: NOTE_LINE_UNKNOWN, NOTE_OTHER_WAY, CORRECTION_NEEDS_QUANTITY and CREDIT_ABOVE_LEFT line by line,
/// then NOTE_OF_NOTHING.
pub fn note(
    original: &Original,
    asked: &Asked,
    ledgers: Ledgers,
    settings: Settings,
) -> Result<Note, NoteRefusal> {
    note_of_held(original, asked, (ledgers, &[]), settings)
}

/// The same, where rating holds something of the document: a credit of exactly a share is made of its units.
///
/// Order of refusal: as [`note`].
pub fn note_of_held(
    original: &Original,
    asked: &Asked,
    (ledgers, shares): (Ledgers, &[Share]),
    settings: Settings,
) -> Result<Note, NoteRefusal> {
    let pieces = quantify::pieces(original, asked, (ledgers, shares), settings.rounding)?;
    let note = figures::figures(original, asked, &pieces, settings)?;
    if note.gross.is_positive() { Ok(note) } else { Err(NoteRefusal::OfNothing) }
}

impl Original {
    fn line(&self, number: u32) -> Result<&OriginalLine, NoteRefusal> {
        self.lines.iter().find(|line| line.number == number).ok_or(NoteRefusal::LineUnknown { line: number })
    }
}

impl OriginalLine {
    /// What of it is not credited.
    pub fn left(&self) -> Result<Money, MoneyError> {
        self.gross.minus(self.noted.gross)
    }

    fn check_left(&self, asked: Money) -> Result<(), NoteRefusal> {
        let left = self.left()?;
        let beyond = if self.gross.is_negative() {
            asked.compare(left)?.is_lt()
        } else {
            asked.compare(left)?.is_gt()
        };
        if beyond {
            return Err(NoteRefusal::AboveLeft {
                line: self.number,
                left: grouped(left),
                asked: grouped(asked),
            });
        }
        Ok(())
    }
}
