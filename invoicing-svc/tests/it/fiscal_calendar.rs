//! Entities with a fiscal year of their own, and orders that bill by it.

use billing_proto::{
    billing::{
        access::v1::Role,
        invoicing::v1::{
            self as pb, billing_entity_service_client::BillingEntityServiceClient,
            number_series_service_client::NumberSeriesServiceClient,
        },
    },
    google::r#type::DayOfWeek,
};
use tonic::Status;
use tonic_types::StatusExt;

use crate::{
    invoice::{bill, review},
    order::{Sold, days, order, sync},
    reference::{create_account, create_product, entity},
    service::Service,
};

/// The 4-5-4 calendar of the National Retail Federation.
fn retail() -> pb::FiscalCalendar {
    pb::FiscalCalendar {
        months: pb::FiscalMonths::Weeks454.into(),
        last_month: 1,
        year_name: pb::FiscalYearName::Begins.into(),
        week_last_day: DayOfWeek::Saturday.into(),
        year_end: pb::FiscalYearEnd::Nearest.into(),
        long_month: 12,
    }
}

async fn create(service: &Service, calendar: pb::FiscalCalendar) -> Result<pb::BillingEntity, Status> {
    let mut client = BillingEntityServiceClient::new(service.door("controller_1", Role::Controller));
    let entity = pb::BillingEntity { fiscal_calendar: Some(calendar), ..entity("SHOP") };
    let request = pb::CreateBillingEntityRequest { billing_entity: Some(entity), request_id: "e".into() };
    client.create_billing_entity(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn what_is_wrong_with_a_fiscal_calendar_is_named() {
    let service = Service::start().await;
    for (wrong, fields) in [
        (pb::FiscalCalendar { last_month: 13, ..retail() }, vec!["last_month"]),
        (pb::FiscalCalendar { week_last_day: 0, year_end: 0, ..retail() }, vec!["week_last_day", "year_end"]),
        (pb::FiscalCalendar { long_month: -1, ..retail() }, vec!["long_month"]),
        (
            pb::FiscalCalendar { months: pb::FiscalMonths::CalendarMonth.into(), ..retail() },
            vec!["week_last_day", "year_end", "long_month"],
        ),
    ] {
        let refused = create(&service, wrong).await.unwrap_err();
        let said = refused.get_details_bad_request().unwrap().field_violations;
        let said: Vec<_> = said.into_iter().map(|violation| violation.field).collect();
        let expected: Vec<_> =
            fields.iter().map(|field| format!("billing_entity.fiscal_calendar.{field}")).collect();
        assert_eq!(said, expected);
    }
}

/// The federation's January 2026 is 4 to 31 January, its December 30 November to 3 January: a fee from 1 January to
/// 31 March has four parts, two of which end by January.
#[tokio::test]
async fn an_order_bills_by_the_fiscal_months_of_its_entity() {
    let service = Service::start().await;
    let made = create(&service, retail()).await.unwrap();
    assert_eq!(made.fiscal_calendar, Some(retail()));
    let series = pb::NumberSeries {
        document_kind: pb::DocumentKind::Invoice.into(),
        year_basis: pb::YearBasis::Fiscal.into(),
        width: 4,
        ..pb::NumberSeries::default()
    };
    let request = pb::CreateNumberSeriesRequest {
        parent: made.name.clone(),
        number_series: Some(series),
        request_id: "s".into(),
    };
    let mut client = NumberSeriesServiceClient::new(service.door("controller_1", Role::Controller));
    client.create_number_series(request).await.unwrap();
    let sold = Sold {
        entity: made.name,
        account: create_account(&service, "AG-1", "EAST").await.name,
        fee: create_product(&service, "SPONSORSHIP", pb::PricingModel::FlatFee).await.name,
        spots: create_product(&service, "SPOT", pb::PricingModel::PerSpot).await.name,
    };
    let mut fiscal = order(&sold, "IO-1");
    fiscal.billing_calendar = pb::BillingCalendar::Fiscal.into();
    fiscal.lines.truncate(1);
    sync(&service, vec![fiscal], "orders").await.unwrap();

    let invoice = bill(&service, &sold, "2026-01", "january").await.remove(0);
    assert_eq!(invoice.gross.as_ref().unwrap().amount, "5000.00");
    assert_eq!(invoice.invoice_period, days("2025-11-30", "2026-01-31"));
    // 2 April 2026 is in fiscal 2026, which began on 1 February.
    assert_eq!(invoice.number, "2026-0001");
    let february = review(&service, &sold, "2026-02", "february").await;
    assert_eq!(february.totals[0].gross.as_ref().unwrap().amount, "2500.00");
}
