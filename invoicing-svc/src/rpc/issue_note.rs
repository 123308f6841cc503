//! Issuing a credit or debit note, in the transaction of the call; a preview does the same and takes everything back.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, anyhow};
use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AccountId, ActivityId, AiringId, InvoiceId, LineId, OrderId, RunId};
use invoicing_domain::{
    account::SettledBy,
    billing_entity::BillingEntity,
    invoice::{DocumentKind, due_date},
    ledger::note_postings,
    note::{
        self as domain, Asked, Note, NoteBasis, NoteRefusal, Settings, check_beside_owed, check_taken_back,
    },
    number_series::{self, Dated},
    period::{self, posting_of_correction},
    receivable::{Activity, Moved, apply_to_corrected},
};
use jiff::civil::Date;
use money::Money;
use outbox::{Voice, say};
use refusal::Violations;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{billing_run_service::act, credited_spots, note_lines::left, owe_makegoods};
use crate::{
    report,
    store::{
        self,
        document::Named,
        input_change::{self, Cause},
        note::{BilledAs, Books, Corrected, Issued, Taken},
    },
    wire::{fact, name, note as wire},
    work::{self, TaxEngines, WalletBill, draw_down, rendering},
};

/// A note that is asked for.
pub(super) struct Order<'a> {
    pub(super) kind: DocumentKind,
    /// What it corrects.
    pub(super) invoice: &'a str,
    pub(super) note: Option<&'a pb::Note>,
    pub(super) request_id: &'a str,
    /// Whether the caller is trusted with approvals.
    pub(super) is_approved: bool,
}

/// A note that is issued.
pub(super) struct Made {
    pub(super) corrects: Named,
    pub(super) named: Named,
    pub(super) entity: BillingEntity,
    /// On the corrected document.
    pub(super) open_before: Money,
    pub(super) open_after: Money,
    /// The lines of the corrected document that it names, each with what is left.
    pub(super) left: Vec<pb::LineLeft>,
    /// The order lines whose billing it corrects, and whose they are.
    corrected: (AccountId, Vec<LineId>),
    /// The orders whose spots it credits.
    spots_of: BTreeSet<OrderId>,
    /// What a credit takes back as a correction of each line of the corrected document, and the number of the note.
    taken_back: Option<(String, Vec<(u32, Money)>)>,
}

impl Made {
    /// Whether runs have something to look at.
    pub(super) fn moves_billing(&self) -> bool {
        !self.corrected.1.is_empty() || !self.spots_of.is_empty()
    }
}

/// An issued document that is to be corrected, in an account that is locked.
pub(super) struct Subject {
    pub(super) corrects: Named,
    pub(super) corrected: Corrected,
    pub(super) entity: BillingEntity,
    /// Whose order lines it bills: of another account where it was billed to somebody else.
    delivered: AccountId,
}

/// Loads what is to be corrected. The account is locked until the transaction ends: what is left of a line is taken once.
pub(super) async fn subject(
    connection: &mut PgConnection,
    call: &Call,
    order: &Order<'_>,
) -> Result<Subject, Failure> {
    let mut v = Violations::new();
    let Some(corrects) = name::invoice(&mut v, "invoice", order.invoice) else {
        return Err(v.refusal().into());
    };
    let delivered = store::rebill::lock_accounts(connection, corrects).await?;
    let scope = call.scope.json();
    let Some(corrected) = store::note::corrected(connection, corrects, order.kind, scope.as_ref()).await?
    else {
        let draft = report::invoice::get(connection, corrects, scope.as_ref()).await?;
        return Err(NoteRefusal::OfDraft { invoice: draft.name }).or_refuse();
    };
    let invoice = name::invoice_name(corrects.0, corrects.1);
    if corrected.kind == DocumentKind::CreditNote {
        return Err(NoteRefusal::OfCreditNote { invoice }).or_refuse();
    }
    if corrected.retaxes {
        return Err(NoteRefusal::OfTaxNote { invoice }).or_refuse();
    }
    let entity = store::billing_entity::get(connection, corrected.entity, None).await?;
    Ok(Subject { corrects, corrected, entity, delivered })
}

