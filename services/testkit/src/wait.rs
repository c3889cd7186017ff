use std::future::Future;
use std::time::{Duration, Instant};

/// The rest between two questions.
const REST: Duration = Duration::from_millis(10);
/// The most that one question and its rest count towards the deadline.
const COUNTED: Duration = Duration::from_millis(250);

/// Asks until there is an answer, and gives it back; panics when there is none by the deadline.
///
/// However long a question took, it counts for little: where the machine stands still for a while, whatever is waited for
/// has its turn all the same before this gives up.
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
    let mut waited = Duration::ZERO;
    loop {
        let began = Instant::now();
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(waited < deadline, "nothing within {deadline:?}");
        tokio::time::sleep(REST).await;
        waited += began.elapsed().min(COUNTED);
    }
}
