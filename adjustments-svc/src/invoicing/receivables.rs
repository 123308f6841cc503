//! What is open on documents, what of it is disputed or given up, and what is given back.

use billing_proto::billing::invoicing::v1::{
    self as pb, account_service_client::AccountServiceClient,
    receivable_service_client::ReceivableServiceClient,
};
use chassis::{caller::Caller, failure::Failure};
use money::Money;
use tonic::transport::Channel;

use super::{Invoicing, ourselves, refused};
use crate::wire::money as wire_money;

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
        Ok(self.receivables().get_open_document(request).await.map_err(refused)?.into_inner())
    }

    /// What can be given back of a receipt or credit note of an account now, as the caller may see it.
    pub async fn refundable(
        &self,
        caller: &Caller,
        (account, source): (String, String),
    ) -> Result<pb::Refundable, Failure> {
        let request = self.signed(caller, pb::GetRefundableRequest { account, source })?;
        Ok(self.receivables().get_refundable(request).await.map_err(refused)?.into_inner())
    }

    /// Gives money back; answers the name of the refund. The same request id again is answered as before.
    pub async fn refund(&self, request: pb::RecordRefundRequest) -> Result<String, Failure> {
        let request = self.signed(&ourselves(), request)?;
        Ok(self.receivables().record_refund(request).await.map_err(refused)?.into_inner().name)
    }

    /// Says how much of a document is disputed.
    pub async fn set_disputed_amount(&self, request: pb::SetDisputedAmountRequest) -> Result<(), Failure> {
        let request = self.signed(&ourselves(), request)?;
        self.receivables().set_disputed_amount(request).await.map_err(refused)?;
        Ok(())
    }

    /// What giving up so much of what is open would post.
    pub async fn preview_write_off(
        &self,
        document: String,
        given_up: Money,
    ) -> Result<Vec<pb::LedgerEntry>, Failure> {
        let amount = Some(wire_money::message(given_up));
        let request = self.signed(&ourselves(), pb::PreviewWriteOffRequest { document, amount })?;
        let preview = self.receivables().preview_write_off(request).await.map_err(refused)?.into_inner();
        Ok(preview.ledger_entries)
    }

    /// Gives up what is open; answers the name of the write-off. The same request id again is answered as before.
    pub async fn write_off(&self, request: pb::WriteOffDocumentRequest) -> Result<String, Failure> {
        let request = self.signed(&ourselves(), request)?;
        Ok(self.receivables().write_off_document(request).await.map_err(refused)?.into_inner().name)
    }

    fn receivables(&self) -> ReceivableServiceClient<Channel> {
        ReceivableServiceClient::new(self.channel.clone())
    }
}