/// A note that is decided and has its number; nothing of it is recorded.
pub(super) struct Drawn {
    pub(super) subject: Subject,
    pub(super) note: Note,
    /// What of the lines is made good instead.
    pub(super) owed: BTreeMap<u32, Money>,
    said: wire::Note,
    taken: Taken,
    /// Those that are credited by name, with their orders.
    spots: Vec<(AiringId, OrderId)>,
}

/// Decides the note.
pub(super) async fn draw(
    connection: &mut PgConnection,
    call: &Call,
    order: &Order<'_>,
) -> Result<Drawn, Failure> {
    let subject = subject(connection, call, order).await?;
    let said = wire::parse(order.kind, order.note, subject.corrected.original.currency)?;
    let date = issue_date(&subject, said.issue_date, call)?;
    let taken = number(connection, &subject.entity, order.kind, date).await?;
    let note = decide(connection, &subject, &said.asked).await?;
    let spots =
        credited_spots::find(connection, (subject.corrects, &subject.corrected.original), &said, call)
            .await?;
    let owed = match order.kind {
        DocumentKind::CreditNote => owe_makegoods::of_lines(connection, call, subject.corrects).await?,
        DocumentKind::DebitNote | DocumentKind::Invoice => BTreeMap::new(),
    };
    check_beside_owed(&subject.corrected.original, &note, &owed).or_refuse()?;
    Ok(Drawn { subject, note, owed, said, taken, spots })
}

/// Makes the note.
pub(super) async fn issue(
    connection: &mut PgConnection,
    call: &Call,
    order: &Order<'_>,
) -> Result<Made, Failure> {
    let Drawn { subject, note, owed, said, taken, spots } = draw(connection, call, order).await?;
    let (reason, keep_due_date) = (said.reason.as_str(), said.keep_due_date);
    let saying = Saying { reason, keep_due_date, taken: &taken, rebill: None, spots: &spots, owed: &owed };
    record(connection, call, (order, subject), (&note, saying)).await
}

/// Makes the note that corrects nothing but tax: which kind it is follows from what it comes to.
pub(super) async fn correct_tax(
    connection: &mut PgConnection,
    call: &Call,
    order: &Order<'_>,
    correction: Option<&pb::TaxCorrection>,
) -> Result<Made, Failure> {
    let subject = subject(connection, call, order).await?;
    let said = wire::parse_tax_correction(correction)?;
    let date = issue_date(&subject, said.issue_date, call)?;
    let settings = Settings { rounding: subject.entity.rounding, remainder: subject.entity.remainder };
    let note = domain::retax(&subject.corrected.original, &said.lines, settings).or_refuse()?;
    let taken = number(connection, &subject.entity, note.kind, date).await?;
    let (reason, owed) = (said.reason.as_str(), BTreeMap::new());
    let saying =
        Saying { reason, keep_due_date: false, taken: &taken, rebill: None, spots: &[], owed: &owed };
    record(connection, call, (order, subject), (&note, saying)).await
}

/// What is said on a note besides what it takes.
#[derive(Clone, Copy)]
pub(super) struct Saying<'a> {
    pub(super) reason: &'a str,
    pub(super) keep_due_date: bool,
    pub(super) taken: &'a Taken,
    pub(super) rebill: Option<BilledAs<'a>>,
    /// Those that are credited by name, with their orders.
    pub(super) spots: &'a [(AiringId, OrderId)],
    /// What of the lines is made good instead.
    pub(super) owed: &'a BTreeMap<u32, Money>,
}

