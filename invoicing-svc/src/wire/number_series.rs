//! NumberSeries ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::mask::Mask;
use ids::{EntityId, Revision, SeriesId};
use invoicing_domain::{
    invoice::DocumentKind,
    number_series::{NumberSeries, SeriesYear, YearBasis},
};
use refusal::{Refusal, Violations};

use super::{
    choice::{choice, given},
    name,
    text::{Text, text},
};

/// What an update may change; the domain says when.
pub const CHANGEABLE: &[&str] = &["prefix", "width"];

/// The series that a message describes.
pub fn parse(
    (entity, id): (EntityId, SeriesId),
    revision: Revision,
    message: Option<&pb::NumberSeries>,
) -> Result<NumberSeries, Refusal> {
    let mut v = Violations::new();
    let Some(m) = message else {
        v.add("number_series", "must be given");
        return Err(v.refusal());
    };
    let series = v.within("number_series", |v| {
        let tax_registration = text(v, "tax_registration", &m.tax_registration, Text::Optional(64));
        let document_kind = document_kind(v, m.document_kind);
        let year_basis = year_basis(v, m.year_basis);
        let prefix = text(v, "prefix", &m.prefix, Text::Optional(16));
        let width = u8::try_from(m.width).ok().filter(|width| (1..=12).contains(width));
        let width = v.take("width", width.ok_or("must be 1 to 12 digits"));
        let start = if m.start == 0 { Some(1) } else { u64::try_from(m.start).ok() };
        let start = v.take("start", start.ok_or("must be 1 or more"));
        Some(NumberSeries {
            id,
            revision,
            entity,
            tax_registration: tax_registration?,
            document_kind: document_kind?,
            year_basis: year_basis?,
            prefix: prefix?,
            width: width?,
            start: start?,
        })
    });
    series.ok_or_else(|| v.refusal())
}

fn document_kind(v: &mut Violations, value: i32) -> Option<DocumentKind> {
    let kind = match choice(v, "document_kind", value)? {
        pb::DocumentKind::Unspecified => None,
        pb::DocumentKind::Invoice => Some(DocumentKind::Invoice),
        pb::DocumentKind::CreditNote => Some(DocumentKind::CreditNote),
        pb::DocumentKind::DebitNote => Some(DocumentKind::DebitNote),
    };
    given(v, "document_kind", kind)
}

fn year_basis(v: &mut Violations, value: i32) -> Option<YearBasis> {
    let basis = match choice(v, "year_basis", value)? {
        pb::YearBasis::Unspecified => None,
        pb::YearBasis::Calendar => Some(YearBasis::Calendar),
        pb::YearBasis::Fiscal => Some(YearBasis::Fiscal),
        pb::YearBasis::Statutory => Some(YearBasis::Statutory),
    };
    given(v, "year_basis", basis)
}

/// The kind of document as the contract's value.
pub fn document_kind_message(kind: DocumentKind) -> pb::DocumentKind {
    match kind {
        DocumentKind::Invoice => pb::DocumentKind::Invoice,
        DocumentKind::CreditNote => pb::DocumentKind::CreditNote,
        DocumentKind::DebitNote => pb::DocumentKind::DebitNote,
    }
}

/// The series and its years as a message.
pub fn message(series: &NumberSeries, years: &[SeriesYear]) -> pb::NumberSeries {
    pb::NumberSeries {
        name: name::series_name(series.entity, series.id),
        etag: series.revision.to_string(),
        tax_registration: series.tax_registration.clone(),
        document_kind: document_kind_message(series.document_kind).into(),
        year_basis: match series.year_basis {
            YearBasis::Calendar => pb::YearBasis::Calendar,
            YearBasis::Fiscal => pb::YearBasis::Fiscal,
            YearBasis::Statutory => pb::YearBasis::Statutory,
        }
        .into(),
        prefix: series.prefix.clone(),
        width: i32::from(series.width),
        start: i64::try_from(series.start).unwrap_or(i64::MAX),
        years: years
            .iter()
            .map(|year| pb::NumberSeriesYear {
                year: i32::from(year.year),
                next: i64::try_from(year.next).unwrap_or(i64::MAX),
            })
            .collect(),
    }
}

/// The current series with the fields that the mask names taken from `update`.
pub fn merge(current: &NumberSeries, update: &pb::NumberSeries, mask: &Mask) -> pb::NumberSeries {
    let mut merged = message(current, &[]);
    if mask.names("prefix") {
        merged.prefix.clone_from(&update.prefix);
    }
    if mask.names("width") {
        merged.width = update.width;
    }
    merged
}
