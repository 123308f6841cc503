use ids::{Revision, TaxRateId};
use jiff::civil::{Date, date};
use money::{Currency, Money, Percent};
use uuid::Uuid;

use super::*;

fn place(text: &str) -> Place {
    text.parse().unwrap()
}

fn treatment(category: TaxCategory, percent: &str, reason: &str) -> Treatment {
    Treatment { category, percent: Percent::parse(percent).unwrap(), reason: reason.into() }
}

fn rate(place: &str, code: &str, percent: &str, valid: Validity) -> TaxRate {
    TaxRate {
        id: TaxRateId::from_uuid(Uuid::from_u128(1)),
        revision: Revision::FIRST,
        place: place.parse().unwrap(),
        tax_code: code.into(),
        treatment: treatment(TaxCategory::Standard, percent, ""),
        reverse_charged: place != "US-NY",
        valid,
    }
}

fn always() -> Validity {
    Validity { first: date(2000, 1, 1), last: None }
}

fn in_2020(first: i8, last: i8) -> Validity {
    Validity { first: date(2020, first, 1), last: Some(date(2020, last, 1).last_of_month()) }
}

fn rates() -> TaxRates {
    let books = TaxRate {
        treatment: treatment(TaxCategory::ZeroRated, "0", ""),
        ..rate("GB", "BOOK", "20", always())
    };
    [
        rate("DE", "ADS", "19", in_2020(1, 6)),
        rate("DE", "ADS", "16", in_2020(7, 12)),
        rate("FR", "ADS", "20", always()),
        rate("US-NY", "ADS", "8.875", always()),
        rate("GB", "ADS", "20", always()),
        books,
    ]
    .into_iter()
    .collect()
}

fn registered(place: &str, valid: Validity) -> AccountTax {
    let registration = TaxRegistration { place: place.parse().unwrap(), number: "1".into(), valid };
    AccountTax { registrations: vec![registration], ..AccountTax::default() }
}

fn exempt(of: Option<&str>, category: TaxCategory, valid: Validity) -> AccountTax {
    let exemption = Exemption {
        place: of.map(place),
        treatment: treatment(category, "0", "Charity"),
        certificate: "C-1".into(),
        valid,
    };
    AccountTax { exemptions: vec![exemption], ..AccountTax::default() }
}

/// `S 16`, `AE 0`, or the reason of the refusal.
fn decided(seller: &str, buyer: &AccountTax, at: &str, code: &str, tax_point: Date) -> String {
    let base = Money::parse(Currency::parse("EUR").unwrap(), "100").unwrap();
    let (seller, at) = (place(seller), place(at));
    let line = Taxable { tax_code: code, place: &at, base, tax_point };
    match determine(&seller, buyer, &rates(), line) {
        Ok(treatment) => format!("{} {}", treatment.category.code(), treatment.percent),
        Err(error) => error.reason().to_owned(),
    }
}

#[test]
fn a_line_finds_its_treatment() {
    let anyone = AccountTax::default();
    let (june, july) = (date(2020, 6, 30), date(2020, 7, 1));
    let french = registered("FR", always());
    let lapsed = registered("FR", in_2020(1, 5));
    let charity = exempt(Some("DE"), TaxCategory::Exempt, in_2020(7, 7));
    let diplomat = exempt(None, TaxCategory::ZeroRated, always());
    let state = exempt(Some("US"), TaxCategory::Exempt, always());
    // Seller, buyer, place, tax code, tax point: what is decided. From EN 16931-1 §6.4 and the EU VAT Directive 2006/112/EC.
    let table = [
        ("DE", &anyone, "DE", "ADS", june, "S 19"), // the rate of the tax point, article 93
        ("DE", &anyone, "DE", "ADS", july, "S 16"),
        ("DE", &anyone, "DE", "ADS", date(2021, 1, 1), "TAX_RATE_MISSING"), // never a silent zero
        ("DE", &anyone, "DE", "BOOK", july, "TAX_RATE_MISSING"),
        ("DE", &anyone, "IT", "ADS", july, "TAX_RATE_MISSING"), // a place that nobody entered
        ("CH", &anyone, "CH", "ADS", july, "O 0"),              // a seller whose place has no rates
        ("CH", &anyone, "DE", "ADS", july, "O 0"),
        ("DE", &french, "FR", "ADS", july, "AE 0"), // article 196
        ("FR", &french, "FR", "ADS", july, "S 20"), // at home nobody reverses
        ("DE", &lapsed, "FR", "ADS", july, "REVERSE_CHARGE_WITHOUT_TAX_ID"),
        ("DE", &lapsed, "FR", "ADS", date(2020, 5, 31), "AE 0"),
        ("DE", &anyone, "FR", "ADS", july, "REVERSE_CHARGE_WITHOUT_TAX_ID"),
        ("DE", &anyone, "US-NY", "ADS", july, "S 8.875"), // a place that charges foreign sellers' sales
        ("DE", &charity, "DE", "ADS", june, "S 19"),
        ("DE", &charity, "DE", "ADS", july, "E 0"),
        ("DE", &charity, "DE", "ADS", date(2020, 8, 1), "S 16"),
        ("DE", &diplomat, "IT", "BOOK", july, "Z 0"), // an exemption everywhere needs no rate
        ("DE", &state, "US-NY", "ADS", july, "E 0"),  // of the country, so of its parts
        ("GB", &anyone, "GB", "BOOK", july, "Z 0"),   // VAT Notice 701/10
    ];
    for (seller, buyer, at, code, day, expected) in table {
        assert_eq!(decided(seller, buyer, at, code, day), expected, "{seller} sells {code} in {at} on {day}");
    }
}

