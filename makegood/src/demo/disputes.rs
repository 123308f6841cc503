//! Disputes that nobody had: scripted on lines that really were billed, and worked by different people as real ones are.
//! Each request is named by its place in the script, so that a demo that was ended goes on where it was.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, bail};
use billing_proto::billing::{adjustments::v1 as pb, invoicing::v1 as invoicing};
use hex::encode;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use super::set::Set;
use crate::{
    client::{Client, Refused, ask},
    endpoints::Keyring,
    import::table::{self, Row},
    progress::Bar,
};

const COLUMNS: [&str; 10] =
    ["order_no", "month", "line", "amount", "reason", "root_cause", "words", "spot", "credit", "answer"];

/// Who takes the customer's call, who looks into it, and whose it is to say how it ends.
const INTAKE: &str = "collections";
const OWNER: &str = "billing_analyst";
const TRIAGE: &str = "billing_manager_1";

/// How long an approved credit may take to be out.
const CREDITED_MAX: Duration = Duration::from_secs(60);

/// A dispute of the script.
#[derive(Debug)]
struct Scripted {
    order: String,
    month: String,
    line: String,
    /// What the customer does not want to pay, tax included.
    amount: String,
    reason: pb::DisputeReason,
    cause: pb::RootCause,
    words: String,
    /// A spot that the customer wants credited by its name.
    spot: String,
    /// Gross; empty: the document is right.
    credit: String,
    answer: String,
}

/// What became of the script.
#[derive(Clone, Debug, Default)]
pub struct Worked {
    pub disputes: usize,
    pub rejected: usize,
    pub credit_notes: usize,
    /// Credits that the services refused, with their reasons.
    pub refused: Vec<String>,
    /// Who approved.
    pub approvers: BTreeSet<String>,
    /// Gross, of each note.
    pub credited: Vec<String>,
}

/// Opens the script's disputes and works them.
pub async fn work(
    set: &Set,
    invoices: &[invoicing::Invoice],
    keys: &Keyring,
) -> Result<Worked, anyhow::Error> {
    let Some(source) = set.scripted_disputes() else { return Ok(Worked::default()) };
    let script = table::open(&source, &COLUMNS)?.read(scripted)?;
    let bar = Bar::new("Scripted disputes worked", "disputes", u64::try_from(script.len())?);
    let mut worked = Worked::default();
    for (place, dispute) in script.iter().enumerate() {
        bar.says(&format!("order {}, line {}", dispute.order, dispute.line));
        let desk = Desk { keys, request: format!("demo-{}-dispute-{}", set.name(), place + 1) };
        desk.settle(dispute, invoices, &mut worked).await.with_context(|| {
            format!("the scripted dispute of order {}, line {}", dispute.order, dispute.line)
        })?;
        bar.step();
    }
    bar.done();
    Ok(worked)
}

fn scripted(row: &Row<'_>) -> Result<Scripted, anyhow::Error> {
    let text = |column: &str| row.text(column).map(str::to_owned);
    let reason = pb::DisputeReason::from_str_name(&format!("DISPUTE_REASON_{}", row.text("reason")?));
    let cause = pb::RootCause::from_str_name(&format!("ROOT_CAUSE_{}", row.text("root_cause")?));
    Ok(Scripted {
        order: text("order_no")?,
        month: text("month")?,
        line: text("line")?,
        amount: text("amount")?,
        reason: reason.ok_or_else(|| row.wrong("reason", "is no reason of a dispute"))?,
        cause: cause.ok_or_else(|| row.wrong("root_cause", "is no root cause"))?,
        words: text("words")?,
        spot: row.cell("spot").to_owned(),
        credit: row.cell("credit").to_owned(),
        answer: text("answer")?,
    })
}

/// Where one dispute is worked.
struct Desk<'a> {
    keys: &'a Keyring,
    request: String,
}

