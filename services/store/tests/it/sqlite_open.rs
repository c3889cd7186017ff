use std::path::Path;

use rusqlite_migration::{M, Migrations};
use store::{Sqlite, StoreError};

use crate::support::{migrations, note, notes, open, place};

#[tokio::test]
async fn what_was_answered_survives() {
    let (_dir, path) = place();
    let store = open(&path);
    store.write(|c| note(c, "kept")).await.unwrap();
    drop(store);
    let store = open(&path);
    assert_eq!(notes(&store).await, ["kept"]);
    store.ping().await.unwrap();
    store.check().await.unwrap();
    store.close().await;
    assert_eq!(notes(&open(&path)).await, ["kept"]);
}

#[tokio::test]
async fn closing_empties_the_log_and_refuses_what_comes_later() {
    let (dir, path) = place();
    let store = open(&path);
    store.write(|c| note(c, "kept")).await.unwrap();
    tokio::join!(store.close(), store.close());
    store.close().await;
    let wal = dir.path().join("test.db-wal");
    assert_eq!(std::fs::metadata(wal).map_or(0, |file| file.len()), 0);
    let refused: Result<i64, StoreError> = store.write(|c| note(c, "late")).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.truncate_wal().await, Err(StoreError::Unavailable(_))));
    assert_eq!(notes(&open(&path)).await, ["kept"]);
}

#[tokio::test]
async fn closing_finishes_what_was_accepted() {
    let (_dir, path) = place();
    let store = open(&path);
    let (release, held) = crate::support::hold(&store);
    let (first, second, ()) = tokio::join!(held, store.write(|c| note(c, "accepted")), async {
        let store = store.clone();
        let closing = tokio::spawn(async move { store.close().await });
        drop(release);
        closing.await.unwrap();
    });
    first.unwrap();
    second.unwrap();
    assert_eq!(notes(&open(&path)).await, ["accepted"]);
}

#[test]
fn a_later_schema_is_refused() {
    let (_dir, path) = place();
    let later =
        Migrations::new(vec![M::up("CREATE TABLE a (x);"), M::up("CREATE TABLE b (x);"), M::up("CREATE TABLE c (x);")]);
    drop(Sqlite::open(&path, later).unwrap());
    let refused = Sqlite::open(&path, migrations()).unwrap_err();
    assert!(matches!(refused, StoreError::TooNew { found: 3, known: 2 }), "{refused:?}");
}

#[test]
fn what_is_no_database_is_refused() {
    let (_dir, path) = place();
    std::fs::write(&path, vec![b'x'; 8192]).unwrap();
    for refused in [Sqlite::open(&path, migrations()).unwrap_err(), Sqlite::open_read_only(&path).unwrap_err()] {
        let StoreError::Corrupt { what, .. } = refused else { panic!("{refused:?}") };
        assert!(what.ends_with("test.db"));
    }
}

#[tokio::test]
async fn damage_inside_is_found() {
    let (_dir, path) = place();
    let store = open(&path);
    for n in 0..200 {
        store.write(move |c| note(c, &format!("{n} {}", "x".repeat(500)))).await.unwrap();
    }
    store.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 4096 / 2 * 4096;
    bytes[middle..middle + 4096].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let damaged = Sqlite::open_read_only(&path).unwrap().check().await;
    assert!(matches!(damaged, Err(StoreError::Corrupt { .. })), "{damaged:?}");
}

#[test]
fn a_missing_directory_or_file_is_named() {
    let (dir, path) = place();
    let nowhere = dir.path().join("nowhere/test.db");
    for (refused, path) in [
        (Sqlite::open(&nowhere, migrations()).unwrap_err(), &nowhere),
        (Sqlite::open_read_only(&path).unwrap_err(), &path),
    ] {
        assert!(matches!(&refused, StoreError::Open(named, _) if named == path), "{refused:?}");
        assert!(refused.to_string().contains(&*path.to_string_lossy()));
    }
    assert!(!Path::new(&path).exists());
}

#[tokio::test]
async fn a_read_only_store_reads_and_does_not_write() {
    let (_dir, path) = place();
    let store = open(&path);
    store.write(|c| note(c, "seen")).await.unwrap();
    let looking = Sqlite::open_read_only(&path).unwrap();
    assert_eq!(notes(&looking).await, ["seen"]);
    looking.ping().await.unwrap();
    assert!(matches!(looking.write(|c| note(c, "no")).await, Err(StoreError::Unavailable(_))));
    assert!(looking.read(|c| note(c, "no")).await.is_err());
    assert!(store.read(|c| note(c, "no")).await.is_err());
    looking.close().await;
    store.close().await;
    // Also with nobody else there, and no log left.
    assert_eq!(notes(&Sqlite::open_read_only(&path).unwrap()).await, ["seen"]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, path) = place();
    let store = open(&path);
    store.write(|c| note(c, "private")).await.unwrap();
    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn nothing_erased_is_left_in_the_files() {
    let (dir, path) = place();
    let store = open(&path);
    store.write(|c| note(c, "Joaquim Maria")).await.unwrap();
    store.write(|c| Ok::<_, StoreError>(c.execute("DELETE FROM notes", [])?)).await.unwrap();
    store.truncate_wal().await.unwrap();
    for file in ["test.db", "test.db-wal"] {
        let bytes = std::fs::read(dir.path().join(file)).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"Joaquim"), "{file}");
    }
}
