use super::*;

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn usd() -> Currency {
    Currency::parse("USD").expect("a currency")
}

fn rate(text: &str) -> Rate {
    Rate::parse(text).expect("a rate")
}

fn id(number: u128) -> ProductId {
    ProductId::from_uuid(uuid::Uuid::from_u128(number))
}

fn card(market: &str, price: &str, (first, last): (&str, &str)) -> RateCard {
    RateCard {
        id: RateCardId::from_uuid(uuid::Uuid::nil()),
        revision: Revision::FIRST,
        product: id(1),
        market: market.into(),
        currency: usd(),
        list_price: rate(price),
        first: day(first),
        last: (!last.is_empty()).then(|| day(last)),
    }
}

#[test]
fn a_market_has_its_own_card_or_that_of_all_markets() {
    let cards = [
        card("", "10", ("2026-01-01", "")),
        card("EAST", "12", ("2026-01-01", "2026-03-31")),
        card("EAST", "13", ("2026-04-01", "")),
    ];
    let price = |product, market, on: &str| {
        let sold = Sold { product: id(product), market, currency: usd(), day: day(on) };
        list_price(&cards, sold).map(|price| price.to_string())
    };
    for (product, market, on, expected) in [
        (1, "EAST", "2026-03-31", Some("12")),
        (1, "EAST", "2026-04-01", Some("13")),
        (1, "WEST", "2026-04-01", Some("10")),
        (1, "EAST", "2025-12-31", None),
        (2, "EAST", "2026-02-01", None),
    ] {
        assert_eq!(price(product, market, on).as_deref(), expected, "{product} {market} {on}");
    }
    let euro = Currency::parse("EUR").expect("a currency");
    let sold = Sold { product: id(1), market: "EAST", currency: euro, day: day("2026-02-01") };
    assert_eq!(list_price(&cards, sold), None, "another currency");
}

// Each percent: (list − price) / list.
#[test]
fn a_price_below_the_list_by_more_than_is_tolerated_is_told() {
    for (list, price, tolerance, expected) in [
        ("10", "10", "0", None),
        ("10", "11", "0", None),
        ("10", "9", "10", None),
        ("10", "8.999999", "10", Some("10.00")),
        ("10", "8", "10", Some("20.00")),
        ("7.5", "5", "0", Some("33.33")),
        ("0.0225", "0", "99.99", Some("100.00")),
    ] {
        let tolerance = Percent::parse(tolerance).expect("a percent");
        let price: Decimal = price.parse().expect("a decimal");
        let told = below(rate(list), price, tolerance).map(|below| format!("{:.2}", below.percent));
        assert_eq!(told.as_deref(), expected, "{price} of {list}");
    }
}

#[test]
fn a_card_has_one_price_and_days_in_order() {
    assert_eq!(check(&card("", "10", ("2026-01-01", "2026-01-01")), PricingModel::Cpm), Ok(()));
    let backwards = card("", "10", ("2026-01-02", "2026-01-01"));
    assert_eq!(check(&backwards, PricingModel::Cpm).expect_err("refused").reason(), "RATE_CARD_DAYS");
    let tiers = check(&card("", "10", ("2026-01-01", "")), PricingModel::Graduated);
    assert_eq!(tiers.expect_err("refused").reason(), "RATE_CARD_PRICING_MODEL");
}
