use std::future::Future;
use std::time::{Duration, Instant};

/// Asks until there is an answer, and gives it back; panics when there is none by the deadline.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let mut tries = 0;
/// let found = testkit::eventually(std::time::Duration::from_secs(5), || {
///     tries += 1;
///     let answer = (tries == 3).then_some("there");
///     async move { answer }
/// });
/// assert_eq!(found.await, "there");
/// # });
/// ```
pub async fn eventually<T, F, Asked>(deadline: Duration, mut ask: F) -> T
where
    F: FnMut() -> Asked,
    Asked: Future<Output = Option<T>>,
{
    let until = Instant::now() + deadline;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < until, "nothing within {deadline:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
