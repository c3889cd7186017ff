use std::sync::mpsc;

use futures_util::future::join_all;
use rusqlite::Connection;
use store::{Sqlite, StoreError, StoreResult, is_unique_violation};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::{hold, note, notes, open, place, until};

#[tokio::test]
async fn one_commit_answers_many() {
    let (_dir, path) = place();
    let store = open(&path);
    let (release, held) = hold(&store);
    let writes = (0..30).map(|n| store.write(move |c| note(c, &n.to_string())));
    let (first, answers, ()) = tokio::join!(held, join_all(writes), async { drop(release) });
    first.unwrap();
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(notes(&store).await.len(), 30);
    let stats = store.stats();
    assert_eq!((stats.jobs, stats.commits), (31, 1));
}

#[tokio::test]
async fn a_job_that_fails_or_panics_takes_only_its_own_work_with_it() {
    let (_dir, path) = place();
    let store = open(&path);
    let (release, held) = hold(&store);
    let fails = |c: &Connection| -> StoreResult<()> {
        note(c, "from the one that fails")?;
        Err(StoreError::corrupt("an order", 7))
    };
    let panics = |c: &Connection| -> StoreResult<()> {
        note(c, "from the one that panics")?;
        panic!("on purpose")
    };
    let (_, before, failed, panicked, after, ()) = tokio::join!(
        held,
        store.write(|c| note(c, "before")),
        store.write(fails),
        store.write(panics),
        store.write(|c| note(c, "after")),
        async { drop(release) }
    );
    before.unwrap();
    after.unwrap();
    assert!(matches!(failed, Err(StoreError::Corrupt { id: Some(id), .. }) if id == "7"));
    assert!(matches!(panicked, Err(StoreError::Internal(_))));
    assert_eq!(notes(&store).await, ["before", "after"]);
    assert_eq!(store.stats().commits, 1);
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_commit_that_fails_is_nobodys_success() {
    let (_dir, path) = place();
    let store = open(&path);
    let (release, held) = hold(&store);
    // The foreign key is checked at the commit only.
    let orphan = |c: &Connection| Ok::<_, StoreError>(c.execute("INSERT INTO replies VALUES (99)", [])?);
    let refusal = |_: &Connection| Err::<(), _>(StoreError::corrupt("refused by itself", 1));
    let (first, good, bad, refused, ()) =
        tokio::join!(held, store.write(|c| note(c, "good")), store.write(orphan), store.write(refusal), async {
            drop(release)
        });
    assert!(first.is_err() && good.is_err() && bad.is_err());
    // A refusal may rest on a neighbour's change that is gone now.
    assert!(matches!(refused, Err(StoreError::Internal(_))));
    assert_eq!(notes(&store).await, [""; 0]);
    assert_eq!((store.stats().commits, store.stats().failed_batches), (0, 1));
    store.write(|c| note(c, "later")).await.unwrap();
    assert_eq!(notes(&store).await, ["later"]);
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_passes() {
    let (_dir, path) = place();
    let store = open(&path);
    let pages = |limit: u32| {
        move |c: &Connection| -> StoreResult<()> {
            Ok(c.query_row(&format!("PRAGMA max_page_count = {limit}"), [], |_| Ok(()))?)
        }
    };
    store.write(pages(1)).await.unwrap();
    let full = store.write(|c| note(c, &"x".repeat(100_000))).await;
    assert!(matches!(full, Err(StoreError::Unavailable(_))), "{full:?}");
    store.write(pages(100_000)).await.unwrap();
    store.write(|c| note(c, "room again")).await.unwrap();
    assert_eq!(notes(&store).await, ["room again"]);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_loses_nothing_accepted() {
    let (_dir, path) = place();
    let store = open(&path);
    let (release, held) = hold(&store);
    let held = tokio::spawn(held);
    let mut tasks = tokio::task::JoinSet::new();
    let mut asked = 0;
    while store.stats().refused == 0 {
        assert!(asked < 10_000, "never refused");
        let store = store.clone();
        tasks.spawn(async move { store.write(move |c| note(c, &asked.to_string())).await });
        asked += 1;
        tokio::task::yield_now().await;
    }
    drop(release);
    held.await.unwrap().unwrap();
    let answers = tasks.join_all().await;
    let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(answers.iter().all(|answer| answer.as_ref().err().is_none_or(StoreError::is_unavailable)));
    assert!(accepted < answers.len());
    assert_eq!(notes(&store).await.len(), accepted);
}

#[tokio::test]
async fn a_job_runs_to_its_end_when_its_caller_goes_away() {
    let (_dir, path) = place();
    let store = open(&path);
    let (release, held) = hold(&store);
    let held = tokio::spawn(held);
    let mut write = Box::pin(store.write(|c| note(c, "nobody waits for this")));
    assert!(futures_util::poll!(write.as_mut()).is_pending());
    drop(write);
    drop(release);
    held.await.unwrap().unwrap();
    until("the write is there", async || notes(&store).await == ["nobody waits for this"]).await;
}

#[tokio::test]
async fn another_program_may_write_between_batches() {
    let (_dir, path) = place();
    let store = open(&path);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO notes (text) VALUES ('from outside');").unwrap();
    let (ours, ()) = tokio::join!(store.write(|c| note(c, "ours")), async { other.execute_batch("COMMIT").unwrap() });
    ours.unwrap();
    assert_eq!(notes(&store).await, ["from outside", "ours"]);
}

#[tokio::test]
async fn the_log_stays_small_under_load() {
    let (dir, path) = place();
    let store = open(&path);
    let blob = "x".repeat(256 << 10);
    for n in 0..200 {
        let text = format!("{n}{blob}");
        store.write(move |c| note(c, &text)).await.unwrap();
    }
    until("the log is looked after", async || store.stats().checkpoints > 0).await;
    until("the log is below its hard limit, though more was written", async || wal_size(&dir) < HARD_LIMIT).await;
    store.truncate_wal().await.unwrap();
    assert_eq!(wal_size(&dir), 0);
    assert_eq!(notes(&store).await.len(), 200);
}

/// From this size on, writers and readers make room for the log to begin anew.
const HARD_LIMIT: u64 = 32 << 20;

fn wal_size(dir: &TempDir) -> u64 {
    std::fs::metadata(dir.path().join("test.db-wal")).unwrap().len()
}

/// Keeps a reader on the state of now until the sender is used or dropped.
async fn linger(store: &Sqlite) -> (mpsc::Sender<()>, JoinHandle<()>) {
    let (release, held) = mpsc::channel::<()>();
    let (reads, begun) = oneshot::channel();
    let store = store.clone();
    let job = move |c: &Connection| -> StoreResult<()> {
        c.query_row("SELECT count(*) FROM notes", [], |_| Ok(()))?;
        let _ = reads.send(());
        let _ = held.recv();
        Ok(())
    };
    let lingers = tokio::spawn(async move { store.read(job).await.unwrap() });
    begun.await.unwrap();
    (release, lingers)
}

#[tokio::test]
async fn a_log_that_a_long_read_let_grow_begins_anew_after_it() {
    let (dir, path) = place();
    let store = open(&path);
    let (release, lingers) = linger(&store).await;
    let blob = "x".repeat(1 << 20);
    while wal_size(&dir) < HARD_LIMIT {
        let text = format!("{}{blob}", store.stats().jobs);
        store.write(move |c| note(c, &text)).await.unwrap();
    }
    drop(release);
    lingers.await.unwrap();
    until("the log is empty", async || wal_size(&dir) == 0).await;
}

#[tokio::test]
async fn however_many_want_the_log_empty_at_once_nobody_is_refused() {
    let (dir, path) = place();
    let store = open(&path);
    store.write(|c| note(c, "erased")).await.unwrap();
    let (release, lingers) = linger(&store).await;
    // The checkpointer waits for the reader, and they wait for the checkpointer.
    let mut asked: Vec<_> = (0..40).map(|_| Box::pin(store.truncate_wal())).collect();
    for one in &mut asked {
        assert!(futures_util::poll!(one.as_mut()).is_pending());
    }
    drop(release);
    lingers.await.unwrap();
    assert!(join_all(asked).await.iter().all(Result::is_ok));
    assert_eq!(wal_size(&dir), 0);
}

#[tokio::test]
async fn a_violation_says_what_must_be_unique() {
    let (_dir, path) = place();
    let store = open(&path);
    store.write(|c| note(c, "once")).await.unwrap();
    let insert = |sql: &'static str| {
        let job =
            move |c: &Connection| Ok::<_, StoreError>(c.execute(sql, []).err().and_then(|e| is_unique_violation(&e)));
        store.write(job)
    };
    let twice = insert("INSERT INTO notes (text) VALUES ('once')").await.unwrap();
    assert_eq!(twice.as_deref(), Some("notes.text"));
    let key = insert("INSERT INTO notes (id, text) VALUES (1, 'other')").await.unwrap();
    assert_eq!(key.as_deref(), Some("notes.id"));
    let missing = insert("INSERT INTO notes (id, text) VALUES (2, NULL)").await.unwrap();
    assert_eq!(missing, None);
}

#[tokio::test]
async fn what_people_see_has_no_sql() {
    let (_dir, path) = place();
    let store = open(&path);
    let bad = store.write(|c| Ok::<_, StoreError>(c.execute("INSERT INTO nowhere VALUES (1)", [])?)).await.unwrap_err();
    assert_eq!(bad.to_string(), "internal error of the store");
    assert!(std::error::Error::source(&bad).unwrap().to_string().contains("nowhere"));
}
