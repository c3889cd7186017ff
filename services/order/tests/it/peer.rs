//! A payment service that does as it is told, and an auth service that gives out service tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use api::payment::{CancelCharge, CancelledCharge, CounterPayment, NewPayment, NewRefund, Payment};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::{Clock, Timestamp};
use domain::{Money, OrderId, PaymentId, PaymentMethod, PaymentStatus, SystemClock};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How the payment service behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Up,
    /// Answers 503.
    Down,
    /// Is asked, and does nothing until it is in another mood.
    Held,
    /// Does what it is asked, and the answer is lost.
    Deaf,
    /// Says no to whatever is asked for.
    Unwilling,
    /// Says no to new charges and to refunds, with this status and code.
    Refuses(u16, &'static str),
}

#[derive(Default)]
pub(crate) struct Log {
    /// How many calls came to nothing: it was down, or unwilling.
    pub(crate) turned_away: usize,
    pub(crate) creates: Vec<(NewPayment, String)>,
    /// `x-request-id` and `traceparent` of each create.
    pub(crate) traces: Vec<(String, String)>,
    pub(crate) cancels: Vec<(OrderId, CancelCharge)>,
    pub(crate) counters: Vec<(CounterPayment, String)>,
    pub(crate) refunds: Vec<(PaymentId, NewRefund, String)>,
    pub(crate) charges: HashMap<String, Payment>,
    /// Where a payment stands that is asked for; approved when not said.
    pub(crate) standing: Option<PaymentStatus>,
}

#[derive(Clone)]
pub(crate) struct Peer {
    mood: watch::Sender<Mood>,
    log: Arc<Mutex<Log>>,
    /// Whether it moves real money; it does not say so when unset.
    pub(crate) live: Arc<Mutex<Option<bool>>>,
    pub(crate) url: url::Url,
    _stop: Arc<Stop>,
}

struct Stop(CancellationToken);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Peer {
    pub(crate) fn start() -> Peer {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let stop = CancellationToken::new();
        let peer = Peer {
            mood: watch::Sender::new(Mood::Up),
            log: Arc::default(),
            live: Arc::default(),
            url,
            _stop: Arc::new(Stop(stop.clone())),
        };
        let inner = Inner { mood: peer.mood.clone(), log: peer.log.clone(), live: peer.live.clone() };
        let router = Router::new()
            .route("/token", post(token))
            .route("/health", get(health))
            .route("/payments", post(create))
            .route("/payments/{id}", get(show))
            .route("/payments/{id}/refund", post(refund))
            .route("/internal/orders/{id}/charge/cancel", post(cancel))
            .route("/internal/payments/counter", post(counter))
            .with_state(inner);
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        tokio::spawn(web::serve(router, listener, stop));
        peer
    }

    pub(crate) fn mood(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }
}

#[derive(Clone)]
struct Inner {
    mood: watch::Sender<Mood>,
    log: Arc<Mutex<Log>>,
    live: Arc<Mutex<Option<bool>>>,
}

impl Inner {
    /// Waits or refuses as the mood is; says whether the answer gets through.
    async fn before(&self) -> Result<(), Response> {
        let mood = *self.mood.subscribe().wait_for(|mood| *mood != Mood::Held).await.expect("the peer is there");
        match mood {
            Mood::Down => Err(lost()),
            Mood::Unwilling => Err(no(409, "conflict")),
            Mood::Up | Mood::Held | Mood::Deaf | Mood::Refuses(..) => Ok(()),
        }
    }

    /// The same for whatever a test may wait for.
    async fn asked(&self) -> Result<(), Response> {
        let before = self.before().await;
        self.log.lock().unwrap().turned_away += usize::from(before.is_err());
        before
    }

    fn answer<T: serde::Serialize>(&self, status: StatusCode, value: T) -> Response {
        if *self.mood.borrow() == Mood::Deaf { lost() } else { (status, Json(value)).into_response() }
    }
}

fn lost() -> Response {
    (StatusCode::BAD_GATEWAY, "nobody there").into_response()
}

/// With a text that speaks of a person, as a text for people may.
fn no(status: u16, code: &str) -> Response {
    let problem = json!({"type": "about:blank", "title": "No", "status": status, "code": code,
        "detail": "ana.pessoa@example.com já recebeu", "instance": "/"});
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", "application/problem+json")], problem.to_string()).into_response()
}

