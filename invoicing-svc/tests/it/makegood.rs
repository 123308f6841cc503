//! Spots that make missed ones good, from the batch to the document.

use billing_proto::billing::invoicing::v1 as pb;

use crate::{
    delivery::{header, import, spot},
    invoice::{bill, get},
    order::{day, order, reference_data, sync},
    reference::create_series,
    service::Service,
};

#[tokio::test]
async fn a_makegood_means_the_spot_of_its_own_line_before_one_of_the_same_name() {
    let service = Service::start().await;
    let sold = reference_data(&service).await;
    let entity =
        pb::BillingEntity { name: sold.entity.clone(), code: "NYC".into(), ..pb::BillingEntity::default() };
    create_series(&service, &entity).await;
    let mut booked = order(&sold, "IO-1001");
    let other_line = pb::OrderLine { number: "L4".into(), ..booked.lines[1].clone() };
    booked.lines.push(other_line);
    sync(&service, vec![booked], "orders").await.unwrap();
    // S1 of L4 is billed in January; S1 of L3 never is.
    let missed = pb::Airing { status: pb::AiringStatus::MadeGood.into(), time: String::new(), ..spot(1) };
    let billed = pb::Airing { line: "L4".into(), ..spot(1) };
    import(&service, header("B1", 2, "550.00"), &[missed, billed]).await.unwrap();
    bill(&service, &sold, "2026-01", "january").await;
    let makegood = pb::Airing { date: Some(day("2026-02-10")), makegood_for: vec!["S1".into()], ..spot(4) };
    import(&service, header("B2", 1, "275.00"), &[makegood]).await.unwrap();

    let february = bill(&service, &sold, "2026-02", "february").await;
    let line = get(&service, &february[0].name).await.lines.remove(1);
    assert_eq!((line.kind(), line.note.as_str()), (pb::InvoiceLineKind::Makegood, "Makegood for S1"));
    assert_eq!(line.gross.unwrap().amount, "275.00");
}
