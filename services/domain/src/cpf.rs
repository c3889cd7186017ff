use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// A Brazilian taxpayer number (Cadastro de Pessoas Físicas) whose two check digits are right, kept as 11 digits.
///
/// Personal data: `Debug` hides it and there is no `Display`; choose [`Cpf::masked`] or [`Cpf::digits`] by name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cpf(String);

/// Why a text is not a CPF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CpfError {
    /// Not 11 digits, with or without the usual punctuation.
    #[error("a CPF has 11 digits")]
    Shape,
    /// The check digits do not follow from the first nine, or all digits are the same.
    #[error("the check digits do not match")]
    CheckDigits,
}

impl Cpf {
    /// The 11 digits without punctuation.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// What may be shown: `***.982.247-**`.
    pub fn masked(&self) -> String {
        format!("***.{}.{}-**", &self.0[3..6], &self.0[6..9])
    }
}

/// One check digit: weights count down to 2, the remainder of 11 decides (Receita Federal's rule).
fn check_digit(digits: &[u8]) -> u8 {
    let top = digits.len() as u32 + 1;
    let sum: u32 = digits.iter().zip((2..=top).rev()).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    match sum % 11 {
        0 | 1 => 0,
        rest => (11 - rest) as u8,
    }
}

impl FromStr for Cpf {
    type Err = CpfError;

    /// Accepts `52998224725` and `529.982.247-25`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let punctuated = |bytes: &[u8]| bytes[3] == b'.' && bytes[7] == b'.' && bytes[11] == b'-';
        let plain: String = match text.len() {
            11 => text.to_owned(),
            14 if punctuated(text.as_bytes()) => text.chars().filter(|c| !matches!(c, '.' | '-')).collect(),
            _ => return Err(CpfError::Shape),
        };
        if plain.len() != 11 || !plain.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CpfError::Shape);
        }
        let digits: Vec<u8> = plain.bytes().map(|b| b - b'0').collect();
        let same = digits.iter().all(|d| *d == digits[0]);
        if same || digits[9] != check_digit(&digits[..9]) || digits[10] != check_digit(&digits[..10]) {
            return Err(CpfError::CheckDigits);
        }
        Ok(Cpf(plain))
    }
}

impl fmt::Debug for Cpf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cpf(***)")
    }
}

/// Comes in as text; goes out only as the text somebody chose, so there is no `Serialize`.
impl<'de> Deserialize<'de> for Cpf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
