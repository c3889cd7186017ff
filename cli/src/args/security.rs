use clap::{Args, Subcommand};
use domain::Cpf;

use super::Target;

/// The keys that sign tokens.
#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make the next signing key; what the old one signed holds until it expires
    #[command(after_help = "\
The new key is published for 30 seconds before it signs, so that every service knows it by then. Running
services hear of it by themselves.

Example:
  lanchonete keys rotate")]
    Rotate(KeysRotate),
    /// List the signing keys, oldest first
    #[command(after_help = "Example:\n  lanchonete keys list")]
    List,
}

/// The next signing key.
#[derive(Args)]
pub(crate) struct KeysRotate {
    /// Drop the old keys at once, with every token that they signed: for a key that somebody has seen
    #[arg(long)]
    pub(crate) now: bool,
}

/// What is held about a person (LGPD).
#[derive(Subcommand)]
pub(crate) enum Privacy {
    /// Print as JSON everything that the three services hold about a person
    #[command(after_help = "Example:\n  lanchonete privacy export --cpf 529.982.247-25 > maria.json")]
    Export(PrivacyExport),
    /// Erase a person in the three services, and print the receipt
    #[command(after_help = "\
Orders and payments stay, anonymous. What MercadoPago was told stays with MercadoPago.

Example:
  lanchonete privacy erase --cpf 529.982.247-25")]
    Erase(PrivacyErase),
}

/// Whose data to print.
#[derive(Args)]
pub(crate) struct PrivacyExport {
    /// Whose
    #[arg(long)]
    pub(crate) cpf: Cpf,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Whom to erase.
#[derive(Args)]
pub(crate) struct PrivacyErase {
    /// Whom
    #[arg(long)]
    pub(crate) cpf: Cpf,
    /// Do not ask; off a terminal nobody is asked
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// How long to wait for the receipt
    #[arg(long, default_value = "2m", value_name = "DURATION")]
    pub(crate) wait: String,
    #[command(flatten)]
    pub(crate) target: Target,
}
