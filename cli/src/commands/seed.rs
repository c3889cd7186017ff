//! `seed`: brings the menu of a file into the order service, through its HTTP API.

use std::path::Path;
use std::time::{Duration, Instant};

use api::Readiness;
use api::client::{CallError, OrderClient};
use api::order::{Category, NewCategory, NewProduct, PatchCategory, PatchProduct, Product};
use domain::{CategoryId, Role};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use serde::Serialize;
use tokio::time::sleep;

use super::menu::{all_categories, all_products, same};
use crate::args::{Common, Seed};
use crate::clients::Session;
use crate::config::Service;
use crate::exit::{Failure, Outcome};
use crate::fixtures::{self, CategoryEntry, MenuFile, ProductEntry};
use crate::print::Printer;

/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;
/// So often in a row it must say so: behind a balancer each answer may be another instance's.
const IN_A_ROW: u32 = 4;
/// How long a service that has just started may take.
const READY_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Whoever waits longer is told for what.
const SAID_AFTER: Duration = Duration::from_secs(2);
/// Requests on their way at the same time; the store commits them together.
const AT_ONCE: usize = 16;

/// What a load did, counted in products.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(crate) struct Seeded {
    pub(crate) created: usize,
    pub(crate) updated: usize,
    pub(crate) unchanged: usize,
}

/// What became of one entry.
#[derive(Clone, Copy)]
enum Change {
    Created,
    Updated,
    Unchanged,
}

impl Seeded {
    fn count(&mut self, change: Change) {
        match change {
            Change::Created => self.created += 1,
            Change::Updated => self.updated += 1,
            Change::Unchanged => self.unchanged += 1,
        }
    }
}

pub(crate) async fn run(common: &Common, args: Seed, printer: Printer) -> Outcome {
    let menu = args.file.as_deref().map_or_else(fixtures::menu, from_file)?;
    let session = Session::open(common, &args.target, Service::Order)?;
    let client = session.order(Role::Admin).await?;
    until_ready(&client, printer).await?;
    let total = menu.categories.iter().map(|category| 1 + category.products.len()).sum::<usize>() as u64;
    let bar = if printer.may_animate() { ProgressBar::new(total) } else { ProgressBar::hidden() };
    let seeded = load(&client, menu, &bar).await;
    bar.finish_and_clear();
    let seeded = seeded?;
    printer.data(&seeded, || {
        format!("created {}, updated {}, unchanged {}\n", seeded.created, seeded.updated, seeded.unchanged)
    })?;
    Ok(())
}

/// Waits for a service that has just started: it listens before it knows auth's keys, and until then lets nobody in.
async fn until_ready(client: &OrderClient, printer: Printer) -> Outcome {
    let begun = Instant::now();
    let (deadline, mut is_told) = (begun + READY_WITHIN, false);
    let mut ready = 0;
    while ready < IN_A_ROW {
        match client.http().get::<Readiness>("/ready").await {
            Ok(_) => ready += 1,
            Err(CallError::Nonsense { status: 503, .. }) if Instant::now() < deadline => {
                ready = 0;
                if !is_told && begun.elapsed() > SAID_AFTER {
                    is_told = true;
                    printer.talk(format_args!("waiting for the order service to be ready, at most {READY_WITHIN:?}"));
                }
                sleep(LOOK_EVERY).await;
            }
            Err(CallError::Nonsense { status: 503, url, .. }) => {
                return Err(Failure::unreachable(format!("the order service at {url} is not ready"))
                    .hint(format!("{url}/ready says what is missing")));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn from_file(path: &Path) -> Outcome<MenuFile> {
    let shown = path.display().to_string();
    let unreadable = |error: std::io::Error| Failure::usage(format!("can't read {shown}: {error}"));
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE {
        return Err(Failure::usage(format!("{shown} is larger than 4 MiB")));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("{shown} is no menu: {error}")).hint(
            r#"expected {"categories":[{"name":…,"position":1,"products":[{"name":…,"description":…,"price":22.9}]}]}"#,
        )
    })
}

/// Fills a menu that is empty; what somebody made or removed is left alone.
pub(super) async fn empty_menu(service: &order::Service) -> Outcome {
    if service.is_menu_empty() {
        service.seed(&fixtures::menu_of_the_service()?).await?;
    }
    Ok(())
}

/// Brings the menu up to date; nothing that is not in the file is touched.
pub(crate) async fn load(client: &OrderClient, menu: MenuFile, bar: &ProgressBar) -> Outcome<Seeded> {
    let known_categories = all_categories(client).await?;
    let known_products = all_products(client).await?;
    let mut seeded = Seeded::default();
    let mut products = Vec::new();
    for category in menu.categories {
        let id = category_as_wanted(client, &known_categories, &category).await?;
        bar.inc(1);
        products.extend(category.products.into_iter().map(|product| (id, product)));
    }
    let mut changes = stream::iter(products)
        .map(|(category, product)| product_as_wanted(client, &known_products, category, product))
        .buffered(AT_ONCE);
    while let Some(change) = changes.try_next().await? {
        seeded.count(change);
        bar.inc(1);
    }
    Ok(seeded)
}

async fn category_as_wanted(client: &OrderClient, known: &[Category], wanted: &CategoryEntry) -> Outcome<CategoryId> {
    let Some(there) = known.iter().find(|category| same(&category.name, &wanted.name)) else {
        let body = NewCategory { name: wanted.name.clone(), position: wanted.position };
        return Ok(client.create_category(&body).await?.id);
    };
    let patch = PatchCategory {
        name: (there.name != wanted.name).then(|| wanted.name.clone()),
        position: wanted.position.filter(|position| *position != there.position),
    };
    if patch.name.is_some() || patch.position.is_some() {
        client.patch_category(there.id, &patch).await?;
    }
    Ok(there.id)
}

async fn product_as_wanted(
    client: &OrderClient,
    known: &[Product],
    category_id: CategoryId,
    wanted: ProductEntry,
) -> Outcome<Change> {
    let ProductEntry { name, description, price, enabled } = wanted;
    let Some(there) = known.iter().find(|product| same(&product.name, &name)) else {
        let description = Some(description).filter(|text| !text.is_empty());
        client.create_product(&NewProduct { name, description, price, category_id, enabled }).await?;
        return Ok(Change::Created);
    };
    let patch = PatchProduct {
        name: (there.name != name).then_some(name),
        description: (there.description != description).then_some(description),
        price: (there.price != price).then_some(price),
        category_id: (there.category_id != category_id).then_some(category_id),
        enabled: enabled.filter(|enabled| *enabled != there.enabled),
    };
    let PatchProduct { name, description, price, category_id, enabled } = &patch;
    let same = name.is_none() && description.is_none() && price.is_none() && category_id.is_none() && enabled.is_none();
    if same {
        return Ok(Change::Unchanged);
    }
    client.patch_product(there.id, &patch).await?;
    Ok(Change::Updated)
}
