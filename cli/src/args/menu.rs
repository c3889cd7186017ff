use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::Money;

use super::Target;

/// Loads a menu.
#[derive(Args)]
#[command(after_help = "\
What is there under the same name is brought up to date, the rest is added, nothing is removed.

Example:
  lanchonete seed --file menu.json")]
pub(crate) struct Seed {
    /// A menu as JSON; without it the built-in one
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The menu.
#[derive(Subcommand)]
pub(crate) enum Menu {
    /// List categories and products
    #[command(after_help = "Example:\n  lanchonete menu list -o json | jq -r '.[].products[].name'")]
    List(Target),
    /// Take a product off the menu: sold out
    #[command(after_help = "Example:\n  lanchonete menu disable 'X-Bacon'")]
    Disable(Which),
    /// Put a product back on the menu
    #[command(after_help = "Example:\n  lanchonete menu enable 'X-Bacon'")]
    Enable(Which),
    /// Add a product
    #[command(after_help = "Example:\n  lanchonete menu add --name 'X-Ovo' --category Sanduíches --price 24.90")]
    Add(MenuAdd),
    /// Change a product's price; orders that exist keep theirs
    #[command(after_help = "Example:\n  lanchonete menu price 'X-Ovo' 26.50")]
    Price(MenuPrice),
}

/// A product.
#[derive(Args)]
pub(crate) struct Which {
    /// Id or name of the product
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: String,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// A new product.
#[derive(Args)]
pub(crate) struct MenuAdd {
    /// Its name, which no other product has
    #[arg(long)]
    pub(crate) name: String,
    /// Id or name of its category; a name that is new makes one
    #[arg(long)]
    pub(crate) category: String,
    /// In reais: 24.90
    #[arg(long, value_name = "REAIS")]
    pub(crate) price: Money,
    /// What it is made of
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// A new price.
#[derive(Args)]
pub(crate) struct MenuPrice {
    /// Id or name of the product
    #[arg(value_name = "PRODUCT")]
    pub(crate) product: String,
    /// In reais: 26.50
    #[arg(value_name = "REAIS")]
    pub(crate) price: Money,
    #[command(flatten)]
    pub(crate) target: Target,
}
