//! Ad products.

use chassis::failure::Failure;
use ids::ProductId;
use invoicing_domain::{ad_product::AdProduct, resource::ResourceRefusal};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use refusal::Refusal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{Written, revision, revision_number};

/// Which products to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only this one.
    pub id: Option<ProductId>,
    /// Only the one with this code.
    pub code: Option<&'a str>,
    /// Only those after this one.
    pub after: Option<Uuid>,
    /// At most this many.
    pub limit: i64,
}

/// Loads products in the order of their ids. Products belong to nobody: every caller sees all.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<AdProduct>, Failure> {
    let rows = sqlx::query!(
        "select * from ad_product
          where ($1::uuid is null or product_id = $1) and ($2::text is null or code = $2)
            and ($3::uuid is null or product_id > $3)
          order by product_id limit $4",
        which.id.map(ProductId::uuid),
        which.code,
        which.after,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(AdProduct {
                id: ProductId::from_uuid(row.product_id),
                revision: revision(row.revision)?,
                code: row.code,
                display_name: row.display_name,
                format: row.format,
                pricing_model: Written::read(&row.pricing_model)?,
                invoice_text: row.invoice_text,
                tax_code: row.tax_code,
                gl_revenue: row.gl_revenue,
                effective_from: row.effective_from.to_jiff(),
                effective_until: row.effective_until.map(jiff_sqlx::Date::to_jiff),
                state: Written::read(&row.state)?,
            })
        })
        .collect()
}

/// One product, or that it does not exist.
pub async fn get(connection: &mut PgConnection, id: ProductId) -> Result<AdProduct, Failure> {
    let found = load(connection, Which { id: Some(id), limit: 1, ..Which::default() }).await?.pop();
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: format!("adProducts/{id}") });
    Ok(found.ok_or_else(missing)?)
}

/// Locks a product until the transaction ends.
pub async fn lock(connection: &mut PgConnection, id: ProductId) -> Result<(), Failure> {
    sqlx::query!("select revision from ad_product where product_id = $1 for update", id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// Records a new product.
pub async fn insert(
    connection: &mut PgConnection,
    product: &AdProduct,
    at: Timestamp,
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into ad_product (product_id, revision, code, display_name, format, pricing_model, invoice_text, tax_code,
           gl_revenue, effective_from, state, created_at, updated_at, effective_until)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)",
        product.id.uuid(),
        revision_number(product.revision)?,
        product.code,
        product.display_name,
        product.format,
        product.pricing_model.text(),
        product.invoice_text,
        product.tax_code,
        product.gl_revenue,
        product.effective_from.to_sqlx() as _,
        product.state.text(),
        at.to_sqlx() as _,
        product.effective_until.map(ToSqlx::to_sqlx) as _
    )
    .execute(connection)
    .await
    .map_err(|error| {
        let taken = ResourceRefusal::CodeTaken { code: product.code.clone() };
        Failure::from_constraint(error, &[("ad_product_code_is_unique", taken.into())])
    })?;
    Ok(())
}

/// Records what may change of a product that is locked.
pub async fn update(
    connection: &mut PgConnection,
    product: &AdProduct,
    at: Timestamp,
) -> Result<(), Failure> {
    sqlx::query!(
        "update ad_product set revision = $2, display_name = $3, format = $4, invoice_text = $5, tax_code = $6,
           gl_revenue = $7, effective_from = $8, state = $9, updated_at = $10, effective_until = $11
         where product_id = $1",
        product.id.uuid(),
        revision_number(product.revision)?,
        product.display_name,
        product.format,
        product.invoice_text,
        product.tax_code,
        product.gl_revenue,
        product.effective_from.to_sqlx() as _,
        product.state.text(),
        at.to_sqlx() as _,
        product.effective_until.map(ToSqlx::to_sqlx) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}
