//! The menu: read by anyone, changed by the owner.

use std::sync::Arc;

use api::order::{Category, NewCategory, NewProduct, PatchCategory, PatchProduct, Product};
use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{CategoryId, Page, ProductId};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Body, Fail, NoParams, Paged, Params, PathId, RawBody, Who, listed};

use super::{MenuKeepers, error, tag};
use crate::catalog;
use crate::core::Core;
use crate::menu::ProductFilter;
use crate::wall::Hung;

type Shared = State<Arc<Core>>;

pub(super) fn routes() -> OpenApiRouter<Arc<Core>> {
    OpenApiRouter::new()
        .routes(routes!(categories, add_category))
        .routes(routes!(category, patch_category, remove_category))
        .routes(routes!(products, add_product))
        .routes(routes!(product, patch_product, remove_product))
        // The name of the original system; documented once.
        .route("/category", get(categories).post(add_category))
        .route("/category/{id}", get(category).patch(patch_category).delete(remove_category))
}

/// Which categories.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CategoryQuery {
    /// Only this one.
    category_id: Option<CategoryId>,
}

/// Which products.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProductQuery {
    /// Only this one.
    product_id: Option<ProductId>,
    /// Only of this category.
    category_id: Option<CategoryId>,
    /// Only those that can be ordered now, or only those that can't.
    enabled: Option<bool>,
    /// Words of the name or description; case and accents do not matter.
    #[param(max_length = 80)]
    q: Option<String>,
}

/// One page of a list that is in memory, with its tag.
fn page<T: Serialize + Clone>(headers: &HeaderMap, hung: &Hung, items: Vec<&T>, page: Page) -> Response {
    if tag::is_known(headers, &hung.tag) {
        return tag::not_modified(&hung.tag);
    }
    let total = items.len() as u64;
    let part = items.into_iter().skip(page.skip as usize).take(page.limit as usize).cloned().collect();
    tag::with_tag(listed::<T>(part, total), &hung.tag)
}

/// One thing of the menu, if it is there and no parameter is given.
fn one<T: Serialize>(
    headers: &HeaderMap,
    hung: &Hung,
    item: Option<&T>,
    none: Result<Params<NoParams>, Fail>,
) -> Result<Response, Fail> {
    let item = item.ok_or_else(|| error::menu(catalog::MenuError::Gone))?;
    none?;
    if tag::is_known(headers, &hung.tag) {
        return Ok(tag::not_modified(&hung.tag));
    }
    Ok(tag::with_tag(Json(item).into_response(), &hung.tag))
}

fn created<T: Serialize>(path: String, value: T) -> Response {
    (StatusCode::CREATED, [(LOCATION, path)], Json(value)).into_response()
}

/// Lists the categories, by position
#[utoipa::path(get, path = "/categories", tag = "menu", params(CategoryQuery, web::PageParams), responses(
    (status = 200, body = [Category], description = "A page, with X-Total-Count and ETag"),
    (status = 304, description = "Still the one of If-None-Match"),
))]
async fn categories(State(core): Shared, headers: HeaderMap, query: Paged<CategoryQuery>) -> Response {
    let hung = core.wall.read();
    let wanted = query.filter.category_id;
    let items = hung.menu.categories().iter().filter(|category| wanted.is_none_or(|id| id == category.id)).collect();
    page(&headers, &hung, items, query.page)
}

/// Shows one category
#[utoipa::path(get, path = "/categories/{id}", tag = "menu", params(("id" = CategoryId, Path)), responses(
    (status = 200, body = Category, description = "The category"),
    (status = 304, description = "Still the one of If-None-Match"),
    (status = 404, description = "No such category"),
))]
async fn category(
    State(core): Shared,
    headers: HeaderMap,
    PathId(id): PathId<CategoryId>,
    none: Result<Params<NoParams>, Fail>,
) -> Result<Response, Fail> {
    let hung = core.wall.read();
    one(&headers, &hung, hung.menu.category(id), none)
}

/// Adds a category
#[utoipa::path(post, path = "/categories", tag = "menu", security(("bearer" = [])), request_body = NewCategory,
responses(
    (status = 201, body = Category, description = "Added; Location names it"),
    (status = 409, description = "The name is taken"),
))]
async fn add_category(
    State(core): Shared,
    _: Who<MenuKeepers>,
    Body(body): Body<NewCategory>,
) -> Result<Response, Fail> {
    let category = catalog::add_category(&core, &body).await.map_err(error::menu)?;
    Ok(created(format!("/categories/{}", category.id), category))
}

