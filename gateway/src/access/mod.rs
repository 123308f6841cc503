//! Keys to the door. The law: a secret is shown once and never stored, and who grants roles never approves money.

mod key;
mod refusal;
mod rpc;
mod store;
mod token;
mod wire;

use chassis::failure::Failure;
use sqlx::PgPool;

pub use key::{ApiKey, NewKey};
pub use refusal::AccessRefusal;
pub use rpc::AccessService;
pub use store::{answers, by_id};
pub use token::Token;

/// Makes a key and answers its token, which is known to nobody else: what `makegood keys create` does. The pool is that of
/// `access_app`.
pub async fn create_key(pool: &PgPool, new: NewKey) -> Result<String, Failure> {
    let mut transaction = pool.begin().await?;
    let (_, token) = store::create(&mut transaction, new).await?;
    transaction.commit().await?;
    Ok(token)
}
