//! Refusals as OAuth 2.0 tells them (RFC 6749 §5.2), at the paths whose documents say so.

use api::{OAuthError, ProblemKind};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr};

use crate::document::operations;

/// The schema by which an operation says so.
const SCHEMA: &str = "/OAuthError";

/// Whether an operation tells refusals so.
pub(crate) fn is_spoken(operation: &Operation) -> bool {
    let mut contents = operation.responses.responses.values().flat_map(|response| match response {
        RefOr::T(response) => response.content.values().collect(),
        RefOr::Ref(_) => Vec::new(),
    });
    contents.any(|content| {
        let RefOr::T(content) = content else { return false };
        matches!(&content.schema, Some(RefOr::Ref(schema)) if schema.ref_location.ends_with(SCHEMA))
    })
}

/// The paths where that is so.
pub(crate) fn paths(document: &mut OpenApi) -> Vec<String> {
    let paths = document.paths.paths.iter_mut();
    paths.filter_map(|(path, item)| operations(item).any(|(_, it)| is_spoken(it)).then(|| path.clone())).collect()
}

/// A refusal of this kind, with its challenge and its words.
pub(crate) fn error(kind: ProblemKind, challenge: Option<&str>, detail: &str) -> OAuthError {
    OAuthError { error: word(kind, challenge).to_owned(), error_description: Some(ascii(detail)) }
}

/// RFC 6749 §5.2, RFC 6750 §3.1 and RFC 7009 §2.2.1; what they have no word for is called as elsewhere.
pub(crate) fn word(kind: ProblemKind, challenge: Option<&str>) -> &'static str {
    match kind {
        ProblemKind::Unauthenticated if challenge.is_some_and(|text| text.contains("invalid_token")) => "invalid_token",
        ProblemKind::Unauthenticated => "invalid_client",
        ProblemKind::Forbidden => "unauthorized_client",
        ProblemKind::RateLimited => kind.code(),
        ProblemKind::Internal => "server_error",
        kind if kind.status() >= 500 => "temporarily_unavailable",
        _ => "invalid_request",
    }
}

/// The same words in the characters that RFC 6749 §5.2 allows.
fn ascii(text: &str) -> String {
    let plain = |c: char| match c {
        'á' | 'à' | 'â' | 'ã' => 'a',
        'Á' | 'À' | 'Â' | 'Ã' => 'A',
        'é' | 'ê' => 'e',
        'É' | 'Ê' => 'E',
        'í' => 'i',
        'Í' => 'I',
        'ó' | 'ô' | 'õ' => 'o',
        'Ó' | 'Ô' | 'Õ' => 'O',
        'ú' => 'u',
        'Ú' => 'U',
        'ç' => 'c',
        'Ç' => 'C',
        '"' | '\\' => '\'',
        ' '..='~' => c,
        _ => '?',
    };
    text.chars().map(plain).collect()
}
