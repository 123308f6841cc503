//! A field of a message from the text that a path or a query holds for it.

use std::{fmt::Display, str::FromStr};

use jiff::civil::Date;
use prost_reflect::{
    DeserializeOptions, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    ReflectMessage, Value,
};
use serde_json::json;

/// The field that a path of names leads to; proto names and JSON names both lead.
pub fn descriptor(message: &MessageDescriptor, path: &str) -> Option<FieldDescriptor> {
    match path.split_once('.') {
        None => field(message, path),
        Some((first, rest)) => descriptor(&inner(&field(message, first)?)?, rest),
    }
}

/// The path in proto names; `None` where it leads nowhere.
pub fn canonical(message: &MessageDescriptor, path: &str) -> Option<String> {
    match path.split_once('.') {
        None => Some(field(message, path)?.name().to_owned()),
        Some((first, rest)) => {
            let first = field(message, first)?;
            Some(format!("{}.{}", first.name(), canonical(&inner(&first)?, rest)?))
        }
    }
}

/// Sets the field that `path` leads to. `texts` are all the texts given for it: more than one for a repeated field only.
/// The error says what is wrong with the field.
pub fn set(message: &mut DynamicMessage, path: &str, texts: &[String]) -> Result<(), String> {
    let unknown = || format!("is not a field of {}", message.descriptor().name());
    if let Some((first, rest)) = path.split_once('.') {
        let first = field(&message.descriptor(), first).ok_or_else(unknown)?;
        inner(&first).ok_or_else(unknown)?;
        return match message.get_field_mut(&first) {
            Value::Message(inside) => set(inside, rest, texts),
            _ => Err("is not inside a message".to_owned()),
        };
    }
    let field = field(&message.descriptor(), path).ok_or_else(unknown)?;
    if let Some(oneof) = field.containing_oneof()
        && oneof.fields().any(|other| other != field && message.has_field(&other))
    {
        return Err(format!("is given besides another member of {}", oneof.name()));
    }
    let value = match texts {
        _ if field.is_list() => {
            Value::List(texts.iter().map(|text| value(&field, text)).collect::<Result<_, _>>()?)
        }
        [text] => value(&field, text)?,
        _ => return Err("is given more than once".to_owned()),
    };
    message.set_field(&field, value);
    Ok(())
}

/// What stands in the field that `path` leads to; `None` where nothing is set.
pub fn get(message: &DynamicMessage, path: &str) -> Option<Value> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let field = field(&message.descriptor(), first).filter(|field| message.has_field(field))?;
    let value = message.get_field(&field).into_owned();
    match rest {
        None => Some(value),
        Some(rest) => get(value.as_message()?, rest),
    }
}

fn field(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_name(name).or_else(|| message.get_field_by_json_name(name))
}

fn inner(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(message) if !field.is_list() && !field.is_map() => Some(message),
        _ => None,
    }
}

fn value(field: &FieldDescriptor, text: &str) -> Result<Value, String> {
    match field.kind() {
        _ if field.is_map() => Err("is a map, which only a body can hold".to_owned()),
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(format!("is {text}, neither true nor false")),
        },
        Kind::Enum(kind) => enum_number(&kind, text).map(Value::EnumNumber),
        Kind::Message(message) => match message.full_name() {
            "google.type.Date" => date(message, text),
            "google.protobuf.BoolValue" => through_json(field, json!(text == "true"), text),
            name if name.starts_with("google.protobuf.") => through_json(field, json!(text), text),
            _ => Err("is a message; name the fields inside it, with a dot between".to_owned()),
        },
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => whole(text, i32::MIN, i32::MAX).map(Value::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => whole(text, i64::MIN, i64::MAX).map(Value::I64),
        // Other numbers and bytes are spelled in text as they are in JSON.
        _ => through_json(field, json!(text), text),
    }
}

fn whole<T: FromStr + Display>(text: &str, least: T, most: T) -> Result<T, String> {
    text.parse().map_err(|_| format!("is {text}, not a whole number from {least} to {most}"))
}

fn enum_number(kind: &EnumDescriptor, text: &str) -> Result<i32, String> {
    let by_number = || text.parse().ok().and_then(|number| kind.get_value(number));
    match kind.get_value_by_name(text).or_else(by_number) {
        Some(value) => Ok(value.number()),
        None => {
            let names: Vec<String> = kind.values().map(|value| value.name().to_owned()).collect();
            Err(format!("is {text}, none of {}", names.join(", ")))
        }
    }
}

fn date(message: MessageDescriptor, text: &str) -> Result<Value, String> {
    let date: Date = text.parse().map_err(|_| format!("is {text}, not a day such as 2020-01-31"))?;
    let mut value = DynamicMessage::new(message);
    for (part, number) in
        [("year", i32::from(date.year())), ("month", i32::from(date.month())), ("day", i32::from(date.day()))]
    {
        value.set_field_by_name(part, Value::I32(number));
    }
    Ok(Value::Message(value))
}

fn through_json(field: &FieldDescriptor, json: serde_json::Value, text: &str) -> Result<Value, String> {
    let json = if field.is_list() { json!([json]) } else { json };
    let whole = json!({ field.json_name(): json });
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let message = DynamicMessage::deserialize_with_options(field.parent_message().clone(), whole, &options)
        .map_err(|error| format!("is {text}: {error}"))?;
    let value = message.get_field(field).into_owned();
    match value {
        Value::List(mut list) if field.is_list() => list.pop().ok_or_else(|| "is empty".to_owned()),
        other => Ok(other),
    }
}