/// A payment as it stands: in any mood but the worst, since nothing is asked for.
async fn show(State(peer): State<Inner>, Path(_): Path<PaymentId>) -> Response {
    let standing = peer.log.lock().unwrap().standing;
    let shown = payment(OrderId::new(), Money::ZERO, PaymentMethod::Pix, standing.unwrap_or(PaymentStatus::Approved));
    (StatusCode::OK, Json(shown)).into_response()
}

async fn health(State(inner): State<Inner>) -> Response {
    let health = api::Health {
        status: "Operational".to_owned(),
        service: "payment".to_owned(),
        version: String::new(),
        live: *inner.live.lock().unwrap(),
    };
    match inner.before().await {
        Ok(()) => Json(health).into_response(),
        Err(answer) => answer,
    }
}

async fn token() -> Json<serde_json::Value> {
    let answer = json!({"access_token": "service", "token_type": "bearer", "expires_in": 3600,
        "customer_id": "order", "role": "service"});
    Json(answer)
}

fn key(headers: &HeaderMap) -> String {
    text(headers, "idempotency-key")
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

pub(crate) fn payment(order: OrderId, amount: Money, method: PaymentMethod, status: PaymentStatus) -> Payment {
    let now: Timestamp = SystemClock.now();
    let text = |is: bool, text: &str| is.then(|| text.to_owned());
    Payment {
        payment_id: PaymentId::new(),
        order_id: order,
        customer_id: None,
        amount,
        refunded_amount: Money::ZERO,
        currency: "BRL".to_owned(),
        method,
        status,
        status_detail: String::new(),
        provider_payment_id: None,
        qr_code: text(method == PaymentMethod::Pix, "00020126580014br.gov.bcb.pix"),
        qr_code_base64: api::Picture::LeftOut,
        payment_link: text(method == PaymentMethod::Checkout, "https://pay.example.com/1"),
        expires_at: Some(now.plus(Duration::from_secs(1800))),
        created_at: now,
        updated_at: now,
    }
}

async fn create(State(peer): State<Inner>, headers: HeaderMap, Json(body): Json<NewPayment>) -> Response {
    if let Err(lost) = peer.asked().await {
        return lost;
    }
    let key = key(&headers);
    let mood = *peer.mood.borrow();
    let charge = {
        let mut log = peer.log.lock().unwrap();
        log.creates.push((body.clone(), key.clone()));
        log.traces.push((text(&headers, "x-request-id"), text(&headers, "traceparent")));
        if let Mood::Refuses(status, code) = mood {
            return no(status, code);
        }
        let method = body.method.unwrap_or_default();
        log.charges
            .entry(key)
            .or_insert_with(|| payment(body.order_id, body.amount, method, PaymentStatus::Pending))
            .clone()
    };
    peer.answer(StatusCode::CREATED, charge)
}

async fn cancel(State(peer): State<Inner>, Path(id): Path<OrderId>, Json(body): Json<CancelCharge>) -> Response {
    if let Err(lost) = peer.asked().await {
        return lost;
    }
    let attempt = body.attempt;
    let payment = {
        let mut log = peer.log.lock().unwrap();
        log.cancels.push((id, body));
        log.charges.get_mut(&format!("{id}-{attempt}")).map(|charge| {
            if charge.status.is_open() {
                charge.status = PaymentStatus::Cancelled;
            }
            charge.clone()
        })
    };
    peer.answer(StatusCode::OK, CancelledCharge { payment, attempt: Some(attempt), version: 1 })
}

async fn counter(State(peer): State<Inner>, headers: HeaderMap, Json(body): Json<CounterPayment>) -> Response {
    if let Err(lost) = peer.asked().await {
        return lost;
    }
    let answer = payment(body.order_id, body.amount, PaymentMethod::Counter, PaymentStatus::Approved);
    peer.log.lock().unwrap().counters.push((body, key(&headers)));
    peer.answer(StatusCode::CREATED, answer)
}

async fn refund(
    State(peer): State<Inner>,
    Path(id): Path<PaymentId>,
    headers: HeaderMap,
    Json(body): Json<NewRefund>,
) -> Response {
    if let Err(lost) = peer.asked().await {
        return lost;
    }
    peer.log.lock().unwrap().refunds.push((id, body, key(&headers)));
    if let Mood::Refuses(status, code) = *peer.mood.borrow() {
        return no(status, code);
    }
    let order = OrderId::new();
    peer.answer(StatusCode::CREATED, payment(order, Money::ZERO, PaymentMethod::Pix, PaymentStatus::Approved))
}
