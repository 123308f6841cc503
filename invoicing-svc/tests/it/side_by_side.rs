//! Several entities in one installation, each in its own zone, currency and number series.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        billing_entity_service_client::BillingEntityServiceClient,
        ledger_service_client::LedgerServiceClient,
    },
};
use jiff::SignedDuration;

use crate::{
    invoice::bill,
    order::{Sold, batch, client, day, order},
    reference::{account, create_product, create_series, entity},
    service::Service,
};

/// An entity and an agency in this currency, and a fee over January to March of an order between them.
async fn sold(service: &Service, (code, currency, zone): (&str, &str, &str), amount: &str) -> Sold {
    let mut entities = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let wanted =
        pb::BillingEntity { functional_currency: currency.into(), time_zone: zone.into(), ..entity(code) };
    let request =
        pb::CreateBillingEntityRequest { billing_entity: Some(wanted), request_id: format!("e-{code}") };
    let made = entities.create_billing_entity(request).await.unwrap().into_inner();
    create_series(service, &made).await;
    let mut accounts = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let wanted = pb::Account { currency_code: currency.into(), ..account(&format!("AG-{code}"), "WORLD") };
    let request = pb::CreateAccountRequest { account: Some(wanted), request_id: format!("a-{code}") };
    let buyer = accounts.create_account(request).await.unwrap().into_inner();
    let fee = create_product(service, &format!("FEE-{code}"), pb::PricingModel::FlatFee).await.name;
    let sold = Sold { entity: made.name, account: buyer.name, spots: fee.clone(), fee };

    let mut booked = order(&sold, &format!("IO-{code}"));
    booked.currency_code = currency.into();
    booked.purchase_orders.clear();
    booked.lines.truncate(1);
    booked.lines[0].amount = amount.into();
    let mut request = batch(vec![booked], code);
    request.control_totals.as_mut().unwrap().amount = amount.into();
    let results = client(service).sync_orders(request).await.unwrap().into_inner().results;
    assert_eq!(results[0].outcome(), pb::SyncOutcome::Created, "{results:?}");
    sold
}

fn amounts(invoice: &pb::Invoice) -> [&str; 3] {
    [&invoice.gross, &invoice.commission, &invoice.net].map(|money| &*money.as_ref().unwrap().amount)
}

/// 10,000 in three parts by largest remainder, at 15 %: the yen has no minor units, the dinar has three.
#[tokio::test]
async fn entities_bill_side_by_side_each_in_its_currency_zone_and_numbers() {
    let service = Service::start().await;
    let tokyo = sold(&service, ("TYO", "JPY", "Asia/Tokyo"), "10000").await;
    let kuwait = sold(&service, ("KWI", "KWD", "Asia/Kuwait"), "10000.000").await;
    // 16:00 UTC of 2 April: in Tokyo the next day has begun.
    service.clock.advance(SignedDuration::from_hours(4));
    let yen = bill(&service, &tokyo, "2026-01", "tokyo").await;
    let dinar = bill(&service, &kuwait, "2026-01", "kuwait").await;
    assert_eq!((yen.len(), dinar.len()), (1, 1));
    assert_eq!(amounts(&yen[0]), ["3334", "500", "2834"]);
    assert_eq!(amounts(&dinar[0]), ["3333.334", "500.000", "2833.334"]);
    assert_eq!((yen[0].number.as_str(), yen[0].issue_date), ("2026-000001", Some(day("2026-04-03"))));
    assert_eq!((dinar[0].number.as_str(), dinar[0].issue_date), ("2026-000001", Some(day("2026-04-02"))));

    let mut ledger = LedgerServiceClient::new(service.door("controller_1", Role::Controller));
    for (sold, currency) in [(&tokyo, "JPY"), (&kuwait, "KWD")] {
        let request = pb::GetTrialBalanceRequest { billing_entity: sold.entity.clone(), as_of: None };
        let balance = ledger.get_trial_balance(request).await.unwrap().into_inner();
        assert!(!balance.rows.is_empty());
        for row in balance.rows {
            assert_eq!(row.debit.unwrap().currency_code, currency);
        }
    }
    let laws = ledger.check_invariants(pb::CheckInvariantsRequest {}).await.unwrap().into_inner().results;
    assert!(laws.iter().all(|law| law.violations == 0), "{laws:?}");
}
