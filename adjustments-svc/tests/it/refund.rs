//! What is said of a refund before invoicing is asked, which is not there in these tests.

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{self as pb, refund_service_client::RefundServiceClient},
    invoicing::v1::Money,
};
use tonic::{Code, Status};

use crate::service::{Service, reason};

const ACCOUNT: &str = "accounts/acc_01980000000070008000000000000001";

const OTHER: &str = "accounts/acc_01980000000070008000000000000002";

const RECEIPT: &str = "receipts/act_01980000000070008000000000000003";

fn wanted() -> pb::RefundRequest {
    pb::RefundRequest {
        source: format!("{ACCOUNT}/{RECEIPT}"),
        amount: Some(Money { currency_code: "GBP".into(), amount: "400.00".into() }),
        reason: "paid twice".into(),
        ..pb::RefundRequest::default()
    }
}

async fn ask(
    service: &Service,
    role: Role,
    (refund_request, id): (Option<pb::RefundRequest>, &str),
) -> Result<pb::RefundRequest, Status> {
    let request = pb::RequestRefundRequest {
        parent: ACCOUNT.into(),
        refund_request,
        request_id: id.into(),
        rate: String::new(),
    };
    let mut client = RefundServiceClient::new(service.door("analyst", role));
    Ok(client.request_refund(request).await?.into_inner())
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_with_its_field() {
    let service = Service::start().await;
    let money = |amount: &str| Some(Money { currency_code: "GBP".into(), amount: amount.into() });
    let cases = [
        (None, "refund_request: must be given"),
        (Some(pb::RefundRequest { amount: None, ..wanted() }), "refund_request.amount: must be given"),
        (
            Some(pb::RefundRequest { amount: money("0.00"), ..wanted() }),
            "refund_request.amount: must be above zero",
        ),
        (Some(pb::RefundRequest { amount: money("-1.00"), ..wanted() }), "refund_request.amount.amount"),
        (Some(pb::RefundRequest { reason: " ".into(), ..wanted() }), "refund_request.reason"),
        (
            Some(pb::RefundRequest { reference: "one\ntwo".into(), ..wanted() }),
            "refund_request.reference: must be one line",
        ),
        (
            Some(pb::RefundRequest { source: format!("{OTHER}/{RECEIPT}"), ..wanted() }),
            "refund_request.source: must be a receipt or a credit note of the account",
        ),
        (
            Some(pb::RefundRequest { source: ACCOUNT.into(), ..wanted() }),
            "refund_request.source: must be a receipt or a credit note of the account",
        ),
    ];
    for (place, (refund, why)) in cases.into_iter().enumerate() {
        let refused = ask(&service, Role::BillingAnalyst, (refund, &place.to_string())).await.unwrap_err();
        assert_eq!(reason(&refused), "MALFORMED", "{why}");
        assert!(refused.message().contains(why), "{} is not {why}", refused.message());
    }
}

#[tokio::test]
async fn a_refund_is_asked_for_by_billing_and_needs_invoicing() {
    let service = Service::start().await;
    let refused = ask(&service, Role::Sales, (Some(wanted()), "sales")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = ask(&service, Role::BillingAnalyst, (Some(wanted()), "later")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unavailable, "INVOICING_UNAVAILABLE"));
    let mut client = RefundServiceClient::new(service.door("auditor", Role::Auditor));
    let name = format!("{ACCOUNT}/refundRequests/rfr_01980000000070008000000000000004");
    let request = pb::GetRefundRequestRequest { name: name.clone() };
    let missing = client.get_refund_request(request).await.unwrap_err();
    assert_eq!((missing.code(), reason(&missing).as_str()), (Code::NotFound, "NOT_FOUND"));
    assert!(missing.message().contains(&name), "{}", missing.message());
    let request = pb::ListRefundRequestsRequest {
        parent: "accounts/-".into(),
        ..pb::ListRefundRequestsRequest::default()
    };
    assert_eq!(client.list_refund_requests(request).await.unwrap().into_inner().refund_requests, []);
}
