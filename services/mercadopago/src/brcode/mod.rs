//! Pix BR Codes: the text inside a Pix QR code, in EMV's tag-length-value form (BCB, BR Code manual).
//!
//! An element is a two-digit id, a two-digit decimal length and the value, ASCII only. Element 63, the last, is a CRC
//! over everything before its value.

mod encode;
mod parse;

use crc::{CRC_16_IBM_3740, Crc};
use domain::Money;

pub use encode::encode;
pub use parse::parse;

/// Longest name of who is paid (element 59).
pub const MAX_NAME: usize = 25;
/// Longest city (element 60).
pub const MAX_CITY: usize = 15;
/// Longest transaction id (element 62-05).
pub const MAX_TXID: usize = 25;
/// Highest amount: element 54 holds 13 characters, so ten digits of reais.
pub const MAX_AMOUNT: Money = Money::from_centavos(999_999_999_999);

/// The id by which a template says that it is Pix.
const GUI: &str = "br.gov.bcb.pix";
/// Longest key in the register of keys: an e-mail address.
const MAX_KEY: usize = 77;

/// What a BR Code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrCode {
    /// Where the money goes.
    pub target: Target,
    /// What the element 01 says: `Some(true)` for single use (12), `Some(false)` for reusable (11).
    pub single_use: Option<bool>,
    /// What to pay; without one the payer chooses, or the URL says.
    pub amount: Option<Money>,
    /// Who is paid. Accents are stripped and the text is cut at 25 characters when encoded.
    pub name: String,
    /// Where. Accents are stripped and the text is cut at 15 characters when encoded.
    pub city: String,
    /// The postal code.
    pub postal_code: Option<String>,
    /// The transaction id, at most 25 of `[A-Za-z0-9]`; none is written `***`.
    pub txid: Option<String>,
}

/// Where the money goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A Pix key: CPF, CNPJ, phone, e-mail or random key.
    Key {
        /// The key.
        key: String,
        /// Free text for the payer.
        info: Option<String>,
    },
    /// An address, without scheme, from which the payer's bank reads the charge.
    Url(String),
}

/// Why a text is no Pix BR Code, or something can't be put into one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrCodeError {
    /// A character beyond printable ASCII.
    #[error("a character beyond printable ASCII")]
    NotAscii,
    /// An element does not fit into the text.
    #[error("the element at character {at} is cut off or has no two-digit length")]
    Element {
        /// Where the element begins, from 0.
        at: usize,
    },
    /// The CRC at the end is missing or wrong.
    #[error("the CRC does not match")]
    Crc,
    /// The elements are no template of Pix.
    #[error("not a Pix code")]
    NotPix,
    /// A required element is missing.
    #[error("element {0} is missing")]
    Missing(&'static str),
    /// An element comes twice.
    #[error("element {0} comes twice")]
    Twice(String),
    /// An element has a value that it may not have.
    #[error("element {0} has a bad value")]
    Value(&'static str),
}

/// CRC-16 of the text, `6304` included: polynomial 0x1021, initial 0xFFFF, not reflected (CCITT-FALSE).
fn crc(text: &str) -> String {
    format!("{:04X}", Crc::<u16>::new(&CRC_16_IBM_3740).checksum(text.as_bytes()))
}

/// The transaction id that stands for none.
const NO_TXID: &str = "***";

fn is_txid(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_TXID && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Printable ASCII, the only characters whose count is their length everywhere.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b))
}
