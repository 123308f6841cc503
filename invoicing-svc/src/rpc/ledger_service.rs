//! LedgerService.

use billing_proto::billing::invoicing::v1::{self as pb, ledger_service_server::LedgerService};
use chassis::{call::Call, failure::answer, page::Page};
use refusal::Violations;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::{
    report::{invariants, ledger as report, trial_balance},
    store,
    wire::{name, period::optional_day},
};

#[tonic::async_trait]
impl LedgerService for Rpc {
    async fn list_ledger_entries(
        &self,
        request: Request<pb::ListLedgerEntriesRequest>,
    ) -> Result<Response<pb::ListLedgerEntriesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListLedgerEntriesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<report::Place> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let mut v = Violations::new();
            let account = name::account_or_all(&mut v, "parent", &message.parent);
            let invoice = match message.invoice.as_str() {
                "" => Some(None),
                invoice => name::invoice(&mut v, "invoice", invoice).map(|(_, invoice)| Some(invoice)),
            };
            let (Some(account), Some(invoice)) = (account, invoice) else { return Err(v.refusal().into()) };
            let scope = call.scope.json();
            let mut connection = self.pool.acquire().await?;
            if let Some(account) = account {
                store::account::get(&mut connection, account, scope.as_ref()).await?;
            }
            let after = page.after.clone();
            let which = report::Which {
                account,
                invoice,
                after,
                scope: scope.as_ref(),
                limit: page.fetch(),
                ..report::Which::default()
            };
            let loaded = report::entries(&mut connection, which).await?;
            let (entries, next_page_token) = page.cut(loaded, |(place, _)| place.clone())?;
            let ledger_entries = entries.into_iter().map(|(_, entry)| entry).collect();
            Ok(pb::ListLedgerEntriesResponse { ledger_entries, next_page_token })
        })
        .await
    }

    async fn get_trial_balance(
        &self,
        request: Request<pb::GetTrialBalanceRequest>,
    ) -> Result<Response<pb::TrialBalance>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let entity = name::entity(&mut v, "billing_entity", &message.billing_entity);
            let as_of = optional_day(&mut v, "as_of", message.as_of.as_ref());
            let (Some(entity), Some(as_of)) = (entity, as_of) else { return Err(v.refusal().into()) };
            let scope = call.scope.json();
            let mut connection = self.pool.acquire().await?;
            store::billing_entity::get(&mut connection, entity, scope.as_ref()).await?;
            trial_balance::trial_balance(&mut connection, entity, as_of, scope.as_ref()).await
        })
        .await
    }

    async fn check_invariants(
        &self,
        request: Request<pb::CheckInvariantsRequest>,
    ) -> Result<Response<pb::CheckInvariantsResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            // One snapshot for all laws: what is issued meanwhile must not look half-done.
            let mut transaction =
                self.pool.begin_with("begin isolation level repeatable read read only").await?;
            let results = invariants::check(&mut transaction, call.scope.json().as_ref()).await?;
            transaction.commit().await?;
            Ok(pb::CheckInvariantsResponse { results })
        })
        .await
    }
}
