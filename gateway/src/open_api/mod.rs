//! The REST form of the contracts as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.1), made from the descriptors
//! that transcoding works by. The law: nothing is written twice; what the contracts say is what it says.

mod comment;
mod operation;
mod schema;

use std::collections::BTreeMap;

use prost_reflect::DescriptorPool;
use serde_json::{Value, json};

use crate::transcode::table::Table;
use comment::Comments;
use operation::operation;
use schema::Schemas;

/// Where it is served, without a key.
pub const PATH: &str = "/openapi.json";

/// The document over every method of the pool that has a REST form.
pub fn document(pool: &DescriptorPool, table: &Table) -> Value {
    let comments = Comments::of(pool);
    let mut schemas = Schemas::new(&comments);
    let mut paths: BTreeMap<String, serde_json::Map<String, Value>> = BTreeMap::new();
    let mut services = BTreeMap::new();
    for binding in table.bindings() {
        let service = binding.method.parent_service();
        let about = comments.at(&service.parent_file(), service.path());
        services.insert(service.name().to_owned(), about);
        let verbs = paths.entry(binding.template.plain().0).or_default();
        verbs.insert(binding.verb.as_str().to_lowercase(), operation(pool, binding, &comments, &mut schemas));
    }
    let tags: Vec<Value> = services
        .into_iter()
        .map(|(name, description)| json!({ "name": name, "description": description }))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Makegood",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Billing operations for advertising",
            "description": "The REST form of the gRPC contracts. Amounts are decimal strings; whole numbers of 64 bits are strings, too.",
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas.finish(pool),
            "responses": { "refusal": {
                "description": "Refused: `details` name the reason (google.rpc.ErrorInfo) and the wrong fields (google.rpc.BadRequest).",
                "content": { "application/json": { "schema": schema::reference("google.rpc.Status") } },
            } },
            "securitySchemes": { "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "The token of an API key.",
            } },
        },
    })
}
