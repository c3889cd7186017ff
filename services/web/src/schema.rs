//! The published JSON schema of a body, as the check of what comes in.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use domain::{Cpf, Email, Timestamp};
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use serde_path_to_error::{Path, Segment};
use utoipa::openapi::{RefOr, schema::Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::words::{self, Leftover};
use crate::{Fail, Faults};

/// A compiled schema.
pub(crate) struct Checker(Validator);

/// Compiled schemas by type; each is built once, at its first use.
pub(crate) type Cache<V> = LazyLock<RwLock<HashMap<TypeId, Arc<V>>>>;

static BODIES: Cache<Checker> = LazyLock::new(RwLock::default);

/// Looks a type up and builds its entry when it is not there.
pub(crate) fn cached<T: 'static, V>(cache: &Cache<V>, build: impl FnOnce() -> Result<V, Fail>) -> Result<Arc<V>, Fail> {
    let key = TypeId::of::<T>();
    if let Some(found) = cache.read().unwrap_or_else(|e| e.into_inner()).get(&key) {
        return Ok(found.clone());
    }
    let built = Arc::new(build()?);
    cache.write().unwrap_or_else(|e| e.into_inner()).insert(key, built.clone());
    Ok(built)
}

/// The checker of a body type.
pub(crate) fn of<T: ToSchema + 'static>() -> Result<Arc<Checker>, Fail> {
    cached::<T, _>(&BODIES, || {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        let mut root = serde_json::to_value(T::schema()).map_err(Fail::internal)?;
        if let Value::Object(root) = &mut root {
            root.insert("components".to_owned(), components(parts)?);
        }
        Checker::new(&root)
    })
}

/// `components` of a document, where the references of our schemas point to.
pub(crate) fn components(parts: Vec<(String, RefOr<Schema>)>) -> Result<Value, Fail> {
    let schemas = parts
        .into_iter()
        .map(|(name, schema)| Ok((name, serde_json::to_value(schema)?)))
        .collect::<Result<Map<_, _>, serde_json::Error>>()
        .map_err(Fail::internal)?;
    Ok(json!({ "schemas": schemas }))
}

/// The types that every service knows. A list of parameters refers to them but does not bring them.
pub(crate) fn vocabulary() -> Vec<(String, RefOr<Schema>)> {
    fn of<T: ToSchema + PartialSchema>() -> (String, RefOr<Schema>) {
        (T::name().into_owned(), T::schema())
    }
    vec![
        of::<domain::Money>(),
        of::<domain::Cpf>(),
        of::<domain::Email>(),
        of::<domain::Timestamp>(),
        of::<domain::CustomerId>(),
        of::<domain::CategoryId>(),
        of::<domain::ProductId>(),
        of::<domain::OrderId>(),
        of::<domain::PaymentId>(),
        of::<domain::EntryId>(),
        of::<domain::Role>(),
        of::<domain::OrderStatus>(),
        of::<domain::PaymentStatus>(),
        of::<domain::PaymentMethod>(),
    ]
}

impl Checker {
    pub(crate) fn new(schema: &Value) -> Result<Self, Fail> {
        let uuid = |text: &str| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .with_format("cpf", |text: &str| text.parse::<Cpf>().is_ok())
            .with_format("email", |text: &str| text.parse::<Email>().is_ok())
            .with_format("date-time", |text: &str| text.parse::<Timestamp>().is_ok())
            .with_format("uuid", uuid)
            .build(schema)
            .map(Checker)
            .map_err(|error| Fail::internal(format!("a schema does not compile: {error}")))
    }

    /// Everything that the schema has against the value, and texts that are not plain.
    pub(crate) fn check(&self, value: &Value) -> Faults {
        let mut faults = Faults::new();
        for error in self.0.iter_errors(value) {
            if faults.is_full() {
                break;
            }
            words::explain(&error, value, &mut faults);
        }
        plain(value, &mut String::new(), &mut faults);
        faults
    }
}

/// No text of a request may carry what moves a terminal's cursor or turns the direction of writing.
fn plain(value: &Value, at: &mut String, faults: &mut Faults) {
    let length = at.len();
    match value {
        Value::String(text) if !domain::is_plain(text) => {
            faults.body(at.as_str(), "contém caractere de controle", "has a control character");
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                push(at, &index.to_string());
                plain(item, at, faults);
                at.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                push(at, name);
                plain(field, at, faults);
                at.truncate(length);
            }
        }
        _ => {}
    }
}

/// Appends a token to a JSON Pointer (RFC 6901 §3).
fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
}

/// Reads a checked value; what the schema could not say is one fault: where it is, and both texts.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T, (String, (String, String))> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let mut pointer = pointer(error.path());
        let Leftover { field, pt, en } = words::leftover(error.inner());
        // Serde names an unknown field in the path as well, but a missing one only in the text.
        if let Some(field) = field.filter(|field| pointer.rsplit('/').next() != Some(field.as_str())) {
            push(&mut pointer, &field);
        }
        (pointer, (pt, en))
    })
}

pub(crate) fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}
