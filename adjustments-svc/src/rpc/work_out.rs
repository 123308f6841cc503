//! What an adjustment would do, and what is asked to be approved of it.

use adjustments_domain::{
    adjustment::{
        AdjustedLine, Adjustment, BillTo, By, OfLines, Outcome, Proposal, check, check_spots, check_taxes,
        come_to, leave, notices,
    },
    approval::{Circumstances, Involved, Part},
    policy::{basis_points, in_functional},
    subject::Subject,
};
use anyhow::Context;
use billing_proto::billing::{
    adjustments::v1::AdjustmentEffect,
    invoicing::v1::{MakegoodPreview, NotePreview},
};
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use futures::future::try_join;
use ids::{AccountId, EntityId, InvoiceId, ProductId};
use jiff::{Timestamp, tz::TimeZone};
use money::{Currency, Money, Rate};
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

/// How many lines of an adjustment are told where people read it at a glance.
const LINES_SHOWN: usize = 3;

/// What invoicing knows of a document.
pub(super) struct Read {
    pub(super) document: Document,
    pub(super) entity: Entity,
}

/// How much is asked of what a proposal would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    /// What its lines come to, and whether as much is left.
    Lines,
    Whole,
}

/// What a proposal would do.
pub(super) struct WorkedOut {
    pub(super) effect: AdjustmentEffect,
    /// Its lines with what they come to.
    pub(super) lines: Vec<AdjustedLine>,
}

/// What invoicing says of a proposal.
struct Said {
    /// It says nothing of documents that are not asked for.
    effect: AdjustmentEffect,
    /// What the lines come to, where that is not asked in money.
    amounts: OfLines,
    /// What documents would leave of them.
    after: OfLines,
}

impl Rpc {
    /// Reads a document as the caller may see it, who sees whom it is to be billed to as well. Where its entity is known both are read
    /// at once.
    pub(super) async fn read(
        &self,
        call: &Call,
        (account, invoice): Place,
        bill_to: Option<&BillTo>,
        entity: Option<EntityId>,
    ) -> Result<Read, Failure> {
        if let Some(to) = bill_to {
            self.invoicing.account(&call.caller, name::account_name(to.account)).await?;
        }
        let named = name::invoice_name(account, invoice);
        let invoice = self.invoicing.invoice(&call.caller, &named);
        let (invoice, entity) = match entity.map(|entity| format!("billingEntities/{entity}")) {
            Some(entity) => try_join(invoice, self.invoicing.entity(&entity)).await?,
            None => {
                let invoice = invoice.await?;
                let entity = self.invoicing.entity(&invoice.billing_entity).await?;
                (invoice, entity)
            }
        };
        Ok(Read { document: document::document(&invoice)?, entity: document::entity(&entity)? })
    }

    /// Works out what a proposal would do. Where nobody else may ask for a part of the document meanwhile, its row is locked.
    pub(super) async fn work_out(
        &self,
        connection: &mut PgConnection,
        of: (&Read, Place),
        proposal: &Proposal,
    ) -> Result<WorkedOut, Failure> {
        self.look(connection, of, proposal, Depth::Whole).await
    }

    /// Its lines with what they come to, refused where it would be.
    pub(super) async fn lines(
        &self,
        connection: &mut PgConnection,
        of: (&Read, Place),
        proposal: &Proposal,
    ) -> Result<Vec<AdjustedLine>, Failure> {
        Ok(self.look(connection, of, proposal, Depth::Lines).await?.lines)
    }

    async fn look(
        &self,
        connection: &mut PgConnection,
        (read, place): (&Read, Place),
        proposal: &Proposal,
        depth: Depth,
    ) -> Result<WorkedOut, Failure> {
        let Document { name, currency, .. } = &read.document;
        check(name, *currency, &proposal.lines).or_refuse()?;
        // Before invoicing is asked: what becomes a document in between counts twice, and never not at all.
        let pending = store::pending(connection, place, *currency).await?;
        if proposal.lines.iter().any(|line| matches!(line.by, By::Spots(_))) {
            check_spots(&proposal.lines, &store::pending_spots(connection, place).await?).or_refuse()?;
        }
        if proposal.lines.iter().any(|line| matches!(line.by, By::Tax(_))) {
            check_taxes(&proposal.lines, &store::pending_taxes(connection, place).await?).or_refuse()?;
        }
        let Said { effect, amounts, after } = self.ask_invoicing(&read.document, proposal, depth).await?;
        let lines = come_to(&proposal.lines, &amounts).or_refuse()?;
        let left = leave(name, proposal.kind, &lines, &after, &pending).or_refuse()?;
        Ok(WorkedOut { effect: document::leaving(effect, &lines, &left), lines })
    }

