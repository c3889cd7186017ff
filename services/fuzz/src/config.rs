//! The configuration file, as the program reads it.

use std::io::Write;
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

/// With any file at all, `config check` says that it is right (0) or what is wrong with it (2).
pub fn check(data: &[u8]) {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(data).expect("written");
    let run = Command::new(program())
        .args(["config", "check", "--config"])
        .arg(file.path())
        .arg("--data-dir")
        .arg(file.path().with_extension("nowhere"))
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(matches!(run.status.code(), Some(0 | 2)), "{}: {said}", run.status);
    assert!(!said.contains("panicked"), "{said}");
}

/// The program under test, or the one that the fuzzer is told of.
fn program() -> String {
    let told = || std::env::var("LANCHONETE_TEST_PROGRAM").expect("LANCHONETE_TEST_PROGRAM names the program");
    option_env!("CARGO_BIN_EXE_lanchonete").map_or_else(told, str::to_owned)
}
