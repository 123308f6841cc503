//! Receivables ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use ids::{AccountId, EntityId};
use invoicing_domain::receivable::{
    Activity, Age, Credit, OpenItem, Receipt, ReceivableRefusal, Source, Wanted, WriteOff,
};
use jiff::civil::Date;
use money::{Currency, Money};
use refusal::{Refusal, Violations};

use super::{
    money::message,
    name,
    number_series::document_kind_message,
    period::{day_message, optional_day, time_message},
    text::{Text, text},
};

/// How many documents one call puts money on.
const ALLOCATIONS_MAX: usize = 1_000;

/// An amount above zero.
pub fn amount(v: &mut Violations, field: &str, value: Option<&pb::Money>) -> Option<Money> {
    let amount = amount_or_nothing(v, field, value)?;
    v.take(field, if amount.is_positive() { Ok(amount) } else { Err("must be above zero") })
}

/// An amount that is not below zero.
pub fn amount_or_nothing(v: &mut Violations, field: &str, value: Option<&pb::Money>) -> Option<Money> {
    let Some(pb::Money { currency_code, amount }) = value else {
        v.add(field, "must be given");
        return None;
    };
    v.within(field, |v| {
        let currency = v.take("currency_code", Currency::parse(currency_code))?;
        let amount = v.take("amount", Money::parse(currency, amount))?;
        v.take("amount", if amount.is_negative() { Err("must not be below zero") } else { Ok(amount) })
    })
}

/// What is wanted of documents of an account; none are named: the oldest first.
pub fn wanted(v: &mut Violations, account: AccountId, allocations: &[pb::Allocation]) -> Option<Wanted> {
    if allocations.len() > ALLOCATIONS_MAX {
        v.add("allocations", format!("names more than {ALLOCATIONS_MAX} documents"));
        return None;
    }
    let mut named = Vec::with_capacity(allocations.len());
    for (n, pb::Allocation { document, amount: asked, day }) in allocations.iter().enumerate() {
        v.within(&format!("allocations[{n}]"), |v| {
            let parsed = name::invoice(v, "document", document);
            let document = of_account(v, "document", account, parsed);
            let asked = asked.as_ref().map(|asked| amount(v, "amount", Some(asked)));
            if day.is_some() {
                v.add("day", "is answered and not asked for: it is today");
            }
            if let Some(document) = document {
                if named.iter().any(|(other, _)| *other == document) {
                    v.add("document", "stands twice; say the sum once");
                }
                named.push((document, asked.flatten()));
            }
        });
    }
    Some(if allocations.is_empty() { Wanted::OldestFirst } else { Wanted::Named(named) })
}

/// A receipt that is recorded: entity, amount, day, method and reference.
pub type Received = (EntityId, Money, Option<Date>, String, String);

/// A receipt as it comes.
pub fn received(v: &mut Violations, receipt: Option<&pb::Receipt>) -> Option<Received> {
    let Some(receipt) = receipt else {
        v.add("receipt", "must be given");
        return None;
    };
    v.within("receipt", |v| {
        let entity = name::entity(v, "billing_entity", &receipt.billing_entity);
        let amount = amount(v, "amount", receipt.amount.as_ref());
        let day = optional_day(v, "day", receipt.day.as_ref());
        let method = text(v, "method", &receipt.method, Text::Code(32));
        let reference = text(v, "reference", &receipt.reference, Text::Optional(140));
        Some((entity?, amount?, day?, method?, reference?))
    })
}

/// A refund that is recorded: source, amount, day and reference.
pub fn refunded(
    v: &mut Violations,
    account: AccountId,
    refund: Option<&pb::Refund>,
) -> Option<(Source, Money, Option<Date>, String)> {
    let Some(refund) = refund else {
        v.add("refund", "must be given");
        return None;
    };
    v.within("refund", |v| {
        let source = source(v, account, &refund.source);
        let amount = amount(v, "amount", refund.amount.as_ref());
        let day = optional_day(v, "day", refund.day.as_ref());
        let reference = text(v, "reference", &refund.reference, Text::Optional(140));
        Some((source?, amount?, day?, reference?))
    })
}

/// The receipt or credit note of an account that `source` names.
pub fn source(v: &mut Violations, account: AccountId, source: &str) -> Option<Source> {
    if source.contains("/receipts/") {
        let parsed = name::receipt(v, "source", source);
        return of_account(v, "source", account, parsed).map(Source::Receipt);
    }
    let parsed = name::invoice(v, "source", source);
    of_account(v, "source", account, parsed).map(Source::Credit)
}

