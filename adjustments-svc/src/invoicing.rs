//! The way to invoicing: documents are read as whoever asks for them, and issued as this service, which invoicing is told
//! to trust with approvals.

mod changes;
mod corrections;
mod receivables;

use std::time::Duration;

use anyhow::Context;
use billing_proto::billing::{
    access::v1::{PrincipalKind, Role},
    event::v1::{Event, StreamEventsRequest},
    invoicing::v1::{
        self as pb, billing_entity_service_client::BillingEntityServiceClient,
        billing_run_service_client::BillingRunServiceClient, event_service_client::EventServiceClient,
        invoice_service_client::InvoiceServiceClient, makegood_service_client::MakegoodServiceClient,
        note_service_client::NoteServiceClient,
    },
};
use chassis::{
    caller::{CALLER_HEADER, Caller, CallerSigner, Grant},
    failure::Failure,
    stack::MESSAGE_MAX_BYTES,
};
use futures::{Stream, StreamExt};
use refusal::{Class, FieldViolation, Refusal};
use tonic::{
    Code, Request, Status,
    metadata::MetadataValue,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

use crate::wire::typed_field::typed;

/// The audience of callers at invoicing.
const AUDIENCE: &str = "invoicing";

/// By which name this service signs for itself.
const OURSELVES: &str = "adjustments";

const CONNECT_MAX: Duration = Duration::from_secs(5);

/// How long one call may take.
const CALL_MAX: Duration = Duration::from_secs(30);

/// How often invoicing is asked whether it is there while it says nothing.
const ALIVE_EVERY: Duration = Duration::from_secs(20);

/// Calls invoicing.
#[derive(Clone)]
pub struct Invoicing {
    channel: Channel,
    signer: CallerSigner,
}

impl Invoicing {
    /// Connects when it is first needed, so that the services start in any order.
    pub fn lazily(url: &str, signer: CallerSigner) -> Result<Self, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(url.to_owned())?.connect_timeout(CONNECT_MAX).timeout(CALL_MAX);
        // A stream may be silent for long: whether anybody is still there is asked.
        let endpoint = endpoint.http2_keep_alive_interval(ALIVE_EVERY).keep_alive_while_idle(true);
        Ok(Self { channel: endpoint.tcp_nodelay(true).connect_lazy(), signer })
    }

    /// A document, as the caller may see it.
    pub async fn invoice(&self, caller: &Caller, name: &str) -> Result<pb::Invoice, Failure> {
        let request = self.signed(caller, pb::GetInvoiceRequest { name: name.to_owned() })?;
        let client = InvoiceServiceClient::new(self.channel.clone());
        let mut client = client.max_decoding_message_size(MESSAGE_MAX_BYTES);
        Ok(client.get_invoice(request).await.map_err(refused)?.into_inner())
    }

    /// A billing entity.
    pub async fn entity(&self, name: &str) -> Result<pb::BillingEntity, Failure> {
        self.entity_as(&ourselves(), name).await
    }

    /// The same, as the caller may see it.
    pub async fn entity_as(&self, caller: &Caller, name: &str) -> Result<pb::BillingEntity, Failure> {
        let request = self.signed(caller, pb::GetBillingEntityRequest { name: name.to_owned() })?;
        let mut client = BillingEntityServiceClient::new(self.channel.clone());
        Ok(client.get_billing_entity(request).await.map_err(refused)?.into_inner())
    }

    /// What a credit note on a document would be and do, or only what its lines come to.
    pub async fn preview_credit(
        &self,
        invoice: String,
        note: pb::Note,
        lines_only: bool,
    ) -> Result<pb::NotePreview, Failure> {
        let request = pb::PreviewCreditNoteRequest { invoice, note: Some(note), lines_only };
        let request = self.signed(&ourselves(), request)?;
        Ok(self.notes().preview_credit_note(request).await.map_err(refused)?.into_inner())
    }

    /// What a debit note on a document would be and do, or only what its lines come to.
    pub async fn preview_debit(
        &self,
        invoice: String,
        note: pb::Note,
        lines_only: bool,
    ) -> Result<pb::NotePreview, Failure> {
        let request = pb::PreviewDebitNoteRequest { invoice, note: Some(note), lines_only };
        let request = self.signed(&ourselves(), request)?;
        Ok(self.notes().preview_debit_note(request).await.map_err(refused)?.into_inner())
    }

    /// What a rebill of a document would be and do.
    pub async fn preview_rebill(
        &self,
        invoice: String,
        rebill: pb::Rebill,
    ) -> Result<pb::RebillPreview, Failure> {
        let request = pb::PreviewRebillRequest { invoice, rebill: Some(rebill) };
        let request = self.signed(&ourselves(), request)?;
        Ok(self.notes().preview_rebill(request).await.map_err(refused)?.into_inner())
    }

    /// What a correction of nothing but tax of a document would be and do.
    pub async fn preview_tax_correction(
        &self,
        invoice: String,
        correction: pb::TaxCorrection,
    ) -> Result<pb::NotePreview, Failure> {
        let request = pb::PreviewTaxCorrectionRequest { invoice, tax_correction: Some(correction) };
        let request = self.signed(&ourselves(), request)?;
        Ok(self.notes().preview_tax_correction(request).await.map_err(refused)?.into_inner())
    }

    /// What would be owed for spots of a document.
    pub async fn preview_makegoods(
        &self,
        invoice: String,
        lines: Vec<pb::MissedSpots>,
    ) -> Result<pb::MakegoodPreview, Failure> {
        let request = self.signed(&ourselves(), pb::PreviewMakegoodsRequest { invoice, lines })?;
        let mut client = MakegoodServiceClient::new(self.channel.clone());
        Ok(client.preview_makegoods(request).await.map_err(refused)?.into_inner())
    }

    /// What would be let go of what is owed for spots of a document.
    pub async fn preview_makegood_release(
        &self,
        invoice: String,
        lines: Vec<pb::MissedSpots>,
    ) -> Result<pb::MakegoodPreview, Failure> {
        let request = self.signed(&ourselves(), pb::PreviewMakegoodReleaseRequest { invoice, lines })?;
        let mut client = MakegoodServiceClient::new(self.channel.clone());
        Ok(client.preview_makegood_release(request).await.map_err(refused)?.into_inner())
    }

    /// Issues a credit note; answers its name. The same request id again is answered as before, here and below.
    pub async fn credit(&self, request: pb::IssueCreditNoteRequest) -> Result<String, Failure> {
        let request = self.signed(&ourselves(), request)?;
        Ok(self.notes().issue_credit_note(request).await.map_err(refused)?.into_inner().name)
    }

    /// Issues a debit note; answers its name.
    pub async fn debit(&self, request: pb::IssueDebitNoteRequest) -> Result<String, Failure> {
        let request = self.signed(&ourselves(), request)?;
        Ok(self.notes().issue_debit_note(request).await.map_err(refused)?.into_inner().name)
    }

    /// Credits a document and bills it to somebody else; answers the name of the new invoice.
    pub async fn rebill(&self, request: pb::RebillInvoiceRequest) -> Result<String, Failure> {
        let request = self.signed(&ourselves(), request)?;
        let both = self.notes().rebill_invoice(request).await.map_err(refused)?.into_inner();
        Ok(both.invoice.context("a rebill bills")?.name)
    }

    /// Corrects nothing but tax; answers the name of the note.
    pub async fn correct_tax(&self, request: pb::CorrectTaxRequest) -> Result<String, Failure> {
        let request = self.signed(&ourselves(), request)?;
        Ok(self.notes().correct_tax(request).await.map_err(refused)?.into_inner().name)
    }

    /// Owes spots that a document bills; answers the name of the first obligation.
    pub async fn owe_makegoods(&self, request: pb::OweMakegoodsRequest) -> Result<String, Failure> {
        let request = self.signed(&ourselves(), request)?;
        let mut client = MakegoodServiceClient::new(self.channel.clone());
        let owed = client.owe_makegoods(request).await.map_err(refused)?.into_inner();
        let first = owed.makegood_obligations.into_iter().next();
        Ok(first.context("what is owed is an obligation")?.name)
    }

    /// Lets go what is left of what is owed for spots; answers the name of the first obligation.
    pub async fn release_makegoods(&self, request: pb::ReleaseMakegoodsRequest) -> Result<String, Failure> {
        let request = self.signed(&ourselves(), request)?;
        let mut client = MakegoodServiceClient::new(self.channel.clone());
        let released = client.release_makegoods(request).await.map_err(refused)?.into_inner();
        let first = released.makegood_obligations.into_iter().next();
        Ok(first.context("what is released was an obligation")?.name)
    }

    /// A billing run.
    pub async fn run(&self, name: String) -> Result<pb::BillingRun, Failure> {
        let request = self.signed(&ourselves(), pb::GetBillingRunRequest { name })?;
        let mut client = BillingRunServiceClient::new(self.channel.clone());
        Ok(client.get_billing_run(request).await.map_err(refused)?.into_inner())
    }

    /// Signs a run off. The same request id again is answered as before.
    pub async fn approve_run(&self, request: pb::ApproveBillingRunRequest) -> Result<(), Failure> {
        let request = self.signed(&ourselves(), request)?;
        let mut client = BillingRunServiceClient::new(self.channel.clone());
        client.approve_billing_run(request).await.map_err(refused)?;
        Ok(())
    }

    /// What is said after a position, from now on as it happens.
    pub async fn events(
        &self,
        after_position: i64,
        prefixes: &[&str],
    ) -> Result<impl Stream<Item = Result<Event, Failure>> + Unpin + use<>, Failure> {
        let request = StreamEventsRequest {
            after_position,
            type_prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
            until_now: false,
        };
        let request = self.signed(&ourselves(), request)?;
        let mut client = EventServiceClient::new(self.channel.clone());
        let said = client.stream_events(request).await.map_err(refused)?.into_inner();
        Ok(said.map(|event| event.map_err(refused)))
    }

    fn notes(&self) -> NoteServiceClient<Channel> {
        NoteServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_MAX_BYTES)
    }

    fn signed<T>(&self, caller: &Caller, message: T) -> Result<Request<T>, Failure> {
        let token = self.signer.sign(caller, AUDIENCE)?;
        let mut request = Request::new(message);
        let token = MetadataValue::try_from(token).map_err(anyhow::Error::from)?;
        request.metadata_mut().insert(CALLER_HEADER, token);
        Ok(request)
    }
}