/// Records and posts a note.
pub(super) async fn record(
    connection: &mut PgConnection,
    call: &Call,
    (order, subject): (&Order<'_>, Subject),
    (note, saying): (&Note, Saying<'_>),
) -> Result<Made, Failure> {
    let Subject { corrects, corrected, entity, delivered } = subject;
    let Saying { reason, keep_due_date, taken, rebill, spots, owed } = saying;
    let postings = note_postings(note, &entity.gl_codes).context("a note cannot be posted")?;
    // Held until the note is posted: whoever closes the period of its date waits for it.
    store::accounting_period::hold(connection, entity.id).await?;
    let books = store::accounting_period::books(connection, &entity).await?;
    let named = (corrects.0, id(corrects.1, call, order.request_id));
    let due = match note.kind {
        DocumentKind::CreditNote => taken.date,
        DocumentKind::DebitNote | DocumentKind::Invoice if keep_due_date => corrected.due_date,
        DocumentKind::DebitNote | DocumentKind::Invoice => due_date(taken.date, corrected.payment_terms_days),
    };
    let posting = posting_of_correction(&books, taken.date);
    let issued = Issued {
        named,
        corrects: corrects.1,
        note,
        books: Books { entity: entity.id, posting, postings: &postings },
        reason,
        digest: domain::digest(corrects.1, None, note),
        taken,
        due_date: due,
        rebill,
        by: &call.caller.person,
        at: call.at,
        template_version: rendering::TEMPLATE_VERSION,
    };
    store::number_series::record_year(connection, taken.series, taken.year).await?;
    store::note::record(connection, &issued).await?;
    store::makegood::credit(connection, named, spots).await?;
    let open_before = corrected.open;
    let open_after = match note.kind {
        DocumentKind::CreditNote => apply(connection, call, (order, open_before), &issued).await?,
        DocumentKind::DebitNote | DocumentKind::Invoice => {
            let bill = (corrected.settled_by, wallet_bill(named, note, (taken, due)));
            pay_from_wallet(connection, call, (&entity, &books), (bill, taken.date)).await?;
            open_before
        }
    };
    let lines = match note.basis {
        NoteBasis::Correction => {
            let lines: Vec<LineId> = note.lines.iter().map(|line| line.line).collect();
            count(connection, named, (corrects, delivered), &lines).await?
        }
        NoteBasis::Commercial | NoteBasis::Tax | NoteBasis::Makegood | NoteBasis::Rebill => Vec::new(),
    };
    let left = left(&corrected, note, owed)?;
    let spots_of = spots.iter().map(|(_, order)| *order).collect();
    let taken_back = taken_back(note)?.map(|lines| (taken.number.clone(), lines));
    let corrected = (delivered, lines);
    Ok(Made { corrects, named, entity, open_before, open_after, left, corrected, spots_of, taken_back })
}

/// What a credit note takes back as a correction, by the line that it corrects.
fn taken_back(note: &Note) -> Result<Option<Vec<(u32, Money)>>, Failure> {
    if note.kind != DocumentKind::CreditNote || note.basis != NoteBasis::Correction {
        return Ok(None);
    }
    let mut lines: BTreeMap<u32, Money> = BTreeMap::new();
    for line in &note.lines {
        let sum = lines.entry(line.corrects).or_insert(Money::zero(note.currency));
        *sum = sum.plus(line.gross).map_err(|error| anyhow!(error))?;
    }
    Ok(Some(lines.into_iter().collect()))
}

/// The order lines whose billing a correction of these lines moves. What was billed to somebody else counts where it was delivered.
async fn count(
    connection: &mut PgConnection,
    note: Named,
    (corrects, delivered): (Named, AccountId),
    lines: &[LineId],
) -> Result<Vec<LineId>, Failure> {
    let moved = delivered_lines(connection, corrects, lines).await?;
    if moved.iter().any(|(billed, delivered)| billed != delivered) {
        store::rebill::count_where_delivered(connection, note, (delivered, &moved)).await?;
    }
    Ok(moved.into_iter().map(|(_, delivered)| delivered).collect())
}

/// Order lines of a document, each with the one to which it was delivered what it bills.
async fn delivered_lines(
    connection: &mut PgConnection,
    corrects: Named,
    lines: &[LineId],
) -> Result<Vec<(LineId, LineId)>, Failure> {
    let moved = store::rebill::moved(connection, corrects, corrects.0).await?;
    let mut pairs: Vec<(LineId, LineId)> = moved
        .iter()
        .map(|moved| (moved.from.1, moved.delivered.1))
        .filter(|(of, _)| lines.contains(of))
        .collect();
    pairs.sort();
    pairs.dedup();
    Ok(pairs)
}

/// The same whenever the same request comes again.
pub(super) fn id(corrects: InvoiceId, call: &Call, request_id: &str) -> InvoiceId {
    let corrects = corrects.to_string();
    let parts = [corrects.as_str(), &call.caller.person, call.method, request_id];
    InvoiceId::derived(&parts.map(str::as_bytes))
}

/// The day that was asked for, or today; not before what is corrected.
pub(super) fn issue_date(subject: &Subject, asked: Option<Date>, call: &Call) -> Result<Date, Failure> {
    let Subject { corrected, entity, .. } = subject;
    let today = entity.zone.day_of(call.at);
    let date = asked.unwrap_or(today);
    let (issue_date, issued) = (date.to_string(), corrected.issue_date.to_string());
    if date > today {
        return Err(NoteRefusal::IssueDateInFuture { issue_date, today: today.to_string() }).or_refuse();
    }
    if date < corrected.issue_date {
        return Err(NoteRefusal::IssueDateBeforeDocument { issue_date, issued }).or_refuse();
    }
    Ok(date)
}

/// Takes the next number; its series is locked until the transaction ends.
pub(super) async fn number(
    connection: &mut PgConnection,
    entity: &BillingEntity,
    kind: DocumentKind,
    date: Date,
) -> Result<Taken, Failure> {
    let missing = || NoteRefusal::NumberSeriesMissing {
        entity: entity.id.to_string(),
        kind: match kind {
            DocumentKind::CreditNote => "credit notes".to_owned(),
            DocumentKind::DebitNote => "debit notes".to_owned(),
            DocumentKind::Invoice => "invoices".to_owned(),
        },
    };
    let found = store::number_series::claim(connection, entity.id, kind).await?;
    let found = found.ok_or_else(missing).or_refuse()?;
    let dated = Dated { date, year: found.series.year_basis.year_of(entity, date) };
    let taken = number_series::take(&found.series, &found.years, dated).or_refuse()?;
    let sequence = i64::try_from(taken.sequence).context("the number is beyond bigint")?;
    Ok(Taken { series: found.series.id, year: taken.year, sequence, number: taken.number, date })
}

/// A correction moves what drafts stand on: those in review are made again, and where they cannot be, it waits.
pub(super) async fn decide(
    connection: &mut PgConnection,
    subject: &Subject,
    asked: &Asked,
) -> Result<Note, Failure> {
    let Subject { corrects, corrected, entity, delivered, .. } = subject;
    let settings = Settings { rounding: entity.rounding, remainder: entity.remainder };
    let ledgers = if asked.basis == NoteBasis::Correction {
        let moved = delivered_lines(connection, *corrects, &lines_of(corrected, asked)).await?;
        let lines: Vec<LineId> = moved.iter().map(|(_, delivered)| *delivered).collect();
        store::billing_entity::lock(connection, entity.id).await?;
        store::billing_run::reviewing(connection, *delivered).await?;
        if let Some((run, state, line)) = store::note::being_billed(connection, *delivered, &lines).await? {
            let billed = moved.iter().find(|(_, delivered)| *delivered == line).map(|(billed, _)| *billed);
            let of = corrected.original.lines.iter().find(|of| Some(of.line) == billed);
            let line = of.context("a line that was not asked for")?.number;
            return Err(NoteRefusal::LineBeingBilled { line, run: run.to_string(), state }).or_refuse();
        }
        let currency = corrected.original.currency;
        let mut ledgers = store::note::ledgers(connection, *delivered, &lines, currency).await?;
        let of = |(billed, delivered)| Some((billed, ledgers.remove(&delivered)?));
        moved.into_iter().filter_map(of).collect()
    } else {
        domain::Ledgers::new()
    };
    let takes_back = asked.basis == NoteBasis::Correction && asked.kind == DocumentKind::CreditNote;
    let shares = if takes_back && corrects.0 == *delivered {
        store::held::of_document(connection, *corrects).await?
    } else {
        Vec::new()
    };
    let note = domain::note_of_held(&corrected.original, asked, (ledgers, &shares), settings).or_refuse()?;
    if asked.kind == DocumentKind::CreditNote {
        let taken_back = store::note::taken_back(connection, *corrects, corrected.original.currency).await?;
        check_taken_back(&note, &taken_back).or_refuse()?;
    }
    Ok(note)
}

/// The order lines behind the lines that are asked for.
fn lines_of(corrected: &Corrected, asked: &Asked) -> Vec<LineId> {
    let is_asked = |number| asked.lines.iter().any(|line| line.number == number);
    corrected.original.lines.iter().filter(|line| is_asked(line.number)).map(|line| line.line).collect()
}

/// A credit note pays what is open on the document that it corrects. Answers what is open after it.
async fn apply(
    connection: &mut PgConnection,
    call: &Call,
    (order, open): (&Order<'_>, Money),
    issued: &Issued<'_>,
) -> Result<Money, Failure> {
    let (account, credit) = issued.named;
    let paid = apply_to_corrected(open, issued.note.total).map_err(|error| anyhow!(error))?;
    let Some(amount) = paid else { return Ok(open) };
    let activity = Activity {
        id: ActivityId::from_uuid(Uuid::now_v7()),
        entity: issued.books.entity,
        day: issued.taken.date,
        amount,
        moved: Moved::Credit { credit, document: issued.corrects },
        reference: issued.taken.number.clone(),
        reason: issued.reason.to_owned(),
        approval: order.is_approved.then(|| order.request_id.to_owned()),
        reverses: None,
        act: act(call),
    };
    store::receivable::record(connection, &[(account, activity)]).await?;
    Ok(open.minus(amount).map_err(|error| anyhow!(error))?)
}

/// A document that bills, as a wallet would pay it.
pub(super) fn wallet_bill(
    (account, document): Named,
    note: &Note,
    (taken, due): (&Taken, Date),
) -> WalletBill {
    let (kind, number) = (note.kind, taken.number.clone());
    WalletBill { account, document, kind, number, due, total: note.total }
}

/// What settles from a wallet is paid from it as it is issued. The account is locked, and the books are held.
pub(super) async fn pay_from_wallet(
    connection: &mut PgConnection,
    call: &Call,
    (entity, books): (&BillingEntity, &period::Books),
    ((settled_by, bill), issued): ((SettledBy, WalletBill), Date),
) -> Result<(), Failure> {
    match settled_by {
        SettledBy::Wallet => {
            let drawn = draw_down(connection, (entity, books), vec![bill], (issued, call.at)).await?;
            Ok(say(connection, &Voice::of(call), drawn).await?)
        }
        SettledBy::Terms | SettledBy::Card | SettledBy::SellerBalance => Ok(()),
    }
}

/// Runs in review that have drafts of what was corrected, or hold it, make them again; of other runs what the note takes back is
/// held no more, and it is said.
pub(super) async fn take_in(
    connection: &mut PgConnection,
    call: &Call,
    made: &Made,
    engines: &TaxEngines,
) -> Result<(), Failure> {
    if let Some((number, lines)) = &made.taken_back {
        let why = format!("the credit note {number} takes it back");
        let settled = store::held::settle(connection, made.corrects, lines, (&why, &act(call))).await?;
        let mut facts = Vec::with_capacity(settled.len());
        for exception in settled {
            let (account, held) = report::exception::get(connection, exception.0, exception.1, None).await?;
            facts.push(fact::settled(made.entity.id, account, &held));
        }
        say(connection, &Voice::of(call), facts).await?;
    }
    let (account, lines) = &made.corrected;
    let mut lines = lines.clone();
    if !made.spots_of.is_empty() {
        // What is given back for a spot may be what a makegood on another line was for.
        let orders: Vec<OrderId> = made.spots_of.iter().copied().collect();
        lines.extend(store::makegood::lines_of(connection, *account, &orders).await?);
    }
    if lines.is_empty() {
        return Ok(());
    }
    draft_again(connection, call, (*account, &lines), engines).await
}

/// Runs in review that have drafts of these order lines make them again.
pub(super) async fn draft_again(
    connection: &mut PgConnection,
    call: &Call,
    (account, lines): (AccountId, &[LineId]),
    engines: &TaxEngines,
) -> Result<(), Failure> {
    input_change::record(connection, &[account], Cause::Adjustment).await?;
    let reviewing: Vec<RunId> = store::billing_run::reviewing(connection, account).await?;
    for run in store::note::with_drafts(connection, account, &reviewing, lines).await? {
        let run = store::billing_run::get(connection, run, None).await?;
        work::rate_again(connection, &run, account, call.at, engines).await?;
    }
    Ok(())
}
