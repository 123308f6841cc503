//! Price lists, and what is sold below them.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, ad_product_service_client::AdProductServiceClient,
        billing_entity_service_client::BillingEntityServiceClient,
        billing_run_service_client::BillingRunServiceClient, rate_card_service_client::RateCardServiceClient,
    },
};
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::{
    invoice::review,
    order::{Sold, day, days, order, reference_data, sync},
    reference::create_product,
    service::{Door, Service, reason},
};

fn cards(service: &Service) -> RateCardServiceClient<Door> {
    RateCardServiceClient::new(service.door("product_ops_1", Role::ProductOps))
}

fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() })
}

fn card(product: &str, market: &str, price: &str, first: &str) -> pb::RateCard {
    pb::RateCard {
        ad_product: product.into(),
        market: market.into(),
        currency_code: "USD".into(),
        list_price: price.into(),
        valid_from: Some(day(first)),
        ..pb::RateCard::default()
    }
}

async fn create(service: &Service, card: pb::RateCard, request_id: &str) -> Result<pb::RateCard, Status> {
    let request = pb::CreateRateCardRequest { rate_card: Some(card), request_id: request_id.into() };
    cards(service).create_rate_card(request).await.map(tonic::Response::into_inner)
}

/// Orders of the entity may be 10 % below the list.
async fn tolerate(service: &Service, sold: &Sold) {
    let entity = pb::BillingEntity {
        name: sold.entity.clone(),
        rate_card_tolerance_percent: "10".into(),
        ..pb::BillingEntity::default()
    };
    let request = pb::UpdateBillingEntityRequest {
        billing_entity: Some(entity),
        update_mask: mask(&["rate_card_tolerance_percent"]),
        request_id: "tolerance".into(),
    };
    let mut client = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let updated = client.update_billing_entity(request).await.unwrap().into_inner();
    assert_eq!(updated.rate_card_tolerance_percent, "10");
}

fn impressions(sold: &Sold, product: &str, id: &str, rate: &str) -> pb::Order {
    let line = pb::OrderLine {
        number: "L1".into(),
        ad_product: product.into(),
        flight: days("2026-01-01", "2026-01-31"),
        rate: rate.into(),
        booked_units: "1000000".into(),
        ..pb::OrderLine::default()
    };
    pb::Order { lines: vec![line], ..order(sold, id) }
}

#[tokio::test]
async fn one_card_of_a_product_and_market_holds_on_a_day() {
    let service = Service::start().await;
    let product = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let east = create(&service, card(&product, "EAST", "10.50", "2026-01-01"), "1").await.unwrap();
    assert_eq!((east.list_price.as_str(), east.valid_to), ("10.5", None));
    let again = create(&service, card(&product, "EAST", "11", "2026-07-01"), "2").await.unwrap_err();
    assert_eq!((again.code(), reason(&again).as_str()), (Code::FailedPrecondition, "RATE_CARD_OVERLAPS"));
    create(&service, card(&product, "", "10", "2026-01-01"), "3").await.unwrap();
    let mut euro = card(&product, "EAST", "9", "2026-01-01");
    euro.currency_code = "EUR".into();
    create(&service, euro, "4").await.unwrap();

    let ended = pb::RateCard { valid_to: Some(day("2026-06-30")), ..east.clone() };
    let request = pb::UpdateRateCardRequest {
        rate_card: Some(ended),
        update_mask: mask(&["valid_to"]),
        request_id: "5".into(),
    };
    let ended = cards(&service).update_rate_card(request).await.unwrap().into_inner();
    assert_eq!((ended.valid_to, ended.list_price.as_str()), (Some(day("2026-06-30")), "10.5"));
    let next = create(&service, card(&product, "EAST", "11", "2026-07-01"), "6").await.unwrap();
    let get = pb::GetRateCardRequest { name: next.name.clone() };
    assert_eq!(cards(&service).get_rate_card(get).await.unwrap().into_inner(), next);
    let list =
        pb::ListRateCardsRequest { ad_product: product, page_size: 3, ..pb::ListRateCardsRequest::default() };
    let page = cards(&service).list_rate_cards(list).await.unwrap().into_inner();
    assert_eq!((page.rate_cards.len(), page.next_page_token.is_empty()), (3, false));
}

