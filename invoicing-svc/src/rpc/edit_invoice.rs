//! Writing on a draft where no money is touched: what the edit settles is checked again in the same transaction. The words are
//! signed with the rest, so another root is to be signed, by somebody else than whoever wrote them.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::{
    call::Call,
    failure::{Failure, OrRefuse},
};
use invoicing_domain::{
    billing_run::{BillingRunRefusal, State},
    invoice::InvoiceRefusal,
};
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use tonic::Request;

use super::{Rpc, billing_run_service::act, changed};
use crate::{
    report::invoice as report,
    store::{self, draft_edit::DraftEdit},
    wire::{
        fact, name,
        text::{Text, purchase_order_number, text},
    },
    work,
};

/// How long the parts of an edit may be, in characters: a purchase order, a note, a contact, a reference.
const MAX: [usize; 4] = [64, 1_000, 200, 500];

/// What a request wants written; `None`: as it is.
struct Wanted([Option<String>; 4]);

/// Edits a draft.
pub async fn edit(rpc: &Rpc, request: Request<pb::EditInvoiceRequest>) -> Result<pb::Invoice, Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut v = Violations::new();
    let named = name::invoice(&mut v, "name", &message.name);
    let wanted = wanted(&mut v, &message);
    let Some(named) = named else { return Err(v.refusal().into()) };
    v.check()?;
    let scope = call.scope.json();
    let mut transaction = rpc.pool.begin().await?;
    let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
        Begun::Answered(before) => return Ok(before),
        Begun::Fresh(once) => once,
    };
    report::get(&mut transaction, named, scope.as_ref()).await?;
    let issued = || InvoiceRefusal::NotADraft { invoice: message.name.clone() };
    let run = store::draft::run_of(&mut transaction, named).await?.ok_or_else(issued).or_refuse()?;
    store::billing_run::lock(&mut transaction, run).await?;
    let run = store::billing_run::get(&mut transaction, run, None).await?;
    let State::InReview { .. } = run.state else {
        return Err(BillingRunRefusal::WrongState {
            run: run.id.to_string(),
            state: run.state.name().to_owned(),
            needed: "IN_REVIEW".to_owned(),
        })
        .or_refuse();
    };
    let before = store::draft_edit::get(&mut transaction, named).await?;
    changed::next_revision(&message.name, &message.etag, before.revision).or_refuse()?;
    let edit = wanted.over(before.clone());
    store::draft_edit::record(&mut transaction, named, &edit, &act(&call)).await?;
    store::billing_run::record_editor(&mut transaction, run.id, &call.caller.person).await?;
    store::review::touch(&mut transaction, run.id, &[named]).await?;
    if edit.purchase_order != before.purchase_order {
        work::rate_again(&mut transaction, &run, named.0, call.at, &rpc.tax_engines).await?;
    } else {
        work::sign_anew(&mut transaction, &run, call.at).await?;
    }
    let answer = report::get(&mut transaction, named, scope.as_ref()).await?;
    let edited = fact::edited(run.entity, named.0, &answer);
    say(&mut transaction, &Voice::of(&call), vec![edited]).await?;
    once.answer(&mut transaction, &answer).await?;
    transaction.commit().await?;
    Ok(answer)
}

fn wanted(v: &mut Violations, message: &pb::EditInvoiceRequest) -> Wanted {
    let said = [
        ("purchase_order", &message.purchase_order),
        ("note", &message.note),
        ("contact", &message.contact),
        ("attachment", &message.attachment),
    ];
    let mut wanted = [None, None, None, None];
    for ((place, (field, said)), max) in wanted.iter_mut().zip(said).zip(MAX) {
        let read = if field == "purchase_order" { purchase_order_number } else { text };
        *place = said.as_ref().and_then(|said| read(v, field, said, Text::Optional(max)));
        // It is printed, and a box on an invoice says nothing.
        let missing = place.as_deref().map_or_else(Default::default, document::missing_glyphs);
        if !missing.is_empty() {
            let missing = missing.into_iter().collect::<String>();
            v.add(field, format!("has characters that the font of the documents lacks: {missing}"));
        }
    }
    Wanted(wanted)
}

impl Wanted {
    fn over(self, before: DraftEdit) -> DraftEdit {
        let [purchase_order, note, contact, attachment] = self.0;
        DraftEdit {
            revision: before.revision,
            purchase_order: match purchase_order {
                None => before.purchase_order,
                Some(number) => Some(number).filter(|number| !number.is_empty()),
            },
            note: note.unwrap_or(before.note),
            contact: contact.unwrap_or(before.contact),
            attachment: attachment.unwrap_or(before.attachment),
        }
    }
}
