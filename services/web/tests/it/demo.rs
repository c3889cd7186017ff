//! A small service with one route for each thing to be seen.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use api::Dependency;
use async_trait::async_trait;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::{Money, OrderId, OrderStatus, PaymentMethod, ProductId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use testkit::{Mint, Running};
use tokio::sync::Notify;
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{
    Anyone, Body, Fail, IdempotencyKey, IfMatch, Limits, Metrics, PageParams, Paged, Params, PathId, PathIds, RawBody,
    Readiness, Shell, Verifier, Who,
};

/// Less than what is running may take at the end: a server that is done by then has not waited for it.
pub(crate) const AT_ONCE: Duration = Duration::from_millis(7_500);

web::permit! {
    /// The kitchen and the owner.
    pub(crate) Kitchens => [Admin, Kitchen];
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dish {
    #[schema(min_length = 1, max_length = 10)]
    pub(crate) name: String,
    /// In reais.
    #[schema(value_type = f64, minimum = 0.01, maximum = 9999.99, multiple_of = 0.01)]
    pub(crate) price: Money,
    pub(crate) product_id: ProductId,
    #[schema(minimum = 1, maximum = 99)]
    pub(crate) quantity: u32,
    #[serde(default)]
    pub(crate) method: Option<PaymentMethod>,
    #[serde(default)]
    pub(crate) served_at: Option<Timestamp>,
    #[serde(default, serialize_with = "hidden")]
    pub(crate) cpf: Option<domain::Cpf>,
    #[serde(default, serialize_with = "hidden")]
    pub(crate) email: Option<domain::Email>,
    #[serde(default)]
    pub(crate) sides: Option<Vec<Side>>,
}

fn hidden<T, S: serde::Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Side {
    #[schema(max_length = 300)]
    pub(crate) comment: String,
    #[serde(default)]
    pub(crate) extra: Option<Money>,
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    #[serde(default)]
    pub(crate) text: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Amount {
    pub(crate) amount: Money,
    pub(crate) size: Option<Size>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Size {
    Small,
    Large,
}

#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    pub(crate) order_id: Option<OrderId>,
    pub(crate) status: Option<OrderStatus>,
    pub(crate) size: Option<Size>,
    pub(crate) enabled: Option<bool>,
    pub(crate) created_after: Option<Timestamp>,
    #[param(max_length = 5)]
    pub(crate) q: Option<String>,
    pub(crate) any: Option<Vec<String>>,
}

#[derive(Clone)]
pub(crate) struct Kitchen {
    pub(crate) entered: Arc<Notify>,
    pub(crate) go_on: Arc<Notify>,
}

/// Like a real route: who, which, is it there, what.
#[utoipa::path(put, path = "/dishes/{id}", request_body = Dish, security(("bearer" = [])), responses((status = 200, body = Dish)))]
async fn put_dish(who: Who<Kitchens>, PathId(id): PathId<OrderId>, body: RawBody) -> Result<Json<Value>, Fail> {
    if id.uuid().is_nil() {
        return Err(Fail::not_found("Não há este prato.", "There is no such dish."));
    }
    let dish: Dish = body.read().await?;
    Ok(Json(json!({"by": who.subject, "role": who.role, "dish": dish})))
}

#[utoipa::path(post, path = "/dishes", request_body = Dish, responses((status = 200, body = Dish)))]
async fn post_dish(Body(dish): Body<Dish>) -> Json<Dish> {
    Json(dish)
}

#[utoipa::path(get, path = "/dishes", params(Filter, PageParams), responses((status = 200)))]
async fn list_dishes(paged: Paged<Filter>) -> Response {
    let seen = json!({"filter": paged.filter, "skip": paged.page.skip, "limit": paged.page.limit});
    web::listed(vec![seen], 10_001)
}

#[utoipa::path(get, path = "/dish", params(Filter), responses((status = 200)))]
async fn one_dish(Params(filter): Params<Filter>) -> Json<Filter> {
    Json(filter)
}

async fn note(body: RawBody) -> Result<Json<Note>, Fail> {
    body.read_or_default().await.map(Json)
}

#[utoipa::path(post, path = "/amount", request_body = Amount, responses((status = 200)))]
async fn amount(Body(amount): Body<Amount>) -> Json<i64> {
    Json(amount.amount.centavos())
}

async fn item(PathIds(id, line): PathIds<OrderId, u32>) -> Json<Value> {
    Json(json!([id, line]))
}

async fn headers(IdempotencyKey(key): IdempotencyKey, IfMatch(version): IfMatch) -> Json<Value> {
    Json(json!({"key": key, "version": version}))
}

async fn whoever(Anyone(caller): Anyone) -> Json<Value> {
    Json(json!(caller.map(|caller| caller.subject)))
}

async fn traced() -> Json<Value> {
    let trace = api::client::trace::current().unwrap_or_default();
    Json(json!([trace.request_id, trace.traceparent]))
}

async fn panics() -> &'static str {
    panic!("the secret of the cook")
}

async fn breaks() -> Fail {
    Fail::unavailable(std::io::Error::other("SELECT * FROM secrets"))
}

async fn waits(State(kitchen): State<Kitchen>) -> &'static str {
    kitchen.entered.notify_one();
    kitchen.go_on.notified().await;
    "done"
}

/// A stream whose head comes at once and whose last part comes when told.
async fn streams(State(kitchen): State<Kitchen>) -> Response {
    let last = async move {
        kitchen.go_on.notified().await;
        Ok::<_, Infallible>("last")
    };
    let first = futures_util::future::ready(Ok::<_, Infallible>("first "));
    let parts =
        futures_util::stream::StreamExt::chain(futures_util::stream::once(first), futures_util::stream::once(last));
    axum::body::Body::from_stream(parts).into_response()
}

/// More than a client's buffers hold.
async fn endless() -> Response {
    let part = bytes::Bytes::from(vec![b'x'; 64 * 1024]);
    let parts = futures_util::stream::repeat_with(move || Ok::<_, Infallible>(part.clone()));
    axum::body::Body::from_stream(parts).into_response()
}

struct Ready(bool);

#[async_trait]
impl Readiness for Ready {
    async fn check(&self) -> Vec<Dependency> {
        let wanted = Dependency::wanted("printer", Some("out of paper".to_owned()));
        vec![Dependency::required("store", (!self.0).then(|| "not yet".to_owned())), wanted]
    }
}

pub(crate) struct Demo {
    pub(crate) verifier: Option<Arc<Verifier>>,
    pub(crate) limits: Limits,
    pub(crate) ready: bool,
    pub(crate) kitchen: Kitchen,
}

impl Demo {
    pub(crate) fn new() -> Self {
        let kitchen = Kitchen { entered: Arc::default(), go_on: Arc::default() };
        Demo { verifier: None, limits: Limits::default(), ready: true, kitchen }
    }

    pub(crate) fn trusting(mint: &Mint) -> Self {
        Demo { verifier: Some(mint.verifier()), ..Demo::new() }
    }

    pub(crate) fn with_timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = timeout;
        self
    }

    pub(crate) fn router(self) -> axum::Router {
        let routes = OpenApiRouter::new()
            .routes(routes!(put_dish))
            .routes(routes!(post_dish, list_dishes))
            .routes(routes!(one_dish))
            .routes(routes!(amount))
            .route("/note", post(note))
            .route("/items/{id}/{line}", get(item))
            .route("/headers", get(headers))
            .route("/whoever", get(whoever))
            .route("/traced", get(traced))
            .route("/panics", get(panics))
            .route("/breaks", get(breaks))
            .route("/waits", get(waits))
            .route("/streams", get(streams))
            .route("/put-off", get(async || axum::http::StatusCode::TOO_MANY_REQUESTS))
            .route("/page", get(async || axum::response::Html("<p>Pronto</p>")))
            .route("/endless", get(endless))
            .route("/slashed/", get(async || "slashed"))
            .with_state(self.kitchen);
        let shell = Shell {
            name: "demo",
            openapi: OpenApi::default(),
            readiness: Arc::new(Ready(self.ready)),
            verifier: self.verifier,
            limits: self.limits,
            metrics: Arc::new(Metrics::new("demo")),
        };
        web::shell(routes, shell)
    }

    pub(crate) fn spawn(self) -> Running {
        let limits = self.limits.clone();
        testkit::spawn_within(self.router(), limits)
    }
}

/// A body that holds.
pub(crate) fn good() -> Value {
    json!({"name": "X-Tudo", "price": 35.10, "product_id": "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3", "quantity": 1})
}
