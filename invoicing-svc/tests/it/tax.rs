//! Tax: rates, exemptions and places, from the reference data to the document and the books.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        ad_product_service_client::AdProductServiceClient,
        billing_entity_service_client::BillingEntityServiceClient,
        billing_run_service_client::BillingRunServiceClient, invoice_service_client::InvoiceServiceClient,
        ledger_service_client::LedgerServiceClient, tax_service_client::TaxServiceClient,
    },
};
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::{
    invoice::{approve, bill, get, issue, list, review},
    order::{Sold, batch, client as orders, day, days, order},
    reference::{account, create_series, entity, product},
    refresh::refresh,
    service::{Door, Service, reason},
};

pub fn taxes(service: &Service) -> TaxServiceClient<Door> {
    TaxServiceClient::new(service.door("controller_1", Role::Controller))
}

fn address(country: &str) -> Option<pb::PostalAddress> {
    Some(pb::PostalAddress { country: country.into(), ..pb::PostalAddress::default() })
}

pub fn rate(place: &str, percent: &str, from: &str, to: Option<&str>) -> pb::TaxRate {
    pb::TaxRate {
        place: place.into(),
        tax_code: "ADS".into(),
        category: pb::TaxCategory::S.into(),
        percent: percent.into(),
        reverse_charged: true,
        valid_from: Some(day(from)),
        valid_to: to.map(day),
        ..pb::TaxRate::default()
    }
}

pub async fn create_rate(service: &Service, rate: pb::TaxRate) -> Result<pb::TaxRate, Status> {
    let from = rate.valid_from.map(|day| (day.year, day.month));
    let request_id = format!("{}-{}-{from:?}", rate.place, rate.percent).replace(' ', "");
    let request = pb::CreateTaxRateRequest { tax_rate: Some(rate), request_id };
    Ok(taxes(service).create_tax_rate(request).await?.into_inner())
}

/// A German entity and account in euros, and products of the tax code ADS.
pub async fn german(service: &Service) -> Sold {
    let made =
        pb::BillingEntity { address: address("DE"), functional_currency: "EUR".into(), ..entity("BER") };
    let request = pb::CreateBillingEntityRequest { billing_entity: Some(made), request_id: "e".into() };
    let mut entities = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let entity = entities.create_billing_entity(request).await.unwrap().into_inner();
    create_series(service, &entity).await;
    let buyer = pb::Account {
        address: address("DE"),
        currency_code: "EUR".into(),
        commission_percent: String::new(),
        ..account("AG-1", "EAST")
    };
    let request = pb::CreateAccountRequest { account: Some(buyer), request_id: "a".into() };
    let mut accounts = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let account = accounts.create_account(request).await.unwrap().into_inner();
    let mut products = AdProductServiceClient::new(service.door("product_ops_1", Role::ProductOps));
    let sponsorship =
        pb::AdProduct { tax_code: "ADS".into(), ..product("SPONSORSHIP", pb::PricingModel::FlatFee) };
    let request = pb::CreateAdProductRequest { ad_product: Some(sponsorship), request_id: "p".into() };
    let fee = products.create_ad_product(request).await.unwrap().into_inner().name;
    Sold { entity: entity.name, account: account.name, spots: fee.clone(), fee }
}

/// An order of fees: number, first and last day, amount.
pub async fn sell(service: &Service, sold: &Sold, id: &str, fees: &[(&str, &str, &str, &str)]) {
    let lines = fees
        .iter()
        .map(|(number, first, last, amount)| pb::OrderLine {
            number: (*number).into(),
            ad_product: sold.fee.clone(),
            flight: days(first, last),
            amount: (*amount).into(),
            ..pb::OrderLine::default()
        })
        .collect();
    let (first, last) = (fees[0].1, fees[fees.len() - 1].2);
    let sale = pb::Order {
        lines,
        flight: days(first, last),
        currency_code: "EUR".into(),
        commission_percent: "0".into(),
        purchase_orders: vec![],
        ..order(sold, id)
    };
    let results = orders(service).sync_orders(batch(vec![sale], id)).await.unwrap().into_inner().results;
    assert_eq!(results[0].outcome(), pb::SyncOutcome::Created, "{results:?}");
}

