//! Spots that a document bills and that airings make good, because somebody decided so: they are not credited besides.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::OrderId;
use invoicing_domain::{
    invoice::DocumentKind,
    makegood::owed,
    note::{Note, check_beside_owed},
};
use money::{Exact, Money};
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use sqlx::PgConnection;
use tonic::Request;

use super::{
    Rpc,
    billing_run_service::act,
    credited_spots,
    issue_note::{Order, Subject, decide, draft_again, subject},
    note_lines::left,
};
use crate::{
    store::{
        self,
        document::Named,
        makegood::{Decision, Spot},
        owed_spot::{self, OwedSpot},
    },
    wire::{
        fact, makegood as wire,
        money::message as money_message,
        note::{self as wire_note, Note as Said},
        text::{Text, text},
    },
};

/// What would be owed.
struct Owing {
    subject: Subject,
    /// The credit that is not given instead.
    note: Note,
    spots: Vec<OwedSpot>,
    /// The lines that it names, as they would be after it.
    left: Vec<pb::LineLeft>,
}

/// What would be owed; nothing is done.
pub(super) async fn preview(
    rpc: &Rpc,
    request: Request<pb::PreviewMakegoodsRequest>,
) -> Result<pb::MakegoodPreview, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let Some(said) = wire_note::missed(&mut v, &message.lines) else { return Err(v.refusal().into()) };
    v.check()?;
    let mut transaction = rpc.pool.begin().await?;
    let owing = look(&mut transaction, &call, (message.invoice.as_str(), ""), &said).await?;
    transaction.rollback().await?;
    let line = |left: pb::LineLeft| {
        let of = owing.note.lines.iter().filter(|of| i32::try_from(of.corrects) == Ok(left.line));
        let value = Money::sum(owing.note.currency, of.map(|of| of.gross)).map_err(|error| anyhow!(error))?;
        Ok(pb::MakegoodLine { line: left.line, value: Some(money_message(value)), left: left.gross })
    };
    Ok(pb::MakegoodPreview {
        lines: owing.left.into_iter().map(line).collect::<Result<_, Failure>>()?,
        open: Some(money_message(owing.subject.corrected.open)),
    })
}

/// Owes it, and has the drafts that go by it made again.
pub(super) async fn owe(
    rpc: &Rpc,
    request: Request<pb::OweMakegoodsRequest>,
) -> Result<pb::OweMakegoodsResponse, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let said = wire_note::missed(&mut v, &message.lines);
    let reason = text(&mut v, "reason", &message.reason, Text::Required(1_000));
    let (Some(said), Some(reason)) = (said, reason) else { return Err(v.refusal().into()) };
    v.check()?;
    let approval = rpc.is_approved_adjustment(&call, &message.invoice)?.then(|| message.request_id.clone());
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    let asked = (message.invoice.as_str(), message.request_id.as_str());
    let Owing { subject, spots, .. } = look(&mut transaction, &call, asked, &said).await?;
    let (account, decision) = (subject.corrects.0, Decision { reason, approval, act: act(&call) });
    owed_spot::record(&mut transaction, subject.corrects, &spots, &decision).await?;
    let orders: Vec<OrderId> = spots.iter().map(|spot| spot.order).collect();
    let lines = store::makegood::lines_of(&mut transaction, account, &orders).await?;
    draft_again(&mut transaction, &call, (account, &lines), &rpc.tax_engines).await?;
    let makegood_obligations = told(&mut transaction, &call, (subject.corrects, &spots)).await?;
    let entity = subject.entity.id;
    let facts = makegood_obligations.iter().map(|owed| fact::owed(entity, account, owed)).collect();
    say(&mut transaction, &Voice::of(&call), facts).await?;
    let answer = pb::OweMakegoodsResponse { makegood_obligations };
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

/// Whether the spots can be owed: they are billed, not settled otherwise, and of lines of which as much is left.
async fn look(
    connection: &mut PgConnection,
    call: &Call,
    (invoice, request_id): (&str, &str),
    said: &Said,
) -> Result<Owing, Failure> {
    let kind = DocumentKind::CreditNote;
    let order = Order { kind, invoice, note: None, request_id, is_approved: false };
    let subject = subject(connection, call, &order).await?;
    let note = decide(connection, &subject, &said.asked).await?;
    let spots = credited_spots::to_be_owed(connection, subject.corrects, said, call).await?;
    let owed = of_lines(connection, call, subject.corrects).await?;
    check_beside_owed(&subject.corrected.original, &note, &owed).or_refuse()?;
    let left = left(&subject.corrected, &note, &owed)?;
    Ok(Owing { subject, note, spots, left })
}

/// What of the lines of a document is made good because somebody decided so, or still can be: it is not credited besides.
pub(super) async fn of_lines(
    connection: &mut PgConnection,
    call: &Call,
    document: Named,
) -> Result<BTreeMap<u32, Money>, Failure> {
    let decided = owed_spot::of_document(connection, document).await?;
    let orders = decided.iter().map(|spot| spot.order).collect();
    let mut of_lines: BTreeMap<u32, Money> = BTreeMap::new();
    for order in credited_spots::orders(connection, document.0, orders, call).await? {
        for obligation in owed(order.spots.iter().map(Spot::known)).obligations {
            let spot = obligation.spot().map(|spot| spot.id);
            let Some(of) = decided.iter().find(|of| Some(of.spot) == spot) else { continue };
            if obligation.made_good(order.today).is_none() {
                continue;
            }
            let sums = obligation.sums();
            let value = Exact::of(order.currency, sums.fulfilled + sums.left).round(order.rounding);
            let before = of_lines.get(&of.line).copied();
            let sum = value.and_then(|value| before.map_or(Ok(value), |before| before.plus(value)));
            of_lines.insert(of.line, sum.map_err(|error| anyhow!(error))?);
        }
    }
    Ok(of_lines)
}

/// The obligations for spots as they are now.
pub(super) async fn told(
    connection: &mut PgConnection,
    call: &Call,
    (document, spots): (Named, &[OwedSpot]),
) -> Result<Vec<pb::MakegoodObligation>, Failure> {
    let mut told = Vec::with_capacity(spots.len());
    let orders = spots.iter().map(|spot| spot.order).collect();
    for order in credited_spots::orders(connection, document.0, orders, call).await? {
        for obligation in owed(order.spots.iter().map(Spot::known)).obligations {
            let spot = obligation.spot().map(|spot| spot.id);
            if spots.iter().any(|owed| Some(owed.spot) == spot) {
                told.push(wire::message(&order, &obligation).context("an obligation too large to be told")?);
            }
        }
    }
    Ok(told)
}