impl Desk<'_> {
    async fn settle(
        &self,
        scripted: &Scripted,
        invoices: &[invoicing::Invoice],
        worked: &mut Worked,
    ) -> Result<(), anyhow::Error> {
        let (invoice, line) = self.billed(scripted, invoices).await?;
        let opened = self.open(scripted, &invoice, line.number).await?;
        worked.disputes += 1;
        if !scripted.spot.is_empty() {
            worked.refused.push(self.refused(scripted, &invoice, line.number).await?);
        }
        let (outcome, settled_by) = if scripted.credit.is_empty() {
            worked.rejected += 1;
            (pb::DisputeOutcome::Rejected, vec![])
        } else {
            let credit = self.credit(scripted, &invoice, line.number, worked).await?;
            let gross = line.gross.as_ref().context("a line has its gross")?;
            let all = gross.amount == scripted.credit;
            let outcome = if all { pb::DisputeOutcome::Upheld } else { pb::DisputeOutcome::Partly };
            (outcome, vec![credit.name])
        };
        let manager = self.keys.client(TRIAGE)?;
        let resolve = pb::ResolveDisputeRequest {
            name: opened.name.clone(),
            outcome: outcome.into(),
            settled_by,
            root_cause: scripted.cause.into(),
            explanation: scripted.answer.clone(),
            request_id: self.named("resolve"),
            ..pb::ResolveDisputeRequest::default()
        };
        ask!(manager.disputes(), resolve_dispute, resolve)?;
        let close = pb::CloseDisputeRequest {
            name: opened.name,
            request_id: self.named("close"),
            ..pb::CloseDisputeRequest::default()
        };
        ask!(manager.disputes(), close_dispute, close)?;
        Ok(())
    }

    fn named(&self, act: &str) -> String {
        format!("{}-{act}", self.request)
    }

    /// The document, and the line of it that bills the order's line.
    async fn billed(
        &self,
        scripted: &Scripted,
        invoices: &[invoicing::Invoice],
    ) -> Result<(invoicing::Invoice, invoicing::InvoiceLine), anyhow::Error> {
        let of = |invoice: &&invoicing::Invoice| {
            invoice.order_external_id == scripted.order && invoice.billing_month == scripted.month
        };
        let found = invoices.iter().find(of).context("no invoice bills the order in this month")?;
        let request = invoicing::GetInvoiceRequest { name: found.name.clone() };
        let auditor = self.keys.client("auditor")?;
        let invoice = ask!(auditor.invoices(), get_invoice, request)?;
        let line = invoice.lines.iter().find(|line| line.order_line == scripted.line);
        let line = line.context("no line of the invoice bills the order's line")?.clone();
        Ok((invoice, line))
    }

    async fn open(
        &self,
        scripted: &Scripted,
        invoice: &invoicing::Invoice,
        line: i32,
    ) -> Result<pb::Dispute, anyhow::Error> {
        let dispute = pb::Dispute {
            invoice: invoice.name.clone(),
            amount: money(invoice, &scripted.amount),
            lines: vec![line],
            reason: scripted.reason.into(),
            description: format!("Scripted: {}", scripted.words),
            ..pb::Dispute::default()
        };
        let open = pb::OpenDisputeRequest {
            parent: invoice.account.clone(),
            dispute: Some(dispute),
            request_id: self.named("open"),
        };
        let (intake, manager) = (self.keys.client(INTAKE)?, self.keys.client(TRIAGE)?);
        let opened = ask!(intake.disputes(), open_dispute, open)?;
        let triage = pb::TriageDisputeRequest {
            name: opened.name.clone(),
            owner: OWNER.to_owned(),
            root_cause: scripted.cause.into(),
            request_id: self.named("triage"),
            ..pb::TriageDisputeRequest::default()
        };
        ask!(manager.disputes(), triage_dispute, triage)
    }

    /// Asks for the credit of a spot by its name, and answers why there is none.
    async fn refused(
        &self,
        scripted: &Scripted,
        invoice: &invoicing::Invoice,
        line: i32,
    ) -> Result<String, anyhow::Error> {
        let spots = invoicing::CreditedSpots { names: vec![scripted.spot.clone()] };
        let by = Some(invoicing::note_line::By::Spots(spots));
        let note = invoicing::Note {
            basis: invoicing::NoteBasis::Correction.into(),
            reason: scripted.words.clone(),
            lines: vec![invoicing::NoteLine { line, by }],
            ..invoicing::Note::default()
        };
        let invoice = invoice.name.clone();
        let request = invoicing::PreviewCreditNoteRequest { invoice, note: Some(note), lines_only: true };
        let analyst = self.keys.client(OWNER)?;
        match ask!(analyst.notes(), preview_credit_note, request) {
            Ok(_) => bail!("spot {} would be credited, although it was never billed", scripted.spot),
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) => Ok(refused.reason.clone()),
                None => Err(error),
            },
        }
    }

    /// Proposes the credit with the customer's words as evidence, and has it approved by whoever may.
    async fn credit(
        &self,
        scripted: &Scripted,
        invoice: &invoicing::Invoice,
        line: i32,
        worked: &mut Worked,
    ) -> Result<pb::Adjustment, anyhow::Error> {
        let analyst = self.keys.client(OWNER)?;
        let adjustment = pb::Adjustment {
            kind: pb::AdjustmentKind::Credit.into(),
            invoice: invoice.name.clone(),
            root_cause: scripted.cause.into(),
            reason: scripted.answer.clone(),
            lines: vec![pb::AdjustmentLine {
                line,
                gross: money(invoice, &scripted.credit),
                ..pb::AdjustmentLine::default()
            }],
            ..pb::Adjustment::default()
        };
        let create = pb::CreateAdjustmentRequest {
            parent: invoice.account.clone(),
            adjustment: Some(adjustment),
            request_id: self.named("credit"),
        };
        let drafted = ask!(analyst.adjustments(), create_adjustment, create)?;
        let evidence = pb::AddEvidenceRequest {
            name: drafted.name.clone(),
            file_name: "customer.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            sha256: encode(Sha256::digest(&scripted.words)),
            content: scripted.words.clone().into_bytes(),
            request_id: self.named("evidence"),
        };
        ask!(analyst.adjustments(), add_evidence, evidence)?;
        let submit = pb::SubmitAdjustmentRequest {
            name: drafted.name,
            request_id: self.named("submit"),
            ..pb::SubmitAdjustmentRequest::default()
        };
        let submitted = ask!(analyst.adjustments(), submit_adjustment, submit)?;
        self.approve(&submitted.approval, worked).await?;
        let executed = self.executed(&submitted.name).await?;
        worked.credit_notes += 1;
        worked.credited.push(scripted.credit.clone());
        Ok(executed)
    }

    /// Has the request approved, step by step, each time by the first who may.
    async fn approve(&self, approval: &str, worked: &mut Worked) -> Result<(), anyhow::Error> {
        loop {
            let auditor = self.keys.client("auditor")?;
            let get = pb::GetApprovalRequest { name: approval.to_owned() };
            let request = ask!(auditor.approvals(), get_approval, get)?;
            worked.approvers.extend(request.decisions.iter().map(|decision| decision.person.clone()));
            if request.state() != pb::ApprovalState::Pending {
                return Ok(());
            }
            let who = pb::WhoCanApproveRequest { name: approval.to_owned() };
            let people = ask!(auditor.approvals(), who_can_approve, who)?.people;
            let person = people.iter().find(|standing| standing.may_decide);
            let person = &person.context("nobody may approve the credit")?.person;
            let approve = pb::ApproveRequest {
                name: approval.to_owned(),
                subject_digest: request.subject_digest,
                comment: "Looked at the evidence".to_owned(),
                request_id: self.named(&format!("approve-{}", request.decisions.len() + 1)),
            };
            let approver = self.keys.client(person)?;
            ask!(approver.approvals(), approve, approve)?;
        }
    }

    /// Waits until what is approved is a document.
    async fn executed(&self, adjustment: &str) -> Result<pb::Adjustment, anyhow::Error> {
        let analyst: Client = self.keys.client(OWNER)?;
        let began = Instant::now();
        loop {
            let get = pb::GetAdjustmentRequest { name: adjustment.to_owned() };
            let adjustment = ask!(analyst.adjustments(), get_adjustment, get)?;
            match adjustment.state() {
                pb::AdjustmentState::Executed => return Ok(adjustment),
                pb::AdjustmentState::Approved if began.elapsed() < CREDITED_MAX => {
                    sleep(Duration::from_millis(20)).await;
                }
                state => bail!("the credit is {} and not out: {}", state.as_str_name(), adjustment.delay),
            }
        }
    }
}

fn money(invoice: &invoicing::Invoice, amount: &str) -> Option<invoicing::Money> {
    let currency_code = invoice.gross.as_ref()?.currency_code.clone();
    Some(invoicing::Money { currency_code, amount: amount.to_owned() })
}
