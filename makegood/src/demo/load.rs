//! The set into the suite: who invoices, what was sold, what aired.

use std::collections::BTreeMap;

use billing_proto::billing::invoicing::v1 as pb;
use uuid::Uuid;

use super::set::Set;
use crate::{
    client::{Client, ask},
    endpoints::Keyring,
    entity::number,
    import::{self, airings, landing, reference, sync},
};

/// The code of the entity that invoices.
const ENTITY: &str = "DEMO";

/// What was brought in.
#[derive(Debug)]
pub struct Loaded {
    /// Who invoices.
    pub entity: pb::BillingEntity,
    /// The resource name of each contract.
    pub contracts: BTreeMap<String, String>,
}

/// Brings the set in. What is there already stays as it is.
pub async fn load(
    set: &Set,
    orders: Vec<(&'static str, Vec<pb::Order>)>,
    keys: &Keyring,
) -> Result<Loaded, anyhow::Error> {
    let request = format!("demo-{}", set.name());
    let (platform, products) = (keys.client("order_management")?, keys.client("product_ops")?);
    let entity = entity(&keys.client("controller_1")?, &request).await?;
    // Orders are known by their own ids, so another start may ask anew, and hears what is there by now.
    let sync_request = format!("{request}-{}", Uuid::now_v7());
    let mut contracts = BTreeMap::new();
    for (source_system, orders) in orders {
        let sync = sync::Sync {
            orders: &platform,
            products: &products,
            entity: &entity,
            source_system,
            request: &sync_request,
        };
        let results = sync.send(orders).await?;
        sync::report(&results);
        if source_system == import::CONTRACT_SYSTEM {
            let named = results.into_iter().filter(|result| !result.order.is_empty());
            contracts = named.filter_map(|result| Some((result.external_id?.id, result.order))).collect();
        }
    }
    let source = set.source("airings.csv");
    let batch = airings::Batch {
        source: import::ORDER_SYSTEM.to_owned(),
        id: format!("{}-{}", set.name(), source.digest()?),
        order_source_system: import::ORDER_SYSTEM.to_owned(),
    };
    let batch = landing::choose(&platform, batch).await?;
    let batch = airings::import(&platform, &source, &batch).await?;
    import::report(&platform, source.name(), &batch).await?;
    Ok(Loaded { entity, contracts })
}

/// The entity with its series of numbers.
async fn entity(controller: &Client, request: &str) -> Result<pb::BillingEntity, anyhow::Error> {
    let entity = match reference::find_entity(controller, ENTITY).await? {
        Some(entity) => entity,
        None => {
            let billing_entity = Some(station());
            let request_id = format!("{request}-entity");
            let create = pb::CreateBillingEntityRequest { billing_entity, request_id };
            ask!(controller.billing_entities(), create_billing_entity, create)?
        }
    };
    number(controller, &entity).await?;
    Ok(entity)
}

/// The stations of the documents are many; one company bills for all of them here.
fn station() -> pb::BillingEntity {
    let text = str::to_owned;
    pb::BillingEntity {
        code: text(ENTITY),
        legal_name: text("Makegood Demo Broadcasting LLC"),
        address: Some(pb::PostalAddress {
            lines: vec![text("1 Example Plaza")],
            city: text("New York"),
            region: text("NY"),
            postal_code: text("10001"),
            country: text("US"),
        }),
        tax_registrations: vec![text("US EIN 00-0000000")],
        functional_currency: text("USD"),
        time_zone: text("America/New_York"),
        bank_account: Some(pb::BankAccount {
            account_name: text("Makegood Demo Broadcasting LLC"),
            bank_name: text("Example Bank"),
            account_number: text("000123456789"),
            routing_number: text("021000000"),
        }),
        gl_codes: Some(pb::GeneralLedgerCodes {
            receivables: text("1100"),
            agency_commission: text("4900"),
            tax_payable: text("2200"),
        }),
        settlement_codes: Some(pb::SettlementCodes {
            cash: text("1000"),
            unapplied_cash: text("2300"),
            bad_debt: text("6500"),
            bad_debt_recovered: text("6510"),
            tax_relief: text("2210"),
        }),
        ..pb::BillingEntity::default()
    }
}
