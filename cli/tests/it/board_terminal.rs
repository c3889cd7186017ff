//! A terminal without a person: tmux, with a server of its own, and a shell in it that runs the program.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{DEADLINE, Home, eventually};

/// A shell in a terminal. Its tmux ends with it.
pub(crate) struct Terminal {
    place: TempDir,
}

impl Terminal {
    /// A shell in a terminal of so many columns and rows, where [`Home::command`] would run the program. `None` on a
    /// machine without tmux, which is said; where `CI` is set, that is a failure.
    pub(crate) fn open(home: &Home, columns: u16, rows: u16) -> Option<Self> {
        if Command::new("tmux").arg("-V").stdout(Stdio::null()).status().is_err() {
            assert!(std::env::var_os("CI").is_none(), "no tmux: scripts/tools tmux installs it");
            let _ = writeln!(std::io::stderr(), "SKIPPED, no tmux: scripts/tools tmux installs it");
            return None;
        }
        let terminal = Terminal { place: TempDir::new().expect("a temporary directory") };
        let mut open = terminal.tmux();
        // What the shell passes on is what the program would get without a terminal.
        for (name, value) in home.command(&[]).get_envs() {
            match value {
                Some(value) => open.env(name, value),
                None => open.env_remove(name),
            };
        }
        open.env("LC_ALL", "C.UTF-8").env_remove("ENV").env_remove("COLUMNS").env_remove("NO_COLOR");
        open.args(["-f", "/dev/null", "new-session", "-d"]).current_dir(home.path());
        open.args(["-x", &columns.to_string(), "-y", &rows.to_string(), "sh"]);
        assert!(open.status().expect("tmux").success());
        terminal.until("a shell", |screen| !screen.trim().is_empty());
        Some(terminal)
    }

    fn tmux(&self) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.arg("-u").arg("-S").arg(self.place.path().join("tmux")).env_remove("TMUX").stdin(Stdio::null());
        tmux
    }

    fn ask(&self, args: &[&str]) -> String {
        let output = self.tmux().args(args).output().expect("tmux");
        assert!(output.status.success(), "tmux {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.ask(&["capture-pane", "-p"])
    }

    /// Waits until something can be seen.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return screen;
            }
            assert!(Instant::now() < deadline, "not in time: {what}; the screen is\n{screen}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until this text is on the screen.
    pub(crate) fn shows(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Presses keys, by tmux's names of them.
    pub(crate) fn press(&self, keys: &[&str]) {
        self.ask(&[&["send-keys"], keys].concat());
    }

    /// Another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.ask(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// Has the shell run the program.
    pub(crate) fn run(&self, args: &str) {
        self.run_any(&format!("{} {args}", env!("CARGO_BIN_EXE_lanchonete")));
    }

    /// Has the shell run some other program.
    pub(crate) fn run_any(&self, command: &str) {
        let line = format!("sh -c 'echo $$ > {}; exec {command}'; echo ended $?", self.pid_file().display());
        self.ask(&["send-keys", "-l", &line]);
        self.press(&["Enter"]);
    }

    fn pid_file(&self) -> PathBuf {
        self.place.path().join("pid")
    }

    /// The process of the program.
    pub(crate) fn pid(&self) -> String {
        let read = || std::fs::read_to_string(self.pid_file()).ok().filter(|text| text.ends_with('\n'));
        eventually("a process", read).trim().to_owned()
    }

    /// Waits until the program has ended like this, and the terminal is what it was: the shell's screen, a cursor, no
    /// mouse, and what is typed is echoed.
    pub(crate) fn is_given_back(&self, code: i32) {
        let screen = self.shows(&format!("\nended {code}\n"));
        assert!(!screen.contains("panicked"), "{screen}");
        self.is_as_before(&screen);
    }

    /// The terminal is what it was before a screen had it, which last showed this.
    pub(crate) fn is_as_before(&self, screen: &str) {
        assert!(!screen.contains("RECEBIDO"), "{screen}");
        let flags = self.ask(&["display-message", "-p", "#{alternate_on}#{cursor_flag}#{mouse_any_flag}"]);
        assert_eq!(flags.trim(), "010", "alternate screen, cursor, mouse");
        self.press(&[
            "clear",
            "Enter",
            "stty -a | tr ' ;' '\\n\\n' | grep -xE -- '-?(icanon|echo|isig|opost)' | xargs",
            "Enter",
        ]);
        self.shows("opost isig icanon echo\n");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.tmux().arg("kill-server").stderr(Stdio::null()).status();
    }
}
