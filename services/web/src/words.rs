//! What is wrong with a value, in the words of a person.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::Faults;

/// Adds what a schema has against a body.
pub(crate) fn explain(error: &ValidationError<'_>, body: &Value, faults: &mut Faults) {
    let at = error.instance_path();
    let mut say = |pt: String, en: String| faults.body(at.as_str(), pt, en);
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            faults.body(at.join(name).as_str(), "campo obrigatório", "required field");
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                faults.body(at.join(name.as_str()).as_str(), "campo desconhecido", "unknown field");
            }
        }
        // An object that may have no field at all: the error does not name those it has.
        ValidationErrorKind::FalseSchema => {
            let fields = body.pointer(at.as_str()).and_then(Value::as_object);
            for name in fields.into_iter().flat_map(|fields| fields.keys()) {
                faults.body(at.join(name.as_str()).as_str(), "campo desconhecido", "unknown field");
            }
        }
        // Our words are texts; that it must be one is told already.
        ValidationErrorKind::Enum { .. } if !error.instance().is_string() => {}
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            match meant(context) {
                Some(errors) => errors.iter().for_each(|error| explain(error, body, faults)),
                None => say("não tem nenhum dos formatos aceitos".into(), "has none of the accepted shapes".into()),
            }
        }
        kind => {
            let (pt, en) = of_kind(kind);
            say(pt, en);
        }
    }
}

/// The one alternative that can have been meant: not `null`, and not another type than the value's.
fn meant<'a>(alternatives: &'a [Vec<ValidationError<'static>>]) -> Option<&'a Vec<ValidationError<'static>>> {
    let is_null = |errors: &[ValidationError<'static>]| {
        errors
            .iter()
            .any(|error| matches!(error.kind(), ValidationErrorKind::Type { kind: TypeKind::Single(JsonType::Null) }))
    };
    let mut others = alternatives.iter().filter(|errors| !is_null(errors));
    let first = others.next()?;
    if others.next().is_none() { Some(first) } else { None }
}

fn of_kind(kind: &ValidationErrorKind) -> (String, String) {
    let both = |pt: &str, en: &str| (pt.to_owned(), en.to_owned());
    match kind {
        ValidationErrorKind::Type { kind } => {
            let (pt, en) = types(kind);
            (format!("deve ser {pt}"), format!("must be {en}"))
        }
        ValidationErrorKind::Minimum { limit } => {
            (format!("valor mínimo {}", comma(limit)), format!("at least {limit}"))
        }
        ValidationErrorKind::Maximum { limit } => {
            (format!("valor máximo {}", comma(limit)), format!("at most {limit}"))
        }
        ValidationErrorKind::ExclusiveMinimum { limit } => {
            (format!("deve ser maior que {}", comma(limit)), format!("must be more than {limit}"))
        }
        ValidationErrorKind::ExclusiveMaximum { limit } => {
            (format!("deve ser menor que {}", comma(limit)), format!("must be less than {limit}"))
        }
        ValidationErrorKind::MinLength { limit: 1 } => both("não pode ficar vazio", "must not be empty"),
        ValidationErrorKind::MinLength { limit } => {
            (format!("pelo menos {limit} caracteres"), format!("at least {limit} characters"))
        }
        ValidationErrorKind::MaxLength { limit } => {
            (format!("no máximo {limit} caracteres"), format!("at most {limit} characters"))
        }
        ValidationErrorKind::MinItems { limit: 1 } => both("pelo menos um item", "at least one item"),
        ValidationErrorKind::MinItems { limit } => {
            (format!("pelo menos {limit} itens"), format!("at least {limit} items"))
        }
        ValidationErrorKind::MaxItems { limit } => {
            (format!("no máximo {limit} itens"), format!("at most {limit} items"))
        }
        ValidationErrorKind::Enum { options } => {
            let words = words(options);
            (format!("use um destes: {words}"), format!("use one of: {words}"))
        }
        ValidationErrorKind::Constant { expected_value } => {
            (format!("deve ser {expected_value}"), format!("must be {expected_value}"))
        }
        ValidationErrorKind::MultipleOf { .. } => both("no máximo duas casas decimais", "at most two decimals"),
        ValidationErrorKind::Format { format } => of_format(format),
        ValidationErrorKind::UniqueItems => both("há itens repetidos", "has repeated items"),
        ValidationErrorKind::Pattern { .. } => both("formato inválido", "invalid format"),
        _ => both("valor inválido", "invalid value"),
    }
}

fn of_format(format: &str) -> (String, String) {
    let (pt, en) = match format {
        "cpf" => ("CPF inválido", "invalid CPF"),
        "email" => ("e-mail inválido", "invalid e-mail"),
        "uuid" => ("identificador inválido", "invalid id"),
        "date-time" => ("data e hora inválidas (use RFC 3339)", "invalid date and time (use RFC 3339)"),
        _ => ("formato inválido", "invalid format"),
    };
    (pt.to_owned(), en.to_owned())
}

fn types(kind: &TypeKind) -> (String, String) {
    let name = |kind: JsonType| match kind {
        JsonType::Array => ("uma lista", "a list"),
        JsonType::Boolean => ("verdadeiro ou falso", "true or false"),
        JsonType::Integer => ("um número inteiro", "a whole number"),
        JsonType::Null => ("nulo", "null"),
        JsonType::Number => ("um número", "a number"),
        JsonType::Object => ("um objeto", "an object"),
        JsonType::String => ("um texto", "a text"),
    };
    let names: Vec<_> = match kind {
        TypeKind::Single(kind) => vec![name(*kind)],
        TypeKind::Multiple(set) => set.iter().filter(|kind| *kind != JsonType::Null).map(name).collect(),
    };
    let join = |or: &str, pick: fn(&(&'static str, &'static str)) -> &'static str| {
        names.iter().map(pick).collect::<Vec<_>>().join(or)
    };
    (join(" ou ", |n| n.0), join(" or ", |n| n.1))
}

/// A limit as it is written in Brazil.
fn comma(limit: &Value) -> String {
    limit.to_string().replace('.', ",")
}

fn words(options: &Value) -> String {
    let list = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let word = |option: &Value| option.as_str().map_or_else(|| option.to_string(), str::to_owned);
    list.iter().filter(|option| !option.is_null()).map(word).collect::<Vec<_>>().join(", ")
}

/// What serde has against a value that its schema let pass, in our words: its own are for programmers.
pub(crate) struct Leftover {
    /// The field inside the value, where it is about one.
    pub(crate) field: Option<String>,
    pub(crate) pt: String,
    pub(crate) en: String,
}

/// Translates an error of serde.
pub(crate) fn leftover(error: &serde_json::Error) -> Leftover {
    let text = error.to_string();
    let named = |prefix: &str| text.strip_prefix(prefix).and_then(|rest| rest.split('`').next()).map(str::to_owned);
    let say = |field, pt: &str, en: &str| Leftover { field, pt: pt.to_owned(), en: en.to_owned() };
    if let Some(field) = named("missing field `") {
        return say(Some(field), "campo obrigatório", "required field");
    }
    if let Some(field) = named("unknown field `") {
        return say(Some(field), "campo desconhecido", "unknown field");
    }
    if let (Some(_), Some((_, options))) = (named("unknown variant `"), text.split_once("`, expected ")) {
        // "one of `a`, `b`, `c`", "`a` or `b`" or "`a`".
        let words = options.trim_start_matches("one of ").replace(" or ", ", ").replace('`', "");
        return say(None, &format!("use um destes: {words}"), &format!("use one of: {words}"));
    }
    say(None, "valor inválido", "invalid value")
}
