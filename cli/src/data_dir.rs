//! The data directory: `master.key`, `credentials.json`, the embedded stores and an OS lock.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::exit::{Failure, Outcome};
use crate::private::OTHERS;

/// Locked for itself alone by `up`, shared by every `serve`. The system lets go of it when the process ends, however
/// it ends.
const LOCK: &str = "lock";

/// A data directory that this process runs in; held as long as this lives.
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Who else may run in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Nobody.
    Alone,
    /// Other services.
    Shared,
}

impl DataDir {
    /// Makes the directory, for its owner only, and locks it.
    pub(crate) fn open(path: &Path, hold: Hold) -> Outcome<Self> {
        let denied = |error: io::Error| {
            Failure::usage(format!("can't use the data directory {}: {error}", path.display()))
                .hint("choose another one with --data-dir")
        };
        create(path).map_err(denied)?;
        let lock_path = path.join(LOCK);
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock_path);
        let lock = lock.map_err(denied)?;
        let locked = match hold {
            Hold::Alone => lock.try_lock(),
            Hold::Shared => lock.try_lock_shared(),
        };
        match locked {
            Ok(()) => Ok(DataDir { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(Failure::usage(format!("another lanchonete runs in the data directory {}", path.display()))
                    .hint("stop it first, or choose another one with --data-dir"))
            }
            Err(TryLockError::Error(error)) => Err(denied(error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is anything that `up --fresh` would remove.
    pub(crate) fn is_used(&self) -> bool {
        self.removable().is_ok_and(|files| !files.is_empty())
    }

    /// Removes the embedded stores, the credentials and the logs. The master key stays: what it protects elsewhere is
    /// not ours to lose.
    pub(crate) fn wipe(&self) -> Outcome {
        let wiped = self.removable().and_then(|files| files.iter().try_for_each(std::fs::remove_file));
        wiped.map_err(|error| Failure::usage(format!("can't empty {}: {error}", self.path.display())))
    }

    fn removable(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = crate::log::files(&self.path)?;
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let ours = crate::config::Service::ALL.iter().any(|service| {
                let rest = name.strip_prefix(service.name());
                rest.is_some_and(|rest| matches!(rest, ".db" | ".db-wal" | ".db-shm" | ".db-journal"))
            });
            if ours || name == crate::credentials::FILE {
                files.push(entry.path());
            }
        }
        Ok(files)
    }
}

/// Makes the directory where there is none, for its owner only. One that is there becomes so if it is ours: the user's,
/// and with nothing in it or our lock. Anything else may be somebody's home.
fn create(path: &Path) -> io::Result<()> {
    if let Ok(found) = path.metadata()
        && found.is_dir()
    {
        let open = found.mode() & OTHERS != 0 && found.uid() == rustix::process::geteuid().as_raw();
        if open && (path.join(LOCK).exists() || std::fs::read_dir(path)?.next().is_none()) {
            std::fs::set_permissions(path, Permissions::from_mode(0o700))?;
        }
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o700))
}
