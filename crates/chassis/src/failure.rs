//! Failing in two voices: the client gets reason and remedy, the log gets the whole chain, once.
//! This is the one place where classes of refusal become gRPC codes.

use std::{collections::HashMap, future::Future, pin::Pin};

use futures::{Stream, StreamExt};
use refusal::{Class, Refusal};
use tonic::{Code, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::trace;

/// The `domain` of every google.rpc.ErrorInfo.
const DOMAIN: &str = "makegood";

/// How many violations an answer carries: it travels in a header, and clients stop reading headers at 8 KiB.
const VIOLATIONS_MAX: usize = 25;

/// Why a call was not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The caller can do something about it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Only we can do something about it.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// A stream of answers.
pub type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Failure {
    /// The failure of a statement, where the violation of a named constraint is a refusal of its own.
    pub fn from_constraint(error: sqlx::Error, refusals: &[(&str, Refusal)]) -> Self {
        let violated = error.as_database_error().and_then(|database| database.constraint());
        match refusals.iter().find(|(constraint, _)| Some(*constraint) == violated) {
            Some((_, refusal)) => Self::Refused(refusal.clone()),
            None => Self::from(error),
        }
    }

    /// The status that the client sees. A fault is logged here.
    pub fn into_status(self) -> Status {
        self.status(trace::current().as_deref())
    }

    fn status(self, trace: Option<&str>) -> Status {
        match self {
            Self::Refused(refusal) => refused(refusal),
            Self::Fault(fault) => {
                let trace = trace.unwrap_or("none");
                tracing::error!(trace, error = format!("{fault:#}"), "a call failed by a fault of ours");
                Status::internal(format!("internal error; trace {trace}"))
            }
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let Some((reason, message)) = passing(&error) else {
            return Self::Fault(anyhow::Error::new(error).context("the database refused a statement"));
        };
        tracing::warn!(reason, %error, "the database could not serve a call now");
        Self::Refused(Refusal::new(Class::Unavailable, reason, message))
    }
}

/// Turns the refusals of the domain into failures.
pub trait OrRefuse<T> {
    /// The value, or the domain's refusal as a failure of the call.
    fn or_refuse(self) -> Result<T, Failure>;
}

impl<T, R: Into<Refusal>> OrRefuse<T> for Result<T, R> {
    fn or_refuse(self) -> Result<T, Failure> {
        self.map_err(|refusal| Failure::Refused(refusal.into()))
    }
}

/// Answers a call: every handler is `answer(async { … }).await`.
pub async fn answer<T>(handler: impl Future<Output = Result<T, Failure>>) -> Result<Response<T>, Status> {
    handler.await.map(Response::new).map_err(Failure::into_status)
}

/// Answers a call with a stream, which ends at its first failure.
pub fn answer_stream<T: Send + 'static>(
    stream: impl Stream<Item = Result<T, Failure>> + Send + 'static,
) -> Response<Answers<T>> {
    // The stream is read after the handler has returned, where the trace of the call is known no more.
    let trace = trace::current();
    let mut failed = false;
    let answers = stream.map(move |answer| answer.map_err(|failure| failure.status(trace.as_deref())));
    Response::new(Box::pin(answers.take_while(move |answer| {
        let ended = std::mem::replace(&mut failed, answer.is_err());
        std::future::ready(!ended)
    })))
}

/// The reason and message of a database error that goes away by itself.
fn passing(error: &sqlx::Error) -> Option<(&'static str, &'static str)> {
    const RETRY: (&str, &str) =
        ("RETRY", "another call changed the same data at the same time; send the call again");
    const AWAY: (&str, &str) =
        ("DATABASE_UNAVAILABLE", "the database does not answer now; send the call again later");
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Some(AWAY),
        sqlx::Error::Database(database) => match database.code().as_deref() {
            // serialization_failure, deadlock_detected, lock_not_available
            Some("40001" | "40P01" | "55P03") => Some(RETRY),
            // too_many_connections, admin_shutdown, crash_shutdown, cannot_connect_now, read_only_sql_transaction
            // (a former primary after a failover)
            Some("53300" | "57P01" | "57P02" | "57P03" | "25006") => Some(AWAY),
            _ => None,
        },
        _ => None,
    }
}

fn refused(refusal: Refusal) -> Status {
    let metadata: HashMap<String, String> =
        refusal.metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let mut details = ErrorDetails::with_error_info(refusal.reason, DOMAIN, metadata);
    for violation in refusal.violations.into_iter().take(VIOLATIONS_MAX) {
        details.add_bad_request_violation(violation.field, violation.description);
    }
    Status::with_error_details(code(refusal.class), refusal.message, details)
}

fn code(class: Class) -> Code {
    match class {
        Class::Malformed => Code::InvalidArgument,
        Class::Unauthenticated => Code::Unauthenticated,
        Class::Forbidden => Code::PermissionDenied,
        Class::Missing => Code::NotFound,
        Class::Exists => Code::AlreadyExists,
        Class::StateForbids => Code::FailedPrecondition,
        Class::Stale => Code::Aborted,
        Class::Exhausted => Code::ResourceExhausted,
        Class::Unavailable => Code::Unavailable,
    }
}