#[tokio::test]
async fn a_card_that_cannot_be_is_refused() {
    let service = Service::start().await;
    let cpm = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    let tiers = create_product(&service, "CLICKS", pb::PricingModel::Graduated).await.name;
    let backwards = pb::RateCard { valid_to: Some(day("2025-12-31")), ..card(&cpm, "", "10", "2026-01-01") };
    let missing = "adProducts/prd_00000000000000000000000000000000";
    for (n, (card, expected)) in [
        (card(&cpm, "", "0", "2026-01-01"), "MALFORMED"),
        (card(&cpm, "", "-1", "2026-01-01"), "MALFORMED"),
        (card(missing, "", "10", "2026-01-01"), "NOT_FOUND"),
        (backwards, "RATE_CARD_DAYS"),
        (card(&tiers, "", "10", "2026-01-01"), "RATE_CARD_PRICING_MODEL"),
    ]
    .into_iter()
    .enumerate()
    {
        let refused = create(&service, card, &n.to_string()).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{}", refused.message());
    }
}

#[tokio::test]
async fn what_is_sold_below_the_list_waits_in_review_and_is_said_of_its_draft() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let product = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await.name;
    create(&service, card(&product, "EAST", "10", "2026-01-01"), "card").await.unwrap();
    let known = impressions(&sold, &product, "IO-1", "8");
    assert_eq!(sync(&service, vec![known], "1").await.unwrap()[0].reason, "", "the entity does not compare");
    tolerate(&service, &sold).await;
    let results = sync(
        &service,
        vec![impressions(&sold, &product, "IO-2", "9"), impressions(&sold, &product, "IO-3", "8.9")],
        "2",
    )
    .await
    .unwrap();
    assert_eq!(results[0].outcome(), pb::SyncOutcome::Created, "exactly 10 % below is tolerated");
    assert_eq!((results[1].outcome(), &*results[1].reason), (pb::SyncOutcome::InReview, "OFF_RATE_CARD"));
    assert_eq!(
        results[1].message,
        "line L1: 8.9 is 11.00 % below the list price, 10; correct the price, or approve it"
    );
    let sql = "insert into delivery_source (revision, source, time_zone, duplicates, created_at, updated_at)
                 values (1, 'adserver', 'UTC', 'REFUSE', now(), now());
               insert into delivery_total select account_id, line_id, 1, '2026-01-01', '2026-01-31', 1000, 0, 0, 1000, 0, 0, 0, 0, 0,
                 31, 0, 0, '2026-01-31' from order_line where number = 'L1'";
    sqlx::raw_sql(sql).execute(&mut service.connection().await).await.unwrap();
    let run = review(&service, &sold, "2026-01", "run").await;
    let mut client = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let request = pb::ListBillingExceptionsRequest {
        parent: run.name,
        reason: "OFF_RATE_CARD".into(),
        ..pb::ListBillingExceptionsRequest::default()
    };
    let found = client.list_billing_exceptions(request).await.unwrap().into_inner().exceptions;
    let found: Vec<_> = found.iter().map(|found| (found.severity(), found.message.as_str())).collect();
    let said = "line L1: 8 is 20.00 % below the list price, 10; see who agreed to it, or amend the order";
    assert_eq!(found, [(pb::ExceptionSeverity::Warn, said)], "of IO-1, which was taken before");
}

#[tokio::test]
async fn an_order_that_outlives_its_product_waits() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let product = create_product(&service, "DISPLAY", pb::PricingModel::Cpm).await;
    let ends = |last: &str| pb::AdProduct { effective_until: Some(day(last)), ..product.clone() };
    let update = |product, request_id: &str| {
        let request = pb::UpdateAdProductRequest {
            ad_product: Some(product),
            update_mask: mask(&["effective_until"]),
            request_id: request_id.into(),
        };
        let mut client = AdProductServiceClient::new(service.door("product_ops_1", Role::ProductOps));
        async move { client.update_ad_product(request).await }
    };
    let refused = update(ends("2019-12-31"), "1").await.unwrap_err();
    assert!(refused.message().contains("effective_until: must not be before effective_from"), "{refused:?}");
    update(ends("2026-01-30"), "2").await.unwrap();
    let result =
        sync(&service, vec![impressions(&sold, &product.name, "IO-1", "9")], "3").await.unwrap().remove(0);
    assert_eq!((result.outcome(), &*result.reason), (pb::SyncOutcome::InReview, "PRODUCT_RETIRES_IN_FLIGHT"));
    assert!(result.message.contains("is sold until 2026-01-30, and the line runs until 2026-01-31"));
}
