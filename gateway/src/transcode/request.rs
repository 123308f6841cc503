//! The message of a call from path, query and body.

use std::collections::BTreeMap;

use percent_encoding::percent_decode;
use prost_reflect::{DeserializeOptions, DynamicMessage, MapKey, MessageDescriptor, Value};
use refusal::{FieldViolation, Refusal, Violations};
use serde_path_to_error::Segment;

use super::{
    parameter,
    table::{Binding, Body},
    template::Captured,
};

/// Everything of a call but its body, checked; makes a message of each body.
#[derive(Debug)]
pub struct Parts {
    input: MessageDescriptor,
    body: Body,
    captured: Vec<Captured>,
    query: BTreeMap<String, Vec<String>>,
}

impl Parts {
    /// Reads the query and checks that its fields exist and are not given elsewhere.
    pub fn read(binding: &Binding, captured: Vec<Captured>, query: Option<&str>) -> Result<Self, Refusal> {
        let input = binding.method.input();
        let mut violations = Violations::new();
        let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
            // A field has two names; it counts as one.
            let known = |name: String| parameter::canonical(&input, &name).unwrap_or(name);
            let Some(name) = violations.take(name, decode(name)).map(known) else { continue };
            if let Some(text) = violations.take(&name, decode(text)) {
                parameters.entry(name).or_default().push(text);
            }
        }
        for name in parameters.keys() {
            if let Err(problem) = place(binding, &captured, &input, name) {
                violations.add(name, problem);
            }
        }
        violations.check()?;
        Ok(Self { input, body: binding.body.clone(), captured, query: parameters })
    }

    /// The message that this body completes. `place` is what the body is called where it is wrong: `body` or `line 7`.
    pub fn message(&self, place: &str, body: &[u8]) -> Result<DynamicMessage, Refusal> {
        let wrong =
            |description| Refusal::malformed(vec![FieldViolation { field: place.to_owned(), description }]);
        let mut message = match &self.body {
            Body::Nothing if body.is_empty() => DynamicMessage::new(self.input.clone()),
            Body::Nothing => return Err(wrong("is not taken by this method".to_owned())),
            Body::Message => parse(&self.input, body).map_err(wrong)?,
            Body::Field(field, inner) => {
                let mut message = DynamicMessage::new(self.input.clone());
                message.set_field(field, Value::Message(parse(inner, body).map_err(wrong)?));
                message
            }
        };
        let mut violations = Violations::new();
        for Captured { field, text } in &self.captured {
            let before = parameter::get(&message, field);
            violations.take(field, parameter::set(&mut message, field, std::slice::from_ref(text)));
            if before.is_some() && before != parameter::get(&message, field) {
                violations.add(field, format!("is {text} in the path and something else in the body"));
            }
        }
        for (name, texts) in &self.query {
            violations.take(name, parameter::set(&mut message, name, texts));
        }
        violations.check()?;
        Ok(message)
    }
}

/// Whether the query may hold this parameter.
fn place(
    binding: &Binding,
    captured: &[Captured],
    input: &MessageDescriptor,
    name: &str,
) -> Result<(), String> {
    let Some(field) = parameter::descriptor(input, name) else {
        return Err(format!("is not a field of {}", input.name()));
    };
    let in_path = |captured: &Captured| parameter::descriptor(input, &captured.field) == Some(field.clone());
    if captured.iter().any(in_path) {
        return Err("stands in the path already".to_owned());
    }
    let first = name.split('.').next().and_then(|first| parameter::descriptor(input, first));
    match &binding.body {
        Body::Message => Err("belongs in the body".to_owned()),
        Body::Field(body, _) if first.as_ref() == Some(body) => Err("belongs in the body".to_owned()),
        Body::Nothing | Body::Field(..) => Ok(()),
    }
}

fn decode(text: &str) -> Result<String, &'static str> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode(spaced.as_bytes()).decode_utf8().map_err(|_| "is not UTF-8")?;
    if decoded.contains('\0') { Err("holds a NUL character") } else { Ok(decoded.into_owned()) }
}

/// Protobuf JSON, nothing unknown in it. The error names line, column and, where there is one, the field.
fn parse(descriptor: &MessageDescriptor, body: &[u8]) -> Result<DynamicMessage, String> {
    // A body may be left out where the message may be empty.
    let body = if body.is_empty() { b"{}" } else { body };
    let text = std::str::from_utf8(body)
        .map_err(|error| format!("is not UTF-8 from byte {} on", error.valid_up_to().saturating_add(1)))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let message = DynamicMessage::deserialize_with_options(descriptor.clone(), &mut json, &options())
        .map_err(|error| with_path(descriptor, text, &error))?;
    json.end().map_err(|error| placed(text, &error))?;
    // PostgreSQL cannot hold the character in a text; only its escape gets through the parser.
    if text.contains("\\u0000")
        && let Some(field) = nul(&message)
    {
        return Err(format!("{field} holds a NUL character"));
    }
    Ok(message)
}

/// Reads once more, keeping track of where: only for what is wrong, as the track costs time.
fn with_path(descriptor: &MessageDescriptor, text: &str, error: &serde_json::Error) -> String {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let _ = DynamicMessage::deserialize_with_options(descriptor.clone(), tracked, &options());
    let path: Vec<String> = track.path().iter().map_while(name).collect();
    let error = placed(text, error);
    if path.is_empty() { error } else { format!("{}: {error}", path.concat().trim_start_matches('.')) }
}

/// The error with its place. In a body of one line, the number of the line says nothing.
fn placed(text: &str, error: &serde_json::Error) -> String {
    let error = error.to_string();
    if text.contains('\n') { error } else { error.replace(" at line 1 column ", " at column ") }
}

/// A step on the way to what is wrong; `None` past the last that is known.
fn name(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(format!("[{index}]")),
        Segment::Map { key } => Some(format!(".{key}")),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

fn options() -> DeserializeOptions {
    DeserializeOptions::new().deny_unknown_fields(true)
}

fn nul(message: &DynamicMessage) -> Option<String> {
    message.fields().find_map(|(field, value)| Some(format!("{}{}", field.json_name(), nul_inside(value)?)))
}

/// The path from a value to the first text inside it that holds a NUL.
fn nul_inside(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Message(message) => Some(format!(".{}", nul(message)?)),
        Value::List(list) => {
            list.iter().enumerate().find_map(|(at, value)| Some(format!("[{at}]{}", nul_inside(value)?)))
        }
        Value::Map(map) => map.iter().find_map(|(key, value)| match key {
            MapKey::String(key) if key.contains('\0') => Some(String::new()),
            key => Some(format!("[{key:?}]{}", nul_inside(value)?)),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
