//! AdProduct ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use chassis::mask::Mask;
use ids::{ProductId, Revision};
use invoicing_domain::ad_product::{AdProduct, ProductState};
use refusal::{Refusal, Violations};

use super::{
    choice::{choice, given},
    name,
    period::{day, day_message, optional_day},
    pricing::{pricing_model, pricing_model_message},
    text::{Text, text},
};

/// What an update may change.
pub const CHANGEABLE: &[&str] = &[
    "display_name",
    "format",
    "invoice_text",
    "tax_code",
    "gl_revenue",
    "effective_from",
    "effective_until",
    "state",
];

/// The product that a message describes.
pub fn parse(
    id: ProductId,
    revision: Revision,
    message: Option<&pb::AdProduct>,
) -> Result<AdProduct, Refusal> {
    let mut v = Violations::new();
    let Some(message) = message else {
        v.add("ad_product", "must be given");
        return Err(v.refusal());
    };
    v.within("ad_product", |v| fields(v, id, revision, message)).ok_or_else(|| v.refusal())
}

fn fields(v: &mut Violations, id: ProductId, revision: Revision, m: &pb::AdProduct) -> Option<AdProduct> {
    let code = text(v, "code", &m.code, Text::Code(64));
    let display_name = text(v, "display_name", &m.display_name, Text::Required(200));
    let format = text(v, "format", &m.format, Text::Code(64));
    let pricing_model = pricing_model(v, "pricing_model", m.pricing_model);
    let invoice_text = text(v, "invoice_text", &m.invoice_text, Text::Required(200));
    let tax_code = text(v, "tax_code", &m.tax_code, Text::Optional(64));
    let gl_revenue = text(v, "gl_revenue", &m.gl_revenue, Text::Code(64));
    let effective_from = day(v, "effective_from", m.effective_from.as_ref());
    let effective_until = optional_day(v, "effective_until", m.effective_until.as_ref()).and_then(|last| {
        let is_before = last.zip(effective_from).is_some_and(|(last, first)| last < first);
        let last = if is_before { Err("must not be before effective_from") } else { Ok(last) };
        v.take("effective_until", last)
    });
    let state = state(v, m.state);
    Some(AdProduct {
        id,
        revision,
        code: code?,
        display_name: display_name?,
        format: format?,
        pricing_model: pricing_model?,
        invoice_text: invoice_text?,
        tax_code: tax_code?,
        gl_revenue: gl_revenue?,
        effective_from: effective_from?,
        effective_until: effective_until?,
        state: state?,
    })
}

fn state(v: &mut Violations, value: i32) -> Option<ProductState> {
    let state = match choice(v, "state", value)? {
        pb::AdProductState::Unspecified => None,
        pb::AdProductState::Draft => Some(ProductState::Draft),
        pb::AdProductState::Live => Some(ProductState::Live),
        pb::AdProductState::Retired => Some(ProductState::Retired),
    };
    given(v, "state", state)
}

/// The product as a message.
pub fn message(product: &AdProduct) -> pb::AdProduct {
    pb::AdProduct {
        name: name::product_name(product.id),
        etag: product.revision.to_string(),
        code: product.code.clone(),
        display_name: product.display_name.clone(),
        format: product.format.clone(),
        pricing_model: pricing_model_message(product.pricing_model).into(),
        invoice_text: product.invoice_text.clone(),
        tax_code: product.tax_code.clone(),
        gl_revenue: product.gl_revenue.clone(),
        effective_from: Some(day_message(product.effective_from)),
        effective_until: product.effective_until.map(day_message),
        state: match product.state {
            ProductState::Draft => pb::AdProductState::Draft,
            ProductState::Live => pb::AdProductState::Live,
            ProductState::Retired => pb::AdProductState::Retired,
        }
        .into(),
    }
}

/// The current product with the fields that the mask names taken from `update`.
pub fn merge(current: &AdProduct, update: &pb::AdProduct, mask: &Mask) -> pb::AdProduct {
    let mut merged = message(current);
    let update = update.clone();
    macro_rules! take {
        ($($field:ident),*) => { $( if mask.names(stringify!($field)) { merged.$field = update.$field; } )* };
    }
    take!(display_name, format, invoice_text, tax_code, gl_revenue, effective_from, effective_until, state);
    merged
}
