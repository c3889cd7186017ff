use std::fmt;

use mongodb::error::{Error, ErrorKind, WriteFailure};

use crate::StoreError;

/// An error of the driver as the log may know it: the driver's own text quotes documents and keys, which are people's.
#[derive(Clone)]
pub struct Fault {
    text: String,
    kind: FaultKind,
    code: Option<i32>,
}

/// What an error means for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// Something unique is there already: the name of the index.
    Duplicate(String),
    /// The server or the way to it does not work now. Whether a write was applied is not known.
    Away,
    /// Wrong user or password, or this user may not do that.
    Denied,
    /// A URL, certificate or server with which it can never work.
    Unfit,
    /// A mistake of the program, or something unheard of.
    Broken,
}

// Server error codes: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
const DUPLICATE: [i32; 2] = [11000, 11001];
const DENIED: [i32; 4] = [13, 18, 8000, 323];
/// The server is starting, stopping, electing, out of disk or memory, or too slow.
const AWAY: &[i32] = &[
    6, 7, 24, 39, 43, 46, 50, 64, 79, 89, 91, 100, 112, 133, 134, 136, 146, 175, 189, 202, 225, 237, 262, 290, 292,
    317, 365, 384, 9001, 10058, 10107, 11600, 11602, 13435, 13436, 14031,
];

impl Fault {
    pub(super) fn new(error: &Error) -> Self {
        Fault { text: text(error), kind: kind(error), code: answer(error).map(|(code, ..)| code) }
    }

    pub(super) fn kind(&self) -> &FaultKind {
        &self.kind
    }

    /// The server's error code, if it was the server.
    pub(super) fn code(&self) -> Option<i32> {
        self.code
    }

    /// The name of the unique index that a write ran into.
    pub(super) fn duplicate(&self) -> Option<&str> {
        match &self.kind {
            FaultKind::Duplicate(index) => Some(index),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Fault {}

/// During work, missing rights are an outage like any other: somebody can give them back.
impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault.kind {
            FaultKind::Away | FaultKind::Denied | FaultKind::Unfit => StoreError::unavailable(fault),
            FaultKind::Duplicate(_) | FaultKind::Broken => StoreError::internal(fault),
        }
    }
}

/// Code, name and message of what the server answered.
fn answer(error: &Error) -> Option<(i32, &str, &str)> {
    Some(match &*error.kind {
        ErrorKind::Command(error) => (error.code, &error.code_name, &error.message),
        ErrorKind::Write(WriteFailure::WriteError(error)) => {
            (error.code, error.code_name.as_deref().unwrap_or_default(), &error.message)
        }
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => (error.code, &error.code_name, &error.message),
        ErrorKind::InsertMany(many) => match many.write_errors.as_ref().and_then(|errors| errors.first()) {
            Some(error) => (error.code, error.code_name.as_deref().unwrap_or_default(), &error.message),
            None => many.write_concern_error.as_ref().map(|error| (error.code, &*error.code_name, &*error.message))?,
        },
        _ => return None,
    })
}

fn kind(error: &Error) -> FaultKind {
    if let Some((code, _, message)) = answer(error) {
        return match code {
            code if DUPLICATE.contains(&code) => FaultKind::Duplicate(index_of(message)),
            code if DENIED.contains(&code) => FaultKind::Denied,
            code if AWAY.contains(&code) => FaultKind::Away,
            // The write is applied, but not where it must be.
            _ if matches!(&*error.kind, ErrorKind::Write(WriteFailure::WriteConcernError(_))) => FaultKind::Away,
            _ => FaultKind::Broken,
        };
    }
    match &*error.kind {
        ErrorKind::Authentication { .. } => FaultKind::Denied,
        // A certificate that is not believed does not become better by waiting; the driver keeps no type for it.
        ErrorKind::ServerSelection { message, .. } if message.contains("certificate") => FaultKind::Unfit,
        ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::DnsResolve { .. }
        | ErrorKind::InvalidResponse { .. }
        | ErrorKind::Shutdown => FaultKind::Away,
        ErrorKind::InvalidArgument { .. }
        | ErrorKind::InvalidTlsConfig { .. }
        | ErrorKind::IncompatibleServer { .. }
        | ErrorKind::SessionsNotSupported => FaultKind::Unfit,
        _ => FaultKind::Broken,
    }
}

/// The server names the index only in its message: `… index: NAME dup key: { … }`.
fn index_of(message: &str) -> String {
    let name = message.split_once(" index: ").map_or("", |(_, rest)| rest);
    name.split(" dup key").next().unwrap_or_default().trim().to_owned()
}

fn text(error: &Error) -> String {
    if let Some((code, name, _)) = answer(error) {
        return match kind(error) {
            FaultKind::Denied => format!("the user may not do this ({code} {name})"),
            _ => format!("the server answered {code} {name}").trim_end().to_owned(),
        };
    }
    match &*error.kind {
        ErrorKind::Io(error) => format!("no connection: {error}"),
        ErrorKind::Authentication { message, .. } => format!("the login failed: {message}"),
        ErrorKind::ServerSelection { message, .. } => selection(message),
        ErrorKind::DnsResolve { message, .. }
        | ErrorKind::InvalidArgument { message, .. }
        | ErrorKind::InvalidTlsConfig { message, .. }
        | ErrorKind::IncompatibleServer { message, .. } => message.clone(),
        ErrorKind::ConnectionPoolCleared { .. } => "the connections to the server were given up".to_owned(),
        ErrorKind::Shutdown => "the store is closed".to_owned(),
        ErrorKind::InvalidResponse { .. } => "the server's answer makes no sense".to_owned(),
        ErrorKind::Bson(_) => "a document cannot be read or written".to_owned(),
        ErrorKind::Internal { .. } => "internal error of the driver".to_owned(),
        _ => "unexpected error of the driver".to_owned(),
    }
}

/// The driver describes every server it knows; the first reason among them is what a person needs.
fn selection(message: &str) -> String {
    let reason = message.split_once("Error: Kind: ").map(|(_, rest)| rest.split(", labels:").next().unwrap_or(rest));
    match reason {
        Some(reason) => format!("no server can be used: {reason}"),
        None if message.contains("ReplicaSetNoPrimary") => "no server can be used: there is no primary".to_owned(),
        None => "no server can be used".to_owned(),
    }
}
