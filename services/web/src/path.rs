use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::Fail;

/// The id in a path with one parameter. A malformed one is 404: no such thing can exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathId<T>(pub T);

/// The two ids in a path with two parameters, as in `/orders/{id}/items/{line}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathIds<A, B>(pub A, pub B);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fail> {
        let params = params(parts, state).await?;
        Ok(PathId(at(&params, 0)?))
    }
}

impl<A: FromStr, B: FromStr, S: Send + Sync> FromRequestParts<S> for PathIds<A, B> {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fail> {
        let params = params(parts, state).await?;
        Ok(PathIds(at(&params, 0)?, at(&params, 1)?))
    }
}

async fn params<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams, Fail> {
    RawPathParams::from_request_parts(parts, state).await.map_err(|_| missing())
}

fn at<T: FromStr>(params: &RawPathParams, index: usize) -> Result<T, Fail> {
    let (_, text) = params.iter().nth(index).ok_or_else(missing)?;
    text.parse().map_err(|_| missing())
}

fn missing() -> Fail {
    Fail::not_found("Não encontramos o que você procura.", "There is no such thing.")
}
