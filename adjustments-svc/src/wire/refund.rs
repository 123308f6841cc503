//! RefundRequest ↔ domain, and what invoicing says can be given back.

use adjustments_domain::{
    act::Act,
    adjustment::Ending,
    refund::{Credit, RefundRequest, Source, State, Wanted},
    subject::hexadecimal,
};
use anyhow::Context;
use billing_proto::billing::{adjustments::v1 as pb, event::v1 as events, invoicing::v1 as invoicing};
use ids::{AccountId, EntityId};
use money::{Currency, Money};
use refusal::{Refusal, Violations};

use super::{dispute, money as wire_money, name, text, time};

/// What somebody asks for; whose entity it is of is for invoicing to say.
#[derive(Clone, Debug)]
pub struct Asked {
    pub account: AccountId,
    pub source: Source,
    pub amount: Money,
    pub reason: String,
    pub reference: String,
}

impl Asked {
    /// What is to be given back by an entity.
    pub fn of(self, entity: EntityId) -> Wanted {
        let Self { account, source, amount, reason, reference } = self;
        Wanted { account, entity, source, amount, reason, reference }
    }
}

/// What a message asks for of an account.
pub fn parse(account: AccountId, given: Option<&pb::RefundRequest>) -> Result<Asked, Refusal> {
    let mut v = Violations::new();
    let Some(given) = given else {
        v.add("refund_request", "must be given");
        return Err(v.refusal());
    };
    let parsed = v.within("refund_request", |v| {
        let source = source(v, account, &given.source);
        let amount = dispute::amount(v, "amount", given.amount.as_ref());
        if amount.is_some_and(Money::is_zero) {
            v.add("amount", "must be above zero");
        }
        let reason = text::required(v, "reason", &given.reason, 1_000);
        let reference = text::optional(v, "reference", &given.reference, 140);
        if reference.as_ref().is_some_and(|reference| reference.contains('\n')) {
            v.add("reference", "must be one line");
        }
        let (source, amount) = (source?, amount?);
        Some(Asked { account, source, amount, reason: reason?, reference: reference? })
    });
    let Some(parsed) = parsed else { return Err(v.refusal()) };
    v.check()?;
    Ok(parsed)
}

fn source(v: &mut Violations, account: AccountId, given: &str) -> Option<Source> {
    // That it is neither is said once, of both.
    let mut neither = Violations::new();
    let receipt = name::receipt(&mut neither, "source", given).map(|(of, id)| (of, Source::Receipt(id)));
    let note = name::invoice(&mut neither, "source", given).map(|(of, id)| (of, Source::CreditNote(id)));
    let named = receipt.or(note).filter(|(of, _)| *of == account).map(|(_, source)| source);
    let wanted = "must be a receipt or a credit note of the account, accounts/acc_…/receipts/act_… or accounts/acc_…/invoices/inv_…";
    v.take("source", named.ok_or(wanted))
}

/// The resource name of what a refund is taken from.
pub fn source_name(account: AccountId, source: Source) -> String {
    match source {
        Source::Receipt(receipt) => name::receipt_name(account, receipt),
        Source::CreditNote(note) => name::invoice_name(account, note),
    }
}

/// What invoicing says can be given back, for an amount that must be in its currency.
pub fn credit(
    refundable: &invoicing::Refundable,
    asked: Money,
) -> Result<Result<Credit, Refusal>, anyhow::Error> {
    let stated = |amount: &Option<invoicing::Money>| {
        let amount = amount.as_ref().context("what can be given back is an amount")?;
        anyhow::Ok(Money::parse(Currency::parse(&amount.currency_code)?, &amount.amount)?)
    };
    let credit = Credit {
        left: stated(&refundable.left)?,
        credit: stated(&refundable.credit)?,
        owed: stated(&refundable.owed)?,
    };
    let currency = credit.left.currency();
    if asked.currency() == currency {
        return Ok(Ok(credit));
    }
    let mut v = Violations::new();
    v.add("refund_request.amount.currency_code", format!("must be {currency}, as the source is"));
    Ok(Err(v.refusal()))
}

/// Which account was changed, by whom and when.
pub fn account_change(event: &events::Event) -> Result<(AccountId, Act), anyhow::Error> {
    let account = name::account(&mut Violations::new(), "account", &event.account);
    let account = account.with_context(|| format!("an event is about the account {:?}", event.account))?;
    let at = time::moment(&mut Violations::new(), "time", event.time.as_ref());
    Ok((account, Act { by: event.actor.clone(), at: at.context("an event has its time")? }))
}

/// What invoicing is asked to do.
pub fn refund(wanted: &Wanted) -> invoicing::Refund {
    invoicing::Refund {
        source: source_name(wanted.account, wanted.source),
        amount: Some(wire_money::message(wanted.amount)),
        reference: wanted.reference.clone(),
        ..invoicing::Refund::default()
    }
}

/// The refund request as a message.
pub fn message(refund: &RefundRequest, delay: &str) -> pb::RefundRequest {
    let RefundRequest { id, revision, wanted, made, approval, state } = refund;
    let (became, executed) = match state {
        State::Executed { refund, at } => (refund.clone(), Some(time::message(*at))),
        State::Submitted | State::Approved | State::Ended(_) => (String::new(), None),
    };
    pb::RefundRequest {
        name: name::refund_request_name((wanted.account, *id)),
        etag: revision.to_string(),
        source: source_name(wanted.account, wanted.source),
        amount: Some(wire_money::message(wanted.amount)),
        reason: wanted.reason.clone(),
        reference: wanted.reference.clone(),
        billing_entity: format!("billingEntities/{}", wanted.entity),
        state: state_message(state).into(),
        approval: name::approval_name(*approval),
        refund: became,
        made_by: made.by.clone(),
        create_time: Some(time::message(made.at)),
        execute_time: executed,
        digest: hexadecimal(&wanted.digest()),
        delay: delay.to_owned(),
    }
}

fn state_message(state: &State) -> pb::RefundRequestState {
    match state {
        State::Submitted => pb::RefundRequestState::Submitted,
        State::Approved => pb::RefundRequestState::Approved,
        State::Executed { .. } => pb::RefundRequestState::Executed,
        State::Ended(Ending::Rejected) => pb::RefundRequestState::Rejected,
        State::Ended(Ending::Returned) => pb::RefundRequestState::Returned,
        State::Ended(Ending::Withdrawn) => pb::RefundRequestState::Withdrawn,
        State::Ended(Ending::Expired) => pb::RefundRequestState::Expired,
        State::Ended(Ending::Voided) => pb::RefundRequestState::Voided,
    }
}

/// The name of a state that a list asks for, as the database writes it; `None` asks for all.
pub fn state_name(state: pb::RefundRequestState) -> Option<&'static str> {
    state.as_str_name().strip_prefix("REFUND_REQUEST_STATE_").filter(|name| *name != "UNSPECIFIED")
}
