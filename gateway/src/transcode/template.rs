//! Path templates of `google.api.http` (the grammar stands in google/api/http.proto): `/v1/{name=accounts/*}:close`.

use std::{ops::Range, str::FromStr};

use percent_encoding::percent_decode_str;
use refusal::FieldViolation;

/// A path template, ready to be matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    segments: Vec<Segment>,
    captures: Vec<Capture>,
    verb: Option<String>,
}

/// One part of a path between slashes. The order is the order of preference: what says more is tried first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// These very letters.
    Literal(String),
    /// `*`: one segment.
    One,
    /// `**`: all that follows.
    Rest,
}

/// A field whose value stands in the path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Capture {
    field: String,
    segments: Range<usize>,
}

/// A field and the text that the path holds for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The path of the field in proto names, such as `account.name`.
    pub field: String,
    /// Its text, decoded.
    pub text: String,
}

/// The contract names a path that is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("path template {template}: {problem}")]
pub struct TemplateError {
    template: String,
    problem: &'static str,
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        parse(text).map_err(|problem| TemplateError { template: text.to_owned(), problem })
    }
}

impl Template {
    /// What the path, still percent-encoded, holds for the fields; `None` where the template does not match.
    pub fn captures(&self, path: &str) -> Option<Result<Vec<Captured>, FieldViolation>> {
        let parts = self.matched(path)?;
        Some(self.captures.iter().map(|capture| capture.read(&parts)).collect())
    }

    /// Whether the template matches the path.
    pub fn matches(&self, path: &str) -> bool {
        self.matched(path).is_some()
    }

    /// What to sort by so that the template that says most is tried first.
    pub fn precedence(&self) -> impl Ord + use<> {
        (self.segments.clone(), self.verb.is_none())
    }

    /// The names of the fields that the path holds.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.captures.iter().map(|capture| capture.field.as_str())
    }

    /// The template without patterns, as OpenAPI writes paths: each `*` is a parameter named after its collection. With it
    /// the parameters, each with the field that it is a part of.
    pub fn plain(&self) -> (String, Vec<(String, String)>) {
        let (mut path, mut parameters) = (String::new(), Vec::new());
        let mut collection = "";
        for (place, segment) in self.segments.iter().enumerate() {
            path.push('/');
            match segment {
                Segment::Literal(literal) => {
                    path.push_str(literal);
                    collection = literal;
                }
                Segment::One | Segment::Rest => {
                    let name = singular(collection);
                    path.push_str(&format!("{{{name}}}"));
                    let capture = self.captures.iter().find(|capture| capture.segments.contains(&place));
                    parameters
                        .push((name, capture.map_or_else(String::new, |capture| capture.field.clone())));
                }
            }
        }
        if let Some(verb) = &self.verb {
            path.push(':');
            path.push_str(verb);
        }
        (path, parameters)
    }

    fn matched<'p>(&self, path: &'p str) -> Option<Vec<&'p str>> {
        let (path, verb) = split_verb(path.strip_prefix('/')?);
        if verb != self.verb.as_deref() {
            return None;
        }
        let parts: Vec<&str> = path.split('/').collect();
        let long_enough = match self.segments.last() {
            Some(Segment::Rest) => parts.len() >= self.segments.len(),
            _ => parts.len() == self.segments.len(),
        };
        let fits = |(segment, part): (&Segment, &&str)| match segment {
            Segment::Literal(literal) => literal == part,
            Segment::One | Segment::Rest => !part.is_empty(),
        };
        (long_enough && self.segments.iter().zip(&parts).all(fits)).then_some(parts)
    }
}

impl Capture {
    fn read(&self, parts: &[&str]) -> Result<Captured, FieldViolation> {
        let to = if self.segments.end == usize::MAX { parts.len() } else { self.segments.end };
        let decoded: Result<Vec<String>, FieldViolation> =
            parts[self.segments.start..to].iter().map(|part| self.decode(part)).collect();
        Ok(Captured { field: self.field.clone(), text: decoded?.join("/") })
    }

    fn decode(&self, part: &str) -> Result<String, FieldViolation> {
        let violation = |problem: &str| FieldViolation {
            field: self.field.clone(),
            description: format!("the path segment {part} {problem}"),
        };
        let text = percent_decode_str(part).decode_utf8().map_err(|_| violation("is not UTF-8"))?;
        if text.contains('\0') {
            return Err(violation("holds a NUL character"));
        }
        // In a name of several segments an encoded slash must not become a separator.
        let several = self.segments.len() > 1;
        Ok(if several { text.replace('/', "%2F") } else { text.into_owned() })
    }
}

/// `billingEntities` is a collection of `billingEntity`.
fn singular(collection: &str) -> String {
    match (collection.strip_suffix("ies"), collection) {
        // A series is one and many.
        (_, "numberSeries") => collection.to_owned(),
        (Some(stem), _) => format!("{stem}y"),
        (None, _) if collection.ends_with("ches") => collection[..collection.len() - 2].to_owned(),
        (None, _) => collection.strip_suffix('s').unwrap_or(collection).to_owned(),
    }
}

/// The verb is what follows a colon in the last segment. Resource ids hold no colon, or one that is encoded.
fn split_verb(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once(':') {
        Some((path, verb)) if !verb.contains('/') => (path, Some(verb)),
        _ => (path, None),
    }
}

fn parse(text: &str) -> Result<Template, &'static str> {
    let rest = text.strip_prefix('/').ok_or("starts without a slash")?;
    let (rest, verb) = match rest.rsplit_once(':') {
        Some((rest, verb)) if !verb.contains(['/', '}']) => (rest, Some(literal(verb)?)),
        _ => (rest, None),
    };
    let mut template = Template { segments: Vec::new(), captures: Vec::new(), verb };
    let mut rest = rest;
    loop {
        let tail = match rest.strip_prefix('{') {
            Some(inside) => {
                let (variable, tail) = inside.split_once('}').ok_or("a brace is not closed")?;
                template.variable(variable)?;
                tail
            }
            None => {
                let end = rest.find('/').unwrap_or(rest.len());
                template.segment(&rest[..end])?;
                &rest[end..]
            }
        };
        match tail.strip_prefix('/') {
            Some(next) => rest = next,
            None if tail.is_empty() => return Ok(template),
            None => return Err("a variable is not followed by a slash"),
        }
    }
}

impl Template {
    fn variable(&mut self, text: &str) -> Result<(), &'static str> {
        let (field, pattern) = text.split_once('=').unwrap_or((text, "*"));
        let named = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if !field.split('.').all(named) {
            return Err("a variable is not the path of a field");
        }
        let start = self.segments.len();
        for segment in pattern.split('/') {
            self.segment(segment)?;
        }
        let open = self.segments.last() == Some(&Segment::Rest);
        let end = if open { usize::MAX } else { self.segments.len() };
        self.captures.push(Capture { field: field.to_owned(), segments: start..end });
        Ok(())
    }

    fn segment(&mut self, text: &str) -> Result<(), &'static str> {
        if self.segments.last() == Some(&Segment::Rest) {
            return Err("something follows **");
        }
        self.segments.push(match text {
            "*" => Segment::One,
            "**" => Segment::Rest,
            other => Segment::Literal(literal(other)?),
        });
        Ok(())
    }
}

fn literal(text: &str) -> Result<String, &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if text.is_empty() || !text.bytes().all(plain) {
        return Err("a segment is neither a wildcard nor plain letters");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
