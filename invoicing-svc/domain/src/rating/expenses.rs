//! Delivered spend, passed on with a markup, up to a cap of its own and within that of the line.

use money::{MoneyError, Rate};
use rust_decimal::Decimal;

use super::{
    LineKind, RatingError,
    cell::Placed,
    metered::{Expenses, Piece},
    settle::Stays,
};

/// The expenses of a line while they are counted in the order of their days.
pub(super) struct Spending {
    /// What one of the spend bills.
    rate: Rate,
    /// How much spend their own cap leaves; absent where they have none.
    room: Option<Decimal>,
}

impl Spending {
    /// What stays as it was billed uses up their cap.
    pub(super) fn of(expenses: Expenses, stays: &Stays<'_>) -> Result<Self, RatingError> {
        let percent = Decimal::ONE_HUNDRED.checked_add(expenses.markup_percent.value());
        let rate = percent.and_then(|percent| percent.checked_div(Decimal::ONE_HUNDRED));
        let rate = rate.and_then(|rate| Rate::of(rate).ok()).ok_or(MoneyError::Overflow)?;
        let kept = stays.kept().filter(|(bucket, _)| bucket.bills_spend());
        let mut room = expenses.cap.map(|cap| cap.amount());
        for (_, units) in kept {
            room = room.map(|room| room.saturating_sub(units));
        }
        Ok(Self { rate, room })
    }

    /// The spend of a cell that their own cap leaves, if there is any.
    pub(super) fn of_cell(&self, cell: &Placed<'_>) -> Option<Piece> {
        let units = self.room.map_or(cell.spend, |room| cell.spend.min(room.max(Decimal::ZERO)));
        let piece = Piece { kind: LineKind::Expenses, units, rate: self.rate, price_base: 1 };
        Some(piece).filter(|piece| !piece.units.is_zero())
    }

    /// So much of it bills.
    pub(super) fn bills(&mut self, units: Decimal) {
        self.room = self.room.map(|room| room.saturating_sub(units));
    }
}
