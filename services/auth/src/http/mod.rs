//! The routes of this service.

mod access;
mod customers;
mod erasure;
mod error;
mod oauth;
mod revoke;
mod tokens;

use axum::routing::{get, post};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Authority;

/// What the document says about the service as a whole.
pub(crate) fn about() -> OpenApi {
    let info = InfoBuilder::new()
        .title("lanchonete: auth")
        .description(Some("Persons, passwords and tokens. Every path of /customer answers under /customers too."));
    let tags =
        web::groups([("customers", "Persons, and what is kept of them"), ("tokens", "Who may what, and for how long")]);
    OpenApiBuilder::new().info(info.build()).tags(Some(tags)).build()
}

/// Every route, documented once.
fn documented() -> OpenApiRouter<Authority> {
    OpenApiRouter::new()
        .routes(routes!(tokens::token))
        .routes(routes!(tokens::me))
        .routes(routes!(tokens::jwks))
        .routes(routes!(revoke::revoke))
        .routes(routes!(revoke::revocations))
        .routes(routes!(customers::list))
        .routes(routes!(customers::show, erasure::erase))
        .routes(routes!(erasure::show))
        .routes(routes!(customers::create_admin))
        .routes(routes!(customers::identify))
        .routes(routes!(customers::register))
        .routes(routes!(customers::anonymous))
}

/// The routes under both prefixes of the original system.
pub(crate) fn routes(authority: Authority) -> OpenApiRouter {
    documented()
        .route("/customers", get(customers::list))
        .route("/customers/{id}", get(customers::show).delete(erasure::erase))
        .route("/customer/admin", post(customers::create_admin))
        .route("/customers/identify", post(customers::identify))
        .route("/customers/register", post(customers::register))
        .route("/customers/anonymous", post(customers::anonymous))
        .with_state(authority)
}

/// The document of this service's API, without a service.
pub fn openapi() -> OpenApi {
    web::document(about(), documented().into_openapi())
}
