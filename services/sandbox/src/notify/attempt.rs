//! One attempt to deliver one notification.

use std::time::{Duration, Instant};

use domain::Timestamp;
use mercadopago::control::Signing;
use mercadopago::signature;
use mercadopago::signature::Casing;
use mercadopago::wire::date;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use secrecy::SecretString;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use crate::api::COLLECTOR_ID;
use crate::settings::TsUnit;
use crate::state::State;
use crate::store::notes::Note;

/// How far back a stale notification is dated.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// Sends a notification once and notes what came of it.
pub(super) async fn send(state: &State, mut note: Note) -> Note {
    let started = Instant::now();
    let answer = request(state, &note).await;
    note.attempts += 1;
    note.elapsed_ms = u64::try_from(started.elapsed().as_millis()).ok();
    note.http_status = answer.as_ref().ok().copied();
    note.error = answer.err();
    note.state = state_after(&note, state.settings.retry_scale).to_owned();
    tracing::debug!(id = note.id, attempt = note.attempts, status = note.http_status, state = note.state, "notified");
    note
}

/// Accepted, or sent again later, or given up. What was not genuine is never sent again: it was a trial.
fn state_after(note: &Note, scale: f64) -> &'static str {
    let again = note.signing == Signing::Genuine && super::schedule::wait(note.attempts, scale).is_some();
    match note.http_status {
        Some(200 | 201) => "delivered",
        _ if again => "waiting",
        _ => "given_up",
    }
}

async fn request(state: &State, note: &Note) -> Result<u16, String> {
    let mut url: Url = note.url.parse().map_err(|_| "not a URL".to_owned())?;
    url.query_pairs_mut().append_pair("data.id", &note.data_id).append_pair("type", &note.topic);
    let request_id = Uuid::new_v4().to_string();
    let mut body = json!({
        "id": note.id, "live_mode": false, "type": note.topic, "date_created": date(note.created_at),
        "user_id": COLLECTOR_ID, "api_version": "v1", "action": note.action, "data": { "id": note.body_data_id },
    });
    if note.signing == Signing::Forged {
        // For a receiver that believes what it is told.
        body["data"]["status"] = "approved".into();
    }
    let sent = state
        .http
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, format!("MercadoPago WebHook v1.0 {}", note.topic))
        .header("x-signature", signature(state, note, &request_id))
        .header("x-request-id", request_id)
        .header("x-retry", note.attempts)
        .header("x-rest-pool-name", "sandbox")
        .header("x-socket-timeout", 22_000)
        .body(body.to_string())
        .send()
        .await;
    sent.map(|answer| answer.status().as_u16()).map_err(|error| reason(&error))
}

/// Every attempt is signed anew, because its time is part of it.
fn signature(state: &State, note: &Note, request_id: &str) -> String {
    let now = state.now();
    let at = if note.signing == Signing::StaleTs { now.minus(STALE) } else { now };
    let ts = stamp(at, state.settings.ts_unit);
    let id = match state.settings.casing {
        Casing::AsReceived => note.data_id.clone(),
        Casing::Lowercase => note.data_id.to_ascii_lowercase(),
    };
    match note.signing {
        Signing::Forged => format!("ts={ts},v1={}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
        Signing::WrongSecret => {
            let other = SecretString::from(Uuid::new_v4().to_string());
            signature::header(&other, Some(&id), Some(request_id), &ts)
        }
        Signing::Genuine | Signing::StaleTs => {
            signature::header(&state.settings.webhook_secret, Some(&id), Some(request_id), &ts)
        }
    }
}

fn stamp(at: Timestamp, unit: TsUnit) -> String {
    match unit {
        TsUnit::Seconds => at.seconds().to_string(),
        TsUnit::Millis => at.millis().to_string(),
    }
}

fn reason(error: &reqwest::Error) -> String {
    let what = match () {
        () if error.is_connect() => "no connection",
        () if error.is_timeout() => "no answer within 22 s",
        () => "the connection broke",
    };
    what.to_owned()
}
