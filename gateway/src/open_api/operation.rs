//! One method at one path.

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    ReflectMessage,
};
use serde_json::{Value, json};

use super::{comment::Comments, schema::Schemas};
use crate::transcode::table::{Binding, Body};

/// Where a parameter is that stands after the question mark.
const QUERY: &str = "query";

/// How deep a query names fields inside of fields.
const DEPTH_MAX: usize = 3;

/// The operation of a binding.
pub fn operation(
    pool: &DescriptorPool,
    binding: &Binding,
    comments: &Comments,
    schemas: &mut Schemas<'_>,
) -> Value {
    let method = &binding.method;
    let service = method.parent_service();
    let mut parameters = path_parameters(binding);
    if binding.body != Body::Message {
        let mut query = Query { binding, schemas, found: Vec::new() };
        query.fields(&method.input(), "", 0);
        parameters.append(&mut query.found);
    }
    let mut operation = json!({
        "operationId": operation_id(method),
        "tags": [service.name()],
        "parameters": parameters,
        "responses": { "200": response(binding, schemas), "default": { "$ref": "#/components/responses/refusal" } },
        "x-roles": roles(pool, binding),
    });
    let about = comments.at(&service.parent_file(), method.path());
    if !about.is_empty() {
        operation["description"] = Value::String(about);
    }
    if let Some(body) = request_body(binding, schemas) {
        operation["requestBody"] = body;
    }
    operation
}

/// The method's name, with the service's and its package's: every service says its feed by the same name.
fn operation_id(method: &MethodDescriptor) -> String {
    let service = method.parent_service();
    let package = service.package_name().split('.').nth(1);
    let of = package.map_or_else(String::new, |package| format!("{package}_"));
    format!("{of}{}_{}", service.name(), method.name())
}

/// The ids that stand in the path.
fn path_parameters(binding: &Binding) -> Vec<Value> {
    let (_, parameters) = binding.template.plain();
    let parameter = |(name, field): (String, String)| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": format!("Part of `{field}`."),
            "schema": { "type": "string" },
        })
    };
    parameters.into_iter().map(parameter).collect()
}

/// Collects the fields that a query may hold.
struct Query<'a, 'b> {
    binding: &'a Binding,
    schemas: &'a mut Schemas<'b>,
    found: Vec<Value>,
}

impl Query<'_, '_> {
    fn fields(&mut self, message: &MessageDescriptor, before: &str, depth: usize) {
        for field in message.fields() {
            let path = format!("{before}{}", field.name());
            let in_body = matches!(&self.binding.body, Body::Field(body, _) if depth == 0 && *body == field);
            if in_body || field.is_map() || self.binding.template.fields().any(|captured| captured == path) {
                continue;
            }
            match field.kind() {
                Kind::Message(inner) if !is_text(&inner) => {
                    if !field.is_list() && depth < DEPTH_MAX {
                        self.fields(&inner, &format!("{path}."), depth + 1);
                    }
                }
                _ => self.add(&field, &path),
            }
        }
    }

    fn add(&mut self, field: &FieldDescriptor, path: &str) {
        let mut schema = match field.kind() {
            Kind::Message(message) if message.full_name() == "google.type.Date" => {
                json!({ "type": "string", "format": "date" })
            }
            _ => self.schemas.described(field),
        };
        let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let mut parameter = json!({ "name": json_path(field, path), "in": QUERY, "schema": schema });
        if let Some(about) = about {
            parameter["description"] = about;
        }
        self.found.push(parameter);
    }
}

/// The path by the names of JSON.
fn json_path(field: &FieldDescriptor, path: &str) -> String {
    path.rsplit_once('.')
        .map_or_else(|| field.json_name().to_owned(), |(before, _)| format!("{before}.{}", field.json_name()))
}

/// What one text says whole.
fn is_text(message: &MessageDescriptor) -> bool {
    message.full_name() == "google.type.Date" || message.full_name().starts_with("google.protobuf.")
}

fn request_body(binding: &Binding, schemas: &mut Schemas<'_>) -> Option<Value> {
    let schema = match &binding.body {
        Body::Nothing => return None,
        Body::Message => schemas.message(&binding.method.input()),
        Body::Field(_, message) => schemas.message(message),
    };
    let content_type =
        if binding.method.is_client_streaming() { "application/x-ndjson" } else { "application/json" };
    Some(json!({ "required": true, "content": { content_type: { "schema": schema } } }))
}

fn response(binding: &Binding, schemas: &mut Schemas<'_>) -> Value {
    let output = binding.method.output();
    if output.full_name() == "google.api.HttpBody" {
        return json!({ "description": "A file.", "content": { "*/*": {} } });
    }
    let schema = match &binding.response_body {
        Some(field) => schemas.described(field),
        None => schemas.message(&output),
    };
    if binding.method.is_server_streaming() {
        let content = json!({
            "application/x-ndjson": { "schema": schema.clone() },
            "text/event-stream": { "schema": schema },
        });
        return json!({ "description": "One message after the other, each on its line.", "content": content });
    }
    json!({ "description": "Done.", "content": { "application/json": { "schema": schema } } })
}

/// The roles that the method is open to.
fn roles(pool: &DescriptorPool, binding: &Binding) -> Vec<String> {
    let allow = pool.get_extension_by_name("billing.access.v1.allow");
    let options = binding.method.options();
    let roles = allow.and_then(|allow| {
        let value = options.get_extension(&allow);
        value.as_message().map(named)
    });
    roles.unwrap_or_default()
}

fn named(allow: &DynamicMessage) -> Vec<String> {
    let Some(field) = allow.descriptor().get_field_by_name("roles") else { return Vec::new() };
    let Kind::Enum(kind) = field.kind() else { return Vec::new() };
    let roles = allow.get_field(&field);
    let numbers = roles.as_list().into_iter().flatten().filter_map(prost_reflect::Value::as_enum_number);
    numbers.filter_map(|number| Some(kind.get_value(number)?.name().to_owned())).collect()
}
