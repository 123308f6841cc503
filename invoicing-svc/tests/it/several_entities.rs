//! Entities with currencies, calendars, zones and numbers of their own, in one database and at the same time.

use billing_proto::billing::{
    access::v1::Role,
    invoicing::v1::{
        self as pb, account_service_client::AccountServiceClient,
        billing_entity_service_client::BillingEntityServiceClient,
        invoice_service_client::InvoiceServiceClient,
        number_series_service_client::NumberSeriesServiceClient,
    },
};

use crate::{
    invoice::bill,
    order::{Sold, batch, client, days, order},
    reference::{account, create_product, entity},
    service::Service,
    tax::{all_laws_hold, amount},
};

/// Where an entity and its customer are, and how it counts.
struct Land {
    code: &'static str,
    currency: &'static str,
    zone: &'static str,
    basis: pb::YearBasis,
    calendar: pb::BillingCalendar,
    fee: &'static str,
}

const BERLIN: Land = Land {
    code: "DE",
    currency: "EUR",
    zone: "Europe/Berlin",
    basis: pb::YearBasis::Calendar,
    calendar: pb::BillingCalendar::CalendarMonth,
    fee: "1000.00",
};

/// No minor units, and a year that ends in March and bears the number of the year in which it ends.
const TOKYO: Land = Land {
    code: "JP",
    currency: "JPY",
    zone: "Asia/Tokyo",
    basis: pb::YearBasis::Fiscal,
    calendar: pb::BillingCalendar::Fiscal,
    fee: "100000",
};

/// Three minor units, and broadcast months: from 1 January to 31 March there are four.
const KUWAIT: Land = Land {
    code: "KW",
    currency: "KWD",
    zone: "Asia/Kuwait",
    basis: pb::YearBasis::Calendar,
    calendar: pb::BillingCalendar::BroadcastMonth,
    fee: "100.001",
};

fn address(land: &Land) -> Option<pb::PostalAddress> {
    Some(pb::PostalAddress { country: land.code.into(), ..Default::default() })
}

async fn found(service: &Service, land: &Land) -> pb::BillingEntity {
    let year = pb::FiscalCalendar {
        months: pb::FiscalMonths::CalendarMonth.into(),
        last_month: 3,
        year_name: pb::FiscalYearName::Ends.into(),
        ..Default::default()
    };
    let made = pb::BillingEntity {
        address: address(land),
        functional_currency: land.currency.into(),
        time_zone: land.zone.into(),
        fiscal_calendar: Some(year),
        ..entity(land.code)
    };
    let request = pb::CreateBillingEntityRequest { billing_entity: Some(made), request_id: land.code.into() };
    let mut entities = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let made = entities.create_billing_entity(request).await.unwrap().into_inner();
    let series = pb::NumberSeries {
        document_kind: pb::DocumentKind::Invoice.into(),
        year_basis: land.basis.into(),
        prefix: format!("{}-", land.code),
        width: 5,
        ..Default::default()
    };
    let request = pb::CreateNumberSeriesRequest {
        parent: made.name.clone(),
        number_series: Some(series),
        request_id: land.code.into(),
    };
    let mut client = NumberSeriesServiceClient::new(service.door("controller_1", Role::Controller));
    client.create_number_series(request).await.unwrap();
    made
}

/// Two orders of one fee each, from January to March.
async fn sell(service: &Service, land: &Land, fee: &str) -> Sold {
    let buyer = pb::Account {
        address: address(land),
        currency_code: land.currency.into(),
        ..account(land.code, "EAST")
    };
    let request = pb::CreateAccountRequest { account: Some(buyer), request_id: land.code.into() };
    let mut accounts = AccountServiceClient::new(service.door("billing_manager_1", Role::BillingManager));
    let account = accounts.create_account(request).await.unwrap().into_inner().name;
    let entity = found(service, land).await.name;
    let sold = Sold { entity, account, fee: fee.into(), spots: fee.into() };
    for number in [1, 2] {
        let mut sale = order(&sold, &format!("{}-{number}", land.code));
        sale.currency_code = land.currency.into();
        sale.billing_calendar = land.calendar.into();
        sale.purchase_orders.clear();
        sale.lines.truncate(1);
        sale.lines[0].amount = land.fee.into();
        let totals = pb::OrderControlTotals { orders: 1, lines: 1, amount: land.fee.into() };
        let request = pb::SyncOrdersRequest {
            control_totals: Some(totals),
            ..batch(vec![sale], &format!("{}-{number}", land.code))
        };
        let results = client(service).sync_orders(request).await.unwrap().into_inner().results;
        assert_eq!(results[0].outcome(), pb::SyncOutcome::Created, "{results:?}");
    }
    sold
}

async fn download(service: &Service, name: &str, format: pb::InvoiceFormat) -> Vec<u8> {
    let mut files = InvoiceServiceClient::new(service.door("auditor_1", Role::Auditor));
    let request = pb::DownloadInvoiceRequest { name: name.into(), format: format.into() };
    files.download_invoice(request).await.unwrap().into_inner().data.to_vec()
}

#[tokio::test]
async fn three_entities_bill_at_once_each_in_its_own_way() {
    let service = Service::start().await;
    let fee = create_product(&service, "SPONSORSHIP", pb::PricingModel::FlatFee).await.name;
    let berlin = sell(&service, &BERLIN, &fee).await;
    let tokyo = sell(&service, &TOKYO, &fee).await;
    let kuwait = sell(&service, &KUWAIT, &fee).await;
    let (berlin, tokyo, kuwait) = tokio::join!(
        bill(&service, &berlin, "2026-01", "berlin"),
        bill(&service, &tokyo, "2026-01", "tokyo"),
        bill(&service, &kuwait, "2026-01", "kuwait"),
    );
    // The first of three thirds of 1,000.00 and 100,000, and of four quarters of 100.001: it takes what is left over.
    // Net of 15 %: 283.339, 28,333.9 and 21.25085.
    let expected = [
        (&berlin, ["333.34", "50.00", "283.34"], ["DE-2026-00001", "DE-2026-00002"]),
        (&tokyo, ["33334", "5000", "28334"], ["JP-2027-00001", "JP-2027-00002"]),
        (&kuwait, ["25.001", "3.750", "21.251"], ["KW-2026-00001", "KW-2026-00002"]),
    ];
    for (invoices, amounts, numbers) in expected {
        let mut taken: Vec<&str> = invoices.iter().map(|invoice| invoice.number.as_str()).collect();
        taken.sort_unstable();
        assert_eq!(taken, numbers);
        for invoice in invoices {
            assert_eq!([&invoice.gross, &invoice.commission, &invoice.net].map(amount), amounts);
            let csv = download(&service, &invoice.name, pb::InvoiceFormat::Csv).await;
            let csv = String::from_utf8(csv).unwrap();
            assert!(csv.contains(&format!(",{},{},", amounts[1], amounts[2])), "{csv}");
            let pdf = download(&service, &invoice.name, pb::InvoiceFormat::Pdf).await;
            assert_eq!(&pdf[..5], b"%PDF-");
        }
    }
    let january = days("2026-01-01", "2026-01-31");
    assert_eq!((berlin[0].invoice_period, tokyo[0].invoice_period), (january, january));
    assert_eq!(kuwait[0].invoice_period, days("2025-12-29", "2026-01-25"));
    all_laws_hold(&service).await;
}
