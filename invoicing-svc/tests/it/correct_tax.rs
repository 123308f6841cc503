//! Where nothing but the tax of a document was wrong.

use billing_proto::billing::invoicing::v1 as pb;
use tonic::Status;

use crate::{
    explanation::bridge,
    ledger::broken,
    note::{amount, amounts, client, credit, invoiced, issue, posted, postings},
    service::{Service, reason},
    tax::rows,
};

fn exempt(invoice: &pb::Invoice, request_id: &str) -> pb::CorrectTaxRequest {
    corrected(invoice, (pb::TaxCategory::E, "0", "Charity, certificate 4711"), request_id)
}

fn corrected(
    invoice: &pb::Invoice,
    (category, percent, reason): (pb::TaxCategory, &str, &str),
    request_id: &str,
) -> pb::CorrectTaxRequest {
    let right = pb::RightTax {
        line: 1,
        category: category.into(),
        percent: percent.into(),
        exemption_reason: reason.into(),
        place: String::new(),
    };
    pb::CorrectTaxRequest {
        invoice: invoice.name.clone(),
        tax_correction: Some(pb::TaxCorrection {
            reason: "The exemption was on file".into(),
            lines: vec![right],
            issue_date: None,
        }),
        request_id: request_id.into(),
    }
}

async fn correct(service: &Service, request: pb::CorrectTaxRequest) -> Result<pb::Invoice, Status> {
    Ok(client(service).correct_tax(request).await?.into_inner())
}

#[tokio::test]
async fn an_exemption_found_later_is_a_credit_of_the_tax_alone() {
    let service = Service::start().await;
    let (sold, invoice) = invoiced(&service).await;
    issue(&service, credit(&invoice, "10000.00", "before")).await.unwrap();
    let request = exempt(&invoice, "apr_1");
    let preview = pb::PreviewTaxCorrectionRequest {
        invoice: request.invoice.clone(),
        tax_correction: request.tax_correction.clone(),
    };
    let preview = client(&service).preview_tax_correction(preview).await.unwrap().into_inner();
    let note = correct(&service, request.clone()).await.unwrap();
    // 25,500.00 of net is left, at 20 %.
    assert_eq!(amounts(&note), ["0.00", "0.00", "0.00", "5100.00", "5100.00"]);
    assert_eq!((note.kind(), note.basis()), (pb::DocumentKind::CreditNote, pb::NoteBasis::Tax));
    assert_eq!(
        rows(&note),
        [(pb::TaxCategory::S, "20", "25500.00", "5100.00"), (pb::TaxCategory::E, "0", "-25500.00", "0.00")]
    );
    assert_eq!((amount(&preview.open_before), amount(&preview.open_after)), ("30600.00", "25500.00"));
    let entries = posted(&service, &note).await;
    assert_eq!(
        postings(&entries),
        [
            (pb::LedgerAccount::Receivables, "0.00", "5100.00"),
            (pb::LedgerAccount::TaxPayable, "5100.00", "0.00"),
        ]
    );
    assert_eq!(postings(&preview.ledger_entries), postings(&entries));
    assert_eq!(correct(&service, request).await.unwrap(), note);
    // What is credited from now on has no tax; and not more than before.
    let later = issue(&service, credit(&invoice, "12000.00", "later")).await.unwrap();
    assert_eq!(amounts(&later), ["12000.00", "1800.00", "10200.00", "0.00", "10200.00"]);
    assert_eq!(later.taxes[0].reason, "Charity, certificate 4711");
    let above = issue(&service, credit(&invoice, "18000.01", "above")).await.unwrap_err();
    assert!(above.message().contains("18,000.00 left"), "{above}");
    assert_eq!(broken(&service).await, Vec::<String>::new());
    let request = pb::BridgeRequest {
        billing_entity: sold.entity.clone(),
        last_month: "2026-03".into(),
        ..pb::BridgeRequest::default()
    };
    bridge(&service, request).await;
}

#[tokio::test]
async fn a_tax_that_was_too_low_is_a_debit_and_a_wrong_correction_is_corrected() {
    let service = Service::start().await;
    let (_, invoice) = invoiced(&service).await;
    correct(&service, exempt(&invoice, "apr_1")).await.unwrap();
    let back = corrected(&invoice, (pb::TaxCategory::S, "20", ""), "apr_2");
    let debit = correct(&service, back.clone()).await.unwrap();
    assert_eq!((debit.kind(), debit.number.as_str()), (pb::DocumentKind::DebitNote, "DN2026-0001"));
    assert_eq!(amounts(&debit), ["0.00", "0.00", "0.00", "6800.00", "6800.00"]);
    let refused = issue(&service, credit(&debit, "1.00", "of-it")).await.unwrap_err();
    assert_eq!(reason(&refused), "NOTE_OF_TAX_NOTE");
    let again = pb::CorrectTaxRequest { request_id: "apr_3".into(), ..back };
    assert_eq!(reason(&correct(&service, again).await.unwrap_err()), "NOTE_OF_NOTHING");
    // The whole line at the tax that it has by now.
    let all = issue(&service, credit(&invoice, "40000.00", "all")).await.unwrap();
    assert_eq!(amounts(&all), amounts(&invoice));
    for (treatment, why) in [
        ((pb::TaxCategory::E, "0", ""), "MALFORMED"),
        ((pb::TaxCategory::S, "0", ""), "MALFORMED"),
        ((pb::TaxCategory::O, "0", "Not subject to tax"), "MALFORMED"),
        ((pb::TaxCategory::E, "0", "Charity"), "NOTE_OF_NOTHING"),
    ] {
        let refused = correct(&service, corrected(&invoice, treatment, "refused")).await.unwrap_err();
        assert_eq!(reason(&refused), why, "{treatment:?}");
    }
    assert_eq!(broken(&service).await, Vec::<String>::new());
}
