//! Which method a path means: compiled once from the `google.api.http` option of every method.

use std::{str::FromStr, sync::Arc};

use http::Method;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value,
};
use refusal::Refusal;

use super::template::{Captured, Template, TemplateError};

/// Every REST form of every method, what says most first.
#[derive(Debug)]
pub struct Table {
    bindings: Vec<Arc<Binding>>,
}

/// One REST form of a method.
#[derive(Debug)]
pub struct Binding {
    /// The HTTP method.
    pub verb: Method,
    /// The path.
    pub template: Template,
    /// What the HTTP body holds.
    pub body: Body,
    /// The field that alone is answered; `None`: the whole message.
    pub response_body: Option<FieldDescriptor>,
    /// The gRPC method.
    pub method: MethodDescriptor,
}

/// What the HTTP body of a binding holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Nothing: the message comes from path and query.
    Nothing,
    /// The message but for what the path holds: `*`.
    Message,
    /// One field of the message, which is itself a message.
    Field(FieldDescriptor, MessageDescriptor),
}

/// What a path was found to mean.
#[derive(Debug)]
pub enum Found {
    /// A method, and what the path holds for its fields.
    Binding(Arc<Binding>, Result<Vec<Captured>, Refusal>),
    /// The path is known, but for these HTTP methods only.
    OtherVerbs(Vec<Method>),
    /// No method has this path.
    Nothing,
}

/// The contract has a binding that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The path is no template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The rule contradicts the messages of the method.
    #[error("the http option of {method}: {problem}")]
    Rule {
        /// The full name of the method.
        method: String,
        /// What is wrong.
        problem: String,
    },
}

impl Table {
    /// Compiles the bindings of all methods of the pool.
    pub fn compile(pool: &DescriptorPool) -> Result<Self, TableError> {
        let mut bindings = Vec::new();
        let Some(http) = pool.get_extension_by_name("google.api.http") else { return Ok(Self { bindings }) };
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let options = method.options();
            let value = options.get_extension(&http);
            if let (true, Some(rule)) = (options.has_extension(&http), value.as_message()) {
                bindings.push(Arc::new(binding(&method, rule)?));
                for additional in messages(rule, "additional_bindings") {
                    bindings.push(Arc::new(binding(&method, &additional)?));
                }
            }
        }
        bindings.sort_by_key(|binding| binding.template.precedence());
        Ok(Self { bindings })
    }

    /// Every REST form of every method.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().map(Arc::as_ref)
    }

    /// What the path, still percent-encoded, means with this HTTP method.
    pub fn find(&self, verb: &Method, path: &str) -> Found {
        let matching = || self.bindings.iter().filter(|binding| binding.template.matches(path));
        if let Some(binding) = matching().find(|binding| binding.verb == verb)
            && let Some(captured) = binding.template.captures(path)
        {
            return Found::Binding(
                binding.clone(),
                captured.map_err(|violation| Refusal::malformed(vec![violation])),
            );
        }
        let mut verbs: Vec<Method> = matching().map(|binding| binding.verb.clone()).collect();
        verbs.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        verbs.dedup();
        if verbs.is_empty() { Found::Nothing } else { Found::OtherVerbs(verbs) }
    }
}

fn binding(method: &MethodDescriptor, rule: &DynamicMessage) -> Result<Binding, TableError> {
    let wrong = |problem: String| TableError::Rule { method: method.full_name().to_owned(), problem };
    let (verb, path) = pattern(rule).ok_or_else(|| wrong("names no path".to_owned()))?;
    let input = method.input();
    let template: Template = path.parse()?;
    for field in template.fields() {
        if super::parameter::descriptor(&input, field).is_none() {
            return Err(wrong(format!("{} has no field {field}", input.full_name())));
        }
    }
    let body = match text(rule, "body").as_str() {
        "" => Body::Nothing,
        "*" => Body::Message,
        name => {
            let field = input.get_field_by_name(name).filter(|field| !field.is_list());
            match field.map(|field| (field.kind(), field)) {
                Some((Kind::Message(message), field)) => Body::Field(field, message),
                _ => return Err(wrong(format!("the body {name} is not a message field"))),
            }
        }
    };
    let response_body = match text(rule, "response_body").as_str() {
        "" => None,
        name => Some(
            method
                .output()
                .get_field_by_name(name)
                .ok_or_else(|| wrong(format!("answers no field {name}")))?,
        ),
    };
    Ok(Binding { verb, template, body, response_body, method: method.clone() })
}

fn pattern(rule: &DynamicMessage) -> Option<(Method, String)> {
    for (field, verb) in [
        ("get", Method::GET),
        ("put", Method::PUT),
        ("post", Method::POST),
        ("delete", Method::DELETE),
        ("patch", Method::PATCH),
    ] {
        if rule.has_field_by_name(field) {
            return Some((verb, text(rule, field)));
        }
    }
    let custom = rule.get_field_by_name("custom")?.as_message()?.clone();
    Some((Method::from_str(&text(&custom, "kind")).ok()?, text(&custom, "path")))
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.as_deref().and_then(Value::as_str).map_or_else(String::new, str::to_owned)
}

fn messages(message: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let value = message.get_field_by_name(field);
    let list = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_message).cloned().collect()
}

#[cfg(test)]
mod tests;
