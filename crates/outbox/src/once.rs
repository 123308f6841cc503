//! A request that came before gets the answer that it got before (aip.dev/155). The id counts per caller and method,
//! and for good.

use anyhow::{Context, anyhow};
use chassis::{call::Call, failure::Failure};
use jiff_sqlx::ToSqlx;
use prost::Message;
use refusal::{Class, Refusal, Violations};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, query, query_as};

/// How long a request id may be, in characters of visible ASCII.
const REQUEST_ID_MAX: usize = 128;

/// A request that is done now, and only now. It must be [answered](Self::answer) before its transaction commits.
#[must_use = "a request that is begun must be answered in the same transaction"]
#[derive(Debug)]
pub struct Once {
    person: String,
    method: &'static str,
    request_id: String,
}

/// What is known of a request when it comes.
#[derive(Debug)]
pub enum Begun<T> {
    /// It came before; this was the answer.
    Answered(T),
    /// It comes for the first time.
    Fresh(Once),
}

impl Once {
    /// Begins a request, first thing in its transaction. The same request at the same time waits here for the other.
    /// The same id with another message is refused.
    pub async fn begin<T: Message + Default>(
        transaction: &mut PgConnection,
        call: &Call,
        request_id: &str,
        message: &impl Message,
    ) -> Result<Begun<T>, Failure> {
        check(request_id)?;
        let digest = Sha256::digest(message.encode_to_vec()).to_vec();
        let person = &call.caller.person;
        // Insert first: the primary key is the queue. A look before it would let two pass at once.
        let claimed = query(
            "insert into answered_request (caller, method, request_id, body_digest, answered_at)
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(person)
        .bind(call.method)
        .bind(request_id)
        .bind(&digest)
        .bind(call.at.to_sqlx())
        .execute(&mut *transaction)
        .await?;
        if claimed.rows_affected() == 1 {
            let (person, request_id) = (person.clone(), request_id.to_owned());
            return Ok(Begun::Fresh(Self { person, method: call.method, request_id }));
        }
        let (before, answer): (Vec<u8>, Option<Vec<u8>>) = query_as(
            "select body_digest, answer from answered_request where caller = $1 and method = $2 and request_id = $3",
        )
        .bind(person)
        .bind(call.method)
        .bind(request_id)
        .fetch_one(transaction)
        .await?;
        if before != digest {
            return Err(reused(request_id).into());
        }
        let answer =
            answer.ok_or_else(|| anyhow!("a request to {} was committed without its answer", call.method))?;
        Ok(Begun::Answered(T::decode(answer.as_slice()).context("an earlier answer cannot be read")?))
    }

    /// Keeps the answer for the same request again.
    pub async fn answer(
        self,
        transaction: &mut PgConnection,
        answer: &impl Message,
    ) -> Result<(), sqlx::Error> {
        query(
            "update answered_request set answer = $4 where caller = $1 and method = $2 and request_id = $3",
        )
        .bind(self.person)
        .bind(self.method)
        .bind(self.request_id)
        .bind(answer.encode_to_vec())
        .execute(transaction)
        .await?;
        Ok(())
    }
}

fn check(request_id: &str) -> Result<(), Refusal> {
    let visible = request_id.bytes().all(|byte| byte.is_ascii_graphic());
    let mut violations = Violations::new();
    if request_id.is_empty() || request_id.len() > REQUEST_ID_MAX || !visible {
        violations.add(
            "request_id",
            format!("must be 1 to {REQUEST_ID_MAX} visible ASCII characters, such as a UUID"),
        );
    }
    violations.check()
}

fn reused(request_id: &str) -> Refusal {
    let message =
        format!("request_id {request_id} came before with other content; send new content under a new id");
    Refusal::new(Class::StateForbids, "REQUEST_ID_REUSED", message).with("request_id", request_id)
}
