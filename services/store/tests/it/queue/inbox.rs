use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use serde_json::json;
use store::{Dead, NewWork, Raised, StoreResult, Work, WorkState};
use tokio::task::JoinSet;

use super::{Queue, SECOND, claim, claim_one, done, on_every_queue};
use crate::support::T0;

async fn raise(queue: &dyn Queue, n: u32, now: Timestamp) -> Raised {
    queue.raise(NewWork::new("payment", "look", json!(n), now), now).await
}

async fn notifications_of_one_resource_are_one_entry(queue: Arc<dyn Queue>) {
    assert_eq!(raise(&*queue, 1, T0).await, Raised::New);
    assert_eq!(raise(&*queue, 2, T0).await, Raised::Seen);
    assert_eq!(queue.counts().await.open, 1);
    let work = claim_one(&*queue, T0).await;
    assert_eq!((work.aggregate.as_str(), work.kind.as_str(), &work.payload), ("payment", "look", &json!(2)));
    assert!(done(&*queue, &work).await);
    assert_eq!(queue.counts().await.open, 0);
    assert_eq!(raise(&*queue, 3, T0).await, Raised::New);
}

async fn many_that_notify_at_once_make_one_entry(queue: Arc<dyn Queue>) {
    let mut notifiers = JoinSet::new();
    for n in 0..16 {
        let queue = queue.clone();
        notifiers.spawn(async move { raise(&*queue, n, T0).await });
    }
    let new = notifiers.join_all().await.into_iter().filter(|raised| *raised == Raised::New).count();
    assert_eq!(new, 1);
    let work = claim_one(&*queue, T0).await;
    assert!(done(&*queue, &work).await, "all of them were seen");
    assert_eq!(queue.counts().await.open, 0);
}

async fn a_notification_is_due_now_whatever_was_waited_for(queue: Arc<dyn Queue>) {
    raise(&*queue, 1, T0).await;
    let work = claim_one(&*queue, T0).await;
    assert!(queue.retry(&work, T0.plus(Duration::from_secs(300)), "not there yet").await.unwrap());
    assert!(claim(&*queue, T0.plus(SECOND)).await.is_empty());
    raise(&*queue, 2, T0.plus(SECOND)).await;
    let again = claim_one(&*queue, T0.plus(SECOND)).await;
    assert_eq!((again.id, again.created_at, again.attempts), (work.id, T0, 2));
}

async fn an_entry_raised_while_it_is_handled_is_handled_again(queue: Arc<dyn Queue>) {
    enum Completion {
        Done,
        Retry,
        Bury,
    }
    async fn complete(queue: &dyn Queue, work: &Work, how: Completion) -> StoreResult<bool> {
        match how {
            Completion::Done => queue.done(work).await,
            Completion::Retry => queue.retry(work, T0.plus(Duration::from_secs(300)), "down").await,
            Completion::Bury => queue.bury(work, "gone").await,
        }
    }
    for how in [Completion::Done, Completion::Retry, Completion::Bury] {
        assert_eq!(raise(&*queue, 1, T0).await, Raised::New);
        let first = claim_one(&*queue, T0).await;
        assert_eq!(raise(&*queue, 2, T0).await, Raised::Seen);
        assert!(claim(&*queue, T0).await.is_empty(), "raising does not break a lease");
        assert!(complete(&*queue, &first, how).await.unwrap());
        let again = claim_one(&*queue, T0).await;
        assert_eq!((&again.payload, again.attempts), (&json!(2), 1));
        assert!(done(&*queue, &again).await);
        assert_eq!(queue.counts().await.open, 0);
    }
}

async fn a_new_notification_brings_a_dead_letter_back(queue: Arc<dyn Queue>) {
    raise(&*queue, 1, T0).await;
    let work = claim_one(&*queue, T0).await;
    assert!(queue.bury(&work, "unknown").await.unwrap());
    let letters = queue.list(WorkState::Dead).await;
    assert_eq!((letters.len(), letters[0].last_error.as_deref()), (1, Some("unknown")));
    assert_eq!(raise(&*queue, 2, T0).await, Raised::Seen);
    let again = claim_one(&*queue, T0).await;
    assert_eq!((&again.payload, again.attempts), (&json!(2), 1));
}

async fn a_dead_letter_can_be_replayed(queue: Arc<dyn Queue>) {
    raise(&*queue, 1, T0).await;
    let work = claim_one(&*queue, T0).await;
    assert!(queue.bury(&work, "unknown").await.unwrap());
    assert_eq!((queue.counts().await.open, queue.counts().await.dead), (0, 1));
    assert_eq!(queue.replay(&Dead::All, T0).await.unwrap(), 1);
    assert!(done(&*queue, &claim_one(&*queue, T0).await).await);
}

async fn one_that_cannot_be_read_does_not_stop_the_others(queue: Arc<dyn Queue>) {
    raise(&*queue, 1, T0).await;
    queue.raise(NewWork::new("other", "look", json!(1), T0), T0).await;
    queue.damage("payment").await;
    assert_eq!(claim_one(&*queue, T0).await.aggregate, "other");
    assert_eq!(queue.counts().await.dead, 1);
}

on_every_queue! { inbox:
    notifications_of_one_resource_are_one_entry,
    many_that_notify_at_once_make_one_entry,
    a_notification_is_due_now_whatever_was_waited_for,
    an_entry_raised_while_it_is_handled_is_handled_again,
    a_new_notification_brings_a_dead_letter_back,
    a_dead_letter_can_be_replayed,
    one_that_cannot_be_read_does_not_stop_the_others,
}
