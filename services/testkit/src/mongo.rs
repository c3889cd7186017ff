//! Genuine MongoDB servers: one on its own and one that is a replica set, started when first needed and gone with this
//! process. Knows no driver: what it gives is a URL.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use uuid::Uuid;

/// A user's own server, instead of the ones that we start.
const OWN: &str = "LANCHONETE_TEST_MONGODB_URI";

/// What a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One on its own: no change streams.
    Standalone,
    /// The only member of a replica set.
    ReplicaSet,
}

impl Kind {
    fn option(self) -> Option<&'static str> {
        (self == Kind::ReplicaSet).then_some("--replica-set")
    }
}

/// A running server. It is killed when the pipe to its script closes, however this process ends.
#[derive(Debug)]
pub struct Server {
    /// Where it is, without a database.
    pub url: String,
    script: Option<Child>,
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/mongo")
}

impl Server {
    /// One with its data in `dir`, or in a directory of its own; `more` are further options of `mongod`.
    ///
    /// # Errors
    /// Why there can be none.
    pub fn run(dir: Option<&Path>, kind: Kind, more: &[&str]) -> Result<Server, String> {
        let mut command = Command::new(script());
        command.arg("run").args(dir).args(kind.option());
        command.arg("--").args(more).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = command.spawn().map_err(|error| format!("scripts/mongo: {error}"))?;
        let mut url = String::new();
        if let Some(out) = script.stdout.take() {
            BufReader::new(out).read_line(&mut url).map_err(|error| error.to_string())?;
        }
        let url = url.trim().to_owned();
        if url.is_empty() {
            Err("scripts/mongo started no server".into())
        } else {
            Ok(Server { url, script: Some(script) })
        }
    }

    /// Kills the server in `dir` as a power cut would.
    pub fn kill(dir: &Path) {
        assert!(Command::new(script()).arg("stop").arg(dir).arg("--kill").status().unwrap().success());
    }

    /// Starts the server in `dir` again; it ends with the [`Server`] that ran there first.
    pub fn start_again(dir: &Path, kind: Kind) {
        let start = Command::new(script()).arg("start").arg(dir).args(kind.option()).stdout(Stdio::null()).status();
        assert!(start.unwrap().success());
    }

    /// The same server with the database `name`, in place of the one that the URL may name.
    pub fn database(&self, name: &str) -> String {
        let (server, options) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (scheme, hosts) = server.split_once("://").unwrap_or(("mongodb", server));
        let hosts = hosts.split('/').next().unwrap_or_default();
        format!("{scheme}://{hosts}/{name}?{options}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut script) = self.script.take() {
            drop(script.stdin.take());
            let _ = script.wait();
        }
    }
}

/// The URL of a new database on the server of this kind that all tests of the process share; `None`, after saying so,
/// where there can be none.
pub fn database(kind: Kind) -> Option<String> {
    shared(kind).map(|server| server.database(&format!("test_{}", Uuid::now_v7().simple())))
}

/// The server that all tests of the process share; `None`, after saying so, where there can be none.
pub fn shared(kind: Kind) -> Option<&'static Server> {
    static STANDALONE: OnceLock<Result<Server, String>> = OnceLock::new();
    static REPLICA_SET: OnceLock<Result<Server, String>> = OnceLock::new();
    let server = match kind {
        Kind::Standalone => &STANDALONE,
        Kind::ReplicaSet => &REPLICA_SET,
    };
    let server = server.get_or_init(|| match std::env::var(OWN) {
        // A user's own is one of the two kinds; the other one is ours.
        Ok(url) if kind == kind_of(&url) => Ok(Server { url, script: None }),
        _ => Server::run(None, kind, &[]),
    });
    server.as_ref().map_err(|why| skip(why)).ok()
}

fn kind_of(url: &str) -> Kind {
    let set = url.contains("replicaSet=") || url.starts_with("mongodb+srv:");
    if set { Kind::ReplicaSet } else { Kind::Standalone }
}

/// Nobody must believe that a test ran which did not: said past the capture of the test harness, and fatal where `CI` is
/// set.
pub fn skip(why: &str) {
    let ci = std::env::var("CI").unwrap_or_default();
    assert!(matches!(ci.as_str(), "" | "false" | "0"), "no MongoDB server: {why}");
    let _ = writeln!(std::io::stderr(), "SKIPPED, no MongoDB server: {why}");
}
