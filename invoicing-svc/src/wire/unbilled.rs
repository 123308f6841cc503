//! Why something is not billed: what is asked, and the reasons as messages.

use billing_proto::billing::invoicing::v1 as pb;
use calendar::Month;
use ids::{AccountId, OrderId};
use invoicing_domain::unbilled::{Balance, Counting, Reason, Why};
use jiff::civil::Date;
use money::MoneyError;
use refusal::{Refusal, Violations};

use super::{money::message as amount, name, period};
use crate::store::written::Written;

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    pub account: AccountId,
    pub order: Option<OrderId>,
    /// The line's number.
    pub line: Option<&'a str>,
    pub first: Option<Month>,
    /// Through the current month when absent.
    pub last: Option<Month>,
}

impl Filter<'_> {
    /// The last month that is asked about: the current one where none is said.
    pub fn last_or(&self, current: Month) -> Result<Month, Refusal> {
        let mut v = Violations::new();
        let last = self.last.unwrap_or(current);
        period::in_order(&mut v, self.first, Some(last));
        v.check().map(|()| last)
    }
}

/// Where a reason belongs: its order, where it is known, and the number of its line where it is about one.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub account: AccountId,
    pub order: Option<OrderId>,
    pub line: Option<&'a str>,
}

/// Reads what is asked.
pub fn parse(message: &pb::WhyNotBilledRequest) -> Result<Filter<'_>, Refusal> {
    let given = |value: &'static str, text| (!str::is_empty(text)).then_some((value, text));
    let mut v = Violations::new();
    let account = name::account(&mut v, "parent", &message.parent);
    let order = given("order", &message.order).map(|(field, order)| name::order(&mut v, field, order));
    let month = |v: &mut Violations, field: &str, month: &str| {
        if month.is_empty() { None } else { period::month(v, field, month) }
    };
    let first = month(&mut v, "first_month", &message.first_month);
    let last = month(&mut v, "last_month", &message.last_month);
    period::in_order(&mut v, first, last);
    if !message.order_line.is_empty() && message.order.is_empty() {
        v.add("order", "must be given where a line is asked about");
    }
    let Some(account) = account else { return Err(v.refusal()) };
    let order = order.flatten();
    if order.is_some_and(|(of, _)| of != account) {
        v.add("order", "belongs to another account");
    }
    v.check()?;
    let line = given("order_line", &message.order_line).map(|(_, line)| line);
    Ok(Filter { account, order: order.map(|(_, order)| order), line, first, last })
}

/// A reason as a message.
pub fn message(place: Place<'_>, reason: Reason, today: Date) -> pb::UnbilledReason {
    let act = reason.act().to_owned();
    let Reason { why, reason, message, period, amount: of, count, since, draft, owner } = reason;
    let (quantity, unit) = match count {
        Some((count, counting)) => (count.normalize().to_string(), self::unit(counting)),
        None => (String::new(), ""),
    };
    let age = (today - since).get_days();
    let (invoice, run) = match draft {
        Some((invoice, run)) => (name::invoice_name(place.account, invoice), name::run_name(run)),
        None => (String::new(), String::new()),
    };
    pb::UnbilledReason {
        class: class(why).into(),
        reason,
        message,
        order: place.order.map_or_else(String::new, |order| name::order_name(place.account, order)),
        order_line: place.line.unwrap_or_default().to_owned(),
        period: period.map(period::days_message),
        amount: of.map(amount),
        quantity,
        unit: unit.to_owned(),
        age_days: age.max(0),
        owner,
        act,
        invoice,
        billing_run: run,
    }
}

/// A balance as a message.
pub fn balance(balance: &Balance) -> Result<pb::UnbilledBalance, MoneyError> {
    Ok(pb::UnbilledBalance {
        rated_to_date: Some(amount(balance.rated)),
        billed_to_date: Some(amount(balance.billed)),
        unbilled: Some(amount(balance.unbilled()?)),
        explained: Some(amount(balance.explained)),
        unexplained: Some(amount(balance.unexplained()?)),
    })
}

fn class(why: Why) -> pb::UnbilledClass {
    match why {
        Why::Blocked => pb::UnbilledClass::Blocked,
        Why::OnHold => pb::UnbilledClass::OnHold,
        Why::Held | Why::Apart => pb::UnbilledClass::Held,
        Why::InDraft => pb::UnbilledClass::InDraft,
        Why::StaleInput => pb::UnbilledClass::StaleInput,
        Why::Due => pb::UnbilledClass::Due,
        Why::NotYetDue => pb::UnbilledClass::NotYetDue,
        Why::CannotBeRated => pb::UnbilledClass::CannotBeRated,
        Why::InOrderReview => pb::UnbilledClass::InOrderReview,
        Why::Quarantined => pb::UnbilledClass::Quarantined,
        Why::OverCap => pb::UnbilledClass::OverCap,
    }
}

fn unit(counting: Counting) -> &'static str {
    match counting {
        Counting::Units(unit) => unit.text(),
        Counting::Rows => "row",
    }
}