/// June at 19 %, July to December at 16 %.
pub async fn rates_of_2020(service: &Service) {
    create_rate(service, rate("DE", "19", "2007-01-01", Some("2020-06-30"))).await.unwrap();
    create_rate(service, rate("DE", "16", "2020-07-01", Some("2020-12-31"))).await.unwrap();
}

pub fn amount(money: &Option<pb::Money>) -> &str {
    money.as_ref().map_or("none", |money| &money.amount)
}

/// Category, percent, base and tax of each row.
pub fn rows(invoice: &pb::Invoice) -> Vec<(pb::TaxCategory, &str, &str, &str)> {
    let rows = invoice.taxes.iter();
    rows.map(|row| (row.category(), row.percent.as_str(), amount(&row.base), amount(&row.tax))).collect()
}

pub async fn exceptions(service: &Service, run: &pb::BillingRun) -> Vec<pb::BillingException> {
    let mut runs = BillingRunServiceClient::new(service.door("auditor_1", Role::Auditor));
    let request = pb::ListBillingExceptionsRequest {
        parent: run.name.clone(),
        ..pb::ListBillingExceptionsRequest::default()
    };
    runs.list_billing_exceptions(request).await.unwrap().into_inner().exceptions
}

pub async fn all_laws_hold(service: &Service) {
    let mut ledger = LedgerServiceClient::new(service.door("controller_1", Role::Controller));
    let checked = ledger.check_invariants(pb::CheckInvariantsRequest::default()).await.unwrap().into_inner();
    let broken: Vec<_> = checked.results.into_iter().filter(|result| result.violations > 0).collect();
    assert_eq!(broken, []);
}

#[tokio::test]
async fn a_july_invoice_taxes_june_as_june_was_taxed() {
    let service = Service::start().await;
    let sold = german(&service).await;
    rates_of_2020(&service).await;
    let fees = [("L1", "2020-06-01", "2020-06-30", "500.00"), ("L2", "2020-07-01", "2020-07-31", "10000.00")];
    sell(&service, &sold, "IO-1", &fees).await;
    let name = bill(&service, &sold, "2020-07", "july").await.remove(0).name;
    let invoice = get(&service, &name).await;
    let expected =
        [(pb::TaxCategory::S, "16", "10000.00", "1600.00"), (pb::TaxCategory::S, "19", "500.00", "95.00")];
    assert_eq!(rows(&invoice), expected);
    assert_eq!((amount(&invoice.tax), amount(&invoice.total)), ("1695.00", "12195.00"));
    assert_eq!(invoice.invoice_period, days("2020-06-01", "2020-07-31"));
    let [june, july] = &invoice.lines[..] else { panic!("two lines") };
    assert_eq!((june.late, june.tax_point, june.tax_percent.as_str()), (true, Some(day("2020-06-30")), "19"));
    assert_eq!(
        (july.tax_place.as_str(), july.tax_category(), amount(&july.tax)),
        ("DE", pb::TaxCategory::S, "1600.00")
    );

    let mut ledger = LedgerServiceClient::new(service.door("controller_1", Role::Controller));
    let request = pb::ListLedgerEntriesRequest {
        parent: "accounts/-".into(),
        invoice: name.clone(),
        ..Default::default()
    };
    let entries = ledger.list_ledger_entries(request).await.unwrap().into_inner().ledger_entries;
    let payable =
        entries.iter().find(|entry| entry.ledger_account() == pb::LedgerAccount::TaxPayable).unwrap();
    assert_eq!((payable.gl_code.as_str(), amount(&payable.credit)), ("2200", "1695.00"));
    all_laws_hold(&service).await;

    let mut files = InvoiceServiceClient::new(service.door("auditor_1", Role::Auditor));
    let request =
        |format: pb::InvoiceFormat| pb::DownloadInvoiceRequest { name: name.clone(), format: format.into() };
    let csv = files.download_invoice(request(pb::InvoiceFormat::Csv)).await.unwrap().into_inner().data;
    let csv = String::from_utf8(csv.to_vec()).unwrap();
    assert!(csv.contains(",1,DE,S,19,95.00,,INVOICE,,,,,\r\n"), "{csv}");
    let pdf = files.download_invoice(request(pb::InvoiceFormat::Pdf)).await.unwrap().into_inner().data;
    assert_eq!(&pdf[..5], b"%PDF-");
}

