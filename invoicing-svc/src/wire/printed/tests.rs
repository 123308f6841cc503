use serde_json::json;

use super::*;

fn invoice(settled_by: pb::SettledBy, payment_terms_days: i32) -> pb::Invoice {
    let money = |amount: &str| Some(pb::Money { currency_code: "GBP".into(), amount: amount.into() });
    let day = Some(google::Date { year: 2026, month: 4, day: 2 });
    pb::Invoice {
        kind: pb::DocumentKind::Invoice.into(),
        issue_date: day,
        due_date: day,
        invoice_period: Some(pb::Days { first: day, last: day }),
        gross: money("1000.00"),
        commission: money("0.00"),
        net: money("1000.00"),
        total: money("1000.00"),
        settled_by: settled_by.into(),
        payment_terms_days,
        ..pb::Invoice::default()
    }
}

fn parties() -> Value {
    let address = json!({ "lines": [], "city": "London", "region": "", "postal_code": "", "country": "GB" });
    let bank = json!({ "account_name": "Thames", "bank_name": "Bank", "account_number": "GB33", "routing_number": "" });
    json!({
        "seller": { "legal_name": "Thames", "address": address, "tax_registrations": [], "bank_account": bank },
        "buyer": { "code": "AG-1", "legal_name": "Agency", "address": address, "tax_ids": [] },
        "order": { "external_id": "IO-1", "billing_calendar": "CALENDAR_MONTH", "purchase_orders": [] },
    })
}

/// What it says of payment, and whether it asks for a transfer.
fn said(settled_by: pb::SettledBy, payment_terms_days: i32) -> (String, bool) {
    let printed = printed(&invoice(settled_by, payment_terms_days), parties()).unwrap();
    let Kind::Invoice { payment_terms, .. } = printed.kind else { panic!("an invoice") };
    (payment_terms, printed.seller.bank.is_some())
}

#[test]
fn who_pays_by_card_is_not_asked_to_transfer() {
    let cases = [
        (pb::SettledBy::Terms, 30, "Net 30 days", true),
        (pb::SettledBy::Terms, 0, "Due on receipt", true),
        (pb::SettledBy::Card, 0, "Charged to your card", false),
        (pb::SettledBy::SellerBalance, 0, "Taken off your seller balance", false),
        (pb::SettledBy::Wallet, 0, "Paid from your wallet as far as it reaches", true),
    ];
    for (settled_by, days, terms, asks) in cases {
        assert_eq!(said(settled_by, days), (terms.to_owned(), asks), "{settled_by:?}");
    }
}
