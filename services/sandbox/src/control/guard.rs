//! Who may use the panel: programs on this machine, and pages of the sandbox itself. It asks for no token, so a page of
//! somebody else in a browser on this machine must not reach it: neither by a request of its own, nor by a name that it
//! lets point here (DNS rebinding).

use std::net::{Ipv4Addr, Ipv6Addr};

use api::ProblemKind;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use web::Fail;

/// Lets a request through whose `Host` is this machine and that comes from no other page.
pub(super) async fn local_only(request: Request, next: Next) -> Response {
    let named = request.uri().authority().map(|authority| authority.as_str());
    let host = named.or_else(|| text(request.headers(), HOST.as_str()));
    match host.filter(|host| is_loopback(host)) {
        None => elsewhere().into_response(),
        Some(host) if !is_own_page(request.headers(), host) => foreign_page().into_response(),
        Some(_) => next.run(request).await,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `localhost`, 127.0.0.0/8 or [::1], with a port or without.
fn is_loopback(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let Some((ip, port)) = rest.split_once(']') else { return false };
        return ip.parse().is_ok_and(|ip: Ipv6Addr| ip.is_loopback()) && (port.is_empty() || is_port(port));
    }
    let (name, port) = host.find(':').map_or((host, ""), |at| host.split_at(at));
    let here = name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback());
    here && (port.is_empty() || is_port(port))
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}

/// Programs send neither header. A browser sends `Origin` with everything that changes something, and says in
/// `Sec-Fetch-Site` when another site asks (Fetch standard; W3C Fetch Metadata §2.1).
fn is_own_page(headers: &HeaderMap, host: &str) -> bool {
    let own_origin = match headers.get(ORIGIN).map(|origin| origin.to_str()) {
        None => true,
        Some(Ok(origin)) => origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host)),
        Some(Err(_)) => false,
    };
    own_origin && !matches!(text(headers, "sec-fetch-site"), Some("cross-site" | "same-site"))
}

fn elsewhere() -> Fail {
    Fail::new(
        ProblemKind::Forbidden,
        "O painel do sandbox só atende por um nome desta máquina: localhost, 127.0.0.1 ou [::1].",
        "The sandbox's panel answers to a name of this machine only: localhost, 127.0.0.1 or [::1].",
    )
}

fn foreign_page() -> Fail {
    Fail::new(
        ProblemKind::Forbidden,
        "O painel do sandbox não atende páginas de outros endereços.",
        "The sandbox's panel does not answer pages of other addresses.",
    )
}
