//! Why money is not billed: rows that nobody can use, and months that are asked about.

use billing_proto::billing::invoicing::v1 as pb;
use tonic::Code;

use crate::{
    delivery::{header, import, spot},
    explanation::{balance, client, client_order, of, of_entity, why},
    invoice::sold,
    service::Service,
};

#[tokio::test]
async fn rows_in_quarantine_wait_with_no_amount() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let unknown = pb::Airing { line: "L9".into(), ..spot(7) };
    import(&service, header("B2", 1, "275.00"), &[unknown]).await.unwrap();
    let answer = why(&service, of(&sold.account)).await;
    let row = &answer.reasons[0];
    assert_eq!(
        (row.class(), row.quantity.as_str(), row.unit.as_str()),
        (pb::UnbilledClass::Quarantined, "1", "row")
    );
    assert_eq!((row.reason.as_str(), &row.amount), ("UNKNOWN_LINE", &None));
    assert_eq!(balance(&answer), ["10550.00", "0.00", "10550.00"]);
}

/// Of two rows one names its order and a time that there is not, the other names no order.
#[tokio::test]
async fn rows_that_cannot_be_read_wait_with_their_order_or_with_nobody() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let order = client_order(&service).await;
    let timeless = pb::Airing { time: "99:99".into(), ..spot(7) };
    let nobodys = pb::Airing { order: String::new(), ..spot(8) };
    import(&service, header("B2", 2, "550.00"), &[timeless, nobodys]).await.unwrap();
    let rows = |answer: &pb::WhyNotBilledResponse| {
        let rows = answer.reasons.iter().filter(|reason| reason.reason == "MALFORMED_ROW");
        rows.map(|row| (row.order.clone(), row.quantity.clone())).collect::<Vec<_>>()
    };
    let answer = why(&service, of(&sold.account)).await;
    assert_eq!(rows(&answer), [(order.clone(), "1".to_owned()), (String::new(), "1".to_owned())]);
    let nobodys = answer.reasons.last().unwrap();
    assert_eq!((nobodys.class(), &nobodys.amount), (pb::UnbilledClass::Quarantined, &None));
    assert!(nobodys.message.starts_with("nobody knows whose these rows are"), "{}", nobodys.message);
    assert_eq!(balance(&answer), ["10550.00", "0.00", "10550.00"]);
    let of_order = pb::WhyNotBilledRequest { order: order.clone(), ..of(&sold.account) };
    assert_eq!(rows(&why(&service, of_order).await), [(order, "1".to_owned())]);
}

/// Two batches have a row each without an order, one of them another of an order that nobody knows.
#[tokio::test]
async fn rows_of_nobody_are_counted_over_all_batches_by_what_is_wrong_with_them() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let of_order = |order: &str, number| pb::Airing { order: order.into(), ..spot(number) };
    let second = [of_order("", 7), of_order("IO-9", 8)];
    import(&service, header("B2", 2, "550.00"), &second).await.unwrap();
    import(&service, header("B3", 1, "275.00"), &[of_order("", 9)]).await.unwrap();
    let answer = why(&service, of(&sold.account)).await;
    let nobodys = answer.reasons.iter().filter(|reason| reason.order.is_empty());
    let told: Vec<_> = nobodys.map(|told| (told.reason.as_str(), told.quantity.as_str())).collect();
    assert_eq!(told, [("MALFORMED_ROW", "2"), ("UNKNOWN_ORDER", "1")]);
}

/// It is 2 April 2026, so that "from May on" ends before it begins, too.
#[tokio::test]
async fn months_the_wrong_way_round_are_refused_and_not_nothing() {
    let service = Service::start().await;
    let sold = sold(&service).await;
    let turned = |first: &str, last: &str| pb::WhyNotBilledRequest {
        first_month: first.into(),
        last_month: last.into(),
        ..of(&sold.account)
    };
    let mut client = client(&service);
    let bridge = client.bridge(of_entity(&sold.entity, "2026-03", "2026-01")).await.unwrap_err();
    let months = client.why_not_billed(turned("2026-03", "2026-01")).await.unwrap_err();
    for refused in [bridge, months] {
        assert_eq!(refused.code(), Code::InvalidArgument);
        let said = "last_month: must not be 2026-01, before the first month 2026-03";
        assert!(refused.message().contains(said), "{}", refused.message());
    }
    let ahead = client.why_not_billed(turned("2026-05", "")).await.unwrap_err();
    let said = "last_month: must not be 2026-04, before the first month 2026-05";
    assert!(ahead.message().contains(said), "{}", ahead.message());
}
