//! Order: message → domain.

use std::collections::BTreeSet;

use billing_proto::billing::invoicing::v1 as pb;
use calendar::BillingCycle;
use invoicing_domain::order::{ExternalId, Liability, Order, OrderCalendar, PurchaseOrder, purchase_order};
use money::{Currency, Money};
use refusal::{Refusal, Violations};

use super::{
    account::terms,
    choice::{choice, given},
    money::{currency, percent},
    name,
    order_line::{line, optional},
    period::{days, optional_day},
    text::{Text, purchase_order_number, text},
};

const OTHER_IDS_MAX: usize = 20;
const PURCHASE_ORDERS_MAX: usize = 50;

/// The order that a message describes, which is one of `source_system`.
pub fn parse(message: &pb::Order, source_system: &str) -> Result<Order, Refusal> {
    let mut v = Violations::new();
    match fields(&mut v, message, source_system) {
        Some(order) => v.check().map(|()| order),
        None => Err(v.refusal()),
    }
}

fn fields(v: &mut Violations, m: &pb::Order, source_system: &str) -> Option<Order> {
    let external_id = external_id(v, m.external_id.as_ref(), source_system);
    let other_external_ids = other_external_ids(v, &m.other_external_ids);
    let revision =
        v.take("revision", Some(m.revision).filter(|number| *number >= 1).ok_or("must be at least 1"));
    let account = name::account(v, "account", &m.account);
    let entity = name::entity(v, "billing_entity", &m.billing_entity);
    let advertiser = text(v, "advertiser", &m.advertiser, Text::Required(200));
    let commission = percent(v, "commission_percent", &m.commission_percent);
    let payment_terms_days = m.payment_terms_days.map(|days| terms(v, "payment_terms_days", days));
    let flight = days(v, "flight", m.flight.as_ref());
    let signed = optional_day(v, "signed_date", m.signed_date.as_ref());
    let liability = liability(v, m.liability);
    let calendar = calendar(v, m.billing_calendar);
    let cycle = cycle(v, m.billing_cycle);
    let territory = text(v, "territory", &m.territory, Text::Optional(64));
    // Without its currency no amount of the order can be read.
    let currency = currency(v, "currency_code", &m.currency_code)?;
    let purchase_orders = purchase_orders(v, &m.purchase_orders, currency);
    let discount = optional(v, "discount_amount", &m.discount_amount, |v, field, value| {
        amount(v, field, value, currency)
    });
    let lines = m.lines.iter().enumerate();
    let lines: Vec<_> =
        lines.map(|(n, m)| v.within(&format!("lines[{n}]"), |v| line(v, m, currency))).collect();
    Some(Order {
        external_id: external_id?,
        other_external_ids: other_external_ids?,
        revision: revision?,
        account: account?,
        entity: entity?,
        advertiser: advertiser?,
        currency,
        commission: commission?,
        payment_terms_days: payment_terms_days.flatten(),
        flight: flight?,
        signed: signed?,
        liability: liability?,
        calendar: calendar?,
        cycle: cycle?,
        territory: territory.filter(|territory| !territory.is_empty()),
        purchase_orders: purchase_orders?,
        discount: discount?,
        lines: lines.into_iter().collect::<Option<_>>()?,
    })
}

fn external_id(
    v: &mut Violations,
    value: Option<&pb::ExternalId>,
    source_system: &str,
) -> Option<ExternalId> {
    let Some(value) = value else {
        v.add("external_id", "must be given");
        return None;
    };
    if value.source_system != source_system && !value.source_system.is_empty() {
        v.add(
            "external_id.source_system",
            format!("must be the source system of the batch, {source_system}"),
        );
    }
    let id = text(v, "external_id.id", &value.id, Text::Code(128))?;
    Some(ExternalId { source_system: source_system.to_owned(), id })
}

fn other_external_ids(v: &mut Violations, values: &[pb::ExternalId]) -> Option<Vec<ExternalId>> {
    if values.len() > OTHER_IDS_MAX {
        v.add(
            "other_external_ids",
            format!("has {} entries; at most {OTHER_IDS_MAX} are allowed", values.len()),
        );
        return None;
    }
    let parsed = values.iter().enumerate().map(|(n, value)| {
        v.within(&format!("other_external_ids[{n}]"), |v| {
            let source_system = self::source_system(v, "source_system", &value.source_system);
            let id = text(v, "id", &value.id, Text::Code(128));
            Some(ExternalId { source_system: source_system?, id: id? })
        })
    });
    let parsed: Vec<_> = parsed.collect();
    let parsed: Vec<_> = parsed.into_iter().collect::<Option<_>>()?;
    unlike(v, "other_external_ids", &parsed);
    Some(parsed)
}

