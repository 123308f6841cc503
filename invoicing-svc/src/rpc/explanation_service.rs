//! ExplanationService.

use anyhow::Context;
use billing_proto::billing::invoicing::v1::{self as pb, explanation_service_server::ExplanationService};
use chassis::{call::Call, failure::answer};
use invoicing_domain::explanation::explain;
use refusal::Violations;
use tonic::{Request, Response, Status};

use super::{Rpc, blast_radius, bridge, why_not_billed};
use crate::{
    store,
    wire::{explanation as wire, name},
};

#[tonic::async_trait]
impl ExplanationService for Rpc {
    async fn explain_invoice_line(
        &self,
        request: Request<pb::ExplainInvoiceLineRequest>,
    ) -> Result<Response<pb::InvoiceLineExplanation>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            let mut v = Violations::new();
            let Some(named) = name::invoice_line(&mut v, "name", &request.get_ref().name) else {
                return Err(v.refusal().into());
            };
            // One snapshot: a draft that is issued meanwhile is explained as one or the other.
            let mut transaction = self.pool.begin_with("begin isolation level repeatable read").await?;
            let scope = call.scope.json();
            let explained = store::explained_line::load(&mut transaction, named, scope.as_ref()).await?;
            let facts = explained.facts;
            let tree = explain(&facts).context("a line cannot be explained")?;
            Ok(pb::InvoiceLineExplanation {
                name: name::invoice_line_name(named),
                order_line: name::line_name(facts.account, facts.order, explained.line),
                currency_code: facts.currency.code().to_owned(),
                billing_run: explained.run.map_or_else(String::new, name::run_name),
                tree: Some(wire::node(tree)),
            })
        })
        .await
    }

    async fn bridge(&self, request: Request<pb::BridgeRequest>) -> Result<Response<pb::Bridge>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            bridge::answer(self, &call, request.get_ref()).await
        })
        .await
    }

    async fn why_not_billed(
        &self,
        request: Request<pb::WhyNotBilledRequest>,
    ) -> Result<Response<pb::WhyNotBilledResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            why_not_billed::answer(self, &call, request.into_inner()).await
        })
        .await
    }

    async fn blast_radius(
        &self,
        request: Request<pb::BlastRadiusRequest>,
    ) -> Result<Response<pb::BlastRadiusResponse>, Status> {
        answer(async {
            let call = Call::of(&request)?;
            blast_radius::answer(self, &call, request.into_inner()).await
        })
        .await
    }
}
