//! Changing the menu, and loading one.

use std::sync::Arc;

use api::order::{Category, NewCategory, NewProduct, PatchCategory, PatchProduct, Product};
use domain::{CategoryId, MAX_COMMENT, MAX_NAME, MAX_PRICE, MIN_PRICE, Money, ProductId, TextError, clean_line};
use store::{StoreError, StoreResult};

use crate::core::{Core, outlive};
use crate::menu::{Menu, fold};
use crate::store::{Removed, Store, Written};

/// One thing for which a category or product is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MenuFault {
    /// Not a text that can be shown.
    Name(TextError),
    /// Not a text that can be shown.
    Description(TextError),
    /// Outside 0.01 to 9,999.99.
    Price,
    /// There is no such category.
    NoCategory,
}

/// Why the menu was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MenuError {
    /// Everything that is wrong with the body.
    #[error("the menu can't be changed like this")]
    Faults(Vec<MenuFault>),
    /// Another one has that name.
    #[error("the name is taken")]
    NameTaken,
    /// The category has products.
    #[error("the category has products")]
    InUse,
    /// There is no such category or product.
    #[error("not on the menu")]
    Gone,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Does one step on the menu and hangs the new one up, even if the caller goes away meanwhile.
async fn step<T, F>(core: &Arc<Core>, step: impl FnOnce(Arc<dyn Store>) -> F) -> StoreResult<T>
where
    T: Send + 'static,
    F: Future<Output = StoreResult<T>> + Send + 'static,
{
    let doing = step(core.store.clone());
    let core = core.clone();
    outlive(async move {
        let done = doing.await?;
        core.wall.renew(core.store.as_ref()).await?;
        Ok(done)
    })
    .await
}

fn written<T>(written: Written<T>) -> Result<T, MenuError> {
    match written {
        Written::Stored(value) => Ok(value),
        Written::NameTaken => Err(MenuError::NameTaken),
        Written::NoCategory => Err(MenuError::Faults(vec![MenuFault::NoCategory])),
        Written::Gone => Err(MenuError::Gone),
    }
}

fn removed(removed: Removed) -> Result<(), MenuError> {
    match removed {
        Removed::Removed => Ok(()),
        Removed::InUse => Err(MenuError::InUse),
        Removed::Gone => Err(MenuError::Gone),
    }
}

fn none_of(faults: Vec<MenuFault>) -> Result<(), MenuError> {
    if faults.is_empty() { Ok(()) } else { Err(MenuError::Faults(faults)) }
}

fn name(text: &str, faults: &mut Vec<MenuFault>) -> String {
    clean_line(text, MAX_NAME).unwrap_or_else(|error| {
        faults.push(MenuFault::Name(error));
        String::new()
    })
}

/// A description may be empty.
fn description(text: &str, faults: &mut Vec<MenuFault>) -> String {
    match clean_line(text, MAX_COMMENT) {
        Ok(text) => text,
        Err(TextError::Empty) => String::new(),
        Err(error) => {
            faults.push(MenuFault::Description(error));
            String::new()
        }
    }
}

fn price(price: Money, faults: &mut Vec<MenuFault>) {
    if !(MIN_PRICE..=MAX_PRICE).contains(&price.centavos()) {
        faults.push(MenuFault::Price);
    }
}

/// That the menu has what is to be changed. Where it seems to be missing, the menu is read again first: another process
/// may have added it a moment ago.
pub(crate) async fn expect(core: &Core, has: impl Fn(&Menu) -> bool) -> Result<(), MenuError> {
    if has(&core.wall.read().menu) {
        return Ok(());
    }
    core.wall.renew(core.store.as_ref()).await?;
    if has(&core.wall.read().menu) { Ok(()) } else { Err(MenuError::Gone) }
}

fn new_category(text: &str, position: u32) -> Result<Category, MenuError> {
    let mut faults = Vec::new();
    let name = name(text, &mut faults);
    none_of(faults)?;
    Ok(Category { id: CategoryId::new(), name, position })
}

pub(crate) async fn add_category(core: &Arc<Core>, body: &NewCategory) -> Result<Category, MenuError> {
    let position = body.position.unwrap_or_else(|| core.wall.read().menu.next_position());
    let new = new_category(&body.name, position)?;
    written(step(core, |store| async move { store.add_category(new).await }).await?)
}

pub(crate) async fn patch_category(
    core: &Arc<Core>,
    id: CategoryId,
    body: &PatchCategory,
) -> Result<Category, MenuError> {
    let mut faults = Vec::new();
    let name = body.name.as_deref().map(|text| name(text, &mut faults));
    none_of(faults)?;
    let patch = PatchCategory { name, position: body.position };
    written(step(core, move |store| async move { store.patch_category(id, patch).await }).await?)
}

pub(crate) async fn remove_category(core: &Arc<Core>, id: CategoryId) -> Result<(), MenuError> {
    removed(step(core, move |store| async move { store.remove_category(id).await }).await?)
}

fn new_product(body: &NewProduct) -> Result<Product, MenuError> {
    let mut faults = Vec::new();
    let name = name(&body.name, &mut faults);
    let description = description(body.description.as_deref().unwrap_or_default(), &mut faults);
    price(body.price, &mut faults);
    none_of(faults)?;
    let (id, enabled) = (ProductId::new(), body.enabled.unwrap_or(true));
    Ok(Product { id, name, description, price: body.price, category_id: body.category_id, enabled })
}

