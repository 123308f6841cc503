//! The codes of accounts and products that files name, each with where it stands first.

use std::collections::BTreeMap;

use anyhow::{anyhow, bail};
use billing_proto::billing::invoicing::v1 as pb;

use super::{entries::named, table::Row};
use crate::client::{Client, ask};

/// The codes that rows name.
#[derive(Debug, Default)]
pub struct Codes {
    /// By code: the place of the cell.
    accounts: BTreeMap<String, String>,
    /// By code and pricing model, 0 where the row says none: the places of the two cells.
    products: BTreeMap<(String, i32), (String, String)>,
}

impl Codes {
    /// Notes the account of an order, if it names one.
    pub fn account(&mut self, row: &Row<'_>) -> Result<(), anyhow::Error> {
        let code = row.cell("account");
        if !code.is_empty() {
            self.accounts.entry(code.to_owned()).or_insert_with(|| row.place("account"));
        }
        Ok(())
    }

    /// Notes the product of a line, if it names one.
    pub fn product(&mut self, row: &Row<'_>) -> Result<(), anyhow::Error> {
        let code = row.cell("product");
        let model = named(row, "pricing_model", "PRICING_MODEL_", pb::PricingModel::as_str_name)?;
        if code.is_empty() && model != 0 {
            return Err(row.wrong("pricing_model", "needs an ad product in the column `product`"));
        }
        if !code.is_empty() {
            let places = || (row.place("product"), row.place("pricing_model"));
            self.products.entry((code.to_owned(), model)).or_insert_with(places);
        }
        Ok(())
    }

    /// Puts names in the place of codes.
    pub async fn resolve(&self, client: &Client, orders: &mut [pb::Order]) -> Result<(), anyhow::Error> {
        let mut accounts = BTreeMap::new();
        for (code, place) in &self.accounts {
            let request =
                pb::ListAccountsRequest { code: code.clone(), ..pb::ListAccountsRequest::default() };
            let known = ask!(client.accounts(), list_accounts, request)?.accounts.into_iter().next();
            let known = known.ok_or_else(|| {
                anyhow!("{place}: there is no account with the code `{code}`; create it first, or correct the code")
            })?;
            accounts.insert(code.as_str(), known.name);
        }
        let mut products = BTreeMap::new();
        for ((code, model), (place, place_of_model)) in &self.products {
            let request =
                pb::ListAdProductsRequest { code: code.clone(), ..pb::ListAdProductsRequest::default() };
            let known = ask!(client.ad_products(), list_ad_products, request)?.ad_products.into_iter().next();
            let known = known.ok_or_else(|| {
                anyhow!("{place}: there is no ad product with the code `{code}`; create it first, or correct the code")
            })?;
            if *model != 0 && *model != known.pricing_model {
                let sold_by = known.pricing_model().as_str_name().trim_start_matches("PRICING_MODEL_");
                bail!(
                    "{place_of_model}: the ad product `{code}` is priced by {sold_by}; say so, or sell another product"
                );
            }
            products.insert(code.as_str(), known.name);
        }
        for order in orders {
            replace(&mut order.account, &accounts);
            order.lines.iter_mut().for_each(|line| replace(&mut line.ad_product, &products));
        }
        Ok(())
    }
}

fn replace(code: &mut String, names: &BTreeMap<&str, String>) {
    if let Some(name) = names.get(code.as_str()) {
        name.clone_into(code);
    }
}
