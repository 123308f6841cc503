//! What is sold. Its code and pricing model never move, and what is retired stays retired.

use ids::{ProductId, Revision};
use jiff::civil::Date;

use crate::pricing::PricingModel;

/// Something that is sold.
#[derive(Clone, Debug)]
pub struct AdProduct {
    pub id: ProductId,
    pub revision: Revision,
    /// 1–64 visible characters.
    pub code: String,
    pub display_name: String,
    pub format: String,
    pub pricing_model: PricingModel,
    pub invoice_text: String,
    pub tax_code: String,
    pub gl_revenue: String,
    pub effective_from: Date,
    /// The last day; `None`: none is known.
    pub effective_until: Option<Date>,
    pub state: ProductState,
}

/// Whether it can be sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductState {
    Draft,
    Live,
    Retired,
}

refusal::refusals! {
    /// Why a product is not changed.
    pub enum AdProductRefusal {
        /// Retired products stay retired.
        StateForbids "PRODUCT_RETIRED" Retired { code: String } => "product {code} is retired and stays so; create a new one",
    }
}

/// Checks that a product may become what `next` says.
pub fn update(current: &AdProduct, next: &AdProduct) -> Result<(), AdProductRefusal> {
    match (current.state, next.state) {
        (ProductState::Retired, ProductState::Draft | ProductState::Live) => {
            Err(AdProductRefusal::Retired { code: current.code.clone() })
        }
        (ProductState::Draft | ProductState::Live | ProductState::Retired, _) => Ok(()),
    }
}