#[tokio::test]
async fn a_day_without_its_rate_waits_and_says_so() {
    let service = Service::start().await;
    let sold = german(&service).await;
    rates_of_2020(&service).await;
    sell(&service, &sold, "IO-1", &[("L1", "2021-01-01", "2021-01-31", "100.00")]).await;
    sell(&service, &sold, "IO-2", &[("L1", "2020-12-01", "2020-12-31", "200.00")]).await;
    let run = review(&service, &sold, "2021-01", "january").await;
    let found = exceptions(&service, &run).await;
    let blocking = |exception: &&pb::BillingException| exception.severity() == pb::ExceptionSeverity::Block;
    let blocking: Vec<_> = found.iter().filter(blocking).collect();
    let [exception] = &blocking[..] else { panic!("one blocks: {found:?}") };
    assert_eq!(
        (exception.reason.as_str(), exception.severity()),
        ("TAX_RATE_MISSING", pb::ExceptionSeverity::Block)
    );
    assert!(exception.message.contains("\"ADS\" in DE on 2021-01-31"), "{}", exception.message);
    let drafts =
        list(&service, pb::ListInvoicesRequest { billing_run: run.name, ..crate::invoice::all() }).await;
    assert_eq!(drafts.iter().map(|draft| amount(&draft.total)).collect::<Vec<_>>(), ["232.00"]);
}

#[tokio::test]
async fn the_account_decides_on_the_tax_point() {
    let service = Service::start().await;
    let sold = german(&service).await;
    rates_of_2020(&service).await;
    create_rate(&service, rate("FR", "20", "2014-01-01", None)).await.unwrap();
    let mut accounts = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let mut update = async |request_id: &str, account: pb::Account, path: &str| {
        let request = pb::UpdateAccountRequest {
            account: Some(pb::Account { name: sold.account.clone(), ..account }),
            update_mask: Some(FieldMask { paths: vec![path.into()] }),
            request_id: request_id.into(),
        };
        accounts.update_account(request).await.map(tonic::Response::into_inner)
    };
    let exemption = |category: pb::TaxCategory, reason: &str| pb::TaxExemption {
        place: "DE".into(),
        category: category.into(),
        reason: reason.into(),
        certificate: "C-1".into(),
        valid_from: Some(day("2020-07-15")),
        valid_to: None,
    };
    let refused =
        pb::Account { tax_exemptions: vec![exemption(pb::TaxCategory::E, "")], ..Default::default() };
    let refused = update("refused", refused, "tax_exemptions").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "MALFORMED"));
    let exempt =
        pb::Account { tax_exemptions: vec![exemption(pb::TaxCategory::E, "Charity")], ..Default::default() };
    let updated = update("exempt", exempt.clone(), "tax_exemptions").await.unwrap();
    assert_eq!(updated.tax_exemptions, exempt.tax_exemptions);
    let fees = [("L1", "2020-06-01", "2020-06-30", "100.00"), ("L2", "2020-07-01", "2020-07-31", "200.00")];
    sell(&service, &sold, "IO-1", &fees).await;
    let name = bill(&service, &sold, "2020-07", "july").await.remove(0).name;
    let invoice = get(&service, &name).await;
    let expected =
        [(pb::TaxCategory::S, "19", "100.00", "19.00"), (pb::TaxCategory::E, "0", "200.00", "0.00")];
    assert_eq!((rows(&invoice), invoice.taxes[1].reason.as_str()), (expected.into(), "Charity"));

    update("moved", pb::Account { tax_place: "FR".into(), ..Default::default() }, "tax_place").await.unwrap();
    sell(&service, &sold, "IO-2", &[("L1", "2020-08-01", "2020-08-31", "300.00")]).await;
    let run = review(&service, &sold, "2020-08", "august").await;
    assert_eq!(exceptions(&service, &run).await[0].reason, "REVERSE_CHARGE_WITHOUT_TAX_ID");
    let mut runs = BillingRunServiceClient::new(service.door("first", Role::BillingManager));
    let cancel = pb::CancelBillingRunRequest { name: run.name, request_id: "cancel".into() };
    runs.cancel_billing_run(cancel).await.unwrap();
    let registered = pb::TaxRegistration {
        place: "FR".into(),
        number: "FR40303265045".into(),
        valid_from: Some(day("2020-08-01")),
        valid_to: None,
    };
    let registered = pb::Account { tax_registrations: vec![registered], ..Default::default() };
    update("registered", registered, "tax_registrations").await.unwrap();
    let name = bill(&service, &sold, "2020-08", "august-again").await.remove(0).name;
    assert_eq!(rows(&get(&service, &name).await), [(pb::TaxCategory::Ae, "0", "300.00", "0.00")]);
    all_laws_hold(&service).await;
}

