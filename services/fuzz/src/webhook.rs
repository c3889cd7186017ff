//! A notification of MercadoPago's: query, headers and body.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode};
use domain::{Clock, SystemClock};
use mercadopago::signature;

use super::counter::{WEBHOOK_SECRET, counter};

/// Stands in the corpus for a signature that holds, as the value of `x-signature`.
const SIGNED: &str = "SIGNED";

/// Written like a request: a line with the query, lines with headers, an empty line, the body. Whatever it is, it is
/// taken in or refused; what asks for payments and is not signed by us is refused.
pub fn check(data: &[u8]) {
    let cut = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = cut.map_or((data, &[][..]), |at| (&data[..at], &data[at + 2..]));
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split('\n');
    let query: String = lines.next().unwrap_or_default().chars().filter(char::is_ascii_graphic).collect();
    let mut request = Request::post(format!("/payments/webhook?{query}"));
    let mut signed = false;
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    for &(name, value) in &headers {
        let (Ok(name), Ok(mut value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) else { continue };
        if name == "x-signature" && value == SIGNED {
            let Ok(genuine) = HeaderValue::from_str(&genuine(&query, &headers)) else { continue };
            value = genuine;
            signed = true;
        }
        request = request.header(name, value);
    }
    // Not every query that can be written is one that a client could send.
    let Ok(request) = request.body(Body::from(body.to_vec())) else { return };
    let asks_for_payment = matches!(&*kind(request.uri().query().unwrap_or_default()), "payment" | "order");
    let answer = counter().payment(request);
    match answer.status {
        StatusCode::OK => assert!(signed || !asks_for_payment, "an unsigned notification was taken in: {head}"),
        StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => {}
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::UNSUPPORTED_MEDIA_TYPE => {}
        StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {}
        other => panic!("{other}: {head}"),
    }
}

/// The type that a query asks for, as it arrives: what stands behind a `#` never does, and of two the first counts.
fn kind(query: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == "type").map(|(_, kind)| kind.into_owned()).unwrap_or_default()
}

/// As MercadoPago would sign it now.
fn genuine(query: &str, headers: &[(&str, &str)]) -> String {
    let data_id = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "data.id");
    let request_id = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-request-id")).map(|(_, id)| *id);
    let now = SystemClock.now().seconds().to_string();
    signature::header(&WEBHOOK_SECRET.into(), data_id.as_ref().map(|(_, id)| &**id), request_id, &now)
}
