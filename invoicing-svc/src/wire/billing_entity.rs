//! BillingEntity ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use calendar::EntityZone;
use chassis::mask::Mask;
use ids::{EntityId, Revision};
use invoicing_domain::{
    billing_entity::{
        BankAccount, BillingEntity, CommissionPosting, GeneralLedgerCodes, PostalAddress, SettlementCodes,
    },
    tax::Place,
};
use money::{Currency, Money, Percent, Remainder, Rounding};
use refusal::{Refusal, Violations};

use super::{
    choice::optional_choice,
    fiscal_calendar::{fiscal_calendar, fiscal_calendar_message, month_of_year},
    money::currency,
    name,
    order::amount,
    order_line::optional,
    tax,
    text::{Text, text, texts},
};

/// What an update may change. Numbers and the ledger stand on code, currency, time zone and calendars.
pub const CHANGEABLE: &[&str] = &[
    "legal_name",
    "address",
    "tax_registrations",
    "rounding",
    "remainder",
    "commission_posting",
    "bank_account",
    "gl_codes",
    "tax_place",
    "tax_base",
    "rate_card_tolerance_percent",
    "tax_engine",
    "settlement_codes",
    "makegood_expiry_days",
    "negative_line_limit",
];

/// The entity that a message describes.
pub fn parse(
    id: EntityId,
    revision: Revision,
    message: Option<&pb::BillingEntity>,
) -> Result<BillingEntity, Refusal> {
    let mut v = Violations::new();
    let Some(message) = message else {
        v.add("billing_entity", "must be given");
        return Err(v.refusal());
    };
    v.within("billing_entity", |v| fields(v, id, revision, message)).ok_or_else(|| v.refusal())
}

fn fields(
    v: &mut Violations,
    id: EntityId,
    revision: Revision,
    m: &pb::BillingEntity,
) -> Option<BillingEntity> {
    let code = code(v, &m.code);
    let legal_name = text(v, "legal_name", &m.legal_name, Text::Required(200));
    let address = address(v, "address", m.address.as_ref());
    let tax_registrations = texts(v, "tax_registrations", &m.tax_registrations, Text::Required(64), 10);
    let functional_currency = currency(v, "functional_currency", &m.functional_currency);
    let zone = v.take("time_zone", m.time_zone.parse::<EntityZone>());
    let rounding = rounding(v, m.rounding);
    let remainder = remainder(v, m.remainder);
    let commission_posting = commission_posting(v, m.commission_posting);
    let bank_account = bank_account(v, m.bank_account.as_ref());
    let gl_codes = gl_codes(v, m.gl_codes.as_ref());
    let fiscal = fiscal_calendar(v, m.fiscal_calendar.as_ref());
    let statutory = month_of_year(v, "statutory_year_first_month", m.statutory_year_first_month, 1);
    let tax_place = tax::optional_place(v, "tax_place", &m.tax_place);
    let tax_base = tax::base(v, m.tax_base);
    let tolerance =
        optional(v, "rate_card_tolerance_percent", &m.rate_card_tolerance_percent, |v, field, value| {
            v.take(field, Percent::parse(value))
        });
    let tax_engine = text(v, "tax_engine", &m.tax_engine, Text::Optional(64));
    let settlement_codes = settlement_codes(v, m.settlement_codes.as_ref());
    let makegood_days = makegood_days(v, m.makegood_expiry_days);
    let functional_currency = functional_currency?;
    let negative_line_limit = negative_line_limit(v, &m.negative_line_limit, functional_currency);
    Some(BillingEntity {
        id,
        revision,
        code: code?,
        legal_name: legal_name?,
        address: address?,
        tax_registrations: tax_registrations?,
        functional_currency,
        zone: zone?,
        rounding: rounding?,
        remainder: remainder?,
        commission_posting: commission_posting?,
        bank_account: bank_account?,
        gl_codes: gl_codes?,
        fiscal: fiscal?,
        statutory_first_month: statutory?,
        tax_place: tax_place?,
        tax_base: tax_base?,
        rate_card_tolerance: tolerance?,
        makegood_days: makegood_days?,
        tax_engine: Some(tax_engine?).filter(|engine| !engine.is_empty()),
        settlement_codes: settlement_codes?,
        negative_line_limit: negative_line_limit?,
    })
}

fn code(v: &mut Violations, value: &str) -> Option<String> {
    let code = text(v, "code", value, Text::Code(32))?;
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    v.take("code", if code.bytes().all(allowed) { Ok(code) } else { Err("may only have A–Z, 0–9 and -") })
}

