//! The OpenAPI document of a service: what its routes say of themselves, and what is true of every route.

use std::sync::LazyLock;

use api::{Fault, Health, OAuthError, Problem, ProblemKind};
use serde_json::{Map, Value, json};
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, ParameterIn, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{
    Components, ComponentsBuilder, Content, ContentBuilder, HeaderBuilder, ObjectBuilder, OpenApi, Ref, RefOr,
    Response, ResponseBuilder, Schema, Type,
};
use utoipa::{PartialSchema, ToSchema};

use crate::{oauth, schema};

const PROBLEM: &str = "application/problem+json";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A good body of each type, by the type's name.
static EXAMPLES: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let text = include_str!("../../../fixtures/examples.json");
    serde_json::from_str(text).unwrap_or_else(|error| unreachable!("fixtures/examples.json is not JSON: {error}"))
});

/// The groups of a document, each with what it holds.
pub fn groups<const N: usize>(groups: [(&str, &str); N]) -> Vec<Tag> {
    groups.map(|(name, holds)| TagBuilder::new().name(name).description(Some(holds)).build()).into()
}

/// Completes a service's document: its base (title, description, tags) with the routes, and what all services share:
/// the probes, the `bearer` security scheme, ids of operations, and the refusals that follow from what an operation
/// takes. A route names only the refusals of its own, and what it says of a status is kept.
pub fn document(base: OpenApi, routes: OpenApi) -> OpenApi {
    let mut document = base;
    document.merge(routes);
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.servers = None;
    for (path, summary) in [
        ("/health", "Says that the service answers"),
        ("/ready", "Looks at everything that a request needs: 503 when something is missing"),
        ("/metrics", "Measurements, as OpenMetrics text"),
    ] {
        let paths = &mut document.paths.paths;
        paths.entry(path.to_owned()).or_insert_with(|| PathItem::new(HttpMethod::Get, probe(path, summary)));
    }
    let service = TagBuilder::new().name("service").description(Some("Whether it works, and how well")).build();
    document.tags.get_or_insert_default().push(service);
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(method, path));
            complete(operation);
        }
    }
    let mut shared = shared();
    if let Some(own) = document.components.take() {
        shared.schemas.extend(own.schemas);
        shared.responses.extend(own.responses);
        shared.security_schemes.extend(own.security_schemes);
    }
    document.components = Some(shared);
    document
}

pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("delete", &mut item.delete),
        ("patch", &mut item.patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// `patch_orders_id_items_line` for `PATCH /orders/{id}/items/{line}`: what is unique stays unique.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    [method].into_iter().chain(words).collect::<Vec<_>>().join("_")
}