/// What is found of the account's tax id, and still open.
async fn tax_id_found(service: &Service, run: &pb::BillingRun) -> Vec<(String, String)> {
    let found = exceptions(service, run).await.into_iter();
    let open =
        found.filter(|found| found.state() == pb::ExceptionState::Open && found.reason.starts_with("TAX_ID"));
    open.map(|found| (found.reason, found.message)).collect()
}

#[tokio::test]
async fn a_tax_id_holds_on_its_days() {
    let service = Service::start().await;
    let sold = german(&service).await;
    rates_of_2020(&service).await;
    let mut accounts = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let mut register = async |ids: &[(&str, &str, Option<&str>)]| {
        let registration = |(number, first, last): &(&str, &str, Option<&str>)| pb::TaxRegistration {
            place: "DE".into(),
            number: (*number).into(),
            valid_from: Some(day(first)),
            valid_to: last.map(day),
        };
        let tax_registrations = ids.iter().map(registration).collect();
        let request = pb::UpdateAccountRequest {
            account: Some(pb::Account {
                name: sold.account.clone(),
                tax_registrations,
                ..pb::Account::default()
            }),
            update_mask: Some(FieldMask { paths: vec!["tax_registrations".into()] }),
            request_id: format!("ids-{}", ids.len()),
        };
        accounts.update_account(request).await.unwrap();
    };
    sell(&service, &sold, "IO-1", &[("L1", "2020-07-01", "2020-07-31", "100.00")]).await;
    let run = review(&service, &sold, "2020-07", "july").await;
    let missing = "tax is billed and the account has no tax id; ask for it";
    assert_eq!(tax_id_found(&service, &run).await, [("TAX_ID_MISSING".to_owned(), missing.to_owned())]);
    let until_july = ("DE136695976", "2015-01-01", Some("2020-07-31"));
    register(&[until_july]).await;
    let run = refresh(&service, &run.name, "refresh").await;
    assert_eq!(tax_id_found(&service, &run).await, [], "on 31 July it still holds");
    approve(&service, &run).await;
    issue(&service, &run).await;

    sell(&service, &sold, "IO-2", &[("L1", "2020-08-01", "2020-08-31", "100.00")]).await;
    let run = review(&service, &sold, "2020-08", "august").await;
    let [(reason, message)] = &tax_id_found(&service, &run).await[..] else { panic!("it has lapsed") };
    assert_eq!(reason, "TAX_ID_EXPIRED");
    assert!(
        message.contains("as of 2020-08-31") && message.contains("DE136695976 expired on 2020-07-31"),
        "{message}"
    );
    register(&[until_july, ("DE811569869", "2020-08-01", None)]).await;
    let run = refresh(&service, &run.name, "refresh-2").await;
    assert_eq!(tax_id_found(&service, &run).await, []);
}