/// A postal address; without one the fields are empty, except that a country is always asked for.
pub fn address(
    v: &mut Violations,
    field: &str,
    message: Option<&pb::PostalAddress>,
) -> Option<PostalAddress> {
    let Some(m) = message else {
        v.add(field, "must be given");
        return None;
    };
    v.within(field, |v| {
        let lines = texts(v, "lines", &m.lines, Text::Required(100), 4);
        let city = text(v, "city", &m.city, Text::Optional(100));
        let region = text(v, "region", &m.region, Text::Optional(100));
        let postal_code = text(v, "postal_code", &m.postal_code, Text::Optional(20));
        let country = match m.country.as_bytes() {
            [first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
                Ok(m.country.clone())
            }
            _ => Err("must be an ISO 3166-1 code of two capital letters"),
        };
        let country = v.take("country", country);
        Some(PostalAddress {
            lines: lines?,
            city: city?,
            region: region?,
            postal_code: postal_code?,
            country: country?,
        })
    })
}

/// How exact amounts become minor units.
pub fn rounding(v: &mut Violations, value: i32) -> Option<Rounding> {
    optional_choice(v, "rounding", value).map(|rounding| match rounding {
        pb::Rounding::Unspecified | pb::Rounding::HalfAwayFromZero => Rounding::HalfAwayFromZero,
        pb::Rounding::HalfEven => Rounding::HalfEven,
    })
}

/// Which part of a split takes an odd minor unit.
pub fn remainder(v: &mut Violations, value: i32) -> Option<Remainder> {
    optional_choice(v, "remainder", value).map(|remainder| match remainder {
        pb::Remainder::Unspecified | pb::Remainder::First => Remainder::First,
        pb::Remainder::Last => Remainder::Last,
    })
}

fn commission_posting(v: &mut Violations, value: i32) -> Option<CommissionPosting> {
    optional_choice(v, "commission_posting", value).map(|posting| match posting {
        pb::CommissionPosting::Unspecified | pb::CommissionPosting::ContraRevenue => {
            CommissionPosting::ContraRevenue
        }
        pb::CommissionPosting::Expense => CommissionPosting::Expense,
    })
}

fn bank_account(v: &mut Violations, message: Option<&pb::BankAccount>) -> Option<BankAccount> {
    // An entity without one is read with an empty one.
    let Some(m) = message.filter(|m| **m != pb::BankAccount::default()) else {
        return Some(BankAccount::default());
    };
    v.within("bank_account", |v| {
        let account_name = text(v, "account_name", &m.account_name, Text::Required(200));
        let bank_name = text(v, "bank_name", &m.bank_name, Text::Required(200));
        let account_number = text(v, "account_number", &m.account_number, Text::Required(64));
        let routing_number = text(v, "routing_number", &m.routing_number, Text::Optional(64));
        Some(BankAccount {
            account_name: account_name?,
            bank_name: bank_name?,
            account_number: account_number?,
            routing_number: routing_number?,
        })
    })
}

fn gl_codes(v: &mut Violations, message: Option<&pb::GeneralLedgerCodes>) -> Option<GeneralLedgerCodes> {
    let Some(m) = message else {
        v.add("gl_codes", "must be given: documents are posted to these accounts");
        return None;
    };
    v.within("gl_codes", |v| {
        let receivables = text(v, "receivables", &m.receivables, Text::Code(64));
        let agency_commission = text(v, "agency_commission", &m.agency_commission, Text::Code(64));
        let tax_payable = text(v, "tax_payable", &m.tax_payable, Text::Code(64));
        Some(GeneralLedgerCodes {
            receivables: receivables?,
            agency_commission: agency_commission?,
            tax_payable: tax_payable?,
        })
    })
}

/// 0 is none; the outer `None` is a violation.
fn makegood_days(v: &mut Violations, days: i32) -> Option<Option<u16>> {
    let days = u16::try_from(days).ok().filter(|days| *days <= 3650);
    let days = v.take("makegood_expiry_days", days.ok_or("must be from 0 to 3650"))?;
    Some(Some(days).filter(|days| *days > 0))
}

/// Empty is none; the outer `None` is a violation.
fn negative_line_limit(v: &mut Violations, value: &str, currency: Currency) -> Option<Option<Money>> {
    optional(v, "negative_line_limit", value, |v, field, value| {
        let limit = amount(v, field, value, currency)?;
        v.take(field, Some(limit).filter(|limit| limit.is_positive()).ok_or("must be above 0"))
    })
}

