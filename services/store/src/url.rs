use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a service keeps its data. Neither `Display` nor `Debug` shows a password.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file on this machine: `sqlite:PATH`.
    Sqlite(PathBuf),
    /// A MongoDB connection string, password included: `mongodb://…` or `mongodb+srv://…`.
    Mongo(String),
}

/// A text that names no store. Does not repeat the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreUrlError {
    /// Begins with something else.
    #[error("not a database URL: expected sqlite:PATH, mongodb://HOST/DATABASE or mongodb+srv://HOST/DATABASE")]
    Scheme,
    /// `sqlite:` and nothing behind it.
    #[error("sqlite: needs the path of a file, such as sqlite:lanchonete-data/order.db")]
    NoPath,
    /// A path that SQLite takes for a database in memory, which the writer and the readers could not share.
    #[error("sqlite: needs a file, not a database in memory")]
    InMemory,
    /// `mongodb://` without a host.
    #[error("mongodb: needs a host, such as mongodb://localhost:27017/lanchonete")]
    NoHost,
}

const MONGO_SCHEMES: [&str; 2] = ["mongodb://", "mongodb+srv://"];

impl FromStr for StoreUrl {
    type Err = StoreUrlError;

    fn from_str(text: &str) -> Result<Self, StoreUrlError> {
        match text.strip_prefix("sqlite:") {
            Some("") => return Err(StoreUrlError::NoPath),
            Some(":memory:") => return Err(StoreUrlError::InMemory),
            Some(path) => return Ok(StoreUrl::Sqlite(path.into())),
            None => {}
        }
        let rest = MONGO_SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)).ok_or(StoreUrlError::Scheme)?;
        if public_part(rest).1.split('/').next().unwrap_or_default().is_empty() {
            return Err(StoreUrlError::NoHost);
        }
        Ok(StoreUrl::Mongo(text.to_owned()))
    }
}

/// Whether somebody logs in, and hosts and database. Everything up to the last `@` may be a badly escaped password, and
/// options may hold one too.
fn public_part(rest: &str) -> (bool, &str) {
    let (login, hosts) = match rest.rsplit_once('@') {
        Some((_, hosts)) => (true, hosts),
        None => (false, rest),
    };
    (login, hosts.split('?').next().unwrap_or_default())
}

impl StoreUrl {
    /// Whether it says who logs in, and with which password.
    pub fn has_login(&self) -> bool {
        match self {
            StoreUrl::Sqlite(_) => false,
            StoreUrl::Mongo(url) => public_part(url).0,
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            StoreUrl::Mongo(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("mongodb", ""));
                let (login, hosts) = public_part(rest);
                write!(f, "{scheme}://{}{hosts}", if login { "***@" } else { "" })
            }
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
