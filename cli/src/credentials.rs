//! `credentials.json`: what `up` and `serve` leave for the commands on the same machine.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::exit::{Failure, Outcome};
use crate::private;

pub(crate) const FILE: &str = "credentials.json";
/// Held while the file is read, changed and replaced.
const LOCK: &str = "credentials.lock";
/// The form of the file.
const VERSION: u32 = 1;
const SQLITE: &str = "sqlite:";

/// The file's content.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credentials {
    /// Form of the file.
    pub(crate) version: u32,
    /// The data directory at the time of writing. Stores inside it are found again when it has moved.
    #[serde(default)]
    pub(crate) data_dir: PathBuf,
    /// Address of each service, without a slash at the end, so that a path can be put behind it.
    #[serde(default)]
    pub(crate) urls: BTreeMap<String, String>,
    /// Store of each service.
    #[serde(default)]
    pub(crate) databases: BTreeMap<String, String>,
    /// The first administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) admin: Option<AdminLogin>,
    /// A token for each of the roles admin, kitchen and kiosk.
    #[serde(default)]
    pub(crate) tokens: BTreeMap<String, String>,
}

/// How the first administrator signs in.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AdminLogin {
    pub(crate) email: String,
    pub(crate) password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("urls", &self.urls).finish_non_exhaustive()
    }
}

impl Default for Credentials {
    fn default() -> Self {
        Credentials {
            version: VERSION,
            data_dir: PathBuf::new(),
            urls: BTreeMap::new(),
            databases: BTreeMap::new(),
            admin: None,
            tokens: BTreeMap::new(),
        }
    }
}

impl Credentials {
    /// What the directory holds, if anything.
    ///
    /// # Errors
    /// When it can't be used, or may be read by others.
    pub(crate) fn read(data_dir: &Path) -> Outcome<Option<Self>> {
        let path = data_dir.join(FILE);
        let unreadable = |error: io::Error| Failure::usage(format!("can't read {}: {error}", path.display()));
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(unreadable(error)),
        };
        private::check(&path, &file)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(unreadable)?;
        let broken = |why: String| {
            Failure::usage(format!("{} can't be used: {why}", path.display()))
                .hint("remove it; the next `lanchonete up` writes it anew")
        };
        // The library's own message could repeat a token.
        let mut read: Credentials = serde_json::from_slice(&text)
            .map_err(|error| broken(format!("line {}, column {}", error.line(), error.column())))?;
        if read.version != VERSION {
            return Err(broken(format!("version {} is not known to this program", read.version)));
        }
        read.follow_moved_directory(data_dir);
        Ok(Some(read))
    }

    fn follow_moved_directory(&mut self, data_dir: &Path) {
        if self.data_dir.as_os_str().is_empty() || self.data_dir == data_dir {
            return;
        }
        for database in self.databases.values_mut() {
            let inside =
                database.strip_prefix(SQLITE).and_then(|path| Path::new(path).strip_prefix(&self.data_dir).ok());
            if let Some(inside) = inside {
                *database = format!("{SQLITE}{}", data_dir.join(inside).display());
            }
        }
    }

    /// Changes the file as one step, whoever else changes it at the same time.
    pub(crate) fn update(data_dir: &Path, change: impl FnOnce(&mut Credentials)) -> Outcome {
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(data_dir.join(LOCK))?;
        lock.lock()?;
        let mut credentials = Credentials::read(data_dir)?.unwrap_or_default();
        credentials.data_dir = data_dir.to_owned();
        change(&mut credentials);
        let replaced = replace(&data_dir.join(FILE), &serde_json::to_vec_pretty(&credentials).unwrap_or_default());
        replaced.map_err(|error| Failure::usage(format!("can't write {}: {error}", data_dir.join(FILE).display())))
    }
}

/// Either the old content or the new one is there, never half of it.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.new", Uuid::new_v4().simple()));
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writers_at_the_same_time_keep_each_others_keys() {
        let dir = tempfile::tempdir().expect("a directory");
        std::thread::scope(|scope| {
            for service in ["auth", "order", "payment", "sandbox"] {
                let path = dir.path();
                scope.spawn(move || {
                    for _ in 0..20 {
                        let insert = |it: &mut Credentials| {
                            it.urls.insert(service.to_owned(), format!("http://{service}"));
                        };
                        Credentials::update(path, insert).expect("written");
                    }
                });
            }
        });
        let read = Credentials::read(dir.path()).expect("right").expect("there");
        assert_eq!(read.urls.len(), 4);
    }

    #[test]
    fn stores_move_with_their_directory() {
        let root = tempfile::tempdir().expect("a directory");
        let (old, new) = (root.path().join("old"), root.path().join("new"));
        std::fs::create_dir(&old).expect("made");
        Credentials::update(&old, |it| {
            it.databases.insert("order".into(), format!("sqlite:{}", old.join("order.db").display()));
            it.databases.insert("auth".into(), "sqlite:/elsewhere/auth.db".into());
            it.databases.insert("payment".into(), "mongodb://db.example.com/shop".into());
        })
        .expect("written");
        std::fs::rename(&old, &new).expect("moved");
        let databases = Credentials::read(&new).expect("right").expect("there").databases;
        assert_eq!(databases["order"], format!("sqlite:{}", new.join("order.db").display()));
        assert_eq!(databases["auth"], "sqlite:/elsewhere/auth.db");
        assert_eq!(databases["payment"], "mongodb://db.example.com/shop");
    }
}
