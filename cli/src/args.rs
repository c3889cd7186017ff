//! What can be typed. No behaviour: every arm of [`Command`] is one call in `commands`.

mod board;
mod doctor;
mod menu;
mod orders;
mod people;
mod places;
mod platform;
mod rehearse;
mod replay;
mod security;
mod verify;
mod webhook;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use board::{Board, Language, Panel};
pub(crate) use doctor::Doctor;
pub(crate) use menu::{Menu, MenuAdd, MenuPrice, Seed, Which};
pub(crate) use orders::{
    Order, OrderAdvance, OrderCancel, OrderCreate, OrderList, OrderOne, OrderRef, Payment, PaymentOne, PaymentRefund,
    WantedItem,
};
pub(crate) use people::{
    Admin, AdminCreate, Customer, CustomerList, CustomerRegister, Identity, Token, TokenInspect, TokenIssue,
    TokenRevoke,
};
pub(crate) use places::{Places, Target};
pub(crate) use platform::{OpenApi, OpenApiOf, Serve, Up};
pub(crate) use rehearse::Rehearse;
pub(crate) use replay::Replay;
pub(crate) use security::{Keys, KeysRotate, Privacy, PrivacyErase, PrivacyExport};
pub(crate) use verify::VerifyStores;
pub(crate) use webhook::{Sign, Simulate, Verify, Webhook};

use crate::exit::Exit;
use crate::print::Output;

/// Below the list of commands: what a script needs to know, and where to begin.
fn afterword() -> String {
    let codes: String = Exit::ALL.iter().map(|exit| format!("  {}  {}\n", *exit as u8, exit.meaning())).collect();
    format!("Exit codes:\n{codes}\nExample:\n  lanchonete up\n  lanchonete order create --item X-Burger:2:'sem cebola'")
}

/// A Brazilian snack bar in one program: orders, Pix payments through MercadoPago and the kitchen's board.
#[derive(Parser)]
#[command(name = "lanchonete", version, after_help = afterword(), max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Clone)]
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
    #[command(
        subcommand,
        after_help = "Example:\n  lanchonete admin create --name 'Dona Exemplo' --email dona@example.com --cpf 529.982.247-25"
    )]
    Admin(Admin),
    /// Access tokens
    #[command(subcommand, after_help = "Example:\n  lanchonete token issue --role kitchen")]
    Token(Token),
    /// Customers
    #[command(subcommand, after_help = "Example:\n  lanchonete customer list")]
    Customer(Customer),
    /// The keys that sign tokens
    #[command(subcommand, after_help = "Example:\n  lanchonete keys rotate")]
    Keys(Keys),
    /// What is held about a person: export it, erase it
    #[command(subcommand, after_help = "Example:\n  lanchonete privacy export --cpf 529.982.247-25")]
    Privacy(Privacy),
    /// The menu
    #[command(subcommand, after_help = "Example:\n  lanchonete menu disable 'X-Bacon'")]
    Menu(Menu),
    /// Orders
    #[command(subcommand, after_help = "Example:\n  lanchonete order create --item X-Burger:2:'sem cebola' --wait")]
    Order(Order),
    /// Payments
    #[command(subcommand, after_help = "Example:\n  lanchonete payment show 0198c0de-0000-7000-8000-000000000001")]
    Payment(Payment),
    /// MercadoPago's notifications: simulate, sign, verify
    #[command(subcommand, after_help = "Example:\n  lanchonete webhook simulate --order 12 --status approved")]
    Webhook(Webhook),
    /// Check on the live stores what must always hold: money, payments, histories, numbers
    Verify(VerifyStores),
    /// Look at everything that can be wrong with this installation
    Doctor(Doctor),
    /// The kitchen's order board in the terminal
    Board(Board),
    /// The public pick-up screen: numbers in preparation and ready
    Panel(Panel),
    /// Play a rush with a hostile network against a running platform, and check that all comes right
    Rehearse(Rehearse),
    /// Print a service's OpenAPI document
    #[command(name = "openapi")]
    OpenApi(OpenApi),
    /// The configuration
    #[command(subcommand, after_help = "Example:\n  lanchonete config default > lanchonete.toml")]
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_tree_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn look(command: &clap::Command, path: &str, without: &mut Vec<String>) {
            for sub in command.get_subcommands() {
                look(sub, &format!("{path} {}", sub.get_name()), without);
            }
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            if !help.contains(&format!("Example:\n  {path}")) {
                without.push(path.to_owned());
            }
        }
        let mut without = Vec::new();
        look(&Cli::command(), "lanchonete", &mut without);
        // These show themselves in a pipe or with a variable.
        without.retain(|path| !matches!(path.as_str(), "lanchonete token issue" | "lanchonete config check"));
        assert_eq!(without, Vec::<String>::new());
    }

    #[test]
    fn orders_by_id_or_number() {
        let id = "0198c0de-0000-7000-8000-000000000001";
        assert_eq!(id.parse(), Ok(OrderRef::Id(id.parse().expect("an id"))));
        assert_eq!(["12", "#12"].map(str::parse), [Ok(OrderRef::Number(12)), Ok(OrderRef::Number(12))]);
        assert!(["", "#", "x", "-1", "1.5"].iter().all(|text| text.parse::<OrderRef>().is_err()));
    }

    #[test]
    fn items_with_quantity_and_comment() {
        let item = |product: &str, quantity, comment: Option<&str>| {
            Ok(WantedItem { product: product.to_owned(), quantity, comment: comment.map(str::to_owned) })
        };
        assert_eq!("X-Burger".parse(), item("X-Burger", 1, None));
        assert_eq!("X-Burger:2".parse(), item("X-Burger", 2, None));
        assert_eq!("X-Burger::sem sal".parse(), item("X-Burger", 1, Some("sem sal")));
        assert_eq!("X-Burger:3:ponto: bem passado".parse(), item("X-Burger", 3, Some("ponto: bem passado")));
        assert!([":2", "X:-1", "X:dois", "X:1.5"].iter().all(|text| text.parse::<WantedItem>().is_err()));
    }
}