/// What a caller can meet, whatever the route does, follows from what the operation says that it takes.
fn complete(operation: &mut Operation) {
    let form = if oauth::is_spoken(operation) { Form::OAuth } else { Form::Problem };
    let secured = operation.security.as_ref().is_some_and(|schemes| !schemes.is_empty());
    let parameters = operation.parameters.iter().flatten();
    let (mut in_path, mut checked) = (false, false);
    for parameter in parameters {
        match parameter {
            RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Path) => in_path = true,
            RefOr::T(parameter) => checked |= !parameter.name.to_ascii_lowercase().starts_with("if-none"),
            RefOr::Ref(_) => checked = true,
        }
    }
    let mut add = |kinds: &[ProblemKind], description: &str| {
        if let Some(first) = kinds.first() {
            let answers = operation.responses.responses.entry(first.status().to_string());
            answers.or_insert_with(|| RefOr::T(form.refusal(kinds, description)));
        }
    };
    if secured {
        add(&[ProblemKind::Unauthenticated], "No token, or one that does not hold");
        add(&[ProblemKind::Forbidden], "A token of a role that may not do this");
    }
    if in_path {
        add(&[ProblemKind::NotFound], "There is no such thing, or it is somebody else's");
    }
    match &operation.request_body {
        Some(RefOr::T(body)) => {
            let json = !body.content.contains_key(FORM);
            add(&[ProblemKind::RequestTimeout], "The body did not arrive in time");
            add(&[ProblemKind::TooLarge], "The body is over the limit");
            if json {
                add(&[ProblemKind::InvalidJson], "The body is no JSON");
                add(&[ProblemKind::UnsupportedMedia], "The body is not sent as JSON");
                add(&[ProblemKind::InvalidBody], "Faults of the body, all at once");
            }
        }
        Some(RefOr::Ref(_)) => {}
        None => add(&[ProblemKind::InvalidParameter], "Faults of the query or header, all at once"),
    }
    if checked {
        add(&[ProblemKind::InvalidParameter], "Faults of the query or header, all at once");
    }
    let busy: &[ProblemKind] = if secured {
        &[ProblemKind::StoreUnavailable, ProblemKind::AuthUnavailable, ProblemKind::Overloaded]
    } else {
        &[ProblemKind::StoreUnavailable, ProblemKind::Overloaded]
    };
    add(busy, "Not now; Retry-After says when again");
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            form.finish(status, response);
            response.content.values_mut().for_each(exemplify);
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(exemplify);
    }
    let (kind, content) = form.body(&[ProblemKind::Internal]);
    let other = ResponseBuilder::new().description(form.other()).content(kind, content).build();
    operation.responses.responses.entry("default".to_owned()).or_insert(RefOr::T(other));
}

/// How an operation tells refusals.
#[derive(Clone, Copy)]
enum Form {
    Problem,
    OAuth,
}

impl Form {
    /// What is said of a refusal that is not listed.
    fn other(self) -> &'static str {
        match self {
            Form::Problem => "Any other refusal (RFC 9457); `code` tells which.",
            Form::OAuth => "Any other refusal (RFC 6749 §5.2); `error` tells which.",
        }
    }

    fn code(self, kind: ProblemKind) -> &'static str {
        match self {
            Form::Problem => kind.code(),
            Form::OAuth => oauth::word(kind, None),
        }
    }

    /// A body with the first of these kinds as its example.
    fn body(self, kinds: &[ProblemKind]) -> (&'static str, Content) {
        let kind = kinds.first().copied().unwrap_or(ProblemKind::Internal);
        let (content_type, schema, example) = match self {
            Form::Problem => (PROBLEM, "Problem", example(kind)),
            Form::OAuth => {
                (JSON, "OAuthError", json!(oauth::error(kind, None, &format!("{}.", kind.title(api::Lang::Pt)))))
            }
        };
        let schema = Some(Ref::from_schema_name(schema));
        (content_type, ContentBuilder::new().schema(schema).example(Some(example)).build())
    }

    fn refusal(self, kinds: &[ProblemKind], description: &str) -> Response {
        let mut codes: Vec<String> = kinds.iter().map(|kind| format!("`{}`", self.code(*kind))).collect();
        codes.dedup();
        let (content_type, content) = self.body(kinds);
        let description = format!("{}: {description}", codes.join(", "));
        ResponseBuilder::new().description(description).content(content_type, content).build()
    }

    /// What belongs to a status: a refusal without a body of its own has this form's, and says how to go on.
    fn finish(self, status: &str, response: &mut Response) {
        let status: u16 = status.parse().unwrap_or(0);
        if status >= 400 && response.content.is_empty() {
            let kinds: Vec<ProblemKind> = named(&response.description);
            let fallback = ProblemKind::ALL.iter().find(|kind| kind.status() == status).copied();
            let kinds = if kinds.is_empty() { fallback.into_iter().collect() } else { kinds };
            let (content_type, content) = self.body(&kinds);
            response.content.insert(content_type.to_owned(), RefOr::T(content));
        }
        match (status, self) {
            (401, _) => header(response, "WWW-Authenticate", "How to sign in (RFC 6750 §3)"),
            (429 | 503, Form::Problem) if !response.content.contains_key(PROBLEM) => {}
            (429 | 503, _) => header(response, "Retry-After", "In how many seconds to try again"),
            _ => {}
        }
        header(response, "X-Request-Id", "The id of the request, as given or as made");
    }
}

