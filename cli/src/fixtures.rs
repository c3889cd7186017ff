//! The data that the program brings along, compiled in: the menu of a new snack bar, and made-up customers for the
//! demonstration.

use domain::{Cpf, Email, Money};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::exit::{Failure, Outcome};

const MENU: &str = include_str!("../../fixtures/menu.json");
const CUSTOMERS: &str = include_str!("../../fixtures/customers.json");

/// A menu as a file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MenuFile {
    pub(crate) categories: Vec<CategoryEntry>,
}

/// A category with its products, as a file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryEntry {
    pub(crate) name: String,
    pub(crate) position: Option<u32>,
    #[serde(default)]
    pub(crate) products: Vec<ProductEntry>,
}

/// A product, as a file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductEntry {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) price: Money,
    pub(crate) enabled: Option<bool>,
}

/// Somebody who does not exist, with a CPF whose check digits are right.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Customer {
    pub(crate) name: String,
    pub(crate) email: Email,
    pub(crate) cpf: Cpf,
}

/// The menu, as `seed` brings it in over HTTP.
pub(crate) fn menu() -> Outcome<MenuFile> {
    built_in(MENU, "menu")
}

/// The menu, as the order service takes it without HTTP.
pub(crate) fn menu_of_the_service() -> Outcome<Vec<order::SeedCategory>> {
    #[derive(Deserialize)]
    struct File {
        categories: Vec<order::SeedCategory>,
    }
    built_in::<File>(MENU, "menu").map(|file| file.categories)
}

/// The customers of the demonstration.
pub(crate) fn customers() -> Outcome<Vec<Customer>> {
    #[derive(Deserialize)]
    struct File {
        customers: Vec<Customer>,
    }
    built_in::<File>(CUSTOMERS, "customers").map(|file| file.customers)
}

fn built_in<T: DeserializeOwned>(text: &str, what: &str) -> Outcome<T> {
    serde_json::from_str(text).map_err(|error| Failure::internal(format!("the built-in {what} can't be read: {error}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends where it fails")]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_menu_is_a_believable_one_read_either_way() {
        let menu = menu().ok().unwrap();
        let products: Vec<_> = menu.categories.iter().flat_map(|category| &category.products).collect();
        assert!(menu.categories.len() >= 5 && products.len() >= 20);
        let names: HashSet<_> = products.iter().map(|product| product.name.to_lowercase()).collect();
        assert_eq!(names.len(), products.len(), "no name twice");
        assert!(products.iter().all(|product| product.price.is_positive() && !product.description.is_empty()));
        let again = menu_of_the_service().ok().unwrap();
        assert_eq!(again.iter().map(|category| category.products.len()).sum::<usize>(), products.len());
    }

    #[test]
    fn the_customers_are_different_people() {
        let customers = customers().ok().unwrap();
        let documents: HashSet<_> = customers.iter().map(|customer| customer.cpf.digits().to_owned()).collect();
        assert_eq!(documents.len(), customers.len());
        assert!(customers.len() >= 10);
        assert!(customers.iter().all(|customer| customer.email.as_str().ends_with("@example.com")));
    }
}
