//! Files that are answered, with the name that they are saved under.

use std::future::Future;

use tonic::{Response, Status, metadata::MetadataValue};

use crate::failure::{Failure, answer};

/// The metadata that carries the name, and the header by which REST answers it: RFC 6266.
pub const CONTENT_DISPOSITION: &str = "content-disposition";

/// Answers a call with a file by its name.
pub async fn answer_file<T>(
    handler: impl Future<Output = Result<(String, T), Failure>>,
) -> Result<Response<T>, Status> {
    let (file_name, file) = answer(handler).await?.into_inner();
    let mut response = Response::new(file);
    if let Ok(disposition) = MetadataValue::try_from(disposition(&file_name)) {
        response.metadata_mut().insert(CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// The name twice: for who reads ASCII only, and as it is (RFC 8187).
fn disposition(file_name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let plain: String = file_name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let exact: String = file_name
        .bytes()
        .map(|byte| match char::from(byte) {
            c if is_plain(c) => c.to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}
