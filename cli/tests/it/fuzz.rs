//! The fuzzer's checks over the inputs that are kept: those it began with, and each that ever broke something.

use std::path::{Path, PathBuf};

#[path = "../../../services/fuzz/src/lib.rs"]
mod targets;

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/fuzz")
}

fn replay(name: &str) {
    let (_, check) = targets::CHECKS.iter().find(|(known, _)| *known == name).expect("a target of that name");
    let mut inputs = 0;
    for entry in std::fs::read_dir(corpora().join(name)).expect("a corpus") {
        let path = entry.expect("an entry").path();
        let input = std::fs::read(&path).expect("an input");
        assert!(std::panic::catch_unwind(|| check(&input)).is_ok(), "see above for {}", path.display());
        inputs += 1;
    }
    assert!(inputs >= 5, "only {inputs} inputs");
}

#[test]
fn brcode() {
    replay("brcode");
}

#[test]
fn config() {
    replay("config");
}

#[test]
fn money() {
    replay("money");
}

#[test]
fn order_body() {
    replay("order_body");
}

#[test]
fn token() {
    replay("token");
}

#[test]
fn webhook() {
    replay("webhook");
}

#[test]
fn every_corpus_has_a_check() {
    let mut folders: Vec<String> = std::fs::read_dir(corpora())
        .expect("the corpora")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    let names: Vec<&str> = targets::CHECKS.iter().map(|(name, _)| *name).collect();
    assert_eq!(folders, names);
}