#[tokio::test]
async fn a_line_is_taxed_where_it_was_seen() {
    let service = Service::start().await;
    let sold = german(&service).await;
    rates_of_2020(&service).await;
    let austria = pb::TaxRate { reverse_charged: false, ..rate("AT", "20", "2000-01-01", None) };
    create_rate(&service, austria).await.unwrap();
    sell(&service, &sold, "IO-1", &[("L1", "2020-08-01", "2020-08-31", "1000.00")]).await;
    let listed = orders(&service)
        .list_orders(pb::ListOrdersRequest { parent: sold.account.clone(), ..Default::default() })
        .await
        .unwrap()
        .into_inner();
    let line = pb::GetOrderRequest { name: listed.orders[0].name.clone() };
    let line = orders(&service).get_order(line).await.unwrap().into_inner().lines[0].name.clone();
    let share = |place: &str, impressions| pb::PlaceShare { place: place.into(), impressions };
    let allocate = |shares: Vec<pb::PlaceShare>, request_id: &str| pb::AllocatePlacesRequest {
        order_line: line.clone(),
        from_day: Some(day("2020-07-01")),
        shares,
        request_id: request_id.into(),
    };
    let mut client = taxes(&service);
    for wrong in [vec![share("DE", 0)], vec![share("DE", 1), share("DE", 2)], vec![share("Vienna", 1)]] {
        let refused = client.allocate_places(allocate(wrong, "wrong")).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    client.allocate_places(allocate(vec![share("IT", 1)], "first")).await.unwrap();
    let shares = vec![share("AT", 1_000), share("DE", 2_000)];
    client.allocate_places(allocate(shares.clone(), "second")).await.unwrap();
    let parent = pb::LinePlaceAllocationsRequest { parent: line.clone() };
    let said = client.line_place_allocations(parent).await.unwrap().into_inner().place_allocations;
    assert_eq!(said, [pb::PlaceAllocation { from_day: Some(day("2020-07-01")), shares }]);

    let name = bill(&service, &sold, "2020-08", "august").await.remove(0).name;
    let invoice = get(&service, &name).await;
    let lines: Vec<_> = invoice
        .lines
        .iter()
        .map(|line| (line.tax_place.as_str(), line.quantity.as_str(), amount(&line.gross)))
        .collect();
    let (third, rest) = ("0.333333", "0.666667");
    assert_eq!(lines, [("AT", third, "333.33"), ("DE", rest, "666.67")]);
    let expected =
        [(pb::TaxCategory::S, "16", "666.67", "106.67"), (pb::TaxCategory::S, "20", "333.33", "66.67")];
    assert_eq!(rows(&invoice), expected);
    all_laws_hold(&service).await;
    assert_eq!(bill(&service, &sold, "2020-09", "september").await, [], "both parts are billed before");
}

#[tokio::test]
async fn a_place_and_code_has_one_rate_a_day() {
    let service = Service::start().await;
    rates_of_2020(&service).await;
    let overlapping = create_rate(&service, rate("DE", "7", "2020-12-31", None)).await.unwrap_err();
    assert_eq!(
        (overlapping.code(), reason(&overlapping).as_str()),
        (Code::AlreadyExists, "TAX_RATE_OVERLAPS")
    );
    let free = create_rate(&service, rate("DE", "0", "2021-01-01", None)).await.unwrap_err();
    assert_eq!(reason(&free), "TAX_PERCENT_DOES_NOT_FIT");
    let next = create_rate(&service, rate("DE", "19", "2021-01-01", None)).await.unwrap();
    let read = taxes(&service).get_tax_rate(pb::GetTaxRateRequest { name: next.name.clone() }).await.unwrap();
    assert_eq!(read.into_inner(), next);
    let request = pb::ListTaxRatesRequest { place: "DE".into(), page_size: 2, ..Default::default() };
    let listed = taxes(&service).list_tax_rates(request).await.unwrap().into_inner();
    assert_eq!((listed.tax_rates.len(), listed.next_page_token.is_empty()), (2, false));

    let update = |valid_from: &str, etag: &str, request_id: &str| pb::UpdateTaxRateRequest {
        tax_rate: Some(pb::TaxRate { valid_from: Some(day(valid_from)), etag: etag.into(), ..next.clone() }),
        update_mask: Some(FieldMask { paths: vec!["valid_from".into()] }),
        request_id: request_id.into(),
    };
    let mut client = taxes(&service);
    let refused = client.update_tax_rate(update("2020-12-01", "r1", "1")).await.unwrap_err();
    assert_eq!(reason(&refused), "TAX_RATE_OVERLAPS");
    let updated = client.update_tax_rate(update("2021-02-01", "r1", "2")).await.unwrap().into_inner();
    assert_eq!((updated.etag.as_str(), updated.valid_from), ("r2", Some(day("2021-02-01"))));
    let stale = client.update_tax_rate(update("2021-03-01", "r1", "3")).await.unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
}
