use api::auth::{Admitted, Anonymous, Customer, Identify, NewAdmin, Register};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::CustomerId;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Body, Fail, NoParams, Paged, Params, PathId, RawBody, Who, listed};

use super::access::{Counter, Owner};
use super::error;
use super::oauth::no_store;
use crate::Authority;

/// The filter of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only the person with this id.
    customer_id: Option<CustomerId>,
}

#[utoipa::path(
    get,
    path = "/customer",
    tag = "customers",
    summary = "All persons, newest first",
    params(Filter, web::PageParams),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The persons", body = [Customer], headers(("X-Total-Count" = u32, description = "How many there are in all"))),
    )
)]
pub(super) async fn list(
    _: Who<Owner>,
    State(authority): State<Authority>,
    Paged { filter, page }: Paged<Filter>,
) -> Result<Response, Fail> {
    let (items, total) = authority.customers(filter.customer_id, page).await.map_err(error::failure)?;
    Ok(listed(items, total))
}

#[utoipa::path(
    get,
    path = "/customer/{id}",
    tag = "customers",
    summary = "One person",
    params(("id" = CustomerId, Path, description = "Whose")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The person", body = Customer),
        (status = 404, description = "`not_found`"),
    )
)]
pub(super) async fn show(
    _: Who<Owner>,
    PathId(id): PathId<CustomerId>,
    params: Result<Params<NoParams>, Fail>,
    State(authority): State<Authority>,
) -> Result<Json<Customer>, Fail> {
    let found = authority.find_customer(id).await.map_err(error::failure)?.ok_or_else(error::no_customer)?;
    params.map(|_| Json(found))
}

#[utoipa::path(
    post,
    path = "/customers/admin",
    tag = "customers",
    summary = "Makes an administrator",
    request_body = NewAdmin,
    security(("bearer" = [])),
    responses(
        (status = 201, description = "The administrator", body = Customer),
        (status = 409, description = "`conflict`: the e-mail or the CPF is taken"),
        (status = 422, description = "`invalid_body`, with every fault"),
    )
)]
pub(super) async fn create_admin(
    _: Who<Owner>,
    State(authority): State<Authority>,
    Body(body): Body<NewAdmin>,
) -> Result<(StatusCode, Json<Customer>), Fail> {
    let admin = authority.create_admin(body).await.map_err(error::register)?;
    Ok((StatusCode::CREATED, Json(admin)))
}

#[utoipa::path(
    post,
    path = "/customer/identify",
    tag = "customers",
    summary = "Finds a customer by CPF and lets them order",
    request_body = Identify,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The customer, masked, with a short-lived token", body = Admitted),
        (status = 404, description = "`not_found`: nobody has this CPF"),
        (status = 422, description = "`invalid_body`, with every fault"),
    )
)]
pub(super) async fn identify(
    _: Who<Counter>,
    State(authority): State<Authority>,
    Body(body): Body<Identify>,
) -> Result<Response, Fail> {
    let found = authority.identify(&body.cpf).await.map_err(error::failure)?;
    Ok(admitted(StatusCode::OK, found.ok_or_else(error::no_customer)?))
}

#[utoipa::path(
    post,
    path = "/customer/register",
    tag = "customers",
    summary = "Makes a customer and lets them order",
    request_body = Register,
    security(("bearer" = [])),
    responses(
        (status = 201, description = "The customer, with a short-lived token", body = Admitted),
        (status = 409, description = "`conflict`: the e-mail or the CPF is taken"),
        (status = 422, description = "`invalid_body`, with every fault"),
    )
)]
pub(super) async fn register(
    _: Who<Counter>,
    State(authority): State<Authority>,
    Body(body): Body<Register>,
) -> Result<Response, Fail> {
    Ok(admitted(StatusCode::CREATED, authority.register(body).await.map_err(error::register)?))
}

#[utoipa::path(
    post,
    path = "/customer/anonymous",
    tag = "customers",
    summary = "Lets somebody order who gives no name; the body may be empty",
    request_body = Option<Anonymous>,
    security(("bearer" = [])),
    responses(
        (status = 201, description = "A customer of whom nothing is known, with a short-lived token", body = Admitted),
        (status = 422, description = "`invalid_body`, with every fault"),
    )
)]
pub(super) async fn anonymous(
    _: Who<Counter>,
    State(authority): State<Authority>,
    body: RawBody,
) -> Result<Response, Fail> {
    let Anonymous {} = body.read_or_default().await?;
    Ok(admitted(StatusCode::CREATED, authority.anonymous().await.map_err(error::failure)?))
}

fn admitted(status: StatusCode, who: Admitted) -> Response {
    use axum::response::IntoResponse;
    no_store((status, Json(who)).into_response())
}
