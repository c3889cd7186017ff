use api::order::{Category, PatchCategory, PatchProduct, Product};
use domain::{CategoryId, Money, ProductId};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use store::{StoreError, StoreResult, is_unique_violation};

use super::super::{Removed, Written};
use crate::menu::{Menu, fold};

pub(super) fn load(c: &Connection) -> StoreResult<Menu> {
    let categories = c
        .prepare_cached("SELECT id, name, position FROM categories")?
        .query_and_then([], category)?
        .collect::<Result<_, _>>()?;
    let products = c
        .prepare_cached("SELECT id, name, description, price, category_id, enabled FROM products WHERE NOT retired")?
        .query_and_then([], product)?
        .collect::<Result<_, _>>()?;
    Ok(Menu::new(categories, products))
}

pub(super) fn first(c: &Connection, menu: &Menu) -> StoreResult<bool> {
    if !load(c)?.is_empty() {
        return Ok(false);
    }
    let done = |stored: bool| if stored { Ok(()) } else { Err(StoreError::internal("a menu that contradicts itself")) };
    for category in menu.categories() {
        done(matches!(add_category(c, category.clone())?, Written::Stored(_)))?;
    }
    for product in menu.products() {
        done(matches!(add_product(c, product.clone())?, Written::Stored(_)))?;
    }
    Ok(true)
}

fn category(row: &Row<'_>) -> StoreResult<Category> {
    Ok(Category { id: id(row, "id")?, name: row.get("name")?, position: row.get("position")? })
}

fn product(row: &Row<'_>) -> StoreResult<Product> {
    Ok(Product {
        id: id(row, "id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        price: Money::from_centavos(row.get("price")?),
        category_id: id(row, "category_id")?,
        enabled: row.get("enabled")?,
    })
}

fn id<T: std::str::FromStr>(row: &Row<'_>, column: &str) -> StoreResult<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| StoreError::corrupt("an id of the menu", text))
}

/// A taken name is an answer, every other error stays one.
fn stored<T>(result: rusqlite::Result<usize>, value: T) -> StoreResult<Written<T>> {
    match result {
        Ok(0) => Ok(Written::Gone),
        Ok(_) => Ok(Written::Stored(value)),
        Err(error) => match is_unique_violation(&error) {
            Some(what) if what.contains("name") => Ok(Written::NameTaken),
            _ => Err(error.into()),
        },
    }
}

pub(super) fn add_category(c: &Connection, new: Category) -> StoreResult<Written<Category>> {
    let result =
        c.prepare_cached("INSERT INTO categories VALUES (:id, :name, :key, :position)")?.execute(named_params! {
            ":id": new.id.to_string(),
            ":name": new.name,
            ":key": fold(&new.name),
            ":position": new.position,
        });
    stored(result, new)
}

pub(super) fn patch_category(c: &Connection, id: CategoryId, patch: &PatchCategory) -> StoreResult<Written<Category>> {
    let sql = "SELECT id, name, position FROM categories WHERE id = ?1";
    let found = c.prepare_cached(sql)?.query_and_then([id.to_string()], category)?.next().transpose()?;
    let Some(mut changed) = found else { return Ok(Written::Gone) };
    if let Some(name) = &patch.name {
        changed.name.clone_from(name);
    }
    changed.position = patch.position.unwrap_or(changed.position);
    let result = c
        .prepare_cached("UPDATE categories SET name = :name, name_key = :key, position = :position WHERE id = :id")?
        .execute(named_params! {
            ":id": id.to_string(),
            ":name": changed.name,
            ":key": fold(&changed.name),
            ":position": changed.position,
        });
    stored(result, changed)
}

pub(super) fn remove_category(c: &Connection, id: CategoryId) -> StoreResult<Removed> {
    let id = id.to_string();
    if c.prepare_cached("SELECT 1 FROM products WHERE category_id = ?1 AND NOT retired")?.exists([&id])? {
        return Ok(Removed::InUse);
    }
    c.prepare_cached("UPDATE products SET category_id = NULL WHERE category_id = ?1")?.execute([&id])?;
    let removed = c.prepare_cached("DELETE FROM categories WHERE id = ?1")?.execute([&id])?;
    Ok(if removed > 0 { Removed::Removed } else { Removed::Gone })
}

fn has_category(c: &Connection, id: CategoryId) -> StoreResult<bool> {
    Ok(c.prepare_cached("SELECT 1 FROM categories WHERE id = ?1")?.exists([id.to_string()])?)
}

pub(super) fn add_product(c: &Connection, new: Product) -> StoreResult<Written<Product>> {
    if !has_category(c, new.category_id)? {
        return Ok(Written::NoCategory);
    }
    let result = c
        .prepare_cached(
            "INSERT INTO products (id, name, name_key, description, price, category_id, enabled)
             VALUES (:id, :name, :key, :description, :price, :category, :enabled)",
        )?
        .execute(named_params! {
            ":id": new.id.to_string(),
            ":name": new.name,
            ":key": fold(&new.name),
            ":description": new.description,
            ":price": new.price.centavos(),
            ":category": new.category_id.to_string(),
            ":enabled": new.enabled,
        });
    stored(result, new)
}

pub(super) fn patch_product(c: &Connection, id: ProductId, patch: &PatchProduct) -> StoreResult<Written<Product>> {
    let sql = "SELECT id, name, description, price, category_id, enabled FROM products WHERE id = ?1 AND NOT retired";
    let found = c.prepare_cached(sql)?.query_and_then([id.to_string()], product)?.next().transpose()?;
    let Some(mut changed) = found else { return Ok(Written::Gone) };
    if let Some(name) = &patch.name {
        changed.name.clone_from(name);
    }
    if let Some(description) = &patch.description {
        changed.description.clone_from(description);
    }
    changed.price = patch.price.unwrap_or(changed.price);
    changed.category_id = patch.category_id.unwrap_or(changed.category_id);
    changed.enabled = patch.enabled.unwrap_or(changed.enabled);
    if !has_category(c, changed.category_id)? {
        return Ok(Written::NoCategory);
    }
    let result = c
        .prepare_cached(
            "UPDATE products SET name = :name, name_key = :key, description = :description, price = :price,
               category_id = :category, enabled = :enabled
             WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": id.to_string(),
            ":name": changed.name,
            ":key": fold(&changed.name),
            ":description": changed.description,
            ":price": changed.price.centavos(),
            ":category": changed.category_id.to_string(),
            ":enabled": changed.enabled,
        });
    stored(result, changed)
}

pub(super) fn remove_product(c: &Connection, id: ProductId) -> StoreResult<Removed> {
    let sql = "SELECT sold FROM products WHERE id = ?1 AND NOT retired";
    let sold: Option<bool> = c.prepare_cached(sql)?.query_row([id.to_string()], |row| row.get(0)).optional()?;
    let sql = match sold {
        None => return Ok(Removed::Gone),
        Some(true) => "UPDATE products SET retired = 1, enabled = 0 WHERE id = ?1",
        Some(false) => "DELETE FROM products WHERE id = ?1",
    };
    c.prepare_cached(sql)?.execute([id.to_string()])?;
    Ok(Removed::Removed)
}
