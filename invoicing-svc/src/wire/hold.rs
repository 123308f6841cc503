//! Hold ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use ids::{AccountId, HoldId, LineId, OrderId, Revision};
use invoicing_domain::{
    billing_run::Act,
    hold::{Held, Hold},
};
use refusal::{Refusal, Violations};

use super::{
    name,
    period::{day_message, optional_day, time_message},
    text::{Text, text},
};

/// A new hold of an account. Its line is named by its number; the id of a line follows from it.
pub fn parse(
    (id, account): (HoldId, AccountId),
    hold: Option<&pb::Hold>,
    created: Act,
) -> Result<Hold, Refusal> {
    let mut v = Violations::new();
    let Some(hold) = hold else {
        v.add("hold", "must be given");
        return Err(v.refusal());
    };
    let what = what(&mut v, account, hold);
    let run = Some(&hold.billing_run).filter(|run| !run.is_empty());
    let run = run.map(|run| name::run(&mut v, "hold.billing_run", run));
    let reason = text(&mut v, "hold.reason", &hold.reason, Text::Required(1_000));
    let owner = text(&mut v, "hold.owner", &hold.owner, Text::Optional(200));
    let expires = optional_day(&mut v, "hold.expire_date", hold.expire_date.as_ref());
    let (Some(what), Some(reason), Some(owner), Some(expires)) = (what, reason, owner, expires) else {
        return Err(v.refusal());
    };
    v.check()?;
    // Who makes it owns it where nobody else is named.
    let owner = if owner.is_empty() { created.by.clone() } else { owner };
    let run = run.flatten();
    let revision = Revision::FIRST;
    Ok(Hold { id, revision, account, what, run, reason, owner, expires, created, released: None })
}

fn what(v: &mut Violations, account: AccountId, hold: &pb::Hold) -> Option<Held> {
    if hold.order.is_empty() {
        if !hold.line.is_empty() {
            v.add("hold.order", "must be given where a line is");
        }
        return Some(Held::Account);
    }
    let (of, order): (AccountId, OrderId) = name::order(v, "hold.order", &hold.order)?;
    if of != account {
        v.add("hold.order", "must be an order of the account");
    }
    if hold.line.is_empty() {
        return Some(Held::Order(order));
    }
    Some(Held::Line(order, LineId::of(order, hold.line.trim())))
}

/// The hold as a message. `line` is the number of the line that it is on, else empty.
pub fn message(hold: &Hold, line: String) -> pb::Hold {
    let order = match hold.what {
        Held::Account => None,
        Held::Order(order) | Held::Line(order, _) => Some(order),
    };
    pb::Hold {
        name: name::hold_name(hold.account, hold.id),
        etag: hold.revision.to_string(),
        order: order.map_or_else(String::new, |order| name::order_name(hold.account, order)),
        line,
        billing_run: hold.run.map_or_else(String::new, name::run_name),
        reason: hold.reason.clone(),
        owner: hold.owner.clone(),
        expire_date: hold.expires.map(day_message),
        created_by: hold.created.by.clone(),
        create_time: Some(time_message(hold.created.at)),
        released_by: hold.released.as_ref().map_or_else(String::new, |act| act.by.clone()),
        release_time: hold.released.as_ref().map(|act| time_message(act.at)),
    }
}
