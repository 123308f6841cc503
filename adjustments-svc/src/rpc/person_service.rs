//! PersonService.

use adjustments_domain::directory::{self, Directory, DirectoryRefusal, Entry};
use billing_proto::billing::adjustments::v1::{self as pb, person_service_server::PersonService};
use chassis::{
    call::Call,
    failure::{OrRefuse, answer},
    mask::Mask,
    page::Page,
};
use ids::Revision;
use outbox::{Begun, Once, Voice, say};
use refusal::Violations;
use tonic::{Request, Response, Status};

use super::{
    Rpc,
    changed::{next_revision, unlimited},
};
use crate::{
    store::person::{self as store, Listed},
    wire::{fact, name, person as wire},
};

#[tonic::async_trait]
impl PersonService for Rpc {
    async fn update_person(
        &self,
        request: Request<pb::UpdatePersonRequest>,
    ) -> Result<Response<pb::Person>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let given = message.person.clone().unwrap_or_default();
            let mask = Mask::of(message.update_mask.as_ref(), &wire::CHANGEABLE)?;
            let (account, _) = wire::parse(&given, &mask, Entry::default())?;
            unlimited(&call)?;
            let mut transaction = self.pool.begin().await?;
            let once = match Once::begin(&mut transaction, &call, &message.request_id, &message).await? {
                Begun::Answered(before) => return Ok(before),
                Begun::Fresh(once) => once,
            };
            store::lock(&mut transaction).await?;
            let (revision, before) = match store::find(&mut transaction, &account).await? {
                Some(known) => {
                    (next_revision(&given.name, &given.etag, known.revision).or_refuse()?, known.entry)
                }
                None if message.allow_missing => (Revision::FIRST, Entry::default()),
                None => return Err(DirectoryRefusal::NotFound { name: given.name }).or_refuse(),
            };
            let (account, entry) = wire::parse(&given, &mask, before)?;
            let known = store::directory(&mut transaction).await?;
            let said = (call.caller.person.as_str(), mask.names("reports_to"));
            let changed = directory::change(&known, &account, entry, said).or_refuse()?;
            let entry = changed.entries.get(&account).cloned().unwrap_or_default();
            let by = (call.caller.person.as_str(), call.at);
            store::record_parted(&mut transaction, &others(&known, &changed, &account), by).await?;
            let listed = Listed { account, revision, entry };
            store::record(&mut transaction, &listed, by).await?;
            let answer = wire::message(&listed.account, listed.revision, &listed.entry);
            say(&mut transaction, &Voice::of(&call), vec![fact::person(&answer)]).await?;
            once.answer(&mut transaction, &answer).await?;
            transaction.commit().await?;
            Ok(answer)
        })
        .await
    }

    async fn get_person(
        &self,
        request: Request<pb::GetPersonRequest>,
    ) -> Result<Response<pb::Person>, Status> {
        answer(async {
            let mut v = Violations::new();
            let Some(account) = name::person(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            let listed = store::get(&mut connection, &account).await?;
            Ok(wire::message(&listed.account, listed.revision, &listed.entry))
        })
        .await
    }

    async fn list_people(
        &self,
        request: Request<pb::ListPeopleRequest>,
    ) -> Result<Response<pb::ListPeopleResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments = pb::ListPeopleRequest { page_size: 0, page_token: String::new() };
            let page: Page<String> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut connection = self.pool.acquire().await?;
            let loaded = store::page(&mut connection, page.after.as_deref(), Some(page.fetch())).await?;
            let (listed, next_page_token) = page.cut(loaded, |listed| listed.account.clone())?;
            let people = listed.iter().map(|each| wire::message(&each.account, each.revision, &each.entry));
            Ok(pb::ListPeopleResponse { people: people.collect(), next_page_token })
        })
        .await
    }
}

/// The accounts that a change is about besides its own.
fn others(known: &Directory, changed: &Directory, account: &str) -> Vec<String> {
    let differs = |(other, entry): &(&String, &Entry)| {
        other.as_str() != account && known.entries.get(*other) != Some(*entry)
    };
    changed.entries.iter().filter(differs).map(|(other, _)| other.clone()).collect()
}