/// The name of an order system: 1–64 of a–z A–Z 0–9 . _ -
pub fn source_system(v: &mut Violations, field: &str, value: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let is_name = !value.is_empty() && value.len() <= 64 && value.bytes().all(plain);
    v.take(field, is_name.then(|| value.to_owned()).ok_or("must be 1 to 64 of a–z A–Z 0–9 . _ -"))
}

fn purchase_orders(
    v: &mut Violations,
    values: &[pb::PurchaseOrder],
    currency: Currency,
) -> Option<Vec<PurchaseOrder>> {
    if values.len() > PURCHASE_ORDERS_MAX {
        v.add(
            "purchase_orders",
            format!("has {} entries; at most {PURCHASE_ORDERS_MAX} are allowed", values.len()),
        );
        return None;
    }
    let parsed = values.iter().enumerate().map(|(n, value)| {
        v.within(&format!("purchase_orders[{n}]"), |v| {
            let number = purchase_order_number(v, "number", &value.number, Text::Required(64));
            let expires = optional_day(v, "expires", value.expires.as_ref());
            let limit = match &value.value {
                None => Some(None),
                Some(limit) if limit.currency_code != currency.code() => {
                    v.add("value.currency_code", format!("must be the order's, {currency}"));
                    None
                }
                Some(limit) => amount(v, "value.amount", &limit.amount, currency).map(Some),
            };
            Some(PurchaseOrder { number: number?, value: limit?, expires: expires? })
        })
    });
    let parsed: Vec<_> = parsed.collect();
    let parsed: Vec<PurchaseOrder> = parsed.into_iter().collect::<Option<_>>()?;
    let numbers: Vec<_> = parsed.iter().map(|order| purchase_order::name(&order.number)).collect();
    unlike(v, "purchase_orders", &numbers);
    Some(parsed)
}

/// An amount that is not negative.
pub fn amount(v: &mut Violations, field: &str, value: &str, currency: Currency) -> Option<Money> {
    let amount = v.take(field, Money::parse(currency, value))?;
    v.take(field, if amount.is_negative() { Err("must not be negative") } else { Ok(amount) })
}

fn unlike<T: Ord>(v: &mut Violations, field: &str, values: &[T]) {
    if values.iter().collect::<BTreeSet<_>>().len() < values.len() {
        v.add(field, "has an entry more than once");
    }
}

fn liability(v: &mut Violations, value: i32) -> Option<Liability> {
    let liability = match choice(v, "liability", value)? {
        pb::Liability::Unspecified => None,
        pb::Liability::SoleAgency => Some(Liability::SoleAgency),
        pb::Liability::Sequential => Some(Liability::Sequential),
        pb::Liability::JointAndSeveral => Some(Liability::JointAndSeveral),
        pb::Liability::Advertiser => Some(Liability::Advertiser),
    };
    given(v, "liability", liability)
}

/// In which months an order bills.
pub fn calendar(v: &mut Violations, value: i32) -> Option<OrderCalendar> {
    let calendar = match choice(v, "billing_calendar", value)? {
        pb::BillingCalendar::Unspecified => None,
        pb::BillingCalendar::CalendarMonth => Some(OrderCalendar::CalendarMonth),
        pb::BillingCalendar::BroadcastMonth => Some(OrderCalendar::BroadcastMonth),
        pb::BillingCalendar::Fiscal => Some(OrderCalendar::Fiscal),
    };
    given(v, "billing_calendar", calendar)
}

/// When an order bills.
pub fn cycle(v: &mut Violations, value: i32) -> Option<BillingCycle> {
    let cycle = match choice(v, "billing_cycle", value)? {
        pb::BillingCycle::Unspecified => None,
        pb::BillingCycle::EndOfMonth => Some(BillingCycle::EndOfMonth),
        pb::BillingCycle::EndOfMonthOrContract => Some(BillingCycle::EndOfMonthOrContract),
        pb::BillingCycle::Weekly => Some(BillingCycle::Weekly),
    };
    given(v, "billing_cycle", cycle)
}
