//! What an approval signs.

use money::Money;

use super::{DocumentKind, Draft, DraftLine};
use crate::content_digest::ContentDigest;
use crate::rating::LineKind;
use crate::tax::TaxBase;

/// SHA-256 over everything that money follows, in the form `draft/3` of [`ContentDigest`].
///
/// Head: id, run, entity, account, order, kind, currency, billing month, period, payment terms, how it is settled, spots,
/// commission percent, gross, commission, net, tax, total, tax base, number of tax rows, of each category, percent, base and tax,
/// number of lines. Line: order line, entry, kind, origin, late, segment, quantity, unit, rate, price base, gross,
/// commission, net, GL account, tax code, place, category, percent, tax, service, tax point, number of spots, and each
/// spot's id and version. What people write on a draft is signed with it: where somebody did, the leaf is SHA-256 over this digest
/// and the words (`signed_digest` of the database). A draft on which nobody wrote is its own leaf.
pub fn digest(draft: &Draft) -> [u8; 32] {
    let mut said = ContentDigest::of("draft/3");
    said.written(draft.id);
    said.written(draft.run);
    said.written(draft.entity);
    said.written(draft.account);
    said.written(draft.order);
    said.text(match draft.kind {
        DocumentKind::Invoice => "INVOICE",
        DocumentKind::CreditNote => "CREDIT_NOTE",
        DocumentKind::DebitNote => "DEBIT_NOTE",
    });
    said.written(draft.currency);
    said.written(draft.billing_month);
    said.days(draft.period);
    said.written(draft.payment_terms_days);
    said.text(draft.settled_by.name());
    said.written(draft.spots);
    said.written(draft.commission_percent);
    amounts(&mut said, [draft.gross, draft.commission, draft.net, draft.tax, draft.total]);
    said.text(match draft.tax_base {
        TaxBase::NetOfCommission => "NET_OF_COMMISSION",
        TaxBase::Gross => "GROSS",
    });
    said.count(draft.taxes.len());
    for row in &draft.taxes {
        said.text(row.treatment.category.code());
        said.written(row.treatment.percent);
        amounts(&mut said, [row.base, row.tax]);
    }
    said.count(draft.lines.len());
    for line in &draft.lines {
        say_line(&mut said, line);
    }
    said.finish()
}

fn say_line(said: &mut ContentDigest, line: &DraftLine) {
    let item = &line.item;
    said.written(line.line);
    said.written(item.entry);
    said.text(match item.bucket.kind {
        LineKind::SchedulePart => "SCHEDULE_PART",
        LineKind::Spots => "SPOTS",
        LineKind::Makegood => "MAKEGOOD",
        LineKind::Delivery => "DELIVERY",
        LineKind::TierFee => "TIER_FEE",
        LineKind::Expenses => "EXPENSES",
        LineKind::Minimum => "MINIMUM",
        LineKind::TrueUp => "TRUE_UP",
        LineKind::Rebate => "REBATE",
        LineKind::AdCredit => "AD_CREDIT",
        LineKind::OverDelivery => "OVER_DELIVERY",
    });
    said.days(item.bucket.origin);
    said.written(item.late);
    said.written(item.bucket.segment_first);
    said.written(item.quantity.normalize());
    said.text(item.unit.name());
    said.written(item.bucket.rate);
    said.written(item.bucket.price_base);
    amounts(said, [item.gross, line.commission, line.net]);
    said.text(&line.gl_revenue);
    said.text(&line.tax_code);
    said.text(line.tax.place.as_str());
    said.text(line.tax.category.code());
    said.written(line.tax.percent);
    said.written(line.tax.amount);
    said.days(line.service);
    said.written(line.tax_point);
    said.count(item.airings.len());
    for (airing, version) in &item.airings {
        said.written(airing);
        said.written(version);
    }
}

fn amounts<const N: usize>(said: &mut ContentDigest, amounts: [Money; N]) {
    for amount in amounts {
        said.written(amount);
    }
}
