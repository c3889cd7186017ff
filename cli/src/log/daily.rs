//! A log file for each day (UTC), which only its owner may read. Made by ourselves, because the mode has to be right from
//! the first byte on, also of the file that begins at midnight.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use domain::{Clock, Timestamp};

use super::{FILE_PREFIX, FILE_SUFFIX};

/// For its owner only.
const MODE: u32 = 0o600;
/// How many files stay, today's included.
const KEPT: usize = 7;
const SECONDS_A_DAY: i64 = 24 * 3600;

/// Appends to today's file.
pub(super) struct Daily<C> {
    dir: PathBuf,
    clock: C,
    day: i64,
    file: File,
}

impl<C: Clock> Daily<C> {
    /// Opens today's file in that directory.
    pub(super) fn open(dir: &Path, clock: C) -> io::Result<Self> {
        let now = clock.now();
        let file = open(dir, now)?;
        Ok(Daily { dir: dir.to_owned(), clock, day: day(now), file })
    }

    /// The next day's file, when it has begun. Without one the old file goes on.
    fn turn(&mut self) {
        let now = self.clock.now();
        if day(now) != self.day
            && let Ok(file) = open(&self.dir, now)
        {
            self.file = file;
            self.day = day(now);
        }
    }
}

impl<C: Clock> Write for Daily<C> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn();
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn day(at: Timestamp) -> i64 {
    at.seconds().div_euclid(SECONDS_A_DAY)
}

/// Opens the file of that day, and removes those that are too many.
fn open(dir: &Path, at: Timestamp) -> io::Result<File> {
    let text = at.to_string();
    let date = text.split('T').next().unwrap_or_default();
    let path = dir.join(format!("{FILE_PREFIX}{date}{FILE_SUFFIX}"));
    let file = OpenOptions::new().append(true).create(true).mode(MODE).open(path)?;
    // It may have been made by an earlier program, for everybody to read.
    file.set_permissions(Permissions::from_mode(MODE))?;
    let mut files = super::files(dir)?;
    files.sort();
    for old in files.iter().rev().skip(KEPT) {
        std::fs::remove_file(old)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use domain::ManualClock;

    use super::*;

    /// A clock that the test and the log look at.
    struct Shared(Arc<ManualClock>);

    impl Clock for Shared {
        fn now(&self) -> Timestamp {
            self.0.now()
        }
    }

    #[test]
    fn a_private_file_for_each_of_the_last_days() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let clock = Arc::new(ManualClock::new("2026-11-23T23:59:59Z".parse().expect("a time")));
        let theirs = dir.path().join("lanchonete.toml");
        let readable = dir.path().join("lanchonete.2026-11-23.log");
        for (path, text) in [(&theirs, "mine"), (&readable, "before\n")] {
            std::fs::write(path, text).expect("written");
            std::fs::set_permissions(path, Permissions::from_mode(0o644)).expect("changed");
        }
        let mut log = Daily::open(dir.path(), Shared(clock.clone())).expect("a log");
        log.write_all(b"first\n").expect("written");
        clock.advance(Duration::from_secs(1));
        log.write_all(b"second\n").expect("written");
        let text = |day| std::fs::read_to_string(dir.path().join(format!("lanchonete.2026-{day}.log"))).expect("there");
        assert_eq!((text("11-23"), text("11-24")), ("before\nfirst\n".to_owned(), "second\n".to_owned()));
        for _ in 0..9 {
            clock.advance(Duration::from_secs(24 * 3600));
            log.write_all(b"later\n").expect("written");
        }
        let mut kept = super::super::files(dir.path()).expect("readable");
        kept.sort();
        let names: Vec<_> = kept.iter().map(|path| path.file_name().expect("a name").to_string_lossy()).collect();
        assert_eq!(
            (names.len(), &*names[0], &*names[6]),
            (7, "lanchonete.2026-11-27.log", "lanchonete.2026-12-03.log")
        );
        let mode = |path: &PathBuf| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert!(kept.iter().all(|path| mode(path) == MODE), "{kept:?}");
        assert!(theirs.exists());
    }
}