#[test]
fn a_rate_is_one_that_a_document_can_carry() {
    let others =
        [TaxRate { id: TaxRateId::from_uuid(Uuid::from_u128(2)), ..rate("DE", "ADS", "19", in_2020(1, 6)) }];
    let checked = |change: &dyn Fn(&mut TaxRate)| {
        let mut rate = rate("DE", "ADS", "16", in_2020(7, 12));
        change(&mut rate);
        rate.check(&others).map_err(|refusal| refusal.reason())
    };
    assert_eq!(checked(&|_| {}), Ok(()));
    assert_eq!(
        checked(&|rate| rate.treatment.percent = Percent::parse("0").unwrap()),
        Err("TAX_PERCENT_DOES_NOT_FIT")
    );
    assert_eq!(
        checked(&|rate| rate.treatment.category = TaxCategory::ZeroRated),
        Err("TAX_PERCENT_DOES_NOT_FIT")
    );
    assert_eq!(
        checked(&|rate| rate.treatment = treatment(TaxCategory::Exempt, "0", "")),
        Err("TAX_REASON_MISSING")
    );
    assert_eq!(checked(&|rate| rate.treatment = treatment(TaxCategory::Exempt, "0", "§ 4 UStG")), Ok(()));
    assert_eq!(
        checked(&|rate| rate.treatment = Treatment::outside_scope()),
        Err("TAX_CATEGORY_STANDS_ALONE")
    );
    assert_eq!(checked(&|rate| rate.valid.last = Some(date(2020, 6, 30))), Err("TAX_ENDS_BEFORE_IT_BEGINS"));
    assert_eq!(checked(&|rate| rate.valid = in_2020(6, 7)), Err("TAX_RATE_OVERLAPS"));
    assert_eq!(
        checked(&|rate| rate.valid = Validity { first: date(2019, 1, 1), last: None }),
        Err("TAX_RATE_OVERLAPS")
    );
    assert_eq!(checked(&|rate| rate.valid = Validity { first: date(2020, 7, 1), last: None }), Ok(()));
}

#[test]
fn an_exemption_takes_no_tax() {
    let checked = |category, percent, reason: &str| {
        let treatment = treatment(category, percent, reason);
        let exemption = Exemption { place: None, treatment, certificate: String::new(), valid: always() };
        exemption.check().map_err(|refusal| refusal.reason())
    };
    assert_eq!(checked(TaxCategory::Exempt, "0", "Charity"), Ok(()));
    assert_eq!(checked(TaxCategory::Exempt, "0", ""), Err("TAX_REASON_MISSING"));
    assert_eq!(checked(TaxCategory::Standard, "7", ""), Err("TAX_PERCENT_DOES_NOT_FIT"));
    assert_eq!(checked(TaxCategory::OutsideScope, "0", "x"), Err("TAX_CATEGORY_STANDS_ALONE"));
}

#[test]
fn a_place_is_a_country_or_lies_in_one() {
    for good in ["DE", "US-NY", "US-NY-NYC", "CA-QC", "ES-35"] {
        assert_eq!(place(good).as_str(), good);
    }
    for bad in ["", "D", "de", "DEU", "US-", "US--NY", "US-ny", "US NY", "US-0123456789-012"] {
        assert_eq!(bad.parse::<Place>(), Err(ParsePlaceError), "{bad:?}");
    }
    assert!(place("US-NY-NYC").is_within(&place("US-NY")));
    assert!(!place("US-NYC").is_within(&place("US-NY")));
    assert_eq!(place("US-NY-NYC").country(), "US");
}

#[test]
fn a_file_changes_what_is_known_and_adds_the_rest() {
    let known = [rate("DE", "ADS", "19", in_2020(1, 6)), rate("DE", "ADS", "16", in_2020(7, 12))];
    let filed = |rates: &[TaxRate]| -> Vec<Filed> {
        let with_id = |(line, rate): (u64, &TaxRate)| Filed {
            line,
            rate: TaxRate { id: TaxRateId::from_uuid(Uuid::from_u128(u128::from(line))), ..rate.clone() },
        };
        (2..).zip(rates).map(with_id).collect()
    };
    let known =
        [known[0].clone(), TaxRate { id: TaxRateId::from_uuid(Uuid::from_u128(99)), ..known[1].clone() }];
    let until = |first: i8, last: Option<Date>| Validity { first: date(2020, first, 1), last };
    let file = [
        rate("DE", "ADS", "19", in_2020(1, 6)),
        rate("DE", "ADS", "17", until(7, Some(date(2020, 9, 30)))),
        rate("DE", "ADS", "19", until(10, None)),
        rate("AT", "ADS", "20", always()),
    ];
    let taken = take_in(&known, filed(&file)).unwrap();
    assert_eq!((taken.created.len(), taken.updated.len(), taken.unchanged), (2, 1, 1));
    assert_eq!((taken.updated[0].id, taken.updated[0].revision.to_string()), (known[1].id, "r2".into()));
    let again: Vec<TaxRate> =
        taken.created.iter().chain(&taken.updated).chain([&known[0]]).cloned().collect();
    assert_eq!(take_in(&again, filed(&file)).unwrap().unchanged, 4, "the same file again changes nothing");

    let overlapping = [
        rate("DE", "ADS", "7", in_2020(12, 12)),
        rate("AT", "ADS", "20", always()),
        rate("AT", "ADS", "10", always()),
    ];
    let wrong = take_in(&known, filed(&overlapping)).unwrap_err();
    let wrong: Vec<(u64, &str)> = wrong.iter().map(|(line, refusal)| (*line, refusal.reason())).collect();
    assert_eq!(wrong, [(2, "TAX_RATE_OVERLAPS"), (3, "TAX_RATE_OVERLAPS"), (4, "TAX_RATE_OVERLAPS")]);
}
