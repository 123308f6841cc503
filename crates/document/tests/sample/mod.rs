//! Documents to look at and to test with.

use document::{
    Bank, Buyer, Commission, Invoice, Kind, Labelled, Line, Paper, Period, References, Seller, Spot, TaxRow,
    Totals,
};
use jiff::civil::{Date, date};

fn labelled(label: &str, value: &str) -> Labelled {
    Labelled { label: label.into(), value: value.into() }
}

fn strings(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn seller() -> Seller {
    Seller {
        legal_name: "Piedmont Television LLC".into(),
        address: strings(&["1001 Wood Ridge Center Drive", "Charlotte, NC 28217"]),
        tax_ids: vec![labelled("EIN", "56-1234567")],
        email: Some("billing@piedmont.example".into()),
        phone: Some("+1 704 555 0136".into()),
        remit_to: strings(&["Lockbox 637386", "P.O. Box 637386", "Cincinnati, OH 45263-7386"]),
        bank: Some(Bank {
            account_name: "Piedmont Television LLC".into(),
            bank: "First Carolina Bank".into(),
            numbers: vec![labelled("Account", "000123456789"), labelled("Routing", "053000219")],
        }),
    }
}

fn buyer() -> Buyer {
    Buyer {
        name: "Silver Spring Media Buying".into(),
        account_number: "ACC-10472".into(),
        address: strings(&["2204 Countryside Drive", "Silver Spring, MD 20905"]),
        attention: Some("Accounts Payable".into()),
        reference: Some("8052AG".into()),
        tax_id: None,
    }
}

fn flight() -> Period {
    Period { first: date(2020, 4, 27), last: date(2020, 5, 31) }
}

fn line(number: u32) -> Line {
    let program = match number % 4 {
        0 => "Today Show",
        1 => "Local News at 5p M–F",
        2 => "Prime Access",
        _ => "Late News",
    };
    let note = match number % 15 {
        5 => Some("Makegood for 2.1"),
        10 => Some("Over-delivery, not charged"),
        0 => Some("January service"),
        _ => None,
    };
    Line {
        number,
        description: program.into(),
        detail: Some("WCNC · M–F 5:00p–5:30p · :30".into()),
        period: Period { first: date(2020, 4, 28), last: date(2020, 5, 4) },
        quantity: "4".into(),
        unit: "spots".into(),
        price: format!("{}.00", 300 + number),
        price_basis: None,
        amount: format!("{}.00", 4 * (300 + number)),
        note: note.map(str::to_owned),
    }
}

fn spot(index: u32, lines: u32) -> Spot {
    let day: Date = date(2020, 4, 28).saturating_add(jiff::Span::new().days(i64::from(index % 28)));
    let aired = index % 23 != 7;
    Spot {
        line: index % lines + 1,
        date: day,
        time: aired.then(|| format!("5:{:02} PM", index % 60)),
        length: ":30".into(),
        creative: Some(format!("TPASUTI{index:03}H")),
        rate: "1301.00".into(),
        amount: if aired { "1301.00".into() } else { "0.00".into() },
        remark: (!aired).then(|| "Credited".into()),
    }
}

/// A broadcast invoice on Letter with commission.
pub fn broadcast(lines: u32, spots: u32) -> Invoice {
    Invoice {
        paper: Paper::Letter,
        kind: Kind::Invoice { due: date(2020, 6, 30), payment_terms: "Net 30 days".into() },
        number: "WCNC-2020-001990".into(),
        issued: date(2020, 5, 31),
        currency: "USD".into(),
        seller: seller(),
        buyer: buyer(),
        references: References {
            advertiser: "Taxpayers Protection Alliance".into(),
            order_number: "1990774".into(),
            purchase_order: Some("WOC12490332".into()),
            period: flight(),
            billing_calendar: "Broadcast".into(),
            product: Some("Issue".into()),
            estimate: Some("576".into()),
            account_manager: Some("Nile Noyes".into()),
            sales_office: Some("Washington DC".into()),
            contact: None,
        },
        lines: (1..=lines).map(line).collect(),
        spots: (0..spots).map(|index| spot(index, lines)).collect(),
        totals: Totals {
            gross: "1250000.00".into(),
            commission: Some(Commission { percent: "15".into(), amount: "-187500.00".into() }),
            net: "1062500.00".into(),
            taxes: vec![],
            total: "1062500.00".into(),
        },
        notes: vec![
            "We warrant that the actual broadcast information shown on this invoice was taken from the program log. \
             The station does not discriminate in the sale of advertising time, and accepts no advertising that is \
             placed with an intent to discriminate."
                .into(),
        ],
    }
}

/// A credit note on A4 with two tax rows and long names in three scripts.
pub fn credit_note() -> Invoice {
    let mut invoice = broadcast(2, 0);
    invoice.paper = Paper::A4;
    invoice.kind = Kind::CreditNote { corrects: "RE-2020-000417".into() };
    invoice.number = "GS-2020-000031".into();
    invoice.currency = "EUR".into();
    invoice.seller.legal_name =
        "Süddeutsche Außenwerbung und Rundfunkvermarktung Gesellschaft mbH & Co. KG".into();
    invoice.seller.address = strings(&["Königsallee 17", "40212 Düsseldorf", "Deutschland"]);
    invoice.seller.tax_ids = vec![labelled("USt-IdNr.", "DE123456789"), labelled("HRA", "Düsseldorf 12345")];
    invoice.buyer.name = "Ελληνική Εταιρεία Διαφήμισης και Επικοινωνίας Ανώνυμη Εταιρεία Συμμετοχών".into();
    invoice.buyer.address = strings(&["Λεωφόρος Κηφισίας 44", "151 25 Μαρούσι, Αθήνα"]);
    invoice.buyer.tax_id = Some(labelled("VAT", "EL099887766"));
    invoice.references.advertiser =
        "Публичное акционерное общество «Восточно-Европейская телерадиовещательная компания Прогресс»".into();
    invoice.lines[0].description =
        "Sponsorship of the evening weather forecast with opening and closing billboards, all regional windows, \
         Donaudampfschifffahrtsgesellschaftskapitänswitwenversorgungsanstaltswerbung"
            .into();
    invoice.lines[1].quantity = "1250000".into();
    invoice.lines[1].unit = "impressions".into();
    invoice.lines[1].price = "8.125".into();
    invoice.lines[1].price_basis = Some("per 1,000".into());
    invoice.totals = Totals {
        gross: "1500.00".into(),
        commission: None,
        net: "1500.00".into(),
        taxes: vec![tax("VAT", "19", "1000.00", "190.00"), tax("VAT", "16", "500.00", "80.00")],
        total: "1770.00".into(),
    };
    invoice
}

fn tax(category: &str, rate: &str, base: &str, amount: &str) -> TaxRow {
    TaxRow { category: category.into(), rate: rate.into(), base: base.into(), amount: amount.into() }
}
