//! `menu list|disable|enable|add|price`.

use api::client::OrderClient;
use api::order::{Category, NewCategory, NewProduct, PatchProduct, Product};
use domain::{ProductId, Role};
use serde_json::{Value, json};

use crate::args::{Common, Menu, MenuAdd, MenuPrice, Target, Which};
use crate::clients::Session;
use crate::config::Service;
use crate::exit::{Failure, Outcome};
use crate::print::{Printer, Table};

/// Most that one answer carries.
const PAGE: u32 = domain::Page::MAX_LIMIT;

pub(crate) async fn run(common: &Common, args: Menu, printer: Printer) -> Outcome {
    match args {
        Menu::List(target) => list(common, &target, printer).await,
        Menu::Disable(which) => switch(common, &which, false, printer).await,
        Menu::Enable(which) => switch(common, &which, true, printer).await,
        Menu::Add(args) => add(common, args, printer).await,
        Menu::Price(args) => price(common, args, printer).await,
    }
}

async fn list(common: &Common, target: &Target, printer: Printer) -> Outcome {
    let client = Session::open(common, target, Service::Order)?.order_public();
    let (categories, products) = tokio::try_join!(all_categories(&client), all_products(&client))?;
    let of = |category: &Category| {
        let id = category.id;
        products.iter().filter(move |product| product.category_id == id)
    };
    let value: Vec<Value> = categories
        .iter()
        .map(|category| {
            let products: Vec<_> = of(category).collect();
            json!({ "id": category.id, "name": category.name, "position": category.position, "products": products })
        })
        .collect();
    printer.data(&value, || {
        let mut table = Table::new(["CATEGORY", "PRODUCT", "PRICE", "", "ID"]);
        for category in &categories {
            for product in of(category) {
                let note = if product.enabled { "" } else { "sold out" };
                let (name, price) = (product.name.clone(), product.price.brl());
                table.row([category.name.clone(), name, price, note.to_owned(), product.id.to_string()]);
            }
        }
        table.to_string()
    })?;
    if products.is_empty() {
        printer.hint("the menu is empty; `lanchonete seed` fills it");
    }
    Ok(())
}

async fn switch(common: &Common, which: &Which, enabled: bool, printer: Printer) -> Outcome {
    let patch = PatchProduct { enabled: Some(enabled), ..PatchProduct::default() };
    change(common, &which.product, &which.target, &patch, printer).await
}

async fn price(common: &Common, args: MenuPrice, printer: Printer) -> Outcome {
    let patch = PatchProduct { price: Some(args.price), ..PatchProduct::default() };
    change(common, &args.product, &args.target, &patch, printer).await
}

async fn change(common: &Common, product: &str, target: &Target, patch: &PatchProduct, printer: Printer) -> Outcome {
    let session = Session::open(common, target, Service::Order)?;
    let client = session.order(Role::Admin).await?;
    let id = find_product(&client, product).await?;
    let changed = client.patch_product(id, patch).await?;
    shown(&changed, printer)
}

async fn add(common: &Common, args: MenuAdd, printer: Printer) -> Outcome {
    let session = Session::open(common, &args.target, Service::Order)?;
    let client = session.order(Role::Admin).await?;
    let categories = all_categories(&client).await?;
    let known = categories.iter().find(|c| c.id.to_string() == args.category || same(&c.name, &args.category));
    let category_id = match known {
        Some(category) => category.id,
        None => client.create_category(&NewCategory { name: args.category, position: None }).await?.id,
    };
    let (name, description) = (args.name, args.description);
    let body = NewProduct { name, description, price: args.price, category_id, enabled: None };
    shown(&client.create_product(&body).await?, printer)
}

fn shown(product: &Product, printer: Printer) -> Outcome {
    printer.data(product, || {
        let note = if product.enabled { "" } else { "  sold out" };
        format!("{}  {}  {}{note}\n", product.id, product.name, product.price.brl())
    })?;
    Ok(())
}

/// Names are unique whatever the case.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// A product by id, or by its exact name.
pub(crate) async fn find_product(client: &OrderClient, wanted: &str) -> Outcome<ProductId> {
    match wanted.parse() {
        Ok(id) => Ok(id),
        Err(_) => by_name(&all_products(client).await?, wanted),
    }
}

/// A product by its exact name.
pub(crate) fn by_name(products: &[Product], wanted: &str) -> Outcome<ProductId> {
    if let Some(product) = products.iter().find(|product| same(&product.name, wanted)) {
        return Ok(product.id);
    }
    let needle = wanted.trim().to_lowercase();
    let alike: Vec<_> = products.iter().filter(|p| p.name.to_lowercase().contains(&needle)).take(5).collect();
    let hint = if alike.is_empty() {
        "`lanchonete menu list` shows the menu".to_owned()
    } else {
        let names: Vec<_> = alike.iter().map(|product| product.name.as_str()).collect();
        format!("did you mean {}?", names.join(", "))
    };
    Err(Failure::refused(format!("no product is called {wanted:?}")).hint(hint))
}

/// Every product, in the order of the menu.
pub(crate) async fn all_products(client: &OrderClient) -> Outcome<Vec<Product>> {
    let mut all = Vec::new();
    loop {
        let page = client.products(all.len() as u32, PAGE).await?;
        let done = page.items.is_empty() || (all.len() + page.items.len()) as u64 >= page.total;
        all.extend(page.items);
        if done {
            return Ok(all);
        }
    }
}

/// Every category, by position.
pub(crate) async fn all_categories(client: &OrderClient) -> Outcome<Vec<Category>> {
    let mut all = Vec::new();
    loop {
        let page = client.categories(all.len() as u32, PAGE).await?;
        let done = page.items.is_empty() || (all.len() + page.items.len()) as u64 >= page.total;
        all.extend(page.items);
        if done {
            return Ok(all);
        }
    }
}
