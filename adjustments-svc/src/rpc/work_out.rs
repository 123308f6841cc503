//! What an adjustment would do, and what is asked to be approved of it.

use adjustments_domain::{
    adjustment::{AdjustedLine, Adjustment, BillTo, OfLines, Outcome, Proposal, check, leave},
    approval::{Circumstances, Involved, Part},
    policy::{basis_points, in_functional},
    subject::Subject,
};
use anyhow::Context;
use billing_proto::billing::adjustments::v1::AdjustmentEffect;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, InvoiceId, ProductId};
use jiff::{Timestamp, tz::TimeZone};
use money::{Money, Rate};
use sqlx::PgConnection;

use super::{Rpc, ask::Asking};
use crate::{
    store::adjustment as store,
    wire::{
        case::Case,
        document::{self, Document, Entity},
        name,
    },
};

/// A document by its account.
pub(super) type Place = (AccountId, InvoiceId);

/// What invoicing knows of a document.
pub(super) struct Read {
    pub(super) document: Document,
    pub(super) entity: Entity,
}

impl Rpc {
    /// Reads a document as the caller may see it, who sees whom it is to be billed to as well.
    pub(super) async fn read(
        &self,
        call: &Call,
        (account, invoice): Place,
        bill_to: Option<&BillTo>,
    ) -> Result<Read, Failure> {
        if let Some(to) = bill_to {
            self.invoicing.account(&call.caller, name::account_name(to.account)).await?;
        }
        let invoice = self.invoicing.invoice(&call.caller, &name::invoice_name(account, invoice)).await?;
        let entity = self.invoicing.entity(&invoice.billing_entity).await?;
        Ok(Read { document: document::document(&invoice)?, entity: document::entity(&entity)? })
    }

    /// Works out what a proposal would do. Where nobody else may ask for a part of the document meanwhile, its row is locked.
    pub(super) async fn work_out(
        &self,
        connection: &mut PgConnection,
        (read, place): (&Read, Place),
        proposal: &Proposal,
    ) -> Result<AdjustmentEffect, Failure> {
        let Document { name, currency, .. } = &read.document;
        check(name, *currency, &proposal.lines).or_refuse()?;
        // Before invoicing is asked: what becomes a document in between counts twice, and never not at all.
        let pending = store::pending(connection, place, *currency).await?;
        let (effect, after) = self.ask_invoicing(&read.document, proposal).await?;
        let left = leave(proposal.kind, &proposal.lines, &after, &pending).or_refuse()?;
        Ok(document::leaving(effect, &left))
    }

    /// The effect, and what documents would leave of each line.
    async fn ask_invoicing(
        &self,
        of: &Document,
        proposal: &Proposal,
    ) -> Result<(AdjustmentEffect, OfLines), Failure> {
        let (name, currency) = (of.name.clone(), of.currency);
        match proposal.kind.outcome().context("the proposal becomes nothing")? {
            Outcome::CreditNote => {
                let preview = self.invoicing.preview_credit(name, document::note(proposal)?).await?;
                let left = document::left(&preview, currency)?;
                Ok((document::note_effect(true, preview)?, left))
            }
            Outcome::DebitNote => {
                let preview = self.invoicing.preview_debit(name, document::note(proposal)?).await?;
                let left = document::left(&preview, currency)?;
                Ok((document::note_effect(false, preview)?, left))
            }
            Outcome::Rebill => {
                let preview = self.invoicing.preview_rebill(name, document::rebill(proposal)?).await?;
                let credit = preview.credit_note.as_ref().context("a rebill credits")?;
                let left = document::left(credit, currency)?;
                Ok((document::rebill_effect(preview)?, left))
            }
            Outcome::WriteOff => {
                let open = self.invoicing.open_document(None, name).await?;
                let given_up = document::given_up(proposal)?;
                let left = document::left_open(&open, given_up)?;
                Ok((document::write_off_effect(&open, given_up)?, left))
            }
        }
    }
}

/// What the policy is asked: the gross, in the functional currency of the entity.
pub(super) fn case(
    adjustment: &Adjustment,
    read: &Read,
    rate: Option<Rate>,
    now: Timestamp,
) -> Result<Case, Failure> {
    let Read { document, entity } = read;
    let gross = adjustment.measured().context("the lines do not add up")?;
    let amount = in_functional(gross, entity.functional, rate).or_refuse()?;
    let today = now.to_zoned(TimeZone::UTC).date();
    let age = document.issued.map(|issued| today.since(issued)).transpose();
    let age = age.context("the age of the document is beyond the calendar")?;
    let age_days = age.map_or(0, |age| age.get_days().max(0));
    let circumstances = Circumstances {
        entity: entity.code.clone(),
        share: basis_points(gross, document.gross),
        age_days: u128::try_from(age_days).context("an age below zero")?,
    };
    Ok(Case {
        kind: adjustment.kind.subject(),
        cause: Some(adjustment.cause),
        entity: Some(adjustment.entity),
        account: Some(adjustment.account),
        amount: Some(amount),
        circumstances,
    })
}

/// What is asked to be approved, by whomever has no part in it.
pub(super) fn asking(adjustment: &Adjustment, read: &Read, case: Case) -> Result<Asking, Failure> {
    let gross = adjustment.measured().context("the lines do not add up")?;
    let subject = Subject {
        kind: adjustment.kind.subject(),
        name: name::adjustment_name(adjustment.account, adjustment.id),
        entity: Some(adjustment.entity),
        account: Some(adjustment.account),
        cause: Some(adjustment.cause),
        digest: adjustment.digest(),
        summary: format!(
            "{} of {} {gross} on {}, {}: {}",
            adjustment.kind,
            gross.currency(),
            read.document.name,
            adjustment.cause,
            adjustment.reason
        ),
    };
    let replaces = adjustment.state.approval();
    Ok(Asking { subject, case, involved: involved(adjustment), replaces })
}

/// The gross of its lines by their products, as far as they have one.
pub(super) fn parts(adjustment: &Adjustment, read: &Read) -> Vec<(ProductId, Money)> {
    let part = |line: &AdjustedLine| Some((read.document.product(line.number)?, line.gross));
    adjustment.lines.iter().filter_map(part).collect()
}

fn involved(adjustment: &Adjustment) -> Vec<Involved> {
    let involved = |account: &String, part| Involved { account: account.clone(), part };
    let editors = adjustment.editors.iter().map(|editor| involved(editor, Part::Editor));
    let mut all: Vec<Involved> =
        [involved(&adjustment.made.by, Part::Maker)].into_iter().chain(editors).collect();
    for file in &adjustment.evidence {
        let giver = involved(&file.added.by, Part::EvidenceGiver);
        if !all.contains(&giver) {
            all.push(giver);
        }
    }
    all
}
