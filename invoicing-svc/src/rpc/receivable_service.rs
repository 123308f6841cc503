//! ReceivableService.

use billing_proto::billing::invoicing::v1::{self as pb, receivable_service_server::ReceivableService};
use chassis::failure::answer;
use tonic::{Request, Response, Status};

use super::{Rpc, give_up, owed, receive, take_back};

#[tonic::async_trait]
impl ReceivableService for Rpc {
    async fn get_open_document(
        &self,
        request: Request<pb::GetOpenDocumentRequest>,
    ) -> Result<Response<pb::OpenDocument>, Status> {
        answer(owed::get(self, request)).await
    }

    async fn list_open_documents(
        &self,
        request: Request<pb::ListOpenDocumentsRequest>,
    ) -> Result<Response<pb::ListOpenDocumentsResponse>, Status> {
        answer(owed::list(self, request)).await
    }

    async fn get_ageing(
        &self,
        request: Request<pb::GetAgeingRequest>,
    ) -> Result<Response<pb::Ageing>, Status> {
        answer(owed::ageing(self, request)).await
    }

    async fn get_statement(
        &self,
        request: Request<pb::GetStatementRequest>,
    ) -> Result<Response<pb::Statement>, Status> {
        answer(owed::statement(self, request)).await
    }

    async fn record_receipt(
        &self,
        request: Request<pb::RecordReceiptRequest>,
    ) -> Result<Response<pb::Receipt>, Status> {
        answer(receive::record(self, request)).await
    }

    async fn get_receipt(
        &self,
        request: Request<pb::GetReceiptRequest>,
    ) -> Result<Response<pb::Receipt>, Status> {
        answer(receive::get(self, request)).await
    }

    async fn list_receipts(
        &self,
        request: Request<pb::ListReceiptsRequest>,
    ) -> Result<Response<pb::ListReceiptsResponse>, Status> {
        answer(owed::receipts(self, request)).await
    }

    async fn reverse_allocation(
        &self,
        request: Request<pb::ReverseAllocationRequest>,
    ) -> Result<Response<pb::Receipt>, Status> {
        answer(take_back::allocation(self, request)).await
    }

    async fn reverse_receipt(
        &self,
        request: Request<pb::ReverseReceiptRequest>,
    ) -> Result<Response<pb::Receipt>, Status> {
        answer(take_back::receipt(self, request)).await
    }

    async fn allocate_receipt(
        &self,
        request: Request<pb::AllocateReceiptRequest>,
    ) -> Result<Response<pb::Receipt>, Status> {
        answer(receive::allocate_receipt(self, request)).await
    }

    async fn apply_credit(
        &self,
        request: Request<pb::ApplyCreditRequest>,
    ) -> Result<Response<pb::OpenDocument>, Status> {
        answer(receive::apply_credit(self, request)).await
    }

    async fn get_refundable(
        &self,
        request: Request<pb::GetRefundableRequest>,
    ) -> Result<Response<pb::Refundable>, Status> {
        answer(receive::refundable(self, request)).await
    }

    async fn record_refund(
        &self,
        request: Request<pb::RecordRefundRequest>,
    ) -> Result<Response<pb::Refund>, Status> {
        answer(receive::refund(self, request)).await
    }

    async fn list_refunds(
        &self,
        request: Request<pb::ListRefundsRequest>,
    ) -> Result<Response<pb::ListRefundsResponse>, Status> {
        answer(owed::refunds(self, request)).await
    }

    async fn list_write_offs(
        &self,
        request: Request<pb::ListWriteOffsRequest>,
    ) -> Result<Response<pb::ListWriteOffsResponse>, Status> {
        answer(owed::write_offs(self, request)).await
    }

    async fn preview_write_off(
        &self,
        request: Request<pb::PreviewWriteOffRequest>,
    ) -> Result<Response<pb::WriteOffPreview>, Status> {
        answer(give_up::preview_write_off(self, request)).await
    }

    async fn write_off_document(
        &self,
        request: Request<pb::WriteOffDocumentRequest>,
    ) -> Result<Response<pb::WriteOff>, Status> {
        answer(give_up::write_off(self, request)).await
    }

    async fn get_write_off(
        &self,
        request: Request<pb::GetWriteOffRequest>,
    ) -> Result<Response<pb::WriteOff>, Status> {
        answer(give_up::get(self, request)).await
    }

    async fn claim_tax_relief(
        &self,
        request: Request<pb::ClaimTaxReliefRequest>,
    ) -> Result<Response<pb::WriteOff>, Status> {
        answer(give_up::claim_tax_relief(self, request)).await
    }

    async fn recover_write_off(
        &self,
        request: Request<pb::RecoverWriteOffRequest>,
    ) -> Result<Response<pb::WriteOff>, Status> {
        answer(give_up::recover(self, request)).await
    }

    async fn set_disputed_amount(
        &self,
        request: Request<pb::SetDisputedAmountRequest>,
    ) -> Result<Response<pb::OpenDocument>, Status> {
        answer(give_up::dispute(self, request)).await
    }
}