/// Gives a body the example of its type.
fn exemplify(content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    let schema = serde_json::to_value(&content.schema).unwrap_or_default();
    if content.example.is_none() {
        content.example = of_its_type(&schema);
    }
}

/// The example of a type, of a list of it, or of it where it may be absent.
fn of_its_type(schema: &Value) -> Option<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        return EXAMPLES.get(reference.rsplit('/').next()?).cloned();
    }
    if let Some(one) = schema.get("items").and_then(of_its_type) {
        return Some(Value::Array(vec![one]));
    }
    schema["oneOf"].as_array()?.iter().find_map(of_its_type)
}

/// The kinds whose codes a description names.
fn named(description: &str) -> Vec<ProblemKind> {
    let quoted = |kind: &&ProblemKind| description.contains(&format!("`{}`", kind.code()));
    ProblemKind::ALL.iter().filter(quoted).copied().collect()
}

fn header(response: &mut Response, name: &str, description: &str) {
    let kind = if name == "Retry-After" { Type::Integer } else { Type::String };
    let header = HeaderBuilder::new().schema(Some(of_type(kind))).description(Some(description)).build();
    response.headers.entry(name.to_owned()).or_insert(RefOr::T(header));
}

fn example(kind: ProblemKind) -> Value {
    let lang = api::Lang::Pt;
    let mut problem = json!({
        "type": kind.type_uri(),
        "title": kind.title(lang),
        "status": kind.status(),
        "detail": format!("{}.", kind.title(lang)),
        "instance": "/",
        "code": kind.code(),
    });
    match kind {
        ProblemKind::InvalidBody => {
            problem["errors"] = json!([{"pointer": "/name", "detail": "campo obrigatório"}]);
        }
        ProblemKind::InvalidParameter => {
            problem["errors"] = json!([{"parameter": "limit", "detail": "valor máximo 100"}]);
        }
        ProblemKind::IllegalTransition => problem["allowed"] = json!(["cancelled"]),
        ProblemKind::ChargeExists => problem["payment_id"] = json!("019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6a7b"),
        _ => {}
    }
    problem
}

fn probe(path: &str, summary: &str) -> Operation {
    let json = |name: &str| ContentBuilder::new().schema(Some(Ref::from_schema_name(name))).build();
    let text = || {
        let example = "# TYPE lanchonete_http_request_duration_seconds histogram\n# EOF\n";
        ContentBuilder::new().schema(Some(of_type(Type::String))).example(Some(example.into())).build()
    };
    let answer = |said: &str| match path {
        "/health" => ResponseBuilder::new().description(said).content("application/json", json("Health")).build(),
        "/ready" => ResponseBuilder::new().description(said).content("application/json", json("Readiness")).build(),
        _ => ResponseBuilder::new().description(said).content(METRICS, text()).build(),
    };
    let operation = OperationBuilder::new().summary(Some(summary)).tag("service").response("200", answer("It does."));
    if path == "/ready" {
        operation.response("503", answer("Something is missing.")).build()
    } else {
        operation.build()
    }
}

fn of_type(kind: Type) -> RefOr<Schema> {
    RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(kind).build()))
}

/// Of the OpenMetrics text.
const METRICS: &str = "text/plain";

fn shared() -> Components {
    let mut schemas = schema::vocabulary();
    fn add<T: ToSchema + PartialSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
        schemas.push((T::name().into_owned(), T::schema()));
    }
    add::<Problem>(&mut schemas);
    add::<Fault>(&mut schemas);
    add::<Health>(&mut schemas);
    add::<api::Readiness>(&mut schemas);
    add::<OAuthError>(&mut schemas);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A token of the auth service: `Authorization: Bearer …`."));
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("bearer", SecurityScheme::Http(bearer.build()))
        .build()
}
