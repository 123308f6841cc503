//! A step of an explanation.

use ids::{AccountId, AiringId, BatchId, InvoiceId, OrderId};
use money::{Exact, Money, MoneyError, Rate};
use rust_decimal::Decimal;

/// A step of an explanation: what it comes to, what that is the sum of, and what it rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// In words.
    pub label: String,
    /// Absent where nothing is counted.
    pub count: Option<Counted>,
    /// The price of one `price_base` of units; absent where nothing is priced.
    pub price: Option<(Rate, u32)>,
    /// With every digit that it has; absent where the step is a fact without an amount.
    pub amount: Option<Exact>,
    /// What it names.
    pub subjects: Vec<Subject>,
    /// Their amounts sum to the amount, and their counts of the same unit to the count.
    pub parts: Vec<Node>,
    /// Facts that are in no sum.
    pub grounds: Vec<Node>,
}

/// So many of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Negative where something is taken away.
    pub units: Decimal,
    /// For example `spot`.
    pub unit: String,
}

/// A thing that a step names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A draft or document.
    Invoice(AccountId, InvoiceId),
    /// An order.
    Order(AccountId, OrderId),
    /// A batch of delivery.
    Batch(BatchId),
    /// A spot.
    Airing(AiringId),
}

impl Node {
    /// A fact without an amount.
    pub(crate) fn fact(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// An amount with every digit that it has.
    pub(crate) fn exact(label: impl Into<String>, amount: Exact) -> Self {
        Self { amount: Some(amount), ..Self::fact(label) }
    }

    /// An amount of money.
    pub(crate) fn money(label: impl Into<String>, amount: Money) -> Self {
        Self::exact(label, Exact::of(amount.currency(), amount.amount()))
    }

    pub(crate) fn counted(mut self, units: Decimal, unit: &str) -> Self {
        self.count = Some(Counted { units, unit: unit.to_owned() });
        self
    }

    pub(crate) fn priced(mut self, rate: Rate, base: u32) -> Self {
        self.price = Some((rate, base));
        self
    }

    pub(super) fn about(mut self, subject: Option<Subject>) -> Self {
        self.subjects.extend(subject);
        self
    }

    pub(crate) fn of(mut self, parts: Vec<Self>) -> Self {
        self.parts = parts;
        self
    }

    pub(crate) fn resting_on(mut self, grounds: impl IntoIterator<Item = Self>) -> Self {
        self.grounds.extend(grounds);
        self
    }

    /// Whether every amount is the sum of its parts, and every count the sum of those that count the same unit.
    pub fn adds_up(&self) -> Result<bool, MoneyError> {
        for node in self.parts.iter().chain(&self.grounds) {
            if !node.adds_up()? {
                return Ok(false);
            }
        }
        Ok(self.amounts_add_up()? && self.counts_add_up()?)
    }

    fn amounts_add_up(&self) -> Result<bool, MoneyError> {
        let mut amounts = self.parts.iter().filter_map(|part| part.amount);
        let Some(first) = amounts.next() else { return Ok(true) };
        let sum = amounts.try_fold(first, Exact::plus)?;
        Ok(self.amount.is_some_and(|amount| amount.amount() == sum.amount()))
    }

    fn counts_add_up(&self) -> Result<bool, MoneyError> {
        let Some(count) = &self.count else { return Ok(true) };
        let same = self.parts.iter().filter_map(|part| part.count.as_ref().filter(|c| c.unit == count.unit));
        let mut units = same.map(|part| part.units).peekable();
        if units.peek().is_none() {
            return Ok(true);
        }
        let sum = units.try_fold(Decimal::ZERO, |sum, units| sum.checked_add(units));
        Ok(sum.ok_or(MoneyError::Overflow)? == count.units)
    }
}
