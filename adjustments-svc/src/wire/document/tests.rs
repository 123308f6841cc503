use std::collections::BTreeMap;

use adjustments_domain::adjustment::WHOLE;
use ids::ProductId;
use money::{Currency, Money};
use uuid::Uuid;

use super::Document;

fn product(number: u128) -> ProductId {
    ProductId::from_uuid(Uuid::from_u128(number))
}

fn document(products: &[(i32, u128)]) -> Document {
    let currency = Currency::parse("GBP").unwrap();
    let products = products.iter().map(|(line, number)| (*line, product(*number)));
    Document {
        name: "accounts/acc_1/invoices/inv_1".to_owned(),
        currency,
        gross: Money::zero(currency),
        issued: None,
        products: products.collect::<BTreeMap<_, _>>(),
    }
}

#[test]
fn a_document_as_a_whole_is_of_the_product_of_all_its_lines() {
    let (same, several) = (document(&[(1, 7), (2, 7)]), document(&[(1, 7), (2, 8)]));
    assert_eq!(
        [1, 2, 3, WHOLE].map(|line| same.product(line)),
        [Some(7), Some(7), None, Some(7)].map(|id| id.map(product))
    );
    assert_eq!(
        [1, 2, 3, WHOLE].map(|line| several.product(line)),
        [Some(7), Some(8), None, None].map(|id| id.map(product))
    );
    assert_eq!(document(&[]).product(WHOLE), None);
}
