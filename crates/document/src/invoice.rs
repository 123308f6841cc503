//! What is printed. Every figure arrives as the decimal string that was issued; nothing is computed here.

use jiff::civil::Date;

/// One invoice or credit note, whole: the printed page has no other source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Paper, and with it the way dates are written.
    pub paper: Paper,
    /// What the document is, with what only that kind has.
    pub kind: Kind,
    /// Issued number, also the title in the file's metadata.
    pub number: String,
    /// Issue date, also the creation date in the file's metadata.
    pub issued: Date,
    /// ISO 4217 code of every amount.
    pub currency: String,
    /// Who sells.
    pub seller: Seller,
    /// Who is billed.
    pub buyer: Buyer,
    /// What the payer looks for to match the document.
    pub references: References,
    /// What is billed; at least one.
    pub lines: Vec<Line>,
    /// Airings in the order of print, each of a line above; empty where nothing aired.
    pub spots: Vec<Spot>,
    /// The sums.
    pub totals: Totals,
    /// Paragraphs under the totals.
    pub notes: Vec<String>,
}

/// Paper size: US Letter writes `May 10, 2020`, A4 writes `10 May 2020`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// 8.5 by 11 inches.
    Letter,
    /// 210 by 297 millimetres (ISO 216).
    A4,
}

/// Kind of document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Asks for money; ends in a remittance slip.
    Invoice {
        /// Last day to pay.
        due: Date,
        /// Terms in words, e.g. `Net 30 days`.
        payment_terms: String,
    },
    /// Gives money back; has no slip.
    CreditNote {
        /// Number of the invoice that it corrects.
        corrects: String,
    },
    /// Asks for more money for what was invoiced; ends in a remittance slip.
    DebitNote {
        /// Number of the invoice that it corrects.
        corrects: String,
        /// Last day to pay.
        due: Date,
    },
}

impl Kind {
    /// The title of the document.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Kind::Invoice { .. } => "Invoice",
            Kind::CreditNote { .. } => "Credit note",
            Kind::DebitNote { .. } => "Debit note",
        }
    }
}

/// A name for a value, e.g. `IBAN` and the IBAN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// Printed small, before the value.
    pub label: String,
    /// Printed as it is.
    pub value: String,
}

/// Who sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seller {
    /// Legal name, also the author in the file's metadata.
    pub legal_name: String,
    /// Address, one string a line.
    pub address: Vec<String>,
    /// Tax registrations.
    pub tax_ids: Vec<Labelled>,
    /// Address for questions about the bill.
    pub email: Option<String>,
    /// Telephone for questions about the bill.
    pub phone: Option<String>,
    /// Where cheques go, one string a line; empty: the address above.
    pub remit_to: Vec<String>,
    /// Where transfers go.
    pub bank: Option<Bank>,
}

/// A bank account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    /// Name of the account's holder.
    pub account_name: String,
    /// Name of the bank.
    pub bank: String,
    /// Its numbers: IBAN and BIC, or account and routing number.
    pub numbers: Vec<Labelled>,
}

/// Who is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// Name.
    pub name: String,
    /// The seller's number for this account.
    pub account_number: String,
    /// Address, one string a line.
    pub address: Vec<String>,
    /// Person or department.
    pub attention: Option<String>,
    /// The buyer's own reference.
    pub reference: Option<String>,
    /// The buyer's tax registration.
    pub tax_id: Option<Labelled>,
}

/// What the payer looks for to match the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct References {
    /// Whose advertising it is.
    pub advertiser: String,
    /// Order.
    pub order_number: String,
    /// The buyer's purchase order.
    pub purchase_order: Option<String>,
    /// Days billed.
    pub period: Period,
    /// Name of the billing calendar, e.g. `Broadcast`.
    pub billing_calendar: String,
    /// Product advertised.
    pub product: Option<String>,
    /// The agency's estimate.
    pub estimate: Option<String>,
    /// The seller's person.
    pub account_manager: Option<String>,
    /// The seller's office.
    pub sales_office: Option<String>,
    /// Whom the payer asks.
    pub contact: Option<String>,
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

/// One billed line. Figures are decimal strings `-?digits[.digits]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Number on the document.
    pub number: u32,
    /// What was sold.
    pub description: String,
    /// Station, program, flight.
    pub detail: Option<String>,
    /// Days on which it was delivered.
    pub period: Period,
    /// Billed quantity.
    pub quantity: String,
    /// Unit of the quantity, e.g. `spots`.
    pub unit: String,
    /// Price.
    pub price: String,
    /// What the price is for where it is not one unit, e.g. `per 1,000`.
    pub price_basis: Option<String>,
    /// Amount in minor units of the currency.
    pub amount: String,
    /// Why the line is as it is, e.g. `Makegood for 5.1`.
    pub note: Option<String>,
}

/// One airing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Number of its line.
    pub line: u32,
    /// Day of the broadcast.
    pub date: Date,
    /// Time as logged; none where it did not air.
    pub time: Option<String>,
    /// Length, e.g. `:30`.
    pub length: String,
    /// Creative, e.g. an Ad-ID.
    pub creative: Option<String>,
    /// Rate, a decimal string.
    pub rate: String,
    /// Amount billed, a decimal string.
    pub amount: String,
    /// Why it is as it is, e.g. `Credited`.
    pub remark: Option<String>,
}

/// The sums, decimal strings in minor units of the currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Sum of the lines.
    pub gross: String,
    /// Agency commission, where there is one.
    pub commission: Option<Commission>,
    /// After commission, before tax.
    pub net: String,
    /// One row for each category and rate.
    pub taxes: Vec<TaxRow>,
    /// What is to be paid, or is credited.
    pub total: String,
}

/// Commission taken off on the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commission {
    /// Percent, a decimal string.
    pub percent: String,
    /// Amount as it is printed, so with its sign.
    pub amount: String,
}

/// One row of the tax block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRow {
    /// Category in words, e.g. `VAT` or `Reverse charge`.
    pub category: String,
    /// Percent, a decimal string.
    pub rate: String,
    /// Amount taxed.
    pub base: String,
    /// Tax.
    pub amount: String,
}
