//! A home for the program, and the program in it.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The longest that anything may take on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// Free ports for all four services.
pub(crate) const ANYWHERE: [&str; 1] = ["--listen=127.0.0.1:0"];

/// A directory to run in, with a data directory below it.
pub(crate) struct Home(TempDir);

/// A command that ended.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Home(TempDir::new().expect("a temporary directory"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    /// A file in this home, for its owner only.
    pub(crate) fn keep(&self, path: impl AsRef<Path>, text: &str) {
        let path = self.path().join(path);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("changed");
    }

    /// The program in this home, without what the machine's own environment says.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lanchonete"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LANCHONETE_") {
                command.env_remove(name);
            }
        }
        command.env("LANCHONETE_DATA_DIR", self.data_dir()).env("LC_ALL", "C").env("COLUMNS", "100");
        command.current_dir(self.path()).args(args).stdin(Stdio::null());
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, args: &[&str]) -> Done {
        finish(&mut self.command(args))
    }

    /// Runs to the end, which must be a good one, and reads the JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let done = self.run(&[args, &["-o", "json"]].concat());
        assert_eq!(done.code, 0, "{args:?}: {}", done.err);
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{args:?}: {error}: {}", done.out))
    }

    /// Runs to the end, which must have this exit code; gives what was said.
    pub(crate) fn fails(&self, code: i32, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(done.code, code, "{args:?}: {}{}", done.out, done.err);
        done.err
    }

    /// Starts a service, or all, and waits until it is ready.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Running::start(self.command(args), "ready in")
    }

    pub(crate) fn up(&self) -> Running {
        self.start(&[&["up"], &ANYWHERE[..]].concat())
    }

    pub(crate) fn credentials(&self) -> Value {
        let text = std::fs::read(self.data_dir().join("credentials.json")).expect("credentials.json");
        serde_json::from_slice(&text).expect("JSON")
    }
}

/// Runs a command to the end.
pub(crate) fn finish(command: &mut Command) -> Done {
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Done { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A service in a process of its own; killed when dropped.
pub(crate) struct Running {
    child: Child,
    said: Receiver<String>,
    /// What it said on stderr before that for which the start waited.
    pub(crate) heard: Vec<String>,
}

impl Running {
    /// Starts it and waits until a line on stderr holds this.
    pub(crate) fn start(mut command: Command, until: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let (tell, said) = channel();
        let stderr = child.stderr.take().expect("piped");
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // Nobody listens any more once the test is over.
                let _ = tell.send(line);
            }
        });
        let mut running = Running { child, said, heard: Vec::new() };
        running.wait_for(until);
        running
    }

    fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return,
                Ok(line) => self.heard.push(line),
                Err(RecvTimeoutError::Timeout) => panic!("no {text:?} in time, only {:#?}", self.heard),
                Err(RecvTimeoutError::Disconnected) => panic!("ended without {text:?}: {:#?}", self.heard),
            }
        }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// Asks it to end, and gives how it ended and what it printed.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
        let mut out = String::new();
        self.child.stdout.take().expect("piped").read_to_string(&mut out).expect("UTF-8");
        (self.child.wait().expect("it ends"), out)
    }

    /// Asks it to end, and gives everything that it said on stderr.
    pub(crate) fn log(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
        self.child.wait().expect("it ends");
        let said: Vec<String> = self.said.iter().collect();
        [std::mem::take(&mut self.heard), said].concat().join("\n")
    }

    /// Waits until it ends by itself.
    pub(crate) fn finish(mut self) -> Done {
        let mut out = String::new();
        self.child.stdout.take().expect("piped").read_to_string(&mut out).expect("UTF-8");
        let code = self.child.wait().expect("it ends").code().unwrap_or(-1);
        Done { code, out, err: self.said.iter().collect::<Vec<_>>().join("\n") }
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again until something holds.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port that is bound and not listened on: nobody else takes it, and nobody answers.
pub(crate) fn deaf() -> (tokio::net::TcpSocket, u16) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let port = socket.local_addr().expect("an address").port();
    (socket, port)
}

/// Runs a command with something on its stdin.
pub(crate) fn with_stdin(command: &mut Command, input: &str) -> Done {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Done { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// The value at a JSON pointer, as text without quotes.
pub(crate) fn at(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => panic!("nothing at {pointer} in {value}"),
    }
}
