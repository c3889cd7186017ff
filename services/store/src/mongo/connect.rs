use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::options::{Acknowledgment, ClientOptions, ReadPreference, SelectionCriteria, WriteConcern};
use mongodb::{Client, Database};
use tokio::time::{Instant, sleep, timeout};

use super::fault::FaultKind;
use super::url::Target;
use super::{Fault, Mongo};
use crate::{StoreError, StoreResult};

/// How often a server that is not there yet is asked.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How often we say that we are still waiting.
const SAY_EVERY: Duration = Duration::from_secs(5);
/// The first question gets this long, however short the wait.
const FIRST_ANSWER: Duration = Duration::from_secs(2);

/// How a [`Mongo`] is connected. What the URL says of time-outs and the number of connections goes first; what we promise
/// about written and read data does not depend on the URL.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// How long to wait at the start for a server that can be written to.
    pub wait_for: Duration,
    /// The longest that a caller waits for one call.
    pub call_timeout: Duration,
    /// Connections at most.
    pub max_pool_size: u32,
    /// How long a connection may take; also bounds how soon a server that hangs is noticed.
    pub connect_timeout: Duration,
    /// How long a call may look for a server before it fails.
    pub server_selection_timeout: Duration,
    /// How often each server is looked at.
    pub heartbeat: Duration,
    /// What the server's log calls us.
    pub app_name: String,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        ConnectOptions {
            wait_for: Duration::from_secs(30),
            call_timeout: Duration::from_secs(10),
            max_pool_size: 64,
            connect_timeout: Duration::from_secs(2),
            server_selection_timeout: Duration::from_secs(5),
            heartbeat: Duration::from_secs(1),
            app_name: "lanchonete".to_owned(),
        }
    }
}

impl ConnectOptions {
    fn apply(&self, options: &mut ClientOptions) {
        options.app_name.get_or_insert_with(|| self.app_name.clone());
        options.max_pool_size.get_or_insert(self.max_pool_size);
        options.connect_timeout.get_or_insert(self.connect_timeout);
        options.server_selection_timeout.get_or_insert(self.server_selection_timeout);
        options.heartbeat_freq.get_or_insert(self.heartbeat);
        let concern = WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(self.call_timeout);
        options.write_concern = Some(concern.build());
        // The server's default, `local`: a decision needs the newest state, and what it writes waits for the majority.
        options.read_concern = None;
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    }
}

/// A question to the server that went wrong.
enum NotYet {
    /// Waiting may help.
    Away(Fault),
    /// No answer in time.
    Late,
    /// It does not.
    Never(Fault),
}

impl Mongo {
    /// Connects to the server of a `mongodb://` or `mongodb+srv://` URL, and waits for it if it is not there yet. A URL
    /// without a database means `lanchonete`.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a URL that is none, a wrong login, a wrong certificate; [`StoreError::Unavailable`] when
    /// nobody answered in time. Their texts show no password.
    pub async fn connect(url: &str, options: &ConnectOptions) -> StoreResult<Mongo> {
        let target = Target::parse(url)?;
        let end = Instant::now() + options.wait_for;
        let mut said: Option<Instant> = None;
        loop {
            let patience = end.saturating_duration_since(Instant::now()).max(FIRST_ANSWER);
            let why = match timeout(patience, open(&target, options)).await.unwrap_or(Err(NotYet::Late)) {
                Ok(mongo) => {
                    if said.is_some() {
                        tracing::info!(store = target.shown, "MongoDB is there");
                    }
                    return Ok(mongo);
                }
                Err(NotYet::Never(fault)) => {
                    return Err(StoreError::Refused { store: target.shown, why: fault.to_string() });
                }
                Err(NotYet::Away(fault)) => fault.to_string(),
                Err(NotYet::Late) => "no answer".to_owned(),
            };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StoreError::unavailable(format!("MongoDB at {} did not answer: {why}", target.shown)));
            }
            if said.is_none_or(|at| at.elapsed() >= SAY_EVERY) {
                tracing::warn!(store = target.shown, why, seconds_left = left.as_secs(), "waiting for MongoDB");
                said = Some(Instant::now());
            }
            sleep(ASK_EVERY.min(left)).await;
        }
    }
}

async fn open(target: &Target, connect: &ConnectOptions) -> Result<Mongo, NotYet> {
    let mut options = target.options().await.map_err(|error| not_yet(&error))?;
    connect.apply(&mut options);
    let client = Client::with_options(options).map_err(|error| not_yet(&error))?;
    let database = client.database(&target.database);
    // In a task of its own, as every call: giving up the wait must not drop the driver's future half way.
    let asked = tokio::spawn({
        let database = database.clone();
        async move { Box::pin(hello(&database)).await }
    });
    match asked.await {
        Ok(Ok(hello)) => {
            let streams = hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
            Ok(Mongo::new(client, database, target.shown.clone(), connect.call_timeout, streams))
        }
        Ok(Err(error)) => Err(not_yet(&error)),
        Err(_) => Err(NotYet::Late),
    }
}

/// `hello` needs no rights, so something that does is asked as well.
async fn hello(database: &Database) -> mongodb::error::Result<Document> {
    let hello = database.run_command(doc! { "hello": 1 }).await?;
    database.run_command(doc! { "connectionStatus": 1 }).await?;
    Ok(hello)
}

fn not_yet(error: &mongodb::error::Error) -> NotYet {
    let fault = Fault::new(error);
    match fault.kind() {
        FaultKind::Denied | FaultKind::Unfit => NotYet::Never(fault),
        _ => NotYet::Away(fault),
    }
}
