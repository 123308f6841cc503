//! Letting go what is left of what is owed for spots that a document bills: of all of them, or of none.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, anyhow};
use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use ids::{AiringId, OrderId};
use invoicing_domain::{
    invoice::DocumentKind,
    makegood::{self as domain, MakegoodRefusal, check_left, owed},
};
use money::Money;
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use tonic::Request;

use super::{
    Rpc,
    billing_run_service::act,
    credited_spots,
    issue_note::{self, Subject, draft_again, subject},
    owe_makegoods::{of_lines, told},
};
use crate::{
    store::{
        makegood::{self as kept, Decision, Named, Order, Spot},
        owed_spot::OwedSpot,
    },
    wire::{
        fact, makegood as wire,
        money::message as money_message,
        note::{self as wire_note, Note as Said},
        receivable::amount,
        text::{Text, text},
    },
};

/// What was let go.
struct Released {
    subject: Subject,
    /// What was left, line by line.
    values: BTreeMap<u32, Money>,
    spots: Vec<OwedSpot>,
}

/// What is left of the obligation for a spot.
struct Left<'o> {
    order: &'o Order,
    value: Money,
    exact: Decimal,
}

/// Lets go, looks at it, and takes everything back.
pub(super) async fn preview(
    rpc: &Rpc,
    request: Request<pb::PreviewMakegoodReleaseRequest>,
) -> Result<pb::MakegoodPreview, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let Some(said) = wire_note::missed(&mut v, &message.lines) else { return Err(v.refusal().into()) };
    v.check()?;
    let looking = Decision { reason: "a preview".to_owned(), approval: None, act: act(&call) };
    let mut transaction = rpc.pool.begin().await?;
    let asked = (message.invoice.as_str(), "");
    let Released { subject, values, .. } = let_go(&mut transaction, &call, asked, (&said, &looking)).await?;
    let owed = of_lines(&mut transaction, &call, subject.corrects).await?;
    transaction.rollback().await?;
    let line = |(number, value): (&u32, &Money)| {
        let line = subject.corrected.original.lines.iter().find(|line| line.number == *number);
        let line = line.context("a line that the document does not have")?;
        let mut left = line.left().map_err(|error| anyhow!(error))?;
        if let Some(owed) = owed.get(number) {
            left = left.minus(*owed).map_err(|error| anyhow!(error))?;
        }
        let number = i32::try_from(*number).context("a line with a number beyond integer")?;
        let (value, left) = (Some(money_message(*value)), Some(money_message(left)));
        Ok(pb::MakegoodLine { line: number, value, left })
    };
    Ok(pb::MakegoodPreview {
        lines: values.iter().map(line).collect::<Result<_, Failure>>()?,
        open: Some(money_message(subject.corrected.open)),
    })
}

/// Lets go, and has the drafts that go by it made again.
pub(super) async fn release(
    rpc: &Rpc,
    request: Request<pb::ReleaseMakegoodsRequest>,
) -> Result<pb::ReleaseMakegoodsResponse, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let said = wire_note::missed(&mut v, &message.lines);
    let left = amount(&mut v, "left", message.left.as_ref());
    let reason = text(&mut v, "reason", &message.reason, Text::Required(1_000));
    let (Some(said), Some(left), Some(reason)) = (said, left, reason) else {
        return Err(v.refusal().into());
    };
    v.check()?;
    let approval = rpc.is_approved_adjustment(&call, &message.invoice)?.then(|| message.request_id.clone());
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    let decision = Decision { reason, approval, act: act(&call) };
    let asked = (message.invoice.as_str(), message.request_id.as_str());
    let Released { subject, values, spots } =
        let_go(&mut transaction, &call, asked, (&said, &decision)).await?;
    let all = Money::sum(subject.corrected.original.currency, values.values().copied());
    check_left(all.map_err(|error| anyhow!(error))?, left).or_refuse()?;
    let account = subject.corrects.0;
    let orders: Vec<OrderId> = spots.iter().map(|spot| spot.order).collect();
    let lines = kept::lines_of(&mut transaction, account, &orders).await?;
    draft_again(&mut transaction, &call, (account, &lines), &rpc.tax_engines).await?;
    let makegood_obligations = told(&mut transaction, &call, (subject.corrects, &spots)).await?;
    let entity = subject.entity.id;
    let facts = makegood_obligations.iter().map(|released| fact::released(entity, account, released));
    say(&mut transaction, &Voice::of(&call), facts.collect()).await?;
    let answer = pb::ReleaseMakegoodsResponse { makegood_obligations };
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

/// Records that what is left is owed no more.
async fn let_go(
    connection: &mut PgConnection,
    call: &Call,
    (invoice, request_id): (&str, &str),
    (said, decision): (&Said, &Decision),
) -> Result<Released, Failure> {
    let kind = DocumentKind::CreditNote;
    let order = issue_note::Order { kind, invoice, note: None, request_id, is_approved: false };
    let subject = subject(connection, call, &order).await?;
    let named = kept::named(connection, subject.corrects, &said.spots).await?;
    let of = named.iter().filter_map(|spot| Some(spot.billed?.1)).collect();
    let orders = credited_spots::orders(connection, subject.corrects.0, of, call).await?;
    let mut open = left_of(&orders, &named)?;
    let (mut values, mut spots) = (BTreeMap::<u32, Money>::new(), Vec::with_capacity(named.len()));
    for Named { line, name, billed, .. } in named {
        let found = billed.and_then(|(airing, order)| Some((airing, order, open.remove(&airing)?)));
        let Some((airing, order, left)) = found else {
            return Err(MakegoodRefusal::NotOwed { line, spot: name }).or_refuse();
        };
        kept::release(connection, left.order, (airing, left.exact), decision).await?;
        let sum = values.get(&line).map_or(Ok(left.value), |before| before.plus(left.value));
        values.insert(line, sum.map_err(|error| anyhow!(error))?);
        spots.push(OwedSpot { line, spot: airing, order });
    }
    Ok(Released { subject, values, spots })
}

/// What is left of the obligations for the spots that are named, each of which has to be open.
fn left_of<'o>(orders: &'o [Order], named: &[Named]) -> Result<HashMap<AiringId, Left<'o>>, Failure> {
    let mut left_of = HashMap::new();
    for order in orders {
        for obligation in owed(order.spots.iter().map(Spot::known)).obligations {
            let Some(spot) = obligation.spot().map(|spot| spot.id) else { continue };
            if !named.iter().any(|named| named.billed.is_some_and(|(airing, _)| airing == spot)) {
                continue;
            }
            let value = wire::left(order, &obligation).context("an obligation too large to be told")?;
            domain::release(&obligation, (value, value), order.today).or_refuse()?;
            left_of.insert(spot, Left { order, value, exact: obligation.sums().left });
        }
    }
    Ok(left_of)
}
