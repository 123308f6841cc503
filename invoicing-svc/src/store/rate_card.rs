//! Rate cards.

use anyhow::Context;
use chassis::failure::Failure;
use ids::{ProductId, RateCardId};
use invoicing_domain::{
    rate_card::{RateCard, RateCardRefusal},
    resource::ResourceRefusal,
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use money::Rate;
use refusal::Refusal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::written::{currency, revision, revision_number};

/// Which cards to load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only this one.
    pub id: Option<RateCardId>,
    /// Only those of these products.
    pub products: Option<&'a [Uuid]>,
    /// Only those after this one.
    pub after: Option<Uuid>,
    /// At most this many; all when `None`.
    pub limit: Option<i64>,
}

/// Loads cards in the order of their ids. They belong to nobody: every caller sees all.
pub async fn load(connection: &mut PgConnection, which: Which<'_>) -> Result<Vec<RateCard>, Failure> {
    let rows = sqlx::query!(
        "select * from rate_card
          where ($1::uuid is null or rate_card_id = $1) and ($2::uuid[] is null or product_id = any($2))
            and ($3::uuid is null or rate_card_id > $3)
          order by rate_card_id limit $4",
        which.id.map(RateCardId::uuid),
        which.products,
        which.after,
        which.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RateCard {
                id: RateCardId::from_uuid(row.rate_card_id),
                revision: revision(row.revision)?,
                product: ProductId::from_uuid(row.product_id),
                market: row.market,
                currency: currency(&row.currency)?,
                list_price: Rate::of(row.list_price).context("the database holds no rate")?,
                first: row.valid_first.to_jiff(),
                last: row.valid_last.map(jiff_sqlx::Date::to_jiff),
            })
        })
        .collect()
}

/// One card, or that it does not exist.
pub async fn get(connection: &mut PgConnection, id: RateCardId) -> Result<RateCard, Failure> {
    let found = load(connection, Which { id: Some(id), ..Which::default() }).await?.pop();
    let missing = || Refusal::from(ResourceRefusal::NotFound { name: format!("rateCards/{id}") });
    Ok(found.ok_or_else(missing)?)
}

/// Locks a card until the transaction ends.
pub async fn lock(connection: &mut PgConnection, id: RateCardId) -> Result<(), Failure> {
    sqlx::query!("select revision from rate_card where rate_card_id = $1 for update", id.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// Records a new card.
pub async fn insert(connection: &mut PgConnection, card: &RateCard, at: Timestamp) -> Result<(), Failure> {
    sqlx::query!(
        "insert into rate_card (rate_card_id, revision, product_id, market, currency, list_price, valid_first, valid_last,
           created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        card.id.uuid(),
        revision_number(card.revision)?,
        card.product.uuid(),
        card.market,
        card.currency.code(),
        card.list_price.value(),
        card.first.to_sqlx() as _,
        card.last.map(ToSqlx::to_sqlx) as _,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await
    .map_err(|error| Failure::from_constraint(error, &[("rate_card_holds_alone", overlaps(card))]))?;
    Ok(())
}

/// Records what may change of a card that is locked.
pub async fn update(connection: &mut PgConnection, card: &RateCard, at: Timestamp) -> Result<(), Failure> {
    sqlx::query!(
        "update rate_card set revision = $2, list_price = $3, valid_first = $4, valid_last = $5, updated_at = $6
          where rate_card_id = $1",
        card.id.uuid(),
        revision_number(card.revision)?,
        card.list_price.value(),
        card.first.to_sqlx() as _,
        card.last.map(ToSqlx::to_sqlx) as _,
        at.to_sqlx() as _
    )
    .execute(connection)
    .await
    .map_err(|error| Failure::from_constraint(error, &[("rate_card_holds_alone", overlaps(card))]))?;
    Ok(())
}

fn overlaps(card: &RateCard) -> Refusal {
    let product = format!("adProducts/{}", card.product);
    RateCardRefusal::Overlaps { product, market: card.market.clone(), first: card.first }.into()
}