/// All of them or none. The outer `None` is a violation.
fn settlement_codes(
    v: &mut Violations,
    message: Option<&pb::SettlementCodes>,
) -> Option<Option<SettlementCodes>> {
    let Some(m) = message else { return Some(None) };
    v.within("settlement_codes", |v| {
        let cash = text(v, "cash", &m.cash, Text::Code(64));
        let unapplied_cash = text(v, "unapplied_cash", &m.unapplied_cash, Text::Code(64));
        let bad_debt = text(v, "bad_debt", &m.bad_debt, Text::Code(64));
        let bad_debt_recovered = text(v, "bad_debt_recovered", &m.bad_debt_recovered, Text::Code(64));
        let tax_relief = text(v, "tax_relief", &m.tax_relief, Text::Code(64));
        Some(Some(SettlementCodes {
            cash: cash?,
            unapplied_cash: unapplied_cash?,
            bad_debt: bad_debt?,
            bad_debt_recovered: bad_debt_recovered?,
            tax_relief: tax_relief?,
        }))
    })
}

fn settlement_codes_message(codes: &SettlementCodes) -> pb::SettlementCodes {
    pb::SettlementCodes {
        cash: codes.cash.clone(),
        unapplied_cash: codes.unapplied_cash.clone(),
        bad_debt: codes.bad_debt.clone(),
        bad_debt_recovered: codes.bad_debt_recovered.clone(),
        tax_relief: codes.tax_relief.clone(),
    }
}

/// The entity as a message.
pub fn message(entity: &BillingEntity) -> pb::BillingEntity {
    pb::BillingEntity {
        name: name::entity_name(entity.id),
        etag: entity.revision.to_string(),
        code: entity.code.clone(),
        legal_name: entity.legal_name.clone(),
        address: Some(address_message(&entity.address)),
        tax_registrations: entity.tax_registrations.clone(),
        functional_currency: entity.functional_currency.code().to_owned(),
        time_zone: entity.zone.to_string(),
        rounding: match entity.rounding {
            Rounding::HalfAwayFromZero => pb::Rounding::HalfAwayFromZero,
            Rounding::HalfEven => pb::Rounding::HalfEven,
        }
        .into(),
        remainder: match entity.remainder {
            Remainder::First => pb::Remainder::First,
            Remainder::Last => pb::Remainder::Last,
        }
        .into(),
        commission_posting: match entity.commission_posting {
            CommissionPosting::ContraRevenue => pb::CommissionPosting::ContraRevenue,
            CommissionPosting::Expense => pb::CommissionPosting::Expense,
        }
        .into(),
        bank_account: Some(pb::BankAccount {
            account_name: entity.bank_account.account_name.clone(),
            bank_name: entity.bank_account.bank_name.clone(),
            account_number: entity.bank_account.account_number.clone(),
            routing_number: entity.bank_account.routing_number.clone(),
        }),
        gl_codes: Some(pb::GeneralLedgerCodes {
            receivables: entity.gl_codes.receivables.clone(),
            agency_commission: entity.gl_codes.agency_commission.clone(),
            tax_payable: entity.gl_codes.tax_payable.clone(),
        }),
        fiscal_calendar: Some(fiscal_calendar_message(entity.fiscal)),
        statutory_year_first_month: i32::from(entity.statutory_first_month),
        tax_place: entity.tax_place.as_ref().map_or_else(String::new, Place::to_string),
        tax_base: tax::base_message(entity.tax_base).into(),
        rate_card_tolerance_percent: entity
            .rate_card_tolerance
            .map_or_else(String::new, |percent| percent.to_string()),
        tax_engine: entity.tax_engine.clone().unwrap_or_default(),
        settlement_codes: entity.settlement_codes.as_ref().map(settlement_codes_message),
        makegood_expiry_days: entity.makegood_days.map_or(0, i32::from),
        negative_line_limit: entity.negative_line_limit.map_or_else(String::new, |limit| limit.to_string()),
    }
}

/// The address as a message.
pub fn address_message(address: &PostalAddress) -> pb::PostalAddress {
    pb::PostalAddress {
        lines: address.lines.clone(),
        city: address.city.clone(),
        region: address.region.clone(),
        postal_code: address.postal_code.clone(),
        country: address.country.clone(),
    }
}

/// The current entity with the fields that the mask names taken from `update`.
pub fn merge(current: &BillingEntity, update: &pb::BillingEntity, mask: &Mask) -> pb::BillingEntity {
    let mut merged = message(current);
    let update = update.clone();
    macro_rules! take {
        ($($field:ident),*) => { $( if mask.names(stringify!($field)) { merged.$field = update.$field; } )* };
    }
    take!(
        legal_name,
        address,
        tax_registrations,
        rounding,
        remainder,
        commission_posting,
        bank_account,
        gl_codes,
        tax_place,
        tax_base,
        rate_card_tolerance_percent,
        tax_engine,
        settlement_codes,
        makegood_expiry_days,
        negative_line_limit
    );
    merged
}
