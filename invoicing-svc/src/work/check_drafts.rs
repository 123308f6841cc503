//! Runs the pre-bill checks over the drafts of a shard, in the order of their accounts and orders.

use std::collections::HashMap;

use anyhow::Context;
use chassis::failure::Failure;
use ids::{AccountId, OrderId};
use invoicing_domain::{
    exception::{self as domain, AccountFacts, Chosen, DraftFacts, Finding, LineState, Recent},
    hold::Held,
    invoice::Draft,
};
use money::{Currency, Money};

use crate::store::{
    check_facts::{CheckFacts, KnownAccount},
    draft::Blueprint,
    exception::Exception,
};

/// What the drafts of an account come to so far in a currency.
type Sums = HashMap<(AccountId, Currency), Money>;

/// Checks the drafts, and chooses the purchase order of each.
pub fn check_drafts(
    blueprints: &mut [Blueprint],
    facts: &mut CheckFacts,
    exceptions: &mut Vec<Exception>,
) -> Result<(), Failure> {
    let sums = sums(blueprints)?;
    let mut order: Vec<usize> = (0..blueprints.len()).collect();
    order.sort_by_key(|n| {
        let draft = &blueprints[*n].draft;
        (draft.account, draft.order, draft.id)
    });
    let mut owed = Sums::new();
    for n in order {
        let draft = &blueprints[n].draft;
        let known =
            facts.accounts.get(&draft.account).context("a draft of an account that was not loaded")?.clone();
        let account = account_facts(draft, known, facts, (&sums, &mut owed))?;
        let twin = twin(draft, facts);
        let stale = facts.stale.contains(&draft.account);
        let about = DraftFacts { account: &account, twin: twin.as_deref(), stale };
        let held = holds(draft, facts).into_iter().chain(domain::check(draft, &about));
        let mut found: Vec<(OrderId, Finding)> = held.map(|finding| (draft.order, finding)).collect();
        let chosen = purchase_orders(draft, facts)?;
        for (order, Chosen { number, finding }) in &chosen {
            let mut account = account.clone();
            // A number that is expired or used up is a number: it is not missing besides.
            account.purchase_order_required &= finding.is_none();
            let of_order = domain::check_order(&account, number.as_deref(), &lines(draft, *order, facts));
            found.extend(of_order.into_iter().chain(finding.clone()).map(|finding| (*order, finding)));
        }
        exceptions.extend(found.into_iter().filter_map(|(order, finding)| {
            let severity = facts.severities.severity(&finding)?;
            Some(Exception::found((draft.account, order), Some(draft.id), (&finding, severity)))
        }));
        blueprints[n].purchase_orders =
            chosen.into_iter().map(|(order, chosen)| (order, chosen.number)).collect();
    }
    Ok(())
}

fn sums(blueprints: &[Blueprint]) -> Result<Sums, Failure> {
    let mut sums = Sums::new();
    for Blueprint { draft, .. } in blueprints {
        let sum = sums.entry((draft.account, draft.currency)).or_insert(Money::zero(draft.currency));
        *sum = sum.plus(draft.net).map_err(anyhow::Error::from)?;
    }
    Ok(sums)
}

/// The purchase order of each order on the draft. Where one has no room for its order the draft waits, and then all that it
/// would have used stays free for the drafts after it.
fn purchase_orders(draft: &Draft, facts: &mut CheckFacts) -> Result<Vec<(OrderId, Chosen)>, Failure> {
    let typed_in = facts.typed_in.get(&draft.id).map(String::as_str);
    let used = facts.used.entry(draft.account).or_default();
    let mut after = used.clone();
    let mut chosen = Vec::new();
    for order in draft.orders() {
        let known = facts.purchase_orders.get(&order).map_or(&[][..], Vec::as_slice);
        let nets = draft.lines.iter().filter(|line| line.order == order).map(|line| line.net);
        let net = Money::sum(draft.currency, nets).map_err(anyhow::Error::from)?;
        let of_order = domain::choose(known, typed_in, (net, draft.period), &mut after);
        chosen.push((order, of_order.map_err(anyhow::Error::from)?));
    }
    if chosen.iter().all(|(_, chosen)| chosen.finding.is_none()) {
        *used = after;
    }
    Ok(chosen)
}

fn account_facts(
    draft: &Draft,
    known: KnownAccount,
    facts: &CheckFacts,
    (sums, owed): (&Sums, &mut Sums),
) -> Result<AccountFacts, Failure> {
    let key = (draft.account, draft.currency);
    let recent = Recent {
        months: facts.recent.get(&key).cloned().unwrap_or_else(Vec::new),
        this: sums.get(&key).copied(),
    };
    let mut owes = known.owed;
    if draft.currency == known.currency {
        let sum = owed.entry(key).or_insert(known.owed);
        *sum = sum.plus(draft.total).map_err(anyhow::Error::from)?;
        owes = *sum;
    }
    Ok(AccountFacts {
        currency: known.currency,
        hold: known.hold,
        credit_limit: known.credit_limit,
        owed: owes,
        purchase_order_required: known.purchase_order_required,
        purchase_order_format: known.purchase_order_format,
        has_tax_id: known.has_tax_id,
        registrations: known.registrations,
        recent,
    })
}

/// What is known of the lines of an order on the draft, each once. Who counts a line is of note for the periods that the draft bills.
fn lines(draft: &Draft, order: OrderId, facts: &CheckFacts) -> Vec<LineState> {
    let of_order = draft.lines.iter().filter(|line| line.order == order);
    let mut ids: Vec<_> = of_order.map(|line| line.line).collect();
    ids.sort();
    ids.dedup();
    let mut states: Vec<LineState> = ids.iter().filter_map(|line| facts.lines.get(line)).cloned().collect();
    for LineState { line: of, several, .. } in &mut states {
        let billed = || draft.lines.iter().filter(|line| line.line == *of);
        several.retain(|period, _| billed().any(|line| line.item.bucket.origin == *period));
    }
    states
}

/// What keeps the draft as a whole.
fn holds(draft: &Draft, facts: &CheckFacts) -> Option<Finding> {
    let holds = facts.holds.iter().filter(|hold| hold.account == draft.account);
    let hold = holds.into_iter().find(|hold| match hold.what {
        Held::Account => true,
        Held::Order(order) => order == draft.order,
        Held::Line(_, _) => false,
    })?;
    Some(Finding::OnHold { reason: hold.reason.clone(), owner: hold.owner.clone() })
}

/// A document or an earlier draft of another order that bills as much for the same days.
fn twin(draft: &Draft, facts: &mut CheckFacts) -> Option<String> {
    let (first, last) = (draft.period.first(), draft.period.last());
    let key = (draft.account, draft.currency, draft.gross.amount().normalize(), first, last);
    match facts.issued.get(&key) {
        Some((other, order)) if *order != draft.order => Some(other.clone()),
        Some(_) => None,
        None => {
            facts.issued.insert(key, (format!("the draft {}", draft.id), draft.order));
            None
        }
    }
}
