//! NoteService.

use billing_proto::billing::invoicing::v1::{self as pb, note_service_server::NoteService};
use chassis::{
    call::Call,
    failure::{Failure, answer},
};
use invoicing_domain::invoice::DocumentKind;
use outbox::{Begun, Once, Voice, say};
use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    Rpc,
    issue_note::{Made, Order, issue, take_in},
};
use crate::{
    report::{self, ledger},
    store,
    wire::{fact, money},
};

/// How many postings a note has at most: receivables, commission, tax, and the revenue accounts of its lines.
const POSTINGS_MAX: i64 = 10_000;

#[tonic::async_trait]
impl NoteService for Rpc {
    async fn preview_credit_note(
        &self,
        request: Request<pb::PreviewCreditNoteRequest>,
    ) -> Result<Response<pb::NotePreview>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let pb::PreviewCreditNoteRequest { invoice, note } = request.into_inner();
            self.preview(&call, &order(DocumentKind::CreditNote, &invoice, note.as_ref(), "")).await
        })
        .await
    }

    async fn issue_credit_note(
        &self,
        request: Request<pb::IssueCreditNoteRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let pb::IssueCreditNoteRequest { invoice, note, request_id } = &message;
            let order = order(DocumentKind::CreditNote, invoice, note.as_ref(), request_id);
            self.issue_note(&call, &message, order).await
        })
        .await
    }

    async fn preview_debit_note(
        &self,
        request: Request<pb::PreviewDebitNoteRequest>,
    ) -> Result<Response<pb::NotePreview>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let pb::PreviewDebitNoteRequest { invoice, note } = request.into_inner();
            self.preview(&call, &order(DocumentKind::DebitNote, &invoice, note.as_ref(), "")).await
        })
        .await
    }

    async fn issue_debit_note(
        &self,
        request: Request<pb::IssueDebitNoteRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let pb::IssueDebitNoteRequest { invoice, note, request_id } = &message;
            let order = order(DocumentKind::DebitNote, invoice, note.as_ref(), request_id);
            self.issue_note(&call, &message, order).await
        })
        .await
    }
}

fn order<'a>(
    kind: DocumentKind,
    invoice: &'a str,
    note: Option<&'a pb::Note>,
    request_id: &'a str,
) -> Order<'a> {
    Order { kind, invoice, note, request_id, is_approved: false }
}

impl Rpc {
    /// Issues the note, in its one transaction.
    async fn issue_note(
        &self,
        call: &Call,
        message: &impl Message,
        order: Order<'_>,
    ) -> Result<pb::Invoice, Failure> {
        let order = Order { is_approved: self.is_approved(call, order.invoice)?, ..order };
        let mut transaction = self.pool.begin().await?;
        let once = match Once::begin(&mut transaction, call, order.request_id, message).await? {
            Begun::Answered(before) => return Ok(before),
            Begun::Fresh(once) => once,
        };
        let made = issue(&mut transaction, call, &order).await?;
        take_in(&mut transaction, call, &made, &self.tax_engines).await?;
        let answer = report::invoice::get(&mut transaction, made.named, None).await?;
        let noted = fact::noted(made.entity.id, made.named.0, &answer);
        say(&mut transaction, &Voice::of(call), vec![noted]).await?;
        once.answer(&mut transaction, &answer).await?;
        transaction.commit().await?;
        self.bell.ring();
        Ok(answer)
    }

    /// Issues the note, looks at it, and takes everything back: what it would be is what it will be.
    async fn preview(&self, call: &Call, order: &Order<'_>) -> Result<pb::NotePreview, Failure> {
        let mut transaction = self.pool.begin().await?;
        let made = issue(&mut transaction, call, order).await?;
        let Made { corrects, named, open_before, left, .. } = made;
        let open_after = store::receivable::open_on(&mut transaction, corrects).await?;
        let document = report::invoice::get(&mut transaction, named, None).await?;
        let which = ledger::Which {
            account: Some(named.0),
            invoice: Some(named.1),
            limit: POSTINGS_MAX,
            ..ledger::Which::default()
        };
        let entries = ledger::entries(&mut transaction, which).await?;
        transaction.rollback().await?;
        // There is no such document and no such posting, so they have neither name nor number.
        let unnamed = |entry| pb::LedgerEntry {
            name: String::new(),
            invoice: String::new(),
            invoice_number: String::new(),
            ..entry
        };
        Ok(pb::NotePreview {
            document: Some(pb::Invoice { name: String::new(), number: String::new(), ..document }),
            ledger_entries: entries.into_iter().map(|(_, entry)| unnamed(entry)).collect(),
            open_before: Some(money::message(open_before)),
            open_after: Some(money::message(open_after)),
            lines_left: left,
        })
    }
}
