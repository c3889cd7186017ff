use clap::{Args, Subcommand};
use domain::{Cpf, Email, Role};
use secrecy::SecretString;

use super::Target;

/// Who somebody is.
#[derive(Args)]
pub(crate) struct Identity {
    /// The person's name
    #[arg(long)]
    pub(crate) name: String,
    /// Nobody else's; to sign in with
    #[arg(long)]
    pub(crate) email: Email,
    /// Nobody else's; to sign in with
    #[arg(long)]
    pub(crate) cpf: Cpf,
}

/// Administrators.
#[derive(Subcommand)]
pub(crate) enum Admin {
    /// Make an administrator, straight in the auth store
    #[command(after_help = "\
Without --password-stdin a password is made up and printed.

Example:
  lanchonete admin create --name 'Dona Exemplo' --email dona@example.com --cpf 529.982.247-25")]
    Create(AdminCreate),
}

/// A new administrator.
#[derive(Args)]
pub(crate) struct AdminCreate {
    #[command(flatten)]
    pub(crate) identity: Identity,
    /// Read the password from the first line of stdin
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// Access tokens.
#[derive(Subcommand)]
pub(crate) enum Token {
    /// Sign a token with the auth store's key and print it, and nothing else
    #[command(after_help = "\
Works with the auth service stopped.

Example:
  curl -H \"authorization: Bearer $(lanchonete token issue --role kitchen)\" http://127.0.0.1:8001/orders/queue")]
    Issue(TokenIssue),
    /// Show what a token says, whether it holds, and why not
    #[command(after_help = "Example:\n  lanchonete token inspect \"$TOKEN\"")]
    Inspect(TokenInspect),
    /// Take a token back before its time is over
    #[command(after_help = "\
Works with the auth service stopped. Every service that reaches it refuses the token within 15 seconds.

Example:
  lanchonete token revoke 0198c0de-0000-7000-8000-000000000001")]
    Revoke(TokenRevoke),
}

/// A new token.
#[derive(Args)]
pub(crate) struct TokenIssue {
    /// What it allows: admin, cashier, kitchen, kiosk, customer or service
    #[arg(long)]
    pub(crate) role: Role,
    /// Whose [default: cli:ROLE, or a new id for a customer]
    #[arg(long)]
    pub(crate) subject: Option<String>,
    /// How long it holds, at most 400d
    #[arg(long, default_value = "8h", value_name = "DURATION")]
    pub(crate) ttl: String,
    /// A label, such as the device it is for
    #[arg(long)]
    pub(crate) name: Option<String>,
}

/// A token to look at.
#[derive(Args)]
pub(crate) struct TokenInspect {
    /// The token; `-` reads it from stdin
    #[arg(value_name = "TOKEN")]
    pub(crate) inspected: SecretString,
}

/// A token to take back.
#[derive(Args)]
pub(crate) struct TokenRevoke {
    /// The token, or its id as `token inspect` shows it; `-` reads it from stdin
    #[arg(value_name = "ID|TOKEN")]
    pub(crate) revoked: SecretString,
}

/// Customers.
#[derive(Subcommand)]
pub(crate) enum Customer {
    /// Register a customer
    #[command(after_help = "\
Example:
  lanchonete customer register --name 'Maria Exemplo' --email maria@example.com --cpf 529.982.247-25")]
    Register(CustomerRegister),
    /// List people, with masked data
    #[command(after_help = "Example:\n  lanchonete customer list --limit 100")]
    List(CustomerList),
}

/// A new customer.
#[derive(Args)]
pub(crate) struct CustomerRegister {
    #[command(flatten)]
    pub(crate) identity: Identity,
    /// Read a password to sign in with from the first line of stdin
    #[arg(long)]
    pub(crate) password_stdin: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Which people to list.
#[derive(Args)]
pub(crate) struct CustomerList {
    /// How many to pass over
    #[arg(long, default_value_t = 0)]
    pub(crate) skip: u32,
    /// How many to list, at most 100
    #[arg(long, default_value_t = 10)]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) target: Target,
}
