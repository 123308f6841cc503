//! The contracts as OpenAPI 3.1.

use std::collections::BTreeSet;

use billing_proto::DESCRIPTOR_POOL;
use http::StatusCode;
use serde_json::Value;

use crate::house::House;

async fn document() -> Value {
    let answer = House::new().await.anonymous().get("/openapi.json").await;
    assert_eq!(
        (answer.status, answer.headers["content-type"].as_bytes()),
        (StatusCode::OK, &b"application/json"[..])
    );
    answer.json()
}

/// Every `$ref` of a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn it_has_every_method_and_all_that_it_refers_to() {
    let document = document().await;
    assert_eq!(document["openapi"], "3.1.0");
    let operations: Vec<&Value> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap().values())
        .collect();
    let said: BTreeSet<&str> =
        operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(said.len(), operations.len());
    for method in DESCRIPTOR_POOL.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        // Every service says its feed by the same name.
        let service = method.parent_service();
        let package = service.package_name().split('.').nth(1).unwrap().to_owned();
        let name = format!("{package}_{}_{}", service.name(), method.name());
        assert!(said.contains(name.as_str()), "{name} is not in the document");
    }
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        assert!(document.pointer(&reference[1..]).is_some_and(Value::is_object), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn it_says_what_the_contract_says() {
    let document = document().await;
    let paths = &document["paths"];
    let get = &paths["/v1/accounts/{account}/invoices/{invoice}"]["get"];
    assert_eq!(get["parameters"][0]["name"], "account");
    assert_eq!(get["security"], Value::Null);
    assert_eq!(document["security"][0]["key"], Value::Array(vec![]));
    let answer = "/responses/200/content/application~1json/schema/$ref";
    assert_eq!(get.pointer(answer).unwrap(), "#/components/schemas/billing.invoicing.v1.Invoice");

    let list = &paths["/v1/accounts/{account}/invoices"]["get"];
    let names: Vec<&str> = list["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"pageSize") && names.contains(&"pageToken") && !names.contains(&"parent"),
        "{names:?}"
    );

    let patch = &paths["/v1/accounts/{account}"]["patch"];
    let body = "/requestBody/content/application~1json/schema/$ref";
    assert_eq!(patch.pointer(body).unwrap(), "#/components/schemas/billing.invoicing.v1.Account");
    let query: Vec<&str> = patch["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert_eq!(query, ["account", "updateMask", "requestId"]);

    let schemas = &document["components"]["schemas"];
    let invoice = &schemas["billing.invoicing.v1.Invoice"];
    assert!(invoice["description"].as_str().unwrap().contains("EN 16931"));
    assert!(schemas["billing.invoicing.v1.DocumentKind"]["description"].as_str().unwrap().contains("380"));
    let watch = &paths["/v1/billingRuns/{billingRun}:watch"]["get"]["responses"]["200"]["content"];
    assert!(watch["text/event-stream"].is_object() && watch["application/x-ndjson"].is_object());
    let approve = &paths["/v1/billingRuns/{billingRun}:approve"]["post"];
    assert_eq!(approve["x-roles"], serde_json::json!(["ROLE_BILLING_MANAGER", "ROLE_CONTROLLER"]));
}
