//! How the program ends. The numbers are part of the contract: scripts look at them.

use std::io;
use std::process::ExitCode;

use api::client::CallError;
use store::StoreError;

/// The documented exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// The request was refused, or what was checked does not hold.
    Refused = 1,
    /// What was typed or configured can't be.
    Usage = 2,
    /// Somebody we need does not answer, or is not ready.
    Unreachable = 3,
    /// A store cannot be opened, or is newer than this program.
    Store = 4,
    /// A mistake of the program, or the machine failed it.
    Internal = 5,
}

impl Exit {
    /// Every code, for tables.
    pub(crate) const ALL: [Exit; 6] =
        [Exit::Done, Exit::Refused, Exit::Usage, Exit::Unreachable, Exit::Store, Exit::Internal];

    /// What the code means, as the help shows it.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Refused => "the request was refused",
            Exit::Usage => "usage or configuration",
            Exit::Unreachable => "not reachable or not ready",
            Exit::Store => "a store cannot be opened, or is newer than this program",
            Exit::Internal => "internal error",
        }
    }

    /// The word for it in JSON.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Refused => "refused",
            Exit::Usage => "usage",
            Exit::Unreachable => "unreachable",
            Exit::Store => "store",
            Exit::Internal => "internal",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command did not do what was asked: what happened, and what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// What every command returns.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Failure { exit, message: message.into(), hint: None }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Failure::new(Exit::Usage, message)
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Failure::new(Exit::Refused, message)
    }

    pub(crate) fn unreachable(message: impl Into<String>) -> Self {
        Failure::new(Exit::Unreachable, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Failure::new(Exit::Internal, message)
    }

    /// The same, with what to do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whoever read our output has gone; that is their good right and no error.
    fn pipe_closed() -> Self {
        Failure::new(Exit::Done, String::new())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::pipe_closed(),
            _ => Failure::internal(error.to_string()),
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(problem, after) => refused(&problem, after.map(|wait| wait.as_secs())),
            CallError::OAuth(ref body, 400..=499, _) => {
                let hint = match body.error.as_str() {
                    "invalid_client" => "the master key differs from the auth service's: share master.key",
                    _ => "check the name and the password",
                };
                Failure::refused(error.to_string()).hint(hint)
            }
            CallError::OAuth(..) => Failure::unreachable(error.to_string()),
            CallError::Unreachable { .. } => Failure::unreachable(error.to_string())
                .hint("is it running? start everything with `lanchonete up`, or name its address with --url"),
            CallError::Nonsense { status: 500.., .. } => Failure::unreachable(error.to_string()),
            CallError::Nonsense { .. } => {
                Failure::unreachable(error.to_string()).hint("another program answers there: check the address")
            }
        }
    }
}

/// A problem of ours in the terms of a person at a terminal.
fn refused(problem: &api::Problem, retry_after: Option<u64>) -> Failure {
    let exit = if problem.status < 500 { Exit::Refused } else { Exit::Unreachable };
    let mut message = format!("{} ({} {})", problem.detail, problem.status, problem.code);
    for fault in &problem.errors {
        let place = fault.pointer.as_deref().or(fault.parameter.as_deref()).unwrap_or_default();
        message.push_str(&format!("\n  {place}: {}", fault.detail));
    }
    let failure = Failure::new(exit, message);
    match (problem.code.as_str(), &problem.allowed, retry_after) {
        ("unauthenticated", ..) => failure.hint("the token is not accepted; `lanchonete token inspect` says why"),
        ("forbidden", ..) => failure.hint("another role may: see `lanchonete token issue --help`"),
        (_, Some(allowed), _) if allowed.is_empty() => failure.hint("nothing is possible from here"),
        (_, Some(allowed), _) => {
            let words: Vec<_> = allowed.iter().map(|status| status.as_str()).collect();
            failure.hint(format!("possible now: {}", words.join(", ")))
        }
        (.., Some(seconds)) => failure.hint(format!("try again in {seconds} s")),
        ("internal", ..) => failure.hint("the service's log says why"),
        _ => failure,
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let text = with_causes(&error);
        match error {
            StoreError::Unavailable(_) => Failure::new(Exit::Store, text)
                .hint("is the disk full, the store busy, or the database server not running?"),
            StoreError::Corrupt { .. } => Failure::new(Exit::Store, text)
                .hint("restore the file from a backup, or begin anew with `lanchonete up --fresh`"),
            StoreError::TooNew { .. } => {
                Failure::new(Exit::Store, text).hint("use the newer program that wrote this store")
            }
            StoreError::Locked(..) => Failure::new(Exit::Store, text).hint("stop the other process first"),
            StoreError::Open(..) => Failure::new(Exit::Store, text).hint("check the path and its permissions"),
            StoreError::Refused { .. } => Failure::new(Exit::Store, text)
                .hint("check the database URL: its user, its password and what that user may do"),
            StoreError::Internal(_) => Failure::new(Exit::Internal, text),
        }
    }
}

/// Why a store can't be used from the start. One that has not what we ask it for was never ours.
pub(crate) fn store_not_opened(error: StoreError) -> Failure {
    match error {
        StoreError::Internal(cause) => Failure::new(Exit::Store, format!("the store cannot be opened: {cause}"))
            .hint("does it belong to this service? name another one, or restore it from a backup"),
        other => other.into(),
    }
}

impl From<mercadopago::Error> for Failure {
    fn from(error: mercadopago::Error) -> Self {
        use mercadopago::Error;
        match error {
            Error::Unauthorized { .. } | Error::NotFound => Failure::refused(error.to_string()),
            Error::Refused { ref message, .. } => Failure::refused(format!("{error}: {message}")),
            Error::Busy { .. } | Error::Unavailable { .. } => {
                Failure::unreachable(with_causes(&error)).hint("is the sandbox running? `lanchonete up` starts it")
            }
        }
    }
}

/// An error with everything that led to it, on one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
