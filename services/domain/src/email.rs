use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// An e-mail address, trimmed and lower-cased so that one person has one spelling.
///
/// Personal data: `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// A text that is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct EmailError;

impl Email {
    /// Longest address, in characters (RFC 5321 §4.5.3.1.3: a path of 256 with its brackets).
    pub const MAX: usize = 254;

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What may be shown: the first letter and the domain, `m***@example.com`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let first = local.chars().next().unwrap_or('*');
        format!("{first}***@{domain}")
    }
}

impl FromStr for Email {
    type Err = EmailError;

    /// Checks the shape only: one `@`, a local part, a domain with a dot, no blanks or controls. Whether mail
    /// arrives there is something only mail can tell.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().to_lowercase();
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '(' | ')' | ',' | ';');
        if text.len() > Self::MAX || text.contains(odd) {
            return Err(EmailError);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError)?;
        let label = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        let domain_ok = domain.contains('.') && domain.split('.').all(label);
        if local.is_empty() || local.len() > 64 || local.starts_with('.') || local.ends_with('.') || !domain_ok {
            return Err(EmailError);
        }
        Ok(Email(text))
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(***)")
    }
}

/// Comes in as text; goes out only as the text somebody chose, so there is no `Serialize`.
impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
