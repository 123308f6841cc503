//! What orders refer to: the entity that invoices, the accounts that are billed, the product that is sold. Accounts
//! and the product are created where they are missing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use billing_proto::billing::invoicing::v1 as pb;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil;
use sha2::{Digest, Sha256};

use super::orders::date;
use crate::{
    client::{Client, ask},
    progress::Bar,
};

/// The product whose spots are sold.
const SPOT: &str = "SPOT";

/// How many accounts are looked up at once.
const AT_ONCE: usize = 8;

/// The longest readable part of an account's code, which has to fit on a document.
const SLUG_MAX: usize = 13;

/// The terms of an account that is created here.
const PAYMENT_TERMS_DAYS: i32 = 30;
const COMMISSION_PERCENT: &str = "15";

/// The entity with this code; `None` when there is none.
pub async fn find_entity(client: &Client, code: &str) -> Result<Option<pb::BillingEntity>, anyhow::Error> {
    let mut page_token = String::new();
    loop {
        let request = pb::ListBillingEntitiesRequest { page_size: 1000, page_token };
        let page = ask!(client.billing_entities(), list_billing_entities, request)?;
        if let Some(entity) = page.billing_entities.into_iter().find(|entity| entity.code == code) {
            return Ok(Some(entity));
        }
        if page.next_page_token.is_empty() {
            return Ok(None);
        }
        page_token = page.next_page_token;
    }
}

/// The entity with this code, which a person has to have created.
pub async fn entity(client: &Client, code: &str, address: &str) -> Result<pb::BillingEntity, anyhow::Error> {
    match find_entity(client, code).await? {
        Some(entity) => Ok(entity),
        None => bail!(
            "there is no billing entity {code} at {address}; create it first: `makegood entity {code} --help` shows how"
        ),
    }
}

/// The name of the product `SPOT`, billed per spot.
pub async fn spot_product(client: &Client) -> Result<String, anyhow::Error> {
    let request = pb::ListAdProductsRequest { code: SPOT.to_owned(), ..pb::ListAdProductsRequest::default() };
    if let Some(product) =
        ask!(client.ad_products(), list_ad_products, request)?.ad_products.into_iter().next()
    {
        return Ok(product.name);
    }
    let product = pb::AdProduct {
        code: SPOT.to_owned(),
        display_name: "Television spot".to_owned(),
        format: "TV_SPOT".to_owned(),
        pricing_model: pb::PricingModel::PerSpot.into(),
        invoice_text: "Television spot".to_owned(),
        tax_code: "ADVERTISING".to_owned(),
        gl_revenue: "4000".to_owned(),
        effective_from: Some(date(civil::date(2000, 1, 1))),
        state: pb::AdProductState::Live.into(),
        ..pb::AdProduct::default()
    };
    let request =
        pb::CreateAdProductRequest { ad_product: Some(product), request_id: format!("product-{SPOT}") };
    let product = ask!(client.ad_products(), create_ad_product, request)?;
    eprintln!("Product {SPOT} created");
    Ok(product.name)
}

/// The account of each advertiser, by the advertiser's name.
pub async fn accounts(
    client: &Client,
    advertisers: BTreeSet<String>,
    currency: &str,
) -> Result<BTreeMap<String, String>, anyhow::Error> {
    let total = advertisers.len();
    let bar = Bar::new("Accounts", "accounts", u64::try_from(total)?);
    let known: Vec<(String, Option<String>)> = stream::iter(advertisers)
        .map(|advertiser| async {
            let name = known_account(client, &advertiser).await?;
            Ok::<_, anyhow::Error>((advertiser, name))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let created = known.iter().filter(|(_, name)| name.is_none()).count();
    let mut accounts = BTreeMap::new();
    // One after the other, in the order of their names: documents are numbered by account, so the same files get the
    // same numbers wherever they are billed.
    for (advertiser, name) in known {
        let name = match name {
            Some(name) => name,
            None => create_account(client, &advertiser, currency).await?,
        };
        accounts.insert(advertiser, name);
        bar.step();
    }
    bar.done_as(&format!("Accounts: {total} advertisers, {created} created"));
    Ok(accounts)
}

async fn known_account(client: &Client, advertiser: &str) -> Result<Option<String>, anyhow::Error> {
    let request =
        pb::ListAccountsRequest { code: account_code(advertiser), ..pb::ListAccountsRequest::default() };
    let accounts = ask!(client.accounts(), list_accounts, request)?.accounts;
    Ok(accounts.into_iter().next().map(|account| account.name))
}

async fn create_account(client: &Client, advertiser: &str, currency: &str) -> Result<String, anyhow::Error> {
    let code = account_code(advertiser);
    let account = pb::Account {
        code: code.clone(),
        kind: pb::AccountKind::Advertiser.into(),
        legal_name: advertiser.to_owned(),
        // The files name no address; the country is where the stations are.
        address: Some(pb::PostalAddress { country: "US".to_owned(), ..pb::PostalAddress::default() }),
        currency_code: currency.to_owned(),
        commission_percent: COMMISSION_PERCENT.to_owned(),
        payment_terms_days: PAYMENT_TERMS_DAYS,
        ..pb::Account::default()
    };
    let request = pb::CreateAccountRequest { account: Some(account), request_id: format!("account-{code}") };
    Ok(ask!(client.accounts(), create_account, request)?.name)
}

/// A code that is read easily and is the same whenever the name is: `BARBARA-BOLLI-5D41402A`.
pub fn account_code(advertiser: &str) -> String {
    let words = advertiser
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut code: String = words.collect::<Vec<_>>().join("-").to_ascii_uppercase();
    code.truncate(SLUG_MAX);
    let digest = hex::encode_upper(Sha256::digest(advertiser.as_bytes()));
    let digest: String = digest.chars().take(8).collect();
    format!("{}-{digest}", code.trim_end_matches('-')).trim_start_matches('-').to_owned()
}
