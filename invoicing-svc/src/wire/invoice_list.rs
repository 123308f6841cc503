//! What a list of documents is asked for by.

use billing_proto::billing::invoicing::v1 as pb;
use calendar::Month;
use ids::{AccountId, OrderId, RunId};
use refusal::{Refusal, Violations};

use super::{choice::optional_choice, name, period};

/// The filters of a list; absent ones do not limit it.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    pub account: Option<AccountId>,
    /// `DRAFT`, `APPROVED` or `ISSUED`.
    pub state: Option<&'static str>,
    pub run: Option<RunId>,
    pub month: Option<Month>,
    pub order: Option<OrderId>,
    pub number: Option<&'a str>,
}

/// The filters of a request.
pub fn parse(message: &pb::ListInvoicesRequest) -> Result<Filter<'_>, Refusal> {
    let mut v = Violations::new();
    let account = name::account_or_all(&mut v, "parent", &message.parent);
    let state = optional_choice::<pb::InvoiceState>(&mut v, "state", message.state);
    let run = given(&message.billing_run).map(|run| name::run(&mut v, "billing_run", run));
    let month = given(&message.billing_month).map(|month| period::month(&mut v, "billing_month", month));
    let order = given(&message.order).map(|order| name::order(&mut v, "order", order));
    let (Some(account), Some(state)) = (account, state) else { return Err(v.refusal()) };
    v.check()?;
    let state = match state {
        pb::InvoiceState::Unspecified => None,
        pb::InvoiceState::Draft => Some("DRAFT"),
        pb::InvoiceState::Approved => Some("APPROVED"),
        pb::InvoiceState::Issued => Some("ISSUED"),
    };
    let order = order.flatten().map(|(_, order)| order);
    Ok(Filter {
        account,
        state,
        run: run.flatten(),
        month: month.flatten(),
        order,
        number: given(&message.number),
    })
}

fn given(filter: &str) -> Option<&str> {
    Some(filter).filter(|filter| !filter.is_empty())
}
