use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use domain::{OrderStatus, Timestamp};

use crate::order::TrackingActor;

/// The language that a person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Brazilian Portuguese.
    #[default]
    Pt,
    /// English.
    En,
}

impl Lang {
    /// Picks from an `Accept-Language` header (RFC 9110 §12.5.4): English only where it is preferred to Portuguese.
    pub fn from_accept_language(header: &str) -> Self {
        let weight = |language: &str| {
            header
                .split(',')
                .filter_map(|range| {
                    let mut parts = range.split(';').map(str::trim);
                    let tag = parts.next()?.to_ascii_lowercase();
                    let primary = tag.split('-').next()?;
                    let q = parts.find_map(|p| p.strip_prefix("q=")).map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
                    (primary == language).then_some(q)
                })
                .fold(0.0_f32, f32::max)
        };
        if weight("en") > weight("pt") { Lang::En } else { Lang::Pt }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $code:literal, $status:literal, $pt:literal, $en:literal;)*) => {
        /// Every kind of refusal; the codes are part of the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemKind {
            $($(#[$doc])* $kind,)*
        }

        impl ProblemKind {
            /// Every kind, for tables.
            pub const ALL: &[ProblemKind] = &[$(ProblemKind::$kind,)*];

            /// The stable word that programs look at.
            pub const fn code(self) -> &'static str {
                match self {
                    $(ProblemKind::$kind => $code,)*
                }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self {
                    $(ProblemKind::$kind => $status,)*
                }
            }

            /// The short summary, the same for every occurrence.
            pub const fn title(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((ProblemKind::$kind, Lang::Pt) => $pt,
                    (ProblemKind::$kind, Lang::En) => $en,)*
                }
            }
        }
    };
}

kinds! {
    /// The body is no JSON.
    InvalidJson => "invalid_json", 400, "JSON inválido", "Invalid JSON";
    /// The body says something that can't be.
    InvalidBody => "invalid_body", 422, "Dados inválidos", "Invalid data";
    /// A query parameter or header says something that can't be.
    InvalidParameter => "invalid_parameter", 422, "Parâmetro inválido", "Invalid parameter";
    /// No token, or one that does not hold.
    Unauthenticated => "unauthenticated", 401, "Identificação necessária", "Authentication required";
    /// A good token, but not for this.
    Forbidden => "forbidden", 403, "Sem permissão", "Forbidden";
    /// There is no such thing, or it is somebody else's.
    NotFound => "not_found", 404, "Não encontrado", "Not found";
    /// The path exists, but not with this method.
    MethodNotAllowed => "method_not_allowed", 405, "Método não permitido", "Method not allowed";
    /// It contradicts what is there: a name, e-mail or CPF taken.
    Conflict => "conflict", 409, "Conflito", "Conflict";
    /// The order can't go there from where it is.
    IllegalTransition => "illegal_transition", 409, "Mudança não permitida", "Illegal transition";
    /// The money came first.
    AlreadyPaid => "already_paid", 409, "Já está pago", "Already paid";
    /// The order has a live charge already.
    ChargeExists => "charge_exists", 409, "Cobrança já existe", "Charge exists";
    /// MercadoPago refused to give money back; the refund is kept, as a dead letter of the payment service.
    RefundRefused => "refund_refused", 409, "Devolução recusada", "Refund refused";
    /// `If-Match` names another version than the one there is.
    VersionConflict => "version_conflict", 412, "Versão desatualizada", "Version conflict";
    /// The idempotency key was used with another body.
    IdempotencyMismatch => "idempotency_mismatch", 422, "Chave de idempotência reutilizada", "Idempotency key reused";
    /// The body is larger than allowed.
    TooLarge => "too_large", 413, "Conteúdo grande demais", "Content too large";
    /// The path and query are longer than allowed.
    UriTooLong => "uri_too_long", 414, "Endereço longo demais", "URI too long";
    /// More header fields, or longer ones, than allowed.
    HeadersTooLarge => "headers_too_large", 431, "Cabeçalhos grandes demais", "Header fields too large";
    /// The request did not arrive in time.
    RequestTimeout => "request_timeout", 408, "Requisição lenta demais", "Request timeout";
    /// The body is not what its route takes.
    UnsupportedMedia => "unsupported_media", 415, "Tipo de conteúdo não aceito", "Unsupported media type";
    /// Too many tries; `Retry-After` says when again.
    RateLimited => "rate_limited", 429, "Muitas tentativas", "Too many requests";
    /// No key to check tokens with is known yet.
    AuthUnavailable => "auth_unavailable", 503, "Autenticação indisponível", "Authentication unavailable";
    /// The store does not answer.
    StoreUnavailable => "store_unavailable", 503, "Armazenamento indisponível", "Store unavailable";
    /// Too much at once; `Retry-After` says when again.
    Overloaded => "overloaded", 503, "Sobrecarregado", "Overloaded";
    /// Our fault.
    Internal => "internal", 500, "Erro interno", "Internal error";
}

impl ProblemKind {
    /// The `type` of RFC 9457 §3.1.1: a name, not an address.
    pub fn type_uri(self) -> String {
        format!("urn:lanchonete:problem:{}", self.code())
    }
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// Where in the body, as a JSON Pointer (RFC 6901); empty for the whole body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Which query parameter or header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What is wrong, for a person.
    pub detail: String,
}

/// A refusal as RFC 9457 `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The kind, as a URN.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind, for a person.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// What happened this time, for the person at the till.
    pub detail: String,
    /// The request this answers: its path.
    #[serde(default)]
    pub instance: String,
    /// The kind, for a program.
    pub code: String,
    /// Every fault of the request at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// With `illegal_transition`: what this caller may do now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<OrderStatus>>,
    /// With `illegal_transition`, `already_paid` and `version_conflict`: where the order is, and who took it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Box<OrderNow>>,
    /// With `charge_exists`: the live charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<String>,
}

/// Where an order is while something is refused to it, so that a screen can tell who was faster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderNow {
    /// Its status.
    pub status: OrderStatus,
    /// Its version.
    pub version: u64,
    /// Since when it has that status.
    pub since: Timestamp,
    /// Who took it there.
    pub actor: TrackingActor,
}
