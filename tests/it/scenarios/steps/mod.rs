//! What the steps of the stories do.

mod adjustments;
mod books;
mod daily;
mod delivery;
mod disputes;
mod exceptions;
mod invoices;
mod makegoods;
mod orders;
mod receivables;
mod reference;
mod refusals;
mod rest;

mod runs;

pub use rest::Sent;

use std::pin::Pin;

use anyhow::Result;

use super::{pattern, world::World};

/// What a step says: the words in the braces of its pattern, and what stands below it.
pub struct Said<'a> {
    pub words: Vec<&'a str>,
    pub block: &'a [String],
}

impl Said<'_> {
    /// The word in the pattern's brace of this number, from 0.
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at).copied().unwrap_or_default()
    }
}

type Acting<'w> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'w>>;
type Act = for<'w> fn(&'w mut World, &'w Said<'w>) -> Acting<'w>;

macro_rules! steps {
    ($($pattern:literal => $act:path),* $(,)?) => {
        const STEPS: &[(&str, Act)] = &[$(($pattern, |world, said| Box::pin($act(world, said)))),*];
    };
}

steps! {
    "The controller opens the entity {code} in {zone}, with the currency {currency}" => reference::entity,
    "The controller opens the entity {code} in {zone}, with the currency {currency}, in the country {country}" => reference::entity_abroad,
    "The controller loads the tax rates" => reference::tax_rates,
    "The controller numbers its {documents} with {width} digits" => reference::series,
    "The controller puts on sale" => reference::products,
    "{who} opens the account {code}: an agency in {currency} that keeps {percent} percent" => reference::agency,

    "The platform syncs revision {revision} of order {order} for {account}" => orders::sync,
    "The platform syncs revision {revision} of order {order} for {account}, under purchase order {number} of {value}" => orders::sync_under,
    "The platform syncs revision {revision} of order {order} for {account}, without commission" => orders::sync_direct,
    "The order is {outcome}" => orders::outcome,
    "The order is {outcome} because of {reason}" => orders::outcome_because,
    "The reason names \"{text}\"" => orders::names,

    "The platform reports batch {batch}" => delivery::report,
    "The platform reports batch {batch} as {rows} rows for {amount}" => delivery::report_as,
    "The platform reports the same batch {batch} as {rows} rows for {amount}" => delivery::report_again,
    "The platform sends the file {batch}, {rows} row for {amount}" => delivery::file,
    "The platform sends the file {batch}, {rows} rows for {amount}" => delivery::file,
    "The batch has {loaded} rows loaded, {unchanged} unchanged, {quarantined} quarantined" => delivery::batch,
    "In quarantine" => delivery::quarantine,
    "{order} has {count} airings" => delivery::count,

    "The ad server counts {batch}" => daily::ad_server,
    "The verifier counts {batch}" => daily::verifier,

    "{who} starts the run of {month}" => runs::start,
    "{who} starts a preview of {month}" => runs::preview,
    "{who} refreshes it" => runs::refresh,
    "Compared with the preview" => runs::compared,
    "Its drafts are noted" => runs::note,
    "The drafts of {order} and {other} are byte for byte as they were" => runs::as_noted,
    "{who} approves it" => runs::approve,
    "{who} approves its drafts, and billing does not hear of it yet" => runs::approve_unheard,
    "Billing hears of it" => runs::hear,
    "{who} issues it, dated {date}" => runs::issue,
    "{who} issues it, dated {date}, and the suite is killed" => runs::issue_and_kill,
    "{who} cancels it" => runs::cancel,
    "The run is {state}" => runs::state,
    "The run becomes {state}" => runs::becomes,
    "Run and issue {month}, dated {date}" => runs::bill,
    "The suite is started again" => runs::start_again,
    "Its drafts" => runs::drafts,
    "There are no drafts" => runs::no_drafts,

    "Its exceptions because of {reason}" => exceptions::of_reason,
    "The changes of {reason}" => exceptions::changes,
    "The outcomes of {reason}" => exceptions::outcomes,
    "{reason} says \"{text}\"" => exceptions::says,
    "{reason} names the invoice of {order} in {month}" => exceptions::billed_by,
    "Exactly one draft waits because of {reason}" => exceptions::one_waits,
    "No draft waits" => exceptions::none_waits,
    "{who} types purchase order {number} into the draft that waits" => exceptions::type_purchase_order,

    "The lines of {order} in {month}" => invoices::lines,
    "The taxes of {order} in {month}" => invoices::taxes,
    "The invoices" => invoices::invoices,
    "The credit notes" => invoices::notes,
    "What is open" => receivables::open,
    "The numbers of {entity} have no gap" => invoices::numbers,
    "Over REST the invoices read the same" => invoices::over_rest,
    "The PDF, CSV and JSON of every invoice can be downloaded" => invoices::downloads,

    "{who} previews a {kind} of {gross} on {order} in {month}" => adjustments::preview,
    "{who} previews a {kind} of {gross} on {order} in {month} to {account}" => adjustments::preview_to,
    "It would come to" => adjustments::effect,
    "It is measured at {amount} and must be approved by {roles}" => adjustments::measured,
    "{who} asks for a {kind} of {gross} on {order} in {month}" => adjustments::ask,
    "{who} asks for a {kind} of {gross} on {order} in {month} to {account}" => adjustments::ask_to,
    "{who} asks for a {kind} of {gross} on {order} in {month} because of {cause}" => adjustments::ask_because,
    "{who} and {other} ask at once for a {kind} of {gross} each on {order} in {month}" => adjustments::ask_at_once,
    "{who} approves the request" => adjustments::approve,
    "{who} approves the request, and the suite is killed when the credit note is out and nobody has noted it" => adjustments::approve_and_kill,
    "The adjustment becomes {state}" => adjustments::becomes,

    "{who} takes a dispute of {amount} on {order} in {month}" => disputes::open,
    "{who} gives the dispute to {owner}" => disputes::triage,
    "{who} settles the dispute by the credit: {outcome}" => disputes::settle,

    "What is owed for {order}" => makegoods::balance,
    "What {order} missed" => makegoods::missed,
    "{who} previews a credit of spot {spot} of line {line} on {order} in {month}" => makegoods::credit,

    "The trial balance of {entity}" => books::trial_balance,
    "The books of {entity} balance" => books::balance,
    "The laws of the books hold" => books::laws,

    "Over REST {who} sends {method} {path}" => rest::send,
    "Over REST {who} sends the same again" => rest::send_again,
    "The answer is {status}" => rest::answer,
    "The answer is {status} {reason}" => rest::answer_because,
    "The answer is the same" => rest::same,
    "It says \"{text}\"" => rest::says,

    "It is refused: {reason}" => refusals::refused,
    "The refusal names \"{text}\"" => refusals::names,
}

/// The act of a step and its words: of the patterns that fit, the one that says most by itself.
pub fn find(text: &str) -> Option<(Act, Vec<&str>)> {
    let fitting = STEPS.iter().filter_map(|(said, act)| Some((said, *act, pattern::fit(said, text)?)));
    let (_, act, words) = fitting.max_by_key(|(_, _, words)| text.len() - words.concat().len())?;
    Some((act, words))
}
