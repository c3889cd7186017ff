//! A MercadoPago that does exactly as a test says: any status, any fault, nothing by itself.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use futures_util::stream;
use serde_json::{Value, json};
use testkit::Running;
use tokio::sync::watch;

/// What becomes of the next writing call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// This status, and nothing done.
    Status(u16),
    /// 429 with `Retry-After` of this many seconds, and nothing done.
    Busy(u32),
    /// 502 with a page of a proxy's, and nothing done.
    Page,
    /// 400 because the same was asked within the last minute, and nothing done.
    Repeat,
    /// Done, but the connection breaks before the answer is through.
    BrokenSuccess,
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) payments: HashMap<String, Value>,
    by_key: HashMap<String, String>,
    pub(crate) preferences: HashMap<String, Value>,
    refunds: HashMap<String, Value>,
    /// Whether a payment does not show its refunds; the list of refunds always does.
    pub(crate) hides_refunds: bool,
    /// What asking for a payment answers instead, when it must fail.
    pub(crate) read_status: Option<u16>,
    /// How often a payment was asked for.
    pub(crate) reads: usize,
    /// Whether reads and new charges wait for their answers; what they ask for is done.
    held: watch::Sender<bool>,
    /// Whether a search does not find yet what there is.
    pub(crate) search_lags: bool,
    /// How many searches there were.
    pub(crate) searches: usize,
    /// The faults to come, one for each writing call.
    pub(crate) faults: VecDeque<Fault>,
    /// What the next refunds say of themselves.
    pub(crate) refund_status: Option<&'static str>,
    /// What has become of them when they are looked at next.
    pub(crate) refund_ends: Option<&'static str>,
    /// Every writing call with its idempotency key, oldest first.
    pub(crate) writes: Vec<(String, String)>,
    pub(crate) last_body: Value,
    ticks: i64,
}

type Shared = State<Arc<Mutex<Inner>>>;

pub(crate) struct Provider {
    inner: Arc<Mutex<Inner>>,
    pub(crate) running: Running,
}

