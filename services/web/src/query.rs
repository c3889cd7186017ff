use std::sync::{LazyLock, RwLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::Page;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::schema::{self, Cache, Checker};
use crate::{Fail, Faults};

/// The query of a request. Each bad, repeated or unknown parameter is a fault, and all are told at once: a filter
/// with a typing error must not return everything.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

/// No parameter at all: as `Params<NoParams>`, any that is given is a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NoParams {}

/// The query of a list: its filters, and `skip` and `limit`. Document it as `params(Filter, web::PageParams)`.
#[derive(Debug, Clone)]
pub struct Paged<T> {
    /// What is looked for.
    pub filter: T,
    /// Which part of it.
    pub page: Page,
}

/// `skip` and `limit`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many to pass over.
    #[param(maximum = 10000)]
    pub skip: Option<u32>,
    /// How many to return at most; 10 when left out.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

impl From<PageParams> for Page {
    fn from(params: PageParams) -> Page {
        Page { skip: params.skip.unwrap_or(0), limit: params.limit.unwrap_or(Page::DEFAULT_LIMIT) }
    }
}

static QUERIES: Cache<Query> = LazyLock::new(RwLock::default);

impl<T, S> FromRequestParts<S> for Params<T>
where
    T: DeserializeOwned + IntoParams + 'static,
    S: Send + Sync,
{
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fail> {
        let query = schema::cached::<Params<T>, _>(&QUERIES, || Query::new(params::<T>()))?;
        let (values, mut faults) = query.values(parts.uri.query().unwrap_or_default());
        let read = read(values, &mut faults);
        faults.check()?;
        read.map(Params)
    }
}

impl<T, S> FromRequestParts<S> for Paged<T>
where
    T: DeserializeOwned + IntoParams + 'static,
    S: Send + Sync,
{
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fail> {
        let query = schema::cached::<Paged<T>, _>(&QUERIES, || {
            let mut all = params::<T>();
            all.extend(params::<PageParams>());
            Query::new(all)
        })?;
        let (mut values, mut faults) = query.values(parts.uri.query().unwrap_or_default());
        let page = ["skip", "limit"].into_iter().filter_map(|name| values.remove_entry(name)).collect();
        let page = read::<PageParams>(page, &mut faults);
        let filter = read(values, &mut faults);
        faults.check()?;
        Ok(Paged { filter: filter?, page: page?.into() })
    }
}

fn params<T: IntoParams>() -> Vec<Parameter> {
    T::into_params(|| Some(ParameterIn::Query))
}

/// Reads what is left after the check; what its schema could not say is taken out as a fault, one by one.
fn read<T: DeserializeOwned>(mut values: Map<String, Value>, faults: &mut Faults) -> Result<T, Fail> {
    loop {
        let (pointer, (pt, en)) = match schema::read(Value::Object(values.clone())) {
            Ok(read) => return Ok(read),
            Err(error) => error,
        };
        let name = pointer.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
        if values.remove(&name).is_none() {
            if faults.is_empty() {
                faults.parameter(name, pt, en);
            }
            return Err(Fail::internal("the query can't be read"));
        }
        faults.parameter(name, pt, en);
    }
}

/// What a query may say: its parameters as the fields of one object, checked as a body is.
struct Query {
    fields: Vec<Field>,
    checker: Checker,
}

struct Field {
    name: String,
    shape: Shape,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Text,
    Integer,
    Number,
    Boolean,
    List,
}

impl Query {
    fn new(parameters: Vec<Parameter>) -> Result<Self, Fail> {
        let components = schema::components(schema::vocabulary())?;
        let mut fields = Vec::new();
        let mut properties = Map::new();
        let mut required = Vec::new();
        for parameter in parameters {
            let mut schema = serde_json::to_value(&parameter.schema).map_err(Fail::internal)?;
            drop_unknown_references(&mut schema, &components);
            fields.push(Field { name: parameter.name.clone(), shape: shape(&schema, &components) });
            if matches!(parameter.required, Required::True) {
                required.push(parameter.name.clone());
            }
            properties.insert(parameter.name, if schema.is_null() { json!({}) } else { schema });
        }
        let root = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
            "components": components,
        });
        Ok(Query { fields, checker: Checker::new(&root)? })
    }

    /// The values that are good, and what is wrong with the others.
    fn values(&self, query: &str) -> (Map<String, Value>, Faults) {
        let mut values = Map::new();
        let mut repeated = Vec::new();
        for (name, text) in url::form_urlencoded::parse(query.as_bytes()) {
            let shape = self.fields.iter().find(|field| field.name == name).map_or(Shape::Text, |field| field.shape);
            match (values.get_mut(name.as_ref()), shape) {
                (Some(Value::Array(list)), Shape::List) => list.push(text.into()),
                (Some(_), _) => repeated.push(name.into_owned()),
                (None, _) => {
                    values.insert(name.into_owned(), typed(&text, shape));
                }
            }
        }
        let found = self.checker.check(&Value::Object(values.clone()));
        let mut faults = found.into_parameters();
        for name in repeated {
            faults.parameter(name, "informado mais de uma vez", "given more than once");
        }
        for name in faults.names() {
            values.remove(&name);
        }
        (values, faults)
    }
}

/// A text as the JSON value that its schema expects; one that can't be stays a text, which the schema refuses.
fn typed(text: &str, shape: Shape) -> Value {
    let parsed = match shape {
        Shape::Text => None,
        Shape::Integer => text.parse::<i64>().ok().map(Value::from),
        Shape::Number => text.parse::<f64>().ok().map(Value::from),
        Shape::Boolean => text.parse::<bool>().ok().map(Value::from),
        Shape::List => Some(Value::Array(vec![text.into()])),
    };
    parsed.unwrap_or_else(|| text.into())
}

fn shape(schema: &Value, components: &Value) -> Shape {
    if let Some(target) = referenced(schema, components) {
        return shape(target, components);
    }
    let named = |name: &str| match name {
        "integer" => Some(Shape::Integer),
        "number" => Some(Shape::Number),
        "boolean" => Some(Shape::Boolean),
        "array" => Some(Shape::List),
        _ => None,
    };
    let own = match &schema["type"] {
        Value::String(name) => named(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find_map(named),
        _ => None,
    };
    let nested = |key: &str| {
        let branches = schema[key].as_array().into_iter().flatten();
        branches.map(|branch| shape(branch, components)).find(|shape| *shape != Shape::Text)
    };
    own.or_else(|| nested("oneOf")).or_else(|| nested("anyOf")).or_else(|| nested("allOf")).unwrap_or(Shape::Text)
}

fn referenced<'a>(schema: &Value, components: &'a Value) -> Option<&'a Value> {
    let name = schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")?;
    components["schemas"].get(name)
}

/// A list of parameters does not bring the schemas that it refers to. Those outside the common vocabulary are left
/// to the type itself, which reads the value after this check.
fn drop_unknown_references(schema: &mut Value, components: &Value) {
    if schema.get("$ref").is_some() && referenced(schema, components).is_none() {
        *schema = json!({});
        return;
    }
    match schema {
        Value::Object(fields) => fields.values_mut().for_each(|field| drop_unknown_references(field, components)),
        Value::Array(items) => items.iter_mut().for_each(|item| drop_unknown_references(item, components)),
        _ => {}
    }
}