pub(crate) async fn add_product(core: &Arc<Core>, body: &NewProduct) -> Result<Product, MenuError> {
    let new = new_product(body)?;
    written(step(core, |store| async move { store.add_product(new).await }).await?)
}

pub(crate) async fn patch_product(core: &Arc<Core>, id: ProductId, body: &PatchProduct) -> Result<Product, MenuError> {
    let mut faults = Vec::new();
    let name = body.name.as_deref().map(|text| name(text, &mut faults));
    let description = body.description.as_deref().map(|text| description(text, &mut faults));
    if let Some(new) = body.price {
        price(new, &mut faults);
    }
    none_of(faults)?;
    let patch = PatchProduct { name, description, ..body.clone() };
    written(step(core, move |store| async move { store.patch_product(id, patch).await }).await?)
}

pub(crate) async fn remove_product(core: &Arc<Core>, id: ProductId) -> Result<(), MenuError> {
    removed(step(core, move |store| async move { store.remove_product(id).await }).await?)
}

/// A category of a menu that is loaded, with its products.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedCategory {
    /// The name, by which it is recognised.
    pub name: String,
    /// Its place on the menu.
    pub position: u32,
    /// What is in it.
    pub products: Vec<SeedProduct>,
}

/// A product of a menu that is loaded.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedProduct {
    /// The name, by which it is recognised.
    pub name: String,
    /// What it is made of.
    #[serde(default)]
    pub description: String,
    /// In reais.
    pub price: Money,
}

impl SeedProduct {
    fn in_category(&self, category_id: CategoryId) -> NewProduct {
        let (name, description) = (self.name.clone(), Some(self.description.clone()));
        NewProduct { name, description, price: self.price, category_id, enabled: None }
    }
}

/// What loading a menu came to, counted in products.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Seeded {
    /// Products that were not there.
    pub created: u32,
    /// Products that were different.
    pub updated: u32,
    /// Products that were there like this.
    pub unchanged: u32,
}

/// Makes the menu hold at least this; loading it again changes nothing. Another process may load one at the same time. Where
/// there is no menu yet, all of it comes in one step: whoever sees a part of it takes it for the whole.
pub(crate) async fn seed(core: &Arc<Core>, menu: &[SeedCategory]) -> Result<Seeded, MenuError> {
    let first = planned(menu)?;
    if core.wall.read().menu.is_empty() && first.names_differ() {
        let created = u32::try_from(first.products().len()).unwrap_or(u32::MAX);
        if step(core, |store| async move { store.first_menu(first).await }).await? {
            return Ok(Seeded { created, ..Seeded::default() });
        }
    }
    let names: usize = menu.iter().map(|category| 1 + category.products.len()).sum();
    for _ in 0..names {
        match seed_all(core, menu).await {
            // It was not there when we looked: it is now.
            Err(MenuError::NameTaken) => core.wall.renew(core.store.as_ref()).await?,
            done => return done,
        }
    }
    seed_all(core, menu).await
}

/// The menu that is wanted, as it would be with nothing beside it.
fn planned(menu: &[SeedCategory]) -> Result<Menu, MenuError> {
    let (mut categories, mut products) = (Vec::new(), Vec::new());
    for wanted in menu {
        let category = new_category(&wanted.name, wanted.position)?;
        for product in &wanted.products {
            products.push(new_product(&product.in_category(category.id))?);
        }
        categories.push(category);
    }
    Ok(Menu::new(categories, products))
}

async fn seed_all(core: &Arc<Core>, menu: &[SeedCategory]) -> Result<Seeded, MenuError> {
    let mut seeded = Seeded::default();
    for category in menu {
        let category_id = seed_category(core, category).await?;
        for product in &category.products {
            seed_product(core, category_id, product, &mut seeded).await?;
        }
    }
    Ok(seeded)
}

async fn seed_category(core: &Arc<Core>, wanted: &SeedCategory) -> Result<CategoryId, MenuError> {
    let key = fold(&wanted.name);
    let hung = core.wall.read();
    match hung.menu.categories().iter().find(|category| fold(&category.name) == key) {
        Some(known) if known.position == wanted.position && known.name == wanted.name => Ok(known.id),
        Some(known) => {
            let patch = PatchCategory { name: Some(wanted.name.clone()), position: Some(wanted.position) };
            Ok(patch_category(core, known.id, &patch).await?.id)
        }
        None => {
            let new = NewCategory { name: wanted.name.clone(), position: Some(wanted.position) };
            Ok(add_category(core, &new).await?.id)
        }
    }
}

async fn seed_product(
    core: &Arc<Core>,
    category_id: CategoryId,
    wanted: &SeedProduct,
    seeded: &mut Seeded,
) -> Result<(), MenuError> {
    let key = fold(&wanted.name);
    let hung = core.wall.read();
    let Some(known) = hung.menu.products().iter().find(|product| fold(&product.name) == key) else {
        add_product(core, &wanted.in_category(category_id)).await?;
        seeded.created += 1;
        return Ok(());
    };
    let same = known.name == wanted.name
        && known.description == wanted.description
        && known.price == wanted.price
        && known.category_id == category_id;
    if same {
        seeded.unchanged += 1;
        return Ok(());
    }
    let patch = PatchProduct {
        name: Some(wanted.name.clone()),
        description: Some(wanted.description.clone()),
        price: Some(wanted.price),
        category_id: Some(category_id),
        enabled: None,
    };
    patch_product(core, known.id, &patch).await?;
    seeded.updated += 1;
    Ok(())
}
