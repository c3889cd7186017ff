use api::order::{Category, PatchCategory, PatchProduct, Product};
use domain::{CategoryId, Money, ProductId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::mongo::Docs;
use store::mongo::bson::serde_helpers::HumanReadable;
use store::mongo::bson::{self, Bson, Document, doc};
use store::{StoreError, StoreResult};

use super::super::{Removed, Written};
use crate::menu::{Menu, fold};

/// The one document.
const ID: &str = "menu";
/// How often a change is decided anew because somebody else was faster.
const TRIES: usize = 20;

/// The menu as one document that changes as a whole: a name that is free and a category that is there stay so until the
/// change is stored, also on a server that knows no transactions.
#[derive(Clone)]
pub(super) struct MenuDoc(pub(super) Docs);

#[derive(Deserialize)]
struct Kept {
    version: i64,
    categories: Vec<Bson>,
    products: Vec<Bson>,
}

#[derive(Deserialize)]
struct Stamp {
    version: i64,
}

#[derive(Serialize, Deserialize)]
struct Item {
    id: ProductId,
    name: String,
    description: String,
    centavos: i64,
    category_id: CategoryId,
    enabled: bool,
    /// Whether an order has it: then it is retired instead of erased.
    sold: bool,
    retired: bool,
}

/// What an ordered product is to the menu.
#[derive(Deserialize)]
struct Mark {
    id: String,
    sold: bool,
}

#[derive(Deserialize)]
struct Marks {
    marks: Vec<Mark>,
}

#[derive(Default)]
struct State {
    version: i64,
    categories: Vec<Category>,
    /// Without the retired ones.
    items: Vec<Item>,
}

/// What is to be done to the menu.
enum Step<T> {
    /// Nothing; this is the answer.
    Answer(T),
    /// This change, for a menu that also matches the filter; then this is the answer.
    Change { also: Document, update: Document, answer: T },
}

impl Item {
    fn new(product: &Product, sold: bool) -> Self {
        Item {
            id: product.id,
            name: product.name.clone(),
            description: product.description.clone(),
            centavos: product.price.centavos(),
            category_id: product.category_id,
            enabled: product.enabled,
            sold,
            retired: false,
        }
    }

    fn product(&self) -> Product {
        Product {
            id: self.id,
            name: self.name.clone(),
            description: self.description.clone(),
            price: Money::from_centavos(self.centavos),
            category_id: self.category_id,
            enabled: self.enabled,
        }
    }
}

impl State {
    fn category(&self, id: CategoryId) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    fn item(&self, id: ProductId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    fn has_category_named(&self, name: &str, except: CategoryId) -> bool {
        let key = fold(name);
        self.categories.iter().any(|other| other.id != except && fold(&other.name) == key)
    }

    fn has_product_named(&self, name: &str, except: ProductId) -> bool {
        let key = fold(name);
        self.items.iter().any(|other| other.id != except && fold(&other.name) == key)
    }
}

fn bson(value: impl Serialize) -> StoreResult<Bson> {
    bson::serialize_to_bson(&HumanReadable(value)).map_err(StoreError::internal)
}

/// What can be read; the log says what can't, and it stays where it is.
fn readable<T: DeserializeOwned>(what: &str, all: Vec<Bson>) -> Vec<T> {
    let read = |entry: Bson| {
        let id = entry.as_document().and_then(|entry| entry.get_str("id").ok()).unwrap_or("?").to_owned();
        bson::deserialize_from_bson::<HumanReadable<T>>(entry)
            .inspect_err(|_| tracing::error!(%id, "{what} of the menu cannot be read and is left out"))
            .ok()
    };
    all.into_iter().filter_map(read).map(|entry| entry.0).collect()
}

impl MenuDoc {
    async fn state(&self) -> StoreResult<State> {
        let Some(kept) = self.0.get::<Kept>(doc! { "_id": ID }).await? else {
            let empty = doc! { "version": 0_i64, "categories": [], "products": [] };
            self.0.upsert(doc! { "_id": ID }, doc! { "$setOnInsert": empty }).await?;
            return Ok(State::default());
        };
        let mut items: Vec<Item> = readable("a product", kept.products);
        items.retain(|item| !item.retired);
        Ok(State { version: kept.version, categories: readable("a category", kept.categories), items })
    }

    pub(super) async fn load(&self) -> StoreResult<Menu> {
        let state = self.state().await?;
        Ok(Menu::new(state.categories, state.items.iter().map(Item::product).collect()))
    }

    /// Moves with each change.
    pub(super) async fn stamp(&self) -> StoreResult<i64> {
        Ok(self.0.get::<Stamp>(doc! { "_id": ID }).await?.map_or(0, |stamp| stamp.version))
    }

    async fn step<T>(&self, decide: impl Fn(&State) -> StoreResult<Step<T>>) -> StoreResult<T> {
        for _ in 0..TRIES {
            let state = self.state().await?;
            let (also, mut update, answer) = match decide(&state)? {
                Step::Answer(answer) => return Ok(answer),
                Step::Change { also, update, answer } => (also, update, answer),
            };
            let mut filter = doc! { "_id": ID, "version": state.version };
            filter.extend(also);
            update.insert("$inc", doc! { "version": 1_i64 });
            if self.0.update(filter, update).await?.map_err(|taken| StoreError::internal(taken.index))? {
                return Ok(answer);
            }
        }
        Err(StoreError::unavailable("the menu changes too fast"))
    }

    pub(super) async fn first(&self, first: &Menu) -> StoreResult<bool> {
        let categories = first.categories().iter().map(bson).collect::<StoreResult<Vec<_>>>()?;
        let products = first.products().iter().map(|product| bson(Item::new(product, false)));
        let products = products.collect::<StoreResult<Vec<_>>>()?;
        self.step(|menu| {
            if !menu.categories.is_empty() || !menu.items.is_empty() {
                return Ok(Step::Answer(false));
            }
            let (categories, products) = (doc! { "$each": &categories }, doc! { "$each": &products });
            let update = doc! { "$push": { "categories": categories, "products": products } };
            Ok(Step::Change { also: doc! {}, update, answer: true })
        })
        .await
    }

    pub(super) async fn add_category(&self, new: Category) -> StoreResult<Written<Category>> {
        self.step(|menu| {
            if menu.has_category_named(&new.name, new.id) {
                return Ok(Step::Answer(Written::NameTaken));
            }
            let update = doc! { "$push": { "categories": bson(&new)? } };
            Ok(Step::Change { also: doc! {}, update, answer: Written::Stored(new.clone()) })
        })
        .await
    }

    pub(super) async fn patch_category(&self, id: CategoryId, patch: &PatchCategory) -> StoreResult<Written<Category>> {
        self.step(|menu| {
            let Some(mut changed) = menu.category(id).cloned() else { return Ok(Step::Answer(Written::Gone)) };
            if let Some(name) = &patch.name {
                changed.name.clone_from(name);
            }
            changed.position = patch.position.unwrap_or(changed.position);
            if menu.has_category_named(&changed.name, id) {
                return Ok(Step::Answer(Written::NameTaken));
            }
            let update = doc! { "$set": { "categories.$": bson(&changed)? } };
            let also = doc! { "categories.id": id.to_string() };
            Ok(Step::Change { also, update, answer: Written::Stored(changed) })
        })
        .await
    }

    pub(super) async fn remove_category(&self, id: CategoryId) -> StoreResult<Removed> {
        self.step(|menu| {
            if menu.category(id).is_none() {
                return Ok(Step::Answer(Removed::Gone));
            }
            if menu.items.iter().any(|item| item.category_id == id) {
                return Ok(Step::Answer(Removed::InUse));
            }
            let update = doc! { "$pull": { "categories": { "id": id.to_string() } } };
            Ok(Step::Change { also: doc! {}, update, answer: Removed::Removed })
        })
        .await
    }

    pub(super) async fn add_product(&self, new: Product) -> StoreResult<Written<Product>> {
        self.step(|menu| {
            if menu.category(new.category_id).is_none() {
                return Ok(Step::Answer(Written::NoCategory));
            }
            if menu.has_product_named(&new.name, new.id) {
                return Ok(Step::Answer(Written::NameTaken));
            }
            let update = doc! { "$push": { "products": bson(Item::new(&new, false))? } };
            Ok(Step::Change { also: doc! {}, update, answer: Written::Stored(new.clone()) })
        })
        .await
    }

    pub(super) async fn patch_product(&self, id: ProductId, patch: &PatchProduct) -> StoreResult<Written<Product>> {
        self.step(|menu| {
            let Some(item) = menu.item(id) else { return Ok(Step::Answer(Written::Gone)) };
            let mut changed = item.product();
            if let Some(name) = &patch.name {
                changed.name.clone_from(name);
            }
            if let Some(description) = &patch.description {
                changed.description.clone_from(description);
            }
            changed.price = patch.price.unwrap_or(changed.price);
            changed.category_id = patch.category_id.unwrap_or(changed.category_id);
            changed.enabled = patch.enabled.unwrap_or(changed.enabled);
            if menu.category(changed.category_id).is_none() {
                return Ok(Step::Answer(Written::NoCategory));
            }
            if menu.has_product_named(&changed.name, id) {
                return Ok(Step::Answer(Written::NameTaken));
            }
            let update = doc! { "$set": { "products.$": bson(Item::new(&changed, item.sold))? } };
            let also = doc! { "products.id": id.to_string() };
            Ok(Step::Change { also, update, answer: Written::Stored(changed) })
        })
        .await
    }

    pub(super) async fn remove_product(&self, id: ProductId) -> StoreResult<Removed> {
        self.step(|menu| {
            let Some(item) = menu.item(id) else { return Ok(Step::Answer(Removed::Gone)) };
            let update = if item.sold {
                doc! { "$set": { "products.$.retired": true, "products.$.enabled": false } }
            } else {
                doc! { "$pull": { "products": { "id": id.to_string() } } }
            };
            Ok(Step::Change { also: doc! { "products.id": id.to_string() }, update, answer: Removed::Removed })
        })
        .await
    }

    /// What was sold stays known for good; says which products are gone.
    pub(super) async fn mark_sold(&self, products: &[ProductId]) -> StoreResult<Vec<ProductId>> {
        for _ in 0..TRIES {
            let marks = self.marks(products).await?;
            let known = |id: &ProductId| marks.iter().any(|mark| mark.id == id.to_string());
            let gone: Vec<ProductId> = products.iter().copied().filter(|id| !known(id)).collect();
            let unsold: Vec<&str> = marks.iter().filter(|mark| !mark.sold).map(|mark| mark.id.as_str()).collect();
            if !gone.is_empty() || unsold.is_empty() || self.mark(&unsold).await? {
                return Ok(gone);
            }
        }
        Err(StoreError::unavailable("the menu changes too fast"))
    }

    async fn marks(&self, products: &[ProductId]) -> StoreResult<Vec<Mark>> {
        let ids: Vec<String> = products.iter().map(ToString::to_string).collect();
        let ordered = doc! { "$and": [{ "$in": ["$$this.id", ids] }, { "$ne": ["$$this.retired", true] }] };
        let marks = doc! { "$map": {
            "input": { "$filter": { "input": "$products", "as": "this", "cond": ordered } },
            "in": { "id": "$$this.id", "sold": { "$eq": ["$$this.sold", true] } },
        } };
        let found: Vec<Marks> =
            self.0.aggregate(vec![doc! { "$match": { "_id": ID } }, doc! { "$project": { "marks": marks } }]).await?;
        Ok(found.into_iter().flat_map(|found| found.marks).collect())
    }

    /// Marks all of them, if all are there still.
    async fn mark(&self, unsold: &[&str]) -> StoreResult<bool> {
        let there: Vec<Document> =
            unsold.iter().map(|id| doc! { "$elemMatch": { "id": *id, "retired": { "$ne": true } } }).collect();
        let marked = doc! { "$cond": [
            { "$in": ["$$this.id", unsold.to_vec()] },
            { "$mergeObjects": ["$$this", { "sold": true }] },
            "$$this",
        ] };
        let update = doc! { "$set": {
            "products": { "$map": { "input": "$products", "in": marked } },
            "version": { "$add": ["$version", 1_i64] },
        } };
        let filter = doc! { "_id": ID, "products": { "$all": there } };
        self.0.update(filter, vec![update]).await?.map_err(|taken| StoreError::internal(taken.index))
    }
}
