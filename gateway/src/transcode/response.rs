//! Answers and errors as JSON, by the names that protobuf gives the fields in JSON.

use axum::body::Body;
use billing_proto::DESCRIPTOR_POOL;
use http::{HeaderValue, Response, StatusCode, header};
use prost_reflect::{DynamicMessage, ReflectMessage, SerializeOptions, Value};
use serde_json::json;
use tonic::{Code, Status};

use super::table::Binding;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An answer of one message.
pub fn answer(binding: &Binding, message: &DynamicMessage) -> Result<Response<Body>, Status> {
    if message.descriptor().full_name() == "google.api.HttpBody" {
        return file(message);
    }
    Ok(respond(StatusCode::OK, JSON, document(binding, message)?))
}

/// A message as it is answered: the whole, or the one field that the contract names.
pub fn document(binding: &Binding, message: &DynamicMessage) -> Result<Vec<u8>, Status> {
    let Some(field) = &binding.response_body else { return serialize(message) };
    let mut whole: serde_json::Value =
        serde_json::from_slice(&serialize(message)?).map_err(unserializable)?;
    Ok(whole[field.json_name()].take().to_string().into_bytes())
}

/// A refusal: `google.rpc.Status` with its details.
pub fn refusal(status: &Status) -> Response<Body> {
    let mut response = respond(http_status(status.code()), JSON, error(status).to_string().into_bytes());
    if status.code() == Code::Unauthenticated {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// `google.rpc.Status` as JSON. Details that are of none of our contracts are left out.
pub fn error(status: &Status) -> serde_json::Value {
    let details = DESCRIPTOR_POOL
        .get_message_by_name("google.rpc.Status")
        .and_then(|descriptor| DynamicMessage::decode(descriptor, status.details()).ok())
        .and_then(|message| serialize(&message).ok())
        .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
        .map_or_else(|| json!([]), |mut whole| whole["details"].take());
    json!({ "code": i32::from(status.code()), "message": status.message(), "details": details })
}

/// The HTTP status of a gRPC code, as google/rpc/code.proto lays it down.
pub fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        // "Client closed request": without a name in the registry of IANA.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A response that nobody may keep: it is somebody's billing.
pub fn respond(status: StatusCode, content_type: HeaderValue, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// `google.api.HttpBody`: the bytes themselves.
fn file(message: &DynamicMessage) -> Result<Response<Body>, Status> {
    let field = |name| message.get_field_by_name(name).map(std::borrow::Cow::into_owned);
    let (Some(Value::String(content_type)), Some(Value::Bytes(data))) =
        (field("content_type"), field("data"))
    else {
        return Err(Status::internal("the service's answer is not a google.api.HttpBody"));
    };
    let content_type = HeaderValue::try_from(content_type)
        .map_err(|_| Status::internal("the service's answer has a content type that HTTP cannot carry"))?;
    Ok(respond(StatusCode::OK, content_type, data))
}

/// Fields without a value of their own are written too, so that a consumer sees the zeros.
fn serialize(message: &DynamicMessage) -> Result<Vec<u8>, Status> {
    let mut json = serde_json::Serializer::new(Vec::new());
    let options = SerializeOptions::new().skip_default_fields(false);
    message.serialize_with_options(&mut json, &options).map_err(unserializable)?;
    Ok(json.into_inner())
}

fn unserializable(error: serde_json::Error) -> Status {
    Status::internal(format!("the service's answer cannot be written as JSON: {error}"))
}