fn key(headers: &HeaderMap) -> String {
    headers.get("x-idempotency-key").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

fn refuse(status: u16) -> Response {
    refuse_with(status, 2063)
}

fn refuse_with(status: u16, code: u32) -> Response {
    let body = json!({ "message": "no", "error": "bad_request", "status": status, "cause": [{ "code": code }] });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

/// A success that breaks off: nobody has to wait until a silence counts as one.
fn broken() -> Response {
    let words = stream::unfold(false, |said| async move {
        if !said {
            return Some((Ok("{"), true));
        }
        // What was said goes out before the connection breaks.
        tokio::task::yield_now().await;
        Some((Err(std::io::Error::other("broken")), true))
    });
    (StatusCode::CREATED, Body::from_stream(words)).into_response()
}

/// Waits while answers are held back.
async fn held(inner: &Mutex<Inner>) {
    let mut held = inner.lock().unwrap().held.subscribe();
    held.wait_for(|held| !held).await.expect("the provider is there");
}

impl Inner {
    /// Later with each call, so that reports are in order.
    fn tick(&mut self) -> String {
        self.ticks += 1;
        domain::Timestamp::from_millis(1_800_000_000_000 + self.ticks * 1000).to_string()
    }

    fn write(&mut self, what: &str, headers: &HeaderMap) -> Option<Fault> {
        self.writes.push((what.to_owned(), key(headers)));
        self.faults.pop_front()
    }

    fn new_payment(&mut self, body: &Value) -> String {
        let id = (130_000_000_001 + self.payments.len()).to_string();
        let now = self.tick();
        let payment = json!({
            "id": id.parse::<i64>().unwrap(), "status": "pending", "status_detail": "pending_waiting_transfer",
            "currency_id": "BRL", "transaction_amount": body["transaction_amount"], "transaction_amount_refunded": 0,
            "external_reference": body["external_reference"], "live_mode": false,
            "date_created": now, "date_last_updated": now, "refunds": [],
            "payer": { "email": body["payer"]["email"] },
            "point_of_interaction": { "transaction_data": { "qr_code": format!("pix-{id}"), "ticket_url": format!("http://mp.example/{id}") } },
        });
        self.payments.insert(id.clone(), payment);
        id
    }

    /// Moves a payment, at a later moment than all before.
    pub(crate) fn set(&mut self, id: &str, status: &str, detail: &str) {
        let now = self.tick();
        let payment = self.payments.get_mut(id).expect("a payment");
        payment["status"] = status.into();
        payment["status_detail"] = detail.into();
        payment["date_last_updated"] = now.into();
    }

    /// Ends the one refund that is under way.
    pub(crate) fn end_refund(&mut self, status: &str) {
        let now = self.tick();
        let refund = self.refunds.values_mut().find(|refund| refund["status"] == "in_process").expect("one under way");
        refund["status"] = status.into();
        let refund = refund.clone();
        let payment = self.payments.get_mut(&refund["payment_id"].to_string()).expect("its payment");
        for shown in payment["refunds"].as_array_mut().unwrap().iter_mut().filter(|shown| shown["id"] == refund["id"]) {
            *shown = refund.clone();
        }
        if status == "approved" {
            give_back(payment, &refund["amount"], now);
        }
    }

    /// A try on a checkout.
    pub(crate) fn pay_checkout(&mut self, reference: &str, amount: f64, status: &str) -> String {
        let id = self.new_payment(&json!({ "transaction_amount": amount, "external_reference": reference }));
        self.set(&id, status, "a_detail");
        id
    }
}

async fn create_payment(State(inner): Shared, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let (fault, payment) = {
        let mut inner = inner.lock().unwrap();
        let fault = inner.write("create", &headers);
        inner.last_body = body.clone();
        match fault {
            Some(Fault::Status(status)) => return refuse(status),
            Some(Fault::Busy(seconds)) => return busy(seconds),
            Some(Fault::Page) => return page(),
            Some(Fault::Repeat) => return refuse_with(400, 2001),
            _ => {}
        }
        let id = match inner.by_key.get(&key(&headers)) {
            Some(id) => id.clone(),
            None => inner.new_payment(&body),
        };
        inner.by_key.insert(key(&headers), id.clone());
        (fault, inner.payments[&id].clone())
    };
    held(&inner).await;
    if fault.is_some() { broken() } else { (StatusCode::CREATED, Json(payment)).into_response() }
}

fn page() -> Response {
    (StatusCode::BAD_GATEWAY, "<html><body>Bad Gateway</body></html>").into_response()
}

fn busy(seconds: u32) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())], Json(json!({ "message": "later" })))
        .into_response()
}

async fn read_payment(State(inner): Shared, Path(id): Path<String>) -> Response {
    held(&inner).await;
    let mut inner = inner.lock().unwrap();
    inner.reads += 1;
    if let Some(status) = inner.read_status {
        return refuse(status);
    }
    match inner.payments.get(&id) {
        Some(payment) => Json(payment.clone()).into_response(),
        None => refuse(404),
    }
}

async fn cancel_payment(State(inner): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let mut inner = inner.lock().unwrap();
    if let Some(Fault::Status(status)) = inner.write("cancel", &headers) {
        return refuse(status);
    }
    match inner.payments.get(&id).map(|payment| payment["status"].clone()) {
        None => refuse(404),
        Some(status) if status == "pending" || status == "in_process" => {
            inner.set(&id, "cancelled", "by_collector");
            Json(inner.payments[&id].clone()).into_response()
        }
        Some(_) => refuse(400),
    }
}

async fn search(State(inner): Shared, Query(query): Query<HashMap<String, String>>) -> Response {
    let mut inner = inner.lock().unwrap();
    inner.searches += 1;
    let reference = query.get("external_reference").cloned().unwrap_or_default();
    let ours = |p: &&Value| !inner.search_lags && p["external_reference"] == reference.as_str();
    let found: Vec<&Value> = inner.payments.values().filter(ours).collect();
    Json(json!({ "paging": { "total": found.len(), "limit": 50, "offset": 0 }, "results": found })).into_response()
}