/// The id in a name, which must be below this account.
pub fn of_account<T>(
    v: &mut Violations,
    field: &str,
    account: AccountId,
    parsed: Option<(AccountId, T)>,
) -> Option<T> {
    let (of, id) = parsed?;
    v.take(field, if of == account { Ok(id) } else { Err("must be of the same account") })
}

/// What is open on a document.
pub fn open_document(item: &OpenItem, as_of: Date) -> Result<pb::OpenDocument, Refusal> {
    let undisputed = item.undisputed().map_err(ReceivableRefusal::from)?;
    Ok(pb::OpenDocument {
        name: name::invoice_name(item.account, item.document),
        billing_entity: name::entity_name(item.entity),
        number: item.number.clone(),
        kind: document_kind_message(item.kind).into(),
        issue_date: Some(day_message(item.issued)),
        due_date: Some(day_message(item.due)),
        total: Some(message(item.total)),
        open: Some(message(item.open)),
        disputed: Some(message(item.disputed)),
        undisputed: Some(message(undisputed)),
        age: age(Age::of(item.due, as_of)).into(),
        dispute: item.dispute.clone(),
    })
}

/// How long something is overdue.
pub fn age(age: Age) -> pb::Age {
    match age {
        Age::Current => pb::Age::Current,
        Age::UpTo30 => pb::Age::UpTo30,
        Age::UpTo60 => pb::Age::UpTo60,
        Age::UpTo90 => pb::Age::UpTo90,
        Age::Over90 => pb::Age::Over90,
    }
}

/// A receipt as a message.
pub fn receipt(receipt: &Receipt) -> pb::Receipt {
    pb::Receipt {
        name: name::receipt_name(receipt.account, receipt.id),
        billing_entity: name::entity_name(receipt.entity),
        amount: Some(message(receipt.amount)),
        day: Some(day_message(receipt.day)),
        method: receipt.method.clone(),
        reference: receipt.reference.clone(),
        unapplied: Some(message(receipt.unapplied)),
        allocations: receipt
            .puts
            .iter()
            .map(|(put, day)| pb::Allocation {
                document: name::invoice_name(receipt.account, put.document),
                amount: Some(message(put.amount)),
                day: Some(day_message(*day)),
            })
            .collect(),
        recorded_by: receipt.act.by.clone(),
        record_time: Some(time_message(receipt.act.at)),
        reversal_day: receipt.reversed.as_ref().map(|reversed| day_message(reversed.day)),
        reversal_reason: receipt
            .reversed
            .as_ref()
            .map_or_else(String::new, |reversed| reversed.reason.clone()),
    }
}

/// A write-off as a message.
pub fn write_off(write_off: &WriteOff) -> pb::WriteOff {
    pb::WriteOff {
        name: name::write_off_name(write_off.account, write_off.id),
        document: name::invoice_name(write_off.account, write_off.document),
        amount: Some(message(write_off.lost.amount)),
        day: Some(day_message(write_off.day)),
        reason: write_off.reason.clone(),
        tax_relief: Some(message(write_off.lost.relief)),
        recovered: Some(message(write_off.lost.recovered)),
        recorded_by: write_off.act.by.clone(),
        record_time: Some(time_message(write_off.act.at)),
    }
}

/// A refund as a message.
pub fn refund(account: AccountId, source: Source, activity: &Activity) -> pb::Refund {
    pb::Refund {
        name: name::refund_name(account, activity.id),
        source: match source {
            Source::Receipt(receipt) => name::receipt_name(account, receipt),
            Source::Credit(credit) => name::invoice_name(account, credit),
        },
        amount: Some(message(activity.amount)),
        day: Some(day_message(activity.day)),
        reference: activity.reference.clone(),
        recorded_by: activity.act.by.clone(),
        record_time: Some(time_message(activity.act.at)),
    }
}

/// What can be given back of a source in an entity of which so much is left.
pub fn refundable(
    source: String,
    (entity, left): (EntityId, Money),
    credit: Credit,
) -> Result<pb::Refundable, Refusal> {
    let refundable = credit.refundable_of(left).map_err(ReceivableRefusal::from)?;
    Ok(pb::Refundable {
        source,
        billing_entity: name::entity_name(entity),
        left: Some(message(left)),
        credit: Some(message(credit.credit)),
        owed: Some(message(credit.owed)),
        refundable: Some(message(refundable)),
    })
}