    /// The same figures and refusals as when it is executed.
    async fn ask_invoicing(&self, of: &Document, proposal: &Proposal, depth: Depth) -> Result<Said, Failure> {
        let (name, currency, lines_only) = (of.name.clone(), of.currency, depth == Depth::Lines);
        match proposal.kind.outcome() {
            Outcome::CreditNote => {
                let note = document::note(proposal)?;
                said_of_note(true, self.invoicing.preview_credit(name, note, lines_only).await?, of, depth)
            }
            Outcome::DebitNote => {
                let note = document::note(proposal)?;
                said_of_note(false, self.invoicing.preview_debit(name, note, lines_only).await?, of, depth)
            }
            Outcome::TaxNote => {
                let correction = document::tax_correction(proposal)?;
                let preview = self.invoicing.preview_tax_correction(name, correction).await?;
                let (amounts, after) =
                    (document::tax_of_lines(&preview)?, document::left(&preview, currency)?);
                Ok(Said { effect: document::tax_effect(preview)?, amounts, after })
            }
            Outcome::Owed => {
                let missed = document::missed(proposal)?;
                said_of_makegoods(&self.invoicing.preview_makegoods(name, missed).await?, currency)
            }
            Outcome::Released => {
                let missed = document::missed(proposal)?;
                said_of_makegoods(&self.invoicing.preview_makegood_release(name, missed).await?, currency)
            }
            Outcome::Rebill => {
                let preview = self.invoicing.preview_rebill(name, document::rebill(proposal)?).await?;
                let credit = preview.credit_note.as_ref().context("a rebill credits")?;
                let (amounts, after) = (document::gross_of_lines(credit)?, document::left(credit, currency)?);
                Ok(Said { effect: document::rebill_effect(preview)?, amounts, after })
            }
            Outcome::WriteOff => self.ask_for_write_off(name, document::given_up(proposal)?).await,
        }
    }

    async fn ask_for_write_off(&self, name: String, given_up: Money) -> Result<Said, Failure> {
        let open = self.invoicing.open_document(None, name.clone()).await?;
        let after = document::left_open(&open, given_up)?;
        // What is beyond what is open is refused here, with what others ask for; where a part of that is disputed, invoicing says so.
        let is_beyond = after.values().any(|left| left.is_negative()) && !document::is_disputed(&open)?;
        let entries =
            if is_beyond { Vec::new() } else { self.invoicing.preview_write_off(name, given_up).await? };
        let effect = document::write_off_effect(&open, given_up, entries)?;
        Ok(Said { effect, amounts: OfLines::new(), after })
    }
}

/// What a note would take or add.
fn said_of_note(is_credit: bool, preview: NotePreview, of: &Document, depth: Depth) -> Result<Said, Failure> {
    let (amounts, after) = (document::gross_of_lines(&preview)?, document::left(&preview, of.currency)?);
    let effect = match depth {
        Depth::Lines => AdjustmentEffect::default(),
        Depth::Whole => document::note_effect(is_credit, preview)?,
    };
    Ok(Said { effect, amounts, after })
}

/// What airings make good, or no more, moves no money.
fn said_of_makegoods(preview: &MakegoodPreview, currency: Currency) -> Result<Said, Failure> {
    let amounts = document::value_of_lines(preview, currency)?;
    let after = document::left_by_makegood(preview, currency)?;
    Ok(Said { effect: document::makegood_effect(preview, currency)?, amounts, after })
}

/// How the lines are said that are not said in money, the first of them.
fn said(lines: &[AdjustedLine]) -> String {
    let otherwise = lines.iter().filter(|line| !matches!(line.by, By::Gross(_)));
    let told: Vec<String> = otherwise.map(|line| format!("line {}: {}", line.number, line.by)).collect();
    match told.len() {
        0 => String::new(),
        all if all > LINES_SHOWN => {
            format!(" ({} and {} more)", told[..LINES_SHOWN].join("; "), all - LINES_SHOWN)
        }
        _ => format!(" ({})", told.join("; ")),
    }
}

/// The effect with what somebody should read before they ask for it.
pub(super) fn noticed(
    effect: AdjustmentEffect,
    adjustment: &Adjustment,
    read: &Read,
    rate: Option<Rate>,
) -> Result<AdjustmentEffect, Failure> {
    let notices = notices(adjustment, read.entity.functional, rate).context("the lines do not add up")?;
    Ok(AdjustmentEffect { notices, ..effect })
}

/// What the policy is asked: what the adjustment is measured by, in the functional currency of the entity.
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
        said_rate: rate.filter(|_| gross.currency() != entity.functional),
        lacks_rate: false,
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
            "{} of {} {gross}{}{} on {}, {}: {}",
            adjustment.kind,
            gross.currency(),
            said(&adjustment.lines),
            case.at_rate(),
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
    let part = |line: &AdjustedLine| Some((read.document.product(line.number)?, line.amount));
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
