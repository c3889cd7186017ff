//! What can be typed. No behaviour: every arm of [`Command`] is one call in `commands`.

mod menu;
mod orders;
mod people;
mod places;
mod platform;
mod webhook;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use menu::{Menu, MenuAdd, MenuPrice, Seed, Which};
pub(crate) use orders::{
    Order, OrderAdvance, OrderCancel, OrderCreate, OrderList, OrderOne, OrderRef, Payment, PaymentOne, PaymentRefund,
    WantedItem,
};
pub(crate) use people::{
    Admin, AdminCreate, Customer, CustomerList, CustomerRegister, Token, TokenInspect, TokenIssue,
};
pub(crate) use places::{Places, Target};
pub(crate) use platform::{Board, OpenApi, OpenApiOf, Panel, Serve, Up};
pub(crate) use webhook::{Sign, Simulate, Verify, Webhook};

use crate::print::Output;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the request was refused
  2  usage or configuration
  3  not reachable or not ready
  4  a store cannot be opened, or is newer than this program
  5  internal error

Example:
  lanchonete up
  lanchonete order create --item X-Burger:2:'sem cebola'";

/// A Brazilian snack bar in one program: orders, Pix payments through MercadoPago and the kitchen's board.
#[derive(Parser)]
#[command(name = "lanchonete", version, after_help = EXIT_CODES, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args)]
pub(crate) struct Common {
    /// How data is written
    #[arg(short, long, global = true, value_enum, default_value_t, value_name = "FORM", help_heading = "Everywhere")]
    pub(crate) output: Output,
    /// Say nothing but data and errors
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    pub(crate) quiet: bool,
    /// Configuration file [default: lanchonete.toml, if it is there]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "LANCHONETE_CONFIG",
        hide_env_values = true,
        help_heading = "Everywhere"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Where keys, credentials and the embedded stores are
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "LANCHONETE_DATA_DIR",
        default_value = "lanchonete-data",
        hide_env_values = true,
        help_heading = "Everywhere"
    )]
    pub(crate) data_dir: PathBuf,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// One verb each.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the whole platform: auth, order, payment and, without MercadoPago's token, its sandbox
    Up(Up),
    /// Run one service
    Serve(Serve),
    /// Load categories and products into the menu
    Seed(Seed),
    /// Administrators
    #[command(subcommand)]
    Admin(Admin),
    /// Access tokens
    #[command(subcommand)]
    Token(Token),
    /// Customers
    #[command(subcommand)]
    Customer(Customer),
    /// The menu
    #[command(subcommand)]
    Menu(Menu),
    /// Orders
    #[command(subcommand)]
    Order(Order),
    /// Payments
    #[command(subcommand)]
    Payment(Payment),
    /// MercadoPago's notifications: simulate, sign, verify
    #[command(subcommand)]
    Webhook(Webhook),
    /// The kitchen's order board in the terminal
    Board(Board),
    /// The public pick-up screen: numbers in preparation and ready
    Panel(Panel),
    /// Print a service's OpenAPI document
    #[command(name = "openapi")]
    OpenApi(OpenApi),
    /// The configuration
    #[command(subcommand)]
    Config(Config),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page
    Man(Man),
}

/// The configuration.
#[derive(Subcommand)]
pub(crate) enum Config {
    /// Show each key's value and where it came from; secrets stay hidden
    #[command(after_help = "Example:\n  lanchonete config show -o json | jq .order")]
    Show,
    /// Check every source and report all faults
    #[command(after_help = "Example:\n  LANCHONETE_ORDER_LISTEN=0.0.0.0:8001 lanchonete config check")]
    Check,
    /// Print the documented default configuration
    #[command(after_help = "Example:\n  lanchonete config default > lanchonete.toml")]
    Default,
}

/// Completions for a shell.
#[derive(Args)]
#[command(
    after_help = "Example:\n  lanchonete completions bash > ~/.local/share/bash-completion/completions/lanchonete"
)]
pub(crate) struct Completions {
    /// Which shell
    pub(crate) shell: clap_complete::Shell,
}

/// The manual page.
#[derive(Args)]
#[command(after_help = "Example:\n  lanchonete man | man -l -")]
pub(crate) struct Man {
    /// Write one page for each command into this directory instead
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}
