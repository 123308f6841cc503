//! (e) GetInvoice by gRPC and by REST against the bare query.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use billing_proto::billing::invoicing::v1 as pb;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper_util::{
    client::legacy::{Client as Http, connect::HttpConnector},
    rt::TokioExecutor,
};
use sqlx::{PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

use super::{Bench, said};
use crate::{
    door::Client,
    figure::{Ratio, grouped, per_second},
    table::{Asked, Row},
};

/// A document as the service loads it: its head, then its lines.
const HEAD: &str = "select i.*, o.source_system, o.external_id, o.advertiser
  from invoice i join insertion_order o using (account_id, order_id)
 where (i.account_id, i.invoice_id) = ($1, $2)";
const LINES: &str = "select l.*, o.number as order_line
  from invoice_line l join order_line o using (account_id, line_id)
 where (l.account_id, l.invoice_id) = ($1, $2) order by l.number";

/// As many as the service may open.
const CONNECTIONS: u32 = 24;

/// How many calls are under way in the busy case.
const BUSY: usize = 64;

/// A way to read a document.
#[derive(Clone)]
enum Way {
    Grpc(Client),
    Rest { http: Box<Http<HttpConnector, Empty<Bytes>>>, address: String, bearer: String },
    Query(PgPool),
}

/// A document's keys.
type Document = (Uuid, Uuid);

impl Bench {
    /// Reads documents in every way, one at a time and many at once.
    pub async fn reading(&mut self) -> Result<()> {
        let documents: Vec<Document> =
            sqlx::query_as("select account_id, invoice_id from invoice order by invoice_id limit 10000")
                .fetch_all(&mut self.postgres.connection)
                .await?;
        let documents = Arc::new(documents);
        self.postgres.settle().await?;
        let url = format!("{}&options=-csearch_path%3Dinvoicing", self.postgres.url());
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(&url).await?;
        let endpoints = self.suite.endpoints.clone();
        let rest = Way::Rest {
            http: Box::new(Http::builder(TokioExecutor::new()).build_http()),
            address: endpoints.gateway.clone(),
            bearer: format!("Bearer {}", endpoints.starter),
        };
        self.suite.forget_peak();
        for (flight, calls) in [(1, self.size.calls.0), (BUSY, self.size.calls.1)] {
            let direct = Way::Grpc(Client::at_the_service(&endpoints.service).await?);
            let bare = read(&Way::Query(pool.clone()), &documents, flight, calls).await?;
            let direct = read(&direct, &documents, flight, calls).await?;
            let grpc = read(&Way::Grpc(self.client.clone()), &documents, flight, calls).await?;
            let rest = read(&rest, &documents, flight, calls).await?;
            self.read_by("gRPC at the service", (flight, calls), (direct, "query", bare), Asked::Nothing);
            self.read_by("gRPC", (flight, calls), (grpc, "query", bare), Asked::Nothing);
            self.read_by("REST", (flight, calls), (rest, "query", bare), Asked::Nothing);
            let asked = if flight == BUSY { Asked::AtLeast(Ratio(400)) } else { Asked::Nothing };
            self.read_by("REST", (flight, calls), (rest, "gRPC", grpc), asked);
        }
        pool.close().await;
        Ok(())
    }

    fn read_by(
        &mut self,
        way: &str,
        (flight, calls): (usize, usize),
        (ours, limit_name, limit): (Duration, &str, Duration),
        asked: Asked,
    ) {
        let figure = |time| {
            let (per_second, us) =
                (per_second(calls, time), time.as_micros() * u128::try_from(flight).unwrap_or(1));
            let each = us / u128::try_from(calls).unwrap_or(1);
            format!("{}/s · {} µs each", grouped(per_second), grouped(each))
        };
        self.rows.push(Row {
            what: format!("(e) GetInvoice, {way} against {limit_name}, {flight} in flight"),
            ours: figure(ours),
            limit: figure(limit),
            of: "speed",
            ratio: Ratio::of_times(limit, ours),
            asked,
            peak_mb: self.suite.peak_mb(),
        });
    }
}

/// Reads so many documents with so many calls under way at once, after a tenth that nobody counts.
async fn read(way: &Way, documents: &Arc<Vec<Document>>, flight: usize, calls: usize) -> Result<Duration> {
    spread(way, documents, flight, calls / 10).await?;
    let began = Instant::now();
    spread(way, documents, flight, calls).await?;
    let time = began.elapsed();
    said(&format!("read {calls} documents by {}, {flight} in flight", way.name()), time);
    Ok(time)
}

async fn spread(way: &Way, documents: &Arc<Vec<Document>>, flight: usize, calls: usize) -> Result<()> {
    let tasks: Vec<_> = (0..flight)
        .map(|first| {
            let (way, documents) = (way.clone(), documents.clone());
            tokio::spawn(async move {
                for call in (first..calls).step_by(flight) {
                    // A prime stride: neighbours in time are no neighbours in the table.
                    let at = call.wrapping_mul(7919) % documents.len().max(1);
                    way.read(*documents.get(at).context("there are no documents")?).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

impl Way {
    fn name(&self) -> &'static str {
        match self {
            Self::Grpc(_) => "gRPC",
            Self::Rest { .. } => "REST",
            Self::Query(_) => "the bare query",
        }
    }

    async fn read(&self, document: Document) -> Result<()> {
        let (account, invoice) = document;
        let name = format!("accounts/acc_{}/invoices/inv_{}", account.simple(), invoice.simple());
        match self {
            Self::Grpc(client) => {
                let answer =
                    client.invoices().get_invoice(pb::GetInvoiceRequest { name }).await?.into_inner();
                ensure!(!answer.lines.is_empty(), "a document without lines");
            }
            Self::Rest { http, address, bearer } => {
                let request = Request::get(format!("{address}/v1/{name}")).header("authorization", bearer);
                let answer = http.request(request.body(Empty::new())?).await?;
                ensure!(answer.status().is_success(), "REST answered {}", answer.status());
                answer.into_body().collect().await?;
            }
            Self::Query(pool) => {
                let mut connection = pool.acquire().await?;
                sqlx::query(HEAD).bind(account).bind(invoice).fetch_one(&mut *connection).await?;
                sqlx::query(LINES).bind(account).bind(invoice).fetch_all(&mut *connection).await?;
            }
        }
        Ok(())
    }
}
