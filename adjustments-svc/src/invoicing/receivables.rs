//! What is open on documents, and what of it is disputed.

use billing_proto::billing::invoicing::v1::{
    self as pb, account_service_client::AccountServiceClient,
    receivable_service_client::ReceivableServiceClient,
};
use chassis::{caller::Caller, failure::Failure};

use super::{Invoicing, ourselves, refused};

impl Invoicing {
    /// An account, as the caller may see it.
    pub async fn account(&self, caller: &Caller, name: String) -> Result<pb::Account, Failure> {
        let request = self.signed(caller, pb::GetAccountRequest { name })?;
        let mut client = AccountServiceClient::new(self.channel.clone());
        Ok(client.get_account(request).await.map_err(refused)?.into_inner())
    }

    /// What is open on a document now, as the caller may see it; `None`: as this service.
    pub async fn open_document(
        &self,
        caller: Option<&Caller>,
        name: String,
    ) -> Result<pb::OpenDocument, Failure> {
        let us = ourselves();
        let request = pb::GetOpenDocumentRequest { name, as_of: None };
        let request = self.signed(caller.unwrap_or(&us), request)?;
        let mut client = ReceivableServiceClient::new(self.channel.clone());
        Ok(client.get_open_document(request).await.map_err(refused)?.into_inner())
    }

    /// Says how much of a document is disputed.
    pub async fn set_disputed_amount(&self, request: pb::SetDisputedAmountRequest) -> Result<(), Failure> {
        let request = self.signed(&ourselves(), request)?;
        let mut client = ReceivableServiceClient::new(self.channel.clone());
        client.set_disputed_amount(request).await.map_err(refused)?;
        Ok(())
    }
}
