//! The menu as one value: small, read by everybody, changed seldom.

use std::collections::{HashMap, HashSet};

use api::order::{Category, Product};
use domain::{CategoryId, ProductId};

/// Categories and products in the order in which the menu hangs on the wall.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Menu {
    categories: Vec<Category>,
    products: Vec<Product>,
    places: HashMap<ProductId, usize>,
}

/// Which products are wanted; `None` leaves a filter out.
#[derive(Debug, Clone, Default)]
pub struct ProductFilter {
    /// Only this one.
    pub id: Option<ProductId>,
    /// Only of this category.
    pub category_id: Option<CategoryId>,
    /// Only those that can be ordered, or only those that can't.
    pub enabled: Option<bool>,
    /// Words of the name or description, whatever their case and accents.
    pub words: Option<String>,
}

impl Menu {
    /// Puts everything into the order of the menu: categories by position, then name; products by category, then name.
    pub fn new(mut categories: Vec<Category>, mut products: Vec<Product>) -> Self {
        categories.sort_by_cached_key(|category| (category.position, fold(&category.name), category.id));
        let rank: HashMap<CategoryId, usize> = categories.iter().enumerate().map(|(n, c)| (c.id, n)).collect();
        products.sort_by_cached_key(|product| {
            (rank.get(&product.category_id).copied().unwrap_or(usize::MAX), fold(&product.name), product.id)
        });
        let places = products.iter().enumerate().map(|(n, product)| (product.id, n)).collect();
        Menu { categories, products, places }
    }

    /// Whether there is nothing on it.
    pub fn is_empty(&self) -> bool {
        self.categories.is_empty() && self.products.is_empty()
    }

    /// Whether all categories have different names, and all products.
    pub(crate) fn names_differ(&self) -> bool {
        let differ = |names: Vec<String>| names.iter().collect::<HashSet<_>>().len() == names.len();
        differ(self.categories.iter().map(|category| fold(&category.name)).collect())
            && differ(self.products.iter().map(|product| fold(&product.name)).collect())
    }

    /// All categories.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// All products, sold out or not.
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    /// One category.
    pub fn category(&self, id: CategoryId) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// One product.
    pub fn product(&self, id: ProductId) -> Option<&Product> {
        self.places.get(&id).and_then(|place| self.products.get(*place))
    }

    /// The products that a filter lets through.
    pub fn select<'a>(&'a self, filter: &'a ProductFilter) -> impl Iterator<Item = &'a Product> {
        let words: Vec<String> =
            filter.words.iter().flat_map(|words| words.split_whitespace().map(fold).collect::<Vec<_>>()).collect();
        self.products.iter().filter(move |product| {
            let text = || fold(&format!("{} {}", product.name, product.description));
            filter.id.is_none_or(|id| id == product.id)
                && filter.category_id.is_none_or(|id| id == product.category_id)
                && filter.enabled.is_none_or(|enabled| enabled == product.enabled)
                && (words.is_empty() || words.iter().all(|word| text().contains(word)))
        })
    }

    /// The position after the last category.
    pub fn next_position(&self) -> u32 {
        self.categories.last().map_or(1, |category| category.position.saturating_add(1))
    }
}

/// A name without what people do not tell apart: case, accents of Portuguese and its neighbours, repeated blanks.
pub(crate) fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase).filter_map(plain));
    }
    folded
}

/// The letter without its accent; `None` for an accent that stands by itself.
fn plain(letter: char) -> Option<char> {
    Some(match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        '\u{300}'..='\u{36f}' => return None,
        other => other,
    })
}