fn ourselves() -> Caller {
    let grant = Grant { role: Role::Controller, entities: vec![], territories: vec![], accounts: vec![] };
    Caller {
        person: OURSELVES.to_owned(),
        kind: PrincipalKind::Service,
        key: OURSELVES.to_owned(),
        grants: vec![grant],
    }
}

/// What invoicing said no with, as our own no: its words, by the fields that were typed here, and its reason for machines.
fn refused(status: Status) -> Failure {
    let class = match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
            let message =
                "invoicing does not answer now; send the call again later, with the same request_id";
            return Refusal::new(Class::Unavailable, "INVOICING_UNAVAILABLE", message).into();
        }
        Code::NotFound => Class::Missing,
        Code::PermissionDenied => Class::Forbidden,
        Code::InvalidArgument => Class::Malformed,
        Code::Aborted => Class::Stale,
        Code::ResourceExhausted => Class::Exhausted,
        Code::FailedPrecondition | Code::AlreadyExists => Class::StateForbids,
        code => return Failure::Fault(anyhow::anyhow!("invoicing answered {code:?}: {}", status.message())),
    };
    let theirs = status.get_details_error_info().map_or_else(String::new, |info| info.reason);
    let said = match status.get_details_bad_request() {
        Some(wrong) => {
            let violation = |field: tonic_types::FieldViolation| FieldViolation {
                field: typed(&field.field),
                description: field.description,
            };
            Refusal::malformed(wrong.field_violations.into_iter().map(violation).collect())
        }
        None => Refusal::new(class, "INVOICING_REFUSED", status.message()),
    };
    let metadata = vec![("invoicing_reason", theirs)];
    Failure::Refused(Refusal { class, reason: "INVOICING_REFUSED", metadata, ..said })
}
