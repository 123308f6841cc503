use ids::LineId;
use money::{Money, MoneyError};

use super::{Draft, DraftLine};

impl Draft {
    /// How much an order line may give back here: what the other lines of its tax row bill, and no more than they bill
    /// together. Nothing where the line is not on the document, or where it leaves a tax row below zero.
    pub fn room(&self, line: LineId) -> Result<Money, MoneyError> {
        let nothing = Money::zero(self.currency);
        let Some(back) = self.lines.iter().find(|other| other.line == line) else { return Ok(nothing) };
        let others = || self.lines.iter().filter(|other| other.line != line);
        let same_row = |other: &&DraftLine| {
            (other.tax.category, other.tax.percent) == (back.tax.category, back.tax.percent)
        };
        let of_row = Money::sum(self.currency, others().filter(same_row).map(|other| other.item.gross))?;
        let of_all = Money::sum(self.currency, others().map(|other| other.item.gross))?;
        let room = if of_row.amount() < of_all.amount() { of_row } else { of_all };
        Ok(if room.is_negative() { nothing } else { room })
    }

    /// Whether the document and each of its tax rows come to nothing or more.
    pub fn is_payable(&self) -> bool {
        let amounts = [self.gross, self.net, self.total].into_iter();
        let bases = self.taxes.iter().map(|row| row.base);
        amounts.chain(bases).all(|amount| !amount.is_negative())
    }
}
