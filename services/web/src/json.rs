//! JSON as it must be sent to us: each object names a field once (RFC 8259 §4 leaves open what two of them mean, and two
//! readers may then see two bodies), and every number is one that a program can hold.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::schema;

const TWICE: &str = "a field twice";
/// What serde_json says of `1e999`, which is JSON all the same (RFC 8259 §6).
const OUT_OF_RANGE: &str = "number out of range";

/// What is wrong with a text that should be JSON.
#[derive(Debug)]
pub(crate) enum Broken {
    /// It is none.
    Syntax(serde_json::Error),
    /// At this pointer an object has a field for the second time.
    Twice(String),
    /// At this pointer is a number that nothing can hold.
    Number(String),
}

/// Reads a value.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Broken> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Once(value) = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = schema::pointer(error.path());
        let text = error.inner().to_string();
        if text.starts_with(TWICE) {
            Broken::Twice(pointer)
        } else if text.starts_with(OUT_OF_RANGE) {
            Broken::Number(pointer)
        } else {
            Broken::Syntax(error.into_inner())
        }
    })?;
    reader.end().map_err(Broken::Syntax)?;
    Ok(value)
}

/// A value whose objects name each field once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Once)
    }
}

/// The value of a field that is there already.
struct Second;

impl<'de> DeserializeSeed<'de> for Second {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(D::Error::custom(TWICE))
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom(OUT_OF_RANGE))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if map.contains_key(&name) {
                // Said of the value, so that the path of the error ends with the name.
                fields.next_value_seed(Second)?;
            }
            let Once(value) = fields.next_value()?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}
