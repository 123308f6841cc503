//! What the client sees of a failure.

use std::future::ready;

use anyhow::anyhow;
use chassis::failure::{Failure, OrRefuse, answer, answer_stream};
use futures::StreamExt;
use refusal::{Class, FieldViolation, Refusal};
use tonic::Code;
use tonic_types::StatusExt;

#[tokio::test]
async fn each_class_has_its_code_and_carries_its_reason() {
    let codes = [
        (Class::Malformed, Code::InvalidArgument),
        (Class::Unauthenticated, Code::Unauthenticated),
        (Class::Forbidden, Code::PermissionDenied),
        (Class::Missing, Code::NotFound),
        (Class::Exists, Code::AlreadyExists),
        (Class::StateForbids, Code::FailedPrecondition),
        (Class::Stale, Code::Aborted),
        (Class::Exhausted, Code::ResourceExhausted),
        (Class::Unavailable, Code::Unavailable),
    ];
    for (class, code) in codes {
        let refused: Result<(), Refusal> = Err(Refusal::new(class, "SO_IT_IS", "so it is").with("order", 7));
        let status = answer(ready(refused.or_refuse())).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, "so it is"));
        let info = status.get_details_error_info().unwrap();
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str(), info.metadata["order"].as_str()),
            ("SO_IT_IS", "makegood", "7")
        );
    }
}

#[test]
fn violations_arrive_by_field_and_fit_into_a_header() {
    let violation =
        |n: u32| FieldViolation { field: format!("lines[{n}].rate"), description: "is missing".to_owned() };
    let status = Failure::from(Refusal::malformed((0..100).map(violation).collect())).into_status();
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(
        (violations[1].field.as_str(), violations[1].description.as_str()),
        ("lines[1].rate", "is missing")
    );
    assert!(status.details().len() < 4096);
}

#[test]
fn a_fault_tells_the_client_nothing_but_its_trace() {
    let fault = Failure::Fault(anyhow!("relation \"secret_table\" does not exist").context("loading failed"));
    let status = fault.into_status();
    assert_eq!((status.code(), status.message()), (Code::Internal, "internal error; trace none"));
    assert!(status.details().is_empty());
}

#[test]
fn a_database_that_is_away_is_unavailable() {
    let status = Failure::from(sqlx::Error::PoolTimedOut).into_status();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.get_details_error_info().unwrap().reason, "DATABASE_UNAVAILABLE");
}

#[tokio::test]
async fn a_stream_ends_at_its_first_failure() {
    let failed = || Err(Refusal::new(Class::Missing, "GONE", "gone").into());
    let items: Vec<Result<u8, Failure>> = vec![Ok(1), failed(), Ok(2)];
    let answers: Vec<_> = answer_stream(futures::stream::iter(items)).into_inner().collect().await;
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[1].as_ref().unwrap_err().code(), Code::NotFound);
}
