use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::change_stream::ChangeStream;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Docs, Fault};

/// How long to wait before a stream that broke is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// Calls `wake.notify_one()` after changes of a collection by whichever process, until `shutdown`. Where there are no
/// change streams it returns at once: whoever is to be woken looks now and then anyway.
///
/// A change may wake late, or several at once; none is lost, because a stream that broke wakes when it is open again.
pub async fn watch(docs: Docs, wake: Arc<Notify>, shutdown: CancellationToken) {
    if !docs.mongo().has_change_streams() {
        return;
    }
    let watching = async {
        loop {
            // A task of its own, which ends with its stream: the driver's futures are not dropped half way.
            match tokio::spawn(follow(docs.clone(), wake.clone(), shutdown.clone())).await {
                // Somebody dropped the collection.
                Ok(Ok(())) => tracing::debug!("a change stream ended"),
                Ok(Err(fault)) => tracing::debug!(%fault, "a change stream broke"),
                Err(error) => tracing::error!(%error, "a change stream ended badly"),
            }
            if docs.mongo().is_closed() {
                return;
            }
            sleep(REOPEN_AFTER).await;
        }
    };
    tokio::select! {
        () = watching => {}
        () = shutdown.cancelled() => {}
    }
}

async fn follow(docs: Docs, wake: Arc<Notify>, shutdown: CancellationToken) -> Result<(), Fault> {
    let only_ids = doc! { "$project": { "_id": 1, "operationType": 1, "documentKey": 1 } };
    let collection = docs.raw();
    let opened = collection.watch().pipeline([only_ids]).await.map_err(|error| Fault::new(&error))?;
    let mut stream: ChangeStream<Document> = opened.with_type();
    wake.notify_one();
    while !shutdown.is_cancelled() && stream.is_alive() {
        // Returns about once a second without a change, so that shutdown is seen.
        if stream.next_if_any().await.map_err(|error| Fault::new(&error))?.is_some() {
            wake.notify_one();
        }
    }
    Ok(())
}
