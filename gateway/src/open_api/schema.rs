//! Messages and enums as JSON Schema, in the JSON form of protobuf (protobuf.dev/programming-guides/json).

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comment::Comments;

/// What other schemas refer to, by full name.
pub struct Schemas<'a> {
    comments: &'a Comments,
    done: BTreeMap<String, Value>,
}

/// The reference to a message or enum.
pub fn reference(full_name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{full_name}") })
}

impl<'a> Schemas<'a> {
    /// None yet.
    pub fn new(comments: &'a Comments) -> Self {
        Self { comments, done: BTreeMap::new() }
    }

    /// All that was asked for, and what refusals are made of.
    pub fn finish(mut self, pool: &DescriptorPool) -> BTreeMap<String, Value> {
        for name in ["google.rpc.Status", "google.rpc.ErrorInfo", "google.rpc.BadRequest"] {
            if let Some(message) = pool.get_message_by_name(name) {
                self.message(&message);
            }
        }
        self.done
    }

    /// The schema of a message, or the reference to it.
    pub fn message(&mut self, message: &MessageDescriptor) -> Value {
        if let Some(known) = well_known(message.full_name()) {
            return known;
        }
        let name = message.full_name().to_owned();
        if !self.done.contains_key(&name) {
            // A message may hold itself: its place is taken before its fields are looked at.
            self.done.insert(name.clone(), Value::Null);
            let mut properties = Map::new();
            for field in message.fields() {
                properties.insert(field.json_name().to_owned(), self.described(&field));
            }
            let mut schema = json!({ "type": "object", "properties": properties });
            describe(&mut schema, self.comments.at(&message.parent_file(), message.path()));
            self.done.insert(name.clone(), schema);
        }
        reference(&name)
    }

    /// The schema of a field, with what the contract says about it.
    pub fn described(&mut self, field: &FieldDescriptor) -> Value {
        let mut schema = self.field(field);
        describe(&mut schema, self.comments.at(&field.parent_message().parent_file(), field.path()));
        schema
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                json!({ "type": "object", "additionalProperties": self.field(&entry.map_entry_value_field()) })
            }
            kind if field.is_list() => json!({ "type": "array", "items": self.kind(kind) }),
            kind => self.kind(kind),
        }
    }

    fn kind(&mut self, kind: Kind) -> Value {
        match kind {
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::String => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({ "type": "integer", "format": "int32" }),
            Kind::Uint32 | Kind::Fixed32 => json!({ "type": "integer", "minimum": 0 }),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({ "type": "string", "format": "int64" }),
            Kind::Uint64 | Kind::Fixed64 => json!({ "type": "string", "format": "uint64" }),
            Kind::Double | Kind::Float => json!({ "type": "number" }),
            Kind::Message(message) => self.message(&message),
            Kind::Enum(kind) => self.choice(&kind),
        }
    }

    fn choice(&mut self, kind: &EnumDescriptor) -> Value {
        let name = kind.full_name().to_owned();
        if !self.done.contains_key(&name) {
            let mut about = vec![self.comments.at(&kind.parent_file(), kind.path())];
            for value in kind.values() {
                let comment = self.comments.at(&kind.parent_file(), value.path());
                if !comment.is_empty() {
                    about.push(format!("- `{}`: {}", value.name(), comment.replace('\n', " ")));
                }
            }
            let names: Vec<String> = kind.values().map(|value| value.name().to_owned()).collect();
            let mut schema = json!({ "type": "string", "enum": names });
            describe(&mut schema, about.join("\n").trim().to_owned());
            self.done.insert(name.clone(), schema);
        }
        reference(&name)
    }
}

/// What has a JSON form of its own.
fn well_known(full_name: &str) -> Option<Value> {
    Some(match full_name {
        "google.protobuf.Timestamp" => json!({ "type": "string", "format": "date-time" }),
        "google.protobuf.Duration" => json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,9})?s$" }),
        "google.protobuf.FieldMask" => {
            json!({ "type": "string", "description": "Names of fields, with commas between: `legalName,address`." })
        }
        "google.protobuf.Any" => {
            json!({ "type": "object", "properties": { "@type": { "type": "string" } }, "additionalProperties": true })
        }
        "google.protobuf.Struct" => json!({ "type": "object", "additionalProperties": true }),
        "google.protobuf.Value" => json!({}),
        "google.protobuf.BoolValue" => json!({ "type": "boolean" }),
        "google.protobuf.StringValue" => json!({ "type": "string" }),
        "google.protobuf.Int32Value" => json!({ "type": "integer", "format": "int32" }),
        "google.protobuf.Int64Value" => json!({ "type": "string", "format": "int64" }),
        _ => return None,
    })
}

fn describe(schema: &mut Value, about: String) {
    if !about.is_empty() {
        schema["description"] = Value::String(about);
    }
}
