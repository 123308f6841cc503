//! InvoiceService.

use billing_proto::{
    billing::invoicing::v1::{self as pb, invoice_service_server::InvoiceService},
    google::api::HttpBody,
};
use chassis::{attachment::answer_file, call::Call, failure::answer, page::Page};
use refusal::Violations;
use tonic::{Request, Response, Status};

use super::{Rpc, edit_invoice};
use crate::{
    report::invoice as report,
    store,
    wire::{choice::choice, invoice_file, invoice_list, name},
    work::rendering,
};

#[tonic::async_trait]
impl InvoiceService for Rpc {
    async fn get_invoice(
        &self,
        request: Request<pb::GetInvoiceRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(named) = name::invoice(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            let mut connection = self.pool.acquire().await?;
            report::get(&mut connection, named, call.scope.json().as_ref()).await
        })
        .await
    }

    async fn list_invoices(
        &self,
        request: Request<pb::ListInvoicesRequest>,
    ) -> Result<Response<pb::ListInvoicesResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let arguments =
                pb::ListInvoicesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page: Page<report::Place> =
                Page::of(&self.seal, &call, &arguments, message.page_size, &message.page_token)?;
            let filter = invoice_list::parse(&message)?;
            let scope = call.scope.json();
            let mut connection = self.pool.acquire().await?;
            if let Some(account) = filter.account {
                store::account::get(&mut connection, account, scope.as_ref()).await?;
            }
            let accounts: Vec<_> = filter.account.iter().map(|account| account.uuid()).collect();
            let which = report::Which {
                accounts: &accounts,
                invoices: &[],
                state: filter.state,
                run: filter.run,
                month: filter.month,
                order: filter.order,
                number: filter.number,
                after: page.after,
                scope: scope.as_ref(),
                limit: page.fetch(),
            };
            let loaded = report::heads(&mut connection, which).await?;
            let (invoices, next_page_token) = page.cut(loaded, |(place, _)| *place)?;
            let invoices = invoices.into_iter().map(|(_, invoice)| invoice).collect();
            Ok(pb::ListInvoicesResponse { invoices, next_page_token })
        })
        .await
    }

    async fn edit_invoice(
        &self,
        request: Request<pb::EditInvoiceRequest>,
    ) -> Result<Response<pb::Invoice>, Status> {
        answer(edit_invoice::edit(self, request)).await
    }

    async fn download_invoice(
        &self,
        request: Request<pb::DownloadInvoiceRequest>,
    ) -> Result<Response<HttpBody>, Status> {
        answer_file(async {
            let call = Call::of(&request)?;
            let message = request.into_inner();
            let mut v = Violations::new();
            let named = name::invoice(&mut v, "name", &message.name);
            let format = choice::<pb::InvoiceFormat>(&mut v, "format", message.format);
            let (Some(named), Some(format)) = (named, format) else { return Err(v.refusal().into()) };
            let mut transaction = self.pool.begin().await?;
            let invoice = report::get(&mut transaction, named, call.scope.json().as_ref()).await?;
            let file_name = invoice_file::name(&invoice, format);
            let file = match format {
                pb::InvoiceFormat::Unspecified | pb::InvoiceFormat::Pdf => {
                    let content = rendering::pdf(&mut transaction, named, invoice, call.at).await?;
                    invoice_file::of("application/pdf", content)
                }
                pb::InvoiceFormat::Csv => invoice_file::csv(&invoice),
                pb::InvoiceFormat::Json => invoice_file::json(&invoice)?,
            };
            transaction.commit().await?;
            Ok((file_name, file))
        })
        .await
    }
}