async fn refund(State(inner): Shared, Path(id): Path<String>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let (fault, refund) = {
        let mut inner = inner.lock().unwrap();
        let fault = inner.write("refund", &headers);
        match fault {
            Some(Fault::Status(status)) => return refuse(status),
            Some(Fault::Busy(seconds)) => return busy(seconds),
            Some(Fault::Page) => return page(),
            _ => {}
        }
        if let Some(seen) = inner.refunds.get(&key(&headers)) {
            return (StatusCode::CREATED, Json(seen.clone())).into_response();
        }
        let status = inner.refund_status.unwrap_or("approved");
        let number = 900_001 + inner.refunds.len();
        let now = inner.tick();
        let refund = json!({ "id": number, "payment_id": id.parse::<i64>().unwrap(), "amount": body["amount"], "status": status, "date_created": now_text() });
        let mut kept = refund.clone();
        kept["status"] = inner.refund_ends.unwrap_or(status).into();
        inner.refunds.insert(key(&headers), kept.clone());
        let hides = inner.hides_refunds;
        let payment = inner.payments.get_mut(&id).expect("a payment");
        if !hides {
            payment["refunds"].as_array_mut().unwrap().push(kept);
        }
        if status == "approved" {
            give_back(payment, &body["amount"], now);
        }
        (fault, refund)
    };
    if fault.is_some() { broken() } else { (StatusCode::CREATED, Json(refund)).into_response() }
}

fn give_back(payment: &mut Value, amount: &Value, now: String) {
    let back = payment["transaction_amount_refunded"].as_f64().unwrap() + amount.as_f64().unwrap();
    payment["transaction_amount_refunded"] = back.into();
    let whole = (back - payment["transaction_amount"].as_f64().unwrap()).abs() < 0.001;
    payment["status"] = if whole { "refunded" } else { "approved" }.into();
    payment["status_detail"] = if whole { "refunded" } else { "partially_refunded" }.into();
    payment["date_last_updated"] = now.into();
}

fn now_text() -> String {
    domain::Clock::now(&domain::SystemClock).to_string()
}

async fn refunds(State(inner): Shared, Path(id): Path<String>) -> Response {
    let inner = inner.lock().unwrap();
    let of_it: Vec<&Value> =
        inner.refunds.values().filter(|refund| refund["payment_id"].as_i64() == id.parse().ok()).collect();
    Json(json!(of_it)).into_response()
}

async fn create_preference(State(inner): Shared, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut inner = inner.lock().unwrap();
    if let Some(Fault::Status(status)) = inner.write("preference", &headers) {
        return refuse(status);
    }
    inner.last_body = body.clone();
    let id = match inner.by_key.get(&key(&headers)) {
        Some(id) => id.clone(),
        None => format!("1-pref-{}", inner.preferences.len() + 1),
    };
    inner.by_key.insert(key(&headers), id.clone());
    let preference = json!({
        "id": id, "init_point": format!("http://mp.example/checkout/{id}"),
        "external_reference": body["external_reference"], "expiration_date_to": body["expiration_date_to"],
    });
    inner.preferences.insert(id, preference.clone());
    (StatusCode::CREATED, Json(preference)).into_response()
}

async fn update_preference(
    State(inner): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let mut inner = inner.lock().unwrap();
    if let Some(Fault::Status(status)) = inner.write("close_preference", &headers) {
        return refuse(status);
    }
    let Some(preference) = inner.preferences.get_mut(&id) else { return refuse(404) };
    preference["expiration_date_to"] = body["expiration_date_to"].clone();
    Json(preference.clone()).into_response()
}

impl Provider {
    pub(crate) fn start() -> Self {
        let inner = Arc::new(Mutex::new(Inner::default()));
        let routes = Router::new()
            .route("/v1/payments", post(create_payment))
            .route("/v1/payments/search", get(search))
            .route("/v1/payments/{id}", get(read_payment).put(cancel_payment))
            .route("/v1/payments/{id}/refunds", get(refunds).post(refund))
            .route("/checkout/preferences", post(create_preference))
            .route("/checkout/preferences/{id}", put(update_preference))
            .with_state(inner.clone());
        Provider { inner, running: testkit::spawn(routes) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Whether reads and new charges wait for their answers from now on.
    pub(crate) fn hold(&self, held: bool) {
        self.lock().held.send_replace(held);
    }

    pub(crate) fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.extend(faults);
    }

    /// The keys of all calls of this kind.
    pub(crate) fn keys_of(&self, what: &str) -> Vec<String> {
        self.lock().writes.iter().filter(|(call, _)| call == what).map(|(_, key)| key.clone()).collect()
    }
}