/// Changes a category
#[utoipa::path(patch, path = "/categories/{id}", tag = "menu", security(("bearer" = [])),
params(("id" = CategoryId, Path)), request_body = PatchCategory, responses(
    (status = 200, body = Category, description = "The category as it is now"),
    (status = 404, description = "No such category"),
    (status = 409, description = "The name is taken"),
))]
async fn patch_category(
    State(core): Shared,
    _: Who<MenuKeepers>,
    PathId(id): PathId<CategoryId>,
    body: RawBody,
) -> Result<Json<Category>, Fail> {
    catalog::expect(&core, |menu| menu.category(id).is_some()).await.map_err(error::menu)?;
    let body = body.read::<PatchCategory>().await?;
    catalog::patch_category(&core, id, &body).await.map(Json).map_err(error::menu)
}

/// Removes a category that has no products
#[utoipa::path(delete, path = "/categories/{id}", tag = "menu", security(("bearer" = [])),
params(("id" = CategoryId, Path)), responses(
    (status = 204, description = "Removed"),
    (status = 404, description = "No such category"),
    (status = 409, description = "It has products"),
))]
async fn remove_category(
    State(core): Shared,
    _: Who<MenuKeepers>,
    PathId(id): PathId<CategoryId>,
) -> Result<StatusCode, Fail> {
    catalog::remove_category(&core, id).await.map_err(error::menu)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the products, in the order of the menu
#[utoipa::path(get, path = "/products", tag = "menu", params(ProductQuery, web::PageParams), responses(
    (status = 200, body = [Product], description = "A page, with X-Total-Count and ETag"),
    (status = 304, description = "Still the one of If-None-Match"),
))]
async fn products(State(core): Shared, headers: HeaderMap, query: Paged<ProductQuery>) -> Response {
    let hung = core.wall.read();
    let ProductQuery { product_id, category_id, enabled, q } = query.filter;
    let filter = ProductFilter { id: product_id, category_id, enabled, words: q };
    page(&headers, &hung, hung.menu.select(&filter).collect(), query.page)
}

/// Shows one product
#[utoipa::path(get, path = "/products/{id}", tag = "menu", params(("id" = ProductId, Path)), responses(
    (status = 200, body = Product, description = "The product"),
    (status = 304, description = "Still the one of If-None-Match"),
    (status = 404, description = "No such product"),
))]
async fn product(
    State(core): Shared,
    headers: HeaderMap,
    PathId(id): PathId<ProductId>,
    none: Result<Params<NoParams>, Fail>,
) -> Result<Response, Fail> {
    let hung = core.wall.read();
    one(&headers, &hung, hung.menu.product(id), none)
}

/// Adds a product
#[utoipa::path(post, path = "/products", tag = "menu", security(("bearer" = [])), request_body = NewProduct, responses(
    (status = 201, body = Product, description = "Added; Location names it"),
    (status = 409, description = "The name is taken"),
))]
async fn add_product(State(core): Shared, _: Who<MenuKeepers>, Body(body): Body<NewProduct>) -> Result<Response, Fail> {
    let product = catalog::add_product(&core, &body).await.map_err(error::menu)?;
    Ok(created(format!("/products/{}", product.id), product))
}

/// Changes a product; orders keep the name and price they were placed with
#[utoipa::path(patch, path = "/products/{id}", tag = "menu", security(("bearer" = [])),
params(("id" = ProductId, Path)), request_body = PatchProduct, responses(
    (status = 200, body = Product, description = "The product as it is now"),
    (status = 404, description = "No such product"),
    (status = 409, description = "The name is taken"),
))]
async fn patch_product(
    State(core): Shared,
    _: Who<MenuKeepers>,
    PathId(id): PathId<ProductId>,
    body: RawBody,
) -> Result<Json<Product>, Fail> {
    catalog::expect(&core, |menu| menu.product(id).is_some()).await.map_err(error::menu)?;
    let body = body.read::<PatchProduct>().await?;
    catalog::patch_product(&core, id, &body).await.map(Json).map_err(error::menu)
}

/// Takes a product off the menu; one that was sold stays in its orders
#[utoipa::path(delete, path = "/products/{id}", tag = "menu", security(("bearer" = [])),
params(("id" = ProductId, Path)), responses(
    (status = 204, description = "Off the menu"),
    (status = 404, description = "No such product"),
))]
async fn remove_product(
    State(core): Shared,
    _: Who<MenuKeepers>,
    PathId(id): PathId<ProductId>,
) -> Result<StatusCode, Fail> {
    catalog::remove_product(&core, id).await.map_err(error::menu)?;
    Ok(StatusCode::NO_CONTENT)
}
