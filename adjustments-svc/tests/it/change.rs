//! What is said of a proposed change before invoicing is asked, which is not there in these tests.

use billing_proto::billing::{
    access::v1::Role,
    adjustments::v1::{
        self as pb, approval_service_client::ApprovalServiceClient,
        change_service_client::ChangeServiceClient,
    },
    invoicing::v1 as invoicing,
};
use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};

use crate::service::{Service, reason};

const ACCOUNT: &str = "accounts/acc_01980000000070008000000000000001";

fn packed(message: &str, value: Vec<u8>) -> Option<Any> {
    Some(Any { type_url: format!("type.googleapis.com/billing.invoicing.v1.{message}"), value })
}

fn update(request_id: &str) -> Vec<u8> {
    let account = invoicing::Account { name: ACCOUNT.into(), ..invoicing::Account::default() };
    let request_id = request_id.into();
    invoicing::UpdateAccountRequest { account: Some(account), update_mask: None, request_id }.encode_to_vec()
}

/// A tax rate that is made or changed, with a name.
fn rate(name: &str) -> Option<invoicing::TaxRate> {
    Some(invoicing::TaxRate { name: name.into(), ..invoicing::TaxRate::default() })
}

fn new_rate(name: &str) -> Vec<u8> {
    invoicing::CreateTaxRateRequest { tax_rate: rate(name), request_id: String::new() }.encode_to_vec()
}

fn other_rate(name: &str) -> Vec<u8> {
    let (tax_rate, request_id) = (rate(name), String::new());
    invoicing::UpdateTaxRateRequest { tax_rate, update_mask: None, request_id }.encode_to_vec()
}

/// The field 999, which no message has, as a number.
const UNKNOWN: [u8; 3] = [0xb8, 0x3e, 1];

/// An update of an account with the unknown field in the account: field 1, so many bytes.
fn unknown_inside() -> Vec<u8> {
    let known = invoicing::Account { name: ACCOUNT.into(), ..invoicing::Account::default() }.encode_to_vec();
    let account = [&known[..], &UNKNOWN[..]].concat();
    [&[0x0a, u8::try_from(account.len()).unwrap()][..], &account[..]].concat()
}

fn change(request: Option<Any>) -> pb::Change {
    pb::Change { request, reason: "as agreed".into(), ..pb::Change::default() }
}

async fn propose(
    service: &Service,
    role: Role,
    (change, id): (Option<pb::Change>, &str),
) -> Result<pb::Change, Status> {
    let mut client = ChangeServiceClient::new(service.door("proposer", role));
    let request = pb::ProposeChangeRequest { change, request_id: id.into() };
    Ok(client.propose_change(request).await?.into_inner())
}

#[tokio::test]
async fn what_is_wrong_with_a_proposal_is_said_with_its_field() {
    let service = Service::start().await;
    let cases = [
        (None, "change: must be given"),
        (Some(change(None)), "change.request: must be given"),
        (
            Some(change(packed("CreateAccountRequest", vec![]))),
            "change.request: is \"billing.invoicing.v1.CreateAccountRequest\"; what is proposed is",
        ),
        (Some(change(packed("Account", vec![]))), "billing.invoicing.v1.UpdateAccountRequest, "),
        (
            Some(change(packed("UpdateAccountRequest", vec![0xff]))),
            "change.request: is no billing.invoicing.v1.UpdateAccountRequest: ",
        ),
        (
            Some(change(packed("UpdateAccountRequest", vec![0; 256 * 1024 + 1]))),
            "change.request: has 262145 bytes; at most 262144 are taken",
        ),
        (
            Some(change(packed("UpdateAccountRequest", update("mine")))),
            "change.request.request_id: must be empty",
        ),
        (
            Some(change(packed("CreateTaxRateRequest", new_rate(ACCOUNT)))),
            "change.request.tax_rate.name: must be empty: what is new is named when it is made",
        ),
        (
            Some(change(packed("UpdateTaxRateRequest", other_rate(&"t".repeat(301))))),
            "change.request.tax_rate.name: must be a resource name, of at most 300 characters",
        ),
        (
            Some(change(packed("UpdateTaxRateRequest", other_rate("taxRates/1\nand the rest")))),
            "change.request.tax_rate.name: must be a resource name",
        ),
        (
            Some(change(packed("UpdateAccountRequest", [&update("")[..], &UNKNOWN[..]].concat()))),
            "change.request: has the field 999, which this version of the contract does not know",
        ),
        (
            Some(change(packed("UpdateAccountRequest", unknown_inside()))),
            "change.request: has the field account.999, which",
        ),
        (
            Some(pb::Change { reason: " ".into(), ..change(packed("UpdateAccountRequest", update(""))) }),
            "change.reason: must not be empty",
        ),
    ];
    for (place, (change, why)) in cases.into_iter().enumerate() {
        let refused = propose(&service, Role::Controller, (change, &place.to_string())).await.unwrap_err();
        assert_eq!(reason(&refused), "MALFORMED", "{why}");
        assert!(refused.message().contains(why), "{} is not {why}", refused.message());
    }
}

