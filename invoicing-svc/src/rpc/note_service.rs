//! NoteService.

use billing_proto::billing::invoicing::v1::{self as pb, note_service_server::NoteService};
use chassis::{
    call::Call,
    failure::{Failure, answer},
};
use invoicing_domain::invoice::DocumentKind;
use outbox::{Begun, Once, Voice, say};
use prost::Message;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};

use super::{
    Rpc,
    issue_note::{self, Made, Order, draw, issue, take_in},
    note_lines, rebill,
};
use crate::{
    report::{self, ledger},
    store::document::Named,
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
            let pb::PreviewCreditNoteRequest { invoice, note, lines_only } = request.into_inner();
            let order = order(DocumentKind::CreditNote, &invoice, note.as_ref(), "");
            self.preview(&call, &order, lines_only).await
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
            let pb::PreviewDebitNoteRequest { invoice, note, lines_only } = request.into_inner();
            let order = order(DocumentKind::DebitNote, &invoice, note.as_ref(), "");
            self.preview(&call, &order, lines_only).await
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

    async fn preview_tax_correction(
        &self,
        request: Request<pb::PreviewTaxCorrectionRequest>,
    ) -> Result<Response<pb::NotePreview>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let pb::PreviewTaxCorrectionRequest { invoice, tax_correction } = request.into_inner();
            let order = order(DocumentKind::CreditNote, &invoice, None, "");
            let mut transaction = self.pool.begin().await?;
            let made =
                issue_note::correct_tax(&mut transaction, &call, &order, tax_correction.as_ref()).await?;
            let preview = looked_at(&mut transaction, &made).await?;
            transaction.rollback().await?;
            Ok(preview)
        })
        .await
    }

    async fn correct_tax(
        &self,
        request: Request<pb::CorrectTaxRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let pb::CorrectTaxRequest { invoice, tax_correction, request_id } = &message;
            let is_approved = self.is_approved_adjustment(&call, invoice)?;
            let order = Order { is_approved, ..order(DocumentKind::CreditNote, invoice, None, request_id) };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let made =
                issue_note::correct_tax(&mut transaction, &call, &order, tax_correction.as_ref()).await?;
            let answer = report::invoice::get(&mut transaction, made.named, None).await?;
            let noted = fact::noted(made.entity.id, made.named.0, &answer);
            say(&mut transaction, &Voice::of(&call), vec![noted]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            self.bell.ring_printer();
            Ok(answer)
        })
        .await
    }

    async fn preview_rebill(
        &self,
        request: Request<pb::PreviewRebillRequest>,
    ) -> Result<Response<pb::RebillPreview>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let pb::PreviewRebillRequest { invoice, rebill } = request.into_inner();
            let order = order(DocumentKind::CreditNote, &invoice, None, "");
            let asked = rebill::Asked { order, rebill: rebill.as_ref() };
            let mut transaction = self.pool.begin().await?;
            let done = rebill::rebill(&mut transaction, &call, &asked, &self.tax_engines).await?;
            let credit_note = looked_at(&mut transaction, &done.credit).await?;
            let (document, ledger_entries) = unnamed(&mut transaction, done.invoice).await?;
            transaction.rollback().await?;
            Ok(pb::RebillPreview {
                // The invoice has no number yet.
                credit_note: Some(pb::NotePreview {
                    document: credit_note.document.map(|document| pb::Invoice {
                        rebilled_as: String::new(),
                        rebilled_as_number: String::new(),
                        ..document
                    }),
                    ..credit_note
                }),
                invoice: Some(document),
                ledger_entries,
            })
        })
        .await
    }

    async fn rebill_invoice(
        &self,
        request: Request<pb::RebillInvoiceRequest>,
    ) -> Result<Response<pb::Rebilled>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let pb::RebillInvoiceRequest { invoice, rebill, request_id } = &message;
            let is_approved = self.is_approved_adjustment(&call, invoice)?;
            let order = Order { is_approved, ..order(DocumentKind::CreditNote, invoice, None, request_id) };
            let asked = rebill::Asked { order, rebill: rebill.as_ref() };
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            let done = rebill::rebill(&mut transaction, &call, &asked, &self.tax_engines).await?;
            let entity = done.credit.entity.id;
            let credit_note = report::invoice::get(&mut transaction, done.credit.named, None).await?;
            let invoice = report::invoice::get(&mut transaction, done.invoice, None).await?;
            let facts = vec![
                fact::noted(entity, done.credit.named.0, &credit_note),
                fact::issued(entity, done.invoice.0, &invoice),
            ];
            say(&mut transaction, &Voice::of(&call), facts).await?;
            let answer = pb::Rebilled { credit_note: Some(credit_note), invoice: Some(invoice) };
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            self.bell.ring_printer();
            Ok(answer)
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
        let order = Order { is_approved: self.is_approved_adjustment(call, order.invoice)?, ..order };
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
        if made.moves_billing() {
            self.bell.ring();
        } else {
            self.bell.ring_printer();
        }
        Ok(answer)
    }

    /// Issues the note, looks at it, and takes everything back: what it would be is what it will be. Where only lines are asked for, it is
    /// decided and not issued.
    async fn preview(
        &self,
        call: &Call,
        order: &Order<'_>,
        lines_only: bool,
    ) -> Result<pb::NotePreview, Failure> {
        let mut transaction = self.pool.begin().await?;
        let preview = if lines_only {
            note_lines::preview(&draw(&mut transaction, call, order).await?)?
        } else {
            let made = issue(&mut transaction, call, order).await?;
            looked_at(&mut transaction, &made).await?
        };
        transaction.rollback().await?;
        Ok(preview)
    }
}

/// A note as it would be, before it is taken back.
async fn looked_at(connection: &mut PgConnection, made: &Made) -> Result<pb::NotePreview, Failure> {
    let (document, ledger_entries) = unnamed(connection, made.named).await?;
    Ok(pb::NotePreview {
        document: Some(document),
        ledger_entries,
        open_before: Some(money::message(made.open_before)),
        open_after: Some(money::message(made.open_after)),
        lines_left: made.left.clone(),
    })
}

/// A document with its postings. There is no such document and no such posting, so they have neither name nor number.
async fn unnamed(
    connection: &mut PgConnection,
    named: Named,
) -> Result<(pb::Invoice, Vec<pb::LedgerEntry>), Failure> {
    let document = report::invoice::get(connection, named, None).await?;
    let which = ledger::Which {
        account: Some(named.0),
        invoice: Some(named.1),
        limit: POSTINGS_MAX,
        ..ledger::Which::default()
    };
    let entries = ledger::entries(connection, which).await?;
    let unnamed = |entry| pb::LedgerEntry {
        name: String::new(),
        invoice: String::new(),
        invoice_number: String::new(),
        ..entry
    };
    let document = pb::Invoice { name: String::new(), number: String::new(), ..document };
    Ok((document, entries.into_iter().map(|(_, entry)| unnamed(entry)).collect()))
}
