//! Holding the suite at a point that it passes in a moment, so that something can happen there.

use anyhow::Result;
use sqlx::{Connection, PgConnection};

/// What is held, until it is let go.
pub struct Hold(PgConnection);

impl Hold {
    /// Approvals hear nothing of billing and tell it nothing. People go on deciding.
    pub async fn hearing(database_url: &str) -> Result<Self> {
        let mut held = PgConnection::connect(database_url).await?;
        // The turn that is taken to hear and to sign off.
        sqlx::query("select pg_advisory_lock(hashtextextended('adjustments.hearing', 0))")
            .execute(&mut held)
            .await?;
        Ok(Self(held))
    }

    /// What billing has made of an adjustment is not written down.
    pub async fn execution(database_url: &str) -> Result<Self> {
        let mut held = PgConnection::connect(database_url).await?;
        for sql in [
            "create function held() returns trigger language plpgsql as
               'begin perform pg_advisory_xact_lock(1); return new; end'",
            "create trigger held before update on adjustments.adjustment
               for each row when (new.state = 'EXECUTED') execute function held()",
            "select pg_advisory_lock(1)",
        ] {
            sqlx::query(sql).execute(&mut held).await?;
        }
        Ok(Self(held))
    }

    pub async fn let_go(self) -> Result<()> {
        Ok(self.0.close().await?)
    }
}
