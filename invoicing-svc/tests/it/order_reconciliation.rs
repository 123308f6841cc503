//! What an order system has against what is known here.

use billing_proto::billing::invoicing::v1::{self as pb, reconcile_orders_request::Part};
use tonic::{Code, Status};

use crate::{
    order::{client, order, reference_data, sync},
    service::{Service, reason},
};

fn header() -> Part {
    Part::Header(pb::ReconcileOrdersHeader { source_system: "io".into() })
}

fn sent(id: &str, revision: i64, amount: &str) -> Part {
    Part::Order(pb::SentOrder {
        external_id: id.into(),
        revision,
        amount: amount.into(),
        content_digest: String::new(),
    })
}

async fn compare(service: &Service, parts: Vec<Part>) -> Result<pb::ReconcileOrdersResponse, Status> {
    let messages: Vec<_> =
        parts.into_iter().map(|part| pb::ReconcileOrdersRequest { part: Some(part) }).collect();
    let answer = client(service).reconcile_orders(tokio_stream::iter(messages)).await?;
    Ok(answer.into_inner())
}

#[tokio::test]
async fn a_system_learns_which_orders_are_equal_stale_different_and_missing() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let known = ["IO-1", "IO-2", "IO-3", "IO-4"].map(|id| order(&sold, id)).to_vec();
    let results = sync(&service, known, "1").await.unwrap();
    let read = client(&service).get_order(pb::GetOrderRequest { name: results[0].order.clone() }).await;
    let digest = read.unwrap().into_inner().content_digest;
    let with_digest = |content_digest: &str| {
        let Part::Order(order) = sent("IO-1", 1, "10825.0") else { panic!("an order") };
        Part::Order(pb::SentOrder { content_digest: content_digest.into(), ..order })
    };
    let parts = vec![
        header(),
        with_digest(&digest),
        sent("IO-2", 2, ""),
        sent("IO-3", 1, "10825.01"),
        sent("IO-9", 1, "5.00"),
    ];
    let answer = compare(&service, parts).await.unwrap();
    let counts = (answer.equal, answer.stale, answer.different, answer.missing_here, answer.missing_there);
    assert_eq!(counts, (1, 1, 1, 1, 1));
    let told: Vec<_> = answer
        .differences
        .iter()
        .map(|each| {
            let kind = each.kind().as_str_name().replace("ORDER_DIFFERENCE_KIND_", "");
            let (sent, known) = (each.sent_revision, each.known_revision);
            format!("{kind} {} {sent}/{known} {}/{}", each.external_id, each.sent_amount, each.known_amount)
        })
        .collect();
    let expected = [
        "STALE IO-2 2/1 /10825.00",
        "DIFFERENT IO-3 1/1 10825.01/10825.00",
        "MISSING_HERE IO-9 1/0 5.00/",
        "MISSING_THERE IO-4 0/1 /10825.00",
    ];
    assert_eq!(told, expected);
    let other = compare(&service, vec![header(), with_digest(&"0".repeat(64))]).await.unwrap();
    assert_eq!((other.different, &other.differences[0].known_content_digest), (1, &digest));
}

#[tokio::test]
async fn a_stream_that_cannot_be_compared_is_refused() {
    let service = Service::start().await;
    let one = || sent("IO-1", 1, "");
    for (parts, expected) in [
        (vec![one()], "header: must be the first message of the stream"),
        (vec![header(), header()], "header: must come first and only first"),
        (vec![header(), one(), one()], "order.external_id: IO-1 came before; an order is compared once"),
        (vec![header(), sent("IO-1", 0, "")], "order.revision: must be at least 1"),
        (vec![header(), sent("IO-1", 1, "1e3")], "order.amount"),
    ] {
        let refused = compare(&service, parts).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "MALFORMED"));
        assert!(refused.message().contains(expected), "{}", refused.message());
    }
}
