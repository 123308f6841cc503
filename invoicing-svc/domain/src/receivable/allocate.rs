use ids::InvoiceId;
use money::{Money, MoneyError};

use super::{OpenItem, ReceivableRefusal};
use crate::figure::grouped;

/// What somebody wants money to be put on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The oldest first by due date; what is undisputed of all before what is disputed of any.
    OldestFirst,
    /// These, in this order; without an amount, as much as is open there and left.
    Named(Vec<(InvoiceId, Option<Money>)>),
}

/// What is put on a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    pub document: InvoiceId,
    /// Above zero.
    pub amount: Money,
}

/// Puts what is left of a receipt or a credit note on open documents. Whatever remains stays where it is.
///
/// Order of refusal, document by document: DOCUMENT_NOT_OPEN, ALLOCATION_ABOVE_OPEN, ALLOCATION_ABOVE_LEFT.
pub fn allocate(left: Money, items: &[OpenItem], wanted: &Wanted) -> Result<Vec<Put>, ReceivableRefusal> {
    match wanted {
        Wanted::OldestFirst => Ok(oldest_first(left, items)?),
        Wanted::Named(named) => by_name(left, items, named),
    }
}

fn oldest_first(mut left: Money, items: &[OpenItem]) -> Result<Vec<Put>, MoneyError> {
    let mut items: Vec<&OpenItem> = items.iter().filter(|item| item.open.is_positive()).collect();
    items.sort_by(|one, other| (one.due, &one.number).cmp(&(other.due, &other.number)));
    let mut puts: Vec<Put> = Vec::new();
    let undisputed = items.iter().map(|item| Ok((item.document, item.undisputed()?)));
    let undisputed = undisputed.collect::<Result<Vec<_>, MoneyError>>()?;
    let disputed = items.iter().map(|item| (item.document, item.disputed));
    for (document, open) in undisputed.into_iter().chain(disputed) {
        let amount = less(left, open)?;
        if amount.is_positive() {
            left = left.minus(amount)?;
            match puts.iter_mut().find(|put| put.document == document) {
                Some(put) => put.amount = put.amount.plus(amount)?,
                None => puts.push(Put { document, amount }),
            }
        }
    }
    Ok(puts)
}

fn by_name(
    mut left: Money,
    items: &[OpenItem],
    named: &[(InvoiceId, Option<Money>)],
) -> Result<Vec<Put>, ReceivableRefusal> {
    let mut puts = Vec::with_capacity(named.len());
    for (document, asked) in named {
        let not_open = || ReceivableRefusal::NotOpen { document: document.to_string() };
        let item = items.iter().find(|item| item.document == *document && item.open.is_positive());
        let item = item.ok_or_else(not_open)?;
        let amount = match asked {
            Some(asked) if asked.currency() != item.open.currency() => return Err(not_open()),
            Some(asked) => *asked,
            None => less(left, item.open)?,
        };
        if amount.compare(item.open)?.is_gt() {
            return Err(ReceivableRefusal::AboveOpen {
                document: item.number.clone(),
                open: grouped(item.open),
                asked: grouped(amount),
            });
        }
        if amount.compare(left)?.is_gt() || !amount.is_positive() {
            return Err(ReceivableRefusal::AboveLeft { left: grouped(left), asked: grouped(amount) });
        }
        left = left.minus(amount)?;
        puts.push(Put { document: *document, amount });
    }
    Ok(puts)
}

fn less(one: Money, other: Money) -> Result<Money, MoneyError> {
    Ok(if one.compare(other)?.is_lt() { one } else { other })
}