#[tokio::test]
async fn a_change_is_proposed_by_who_may_make_it_and_needs_invoicing() {
    let service = Service::start().await;
    let terms = || Some(change(packed("UpdateAccountRequest", update(""))));
    // The one may propose nothing, the other not this.
    for (role, id) in [(Role::Collections, "1"), (Role::ProductOps, "2")] {
        let refused = propose(&service, role, (terms(), id)).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::PermissionDenied, "ROLE_MISSING"),
            "{role:?}"
        );
    }
    let refused = propose(&service, Role::Controller, (terms(), "3")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unavailable, "INVOICING_UNAVAILABLE"));
    let mut client = ChangeServiceClient::new(service.door("auditor", Role::Auditor));
    let name = "changes/chg_01980000000070008000000000000004";
    let missing = client.get_change(pb::GetChangeRequest { name: name.into() }).await.unwrap_err();
    assert_eq!((missing.code(), reason(&missing).as_str()), (Code::NotFound, "NOT_FOUND"));
    assert!(missing.message().contains(name), "{}", missing.message());
    let all = client.list_changes(pb::ListChangesRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.changes, []);
}

/// A name says what a method changes; whose that is, the method says.
#[tokio::test]
async fn a_tax_rate_belongs_to_no_account_whatever_it_is_called() {
    let service = Service::start().await;
    let odd = Some(change(packed("UpdateTaxRateRequest", other_rate(ACCOUNT))));
    let proposed = propose(&service, Role::Controller, (odd, "odd")).await.unwrap();
    assert_eq!(proposed.resource, ACCOUNT);
    let approval = crate::approval::get(&service, &proposed.approval).await;
    assert_eq!((approval.account.as_str(), approval.billing_entity.as_str()), ("", ""));
}

/// What invoicing keeps for nobody in particular is proposed without asking it; what is approved of it is asked for here alone.
#[tokio::test]
async fn nobody_asks_for_a_change_or_ends_its_request_past_the_change() {
    let service = Service::start().await;
    let rates = invoicing::ImportTaxRatesRequest { csv: "place".into(), request_id: String::new() };
    let rates = change(packed("ImportTaxRatesRequest", rates.encode_to_vec()));
    let proposed = propose(&service, Role::Controller, (Some(rates), "rates")).await.unwrap();
    assert_eq!(proposed.state(), pb::ChangeState::Submitted);
    assert_eq!((proposed.subject_kind(), proposed.resource.as_str()), (pb::SubjectKind::TaxTable, ""));

    let mut approvals = ApprovalServiceClient::new(service.door("proposer", Role::Controller));
    let around = pb::SubmitApprovalRequest {
        approval_case: Some(pb::ApprovalCase {
            subject_kind: pb::SubjectKind::TaxTable.into(),
            ..pb::ApprovalCase::default()
        }),
        subject: proposed.name.clone(),
        subject_digest: proposed.digest.clone(),
        summary: "next to nothing".into(),
        request_id: "around".into(),
        ..pb::SubmitApprovalRequest::default()
    };
    let refused = approvals.submit_approval(around).await.unwrap_err();
    assert!(refused.message().contains("a change by ProposeChange"), "{}", refused.message());
    let compare = pb::CompareSubjectRequest {
        name: proposed.approval.clone(),
        subject_digest: "ab".repeat(32),
        request_id: "compare".into(),
    };
    assert_eq!(reason(&approvals.compare_subject(compare).await.unwrap_err()), "MALFORMED");

    // Who takes the request back takes the change back.
    let withdraw = pb::WithdrawRequest { name: proposed.approval.clone(), request_id: "withdraw".into() };
    approvals.withdraw(withdraw).await.unwrap();
    let mut client = ChangeServiceClient::new(service.door("auditor", Role::Auditor));
    let request = pb::GetChangeRequest { name: proposed.name };
    let now = client.get_change(request).await.unwrap().into_inner();
    assert_eq!(now.state(), pb::ChangeState::Withdrawn);
}
