//! The house keeps its shape: which room may know which, what stands at the top, and that no file grows into a
//! monster.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Longest source file, in lines; past it a file holds more than one idea.
const MAX_LINES: usize = 600;

/// Which of our crates each of them may use. Services never know each other: they talk HTTP.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("api", &["domain"]),
    ("web", &["domain", "api"]),
    ("store", &["domain"]),
    ("mercadopago", &["domain"]),
    ("sandbox", &["domain", "api", "web", "store", "mercadopago"]),
    ("auth", &["domain", "api", "web", "store"]),
    ("order", &["domain", "api", "web", "store", "mercadopago"]),
    ("payment", &["domain", "api", "web", "store", "mercadopago"]),
    ("tui", &["domain", "api"]),
    ("lanchonete", &["domain", "api", "web", "store", "mercadopago", "sandbox", "auth", "order", "payment", "tui"]),
    ("testkit", &["domain", "api", "web", "store"]),
];

/// What the board must not be able to reach, however far down: it runs on a small machine in the kitchen.
const NOT_IN_THE_BOARD: &[&str] = &["axum", "rusqlite", "mongodb", "store", "web"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is there")
}

fn metadata() -> cargo_metadata::Metadata {
    MetadataCommand::new().current_dir(root()).exec().expect("cargo metadata works")
}

#[test]
fn every_arrow_is_allowed() {
    let metadata = metadata();
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let ours: BTreeSet<&str> = metadata.workspace_packages().iter().map(|p| p.name.as_str()).collect();
    assert_eq!(ours, allowed.keys().copied().collect(), "a crate without a row, or a row without a crate");
    for package in metadata.workspace_packages() {
        let used = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
        for used in used.filter(|d| ours.contains(d.name.as_str())) {
            let may = allowed[package.name.as_str()].contains(&used.name.as_str());
            assert!(may, "{} must not use {}", package.name, used.name);
        }
    }
}

#[test]
fn the_board_reaches_neither_a_store_nor_a_server() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().expect("the graph is resolved");
    let names: BTreeMap<_, _> = metadata.packages.iter().map(|p| (&p.id, p.name.as_str())).collect();
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|n| (&n.id, n)).collect();
    let start = names.iter().find(|(_, name)| **name == "tui").map(|(id, _)| *id).expect("the board exists");
    let (mut seen, mut queue) = (BTreeSet::new(), vec![start]);
    while let Some(id) = queue.pop() {
        if !seen.insert(id) {
            continue;
        }
        assert!(!NOT_IN_THE_BOARD.contains(&names[id]), "the board reaches {}", names[id]);
        let normal = nodes[id].deps.iter().filter(|d| d.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal));
        queue.extend(normal.map(|d| &d.pkg));
    }
    assert!(seen.len() > 10, "the walk did not go far: {}", seen.len());
}

#[test]
fn the_top_level_is_what_was_agreed() {
    let agreed = [
        "Cargo.lock",
        "Cargo.toml",
        "README.md",
        "cli",
        "deny.toml",
        "fixtures",
        "rustfmt.toml",
        "scripts",
        "services",
        "tui",
    ];
    let mut found = 0;
    for entry in std::fs::read_dir(root()).expect("the top level can be read") {
        let name = entry.expect("the entry can be read").file_name().to_string_lossy().into_owned();
        let made_by_running = name == "target" || name == "lanchonete-data" || name.starts_with('.');
        assert!(made_by_running || agreed.contains(&name.as_str()), "{name} does not belong at the top");
        found += usize::from(agreed.contains(&name.as_str()));
    }
    assert_eq!(found, agreed.len(), "something of {agreed:?} is missing");
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_file_is_a_monster() {
    let mut files = Vec::new();
    for room in ["cli", "tui", "services"] {
        sources(&root().join(room), &mut files);
    }
    assert!(files.len() > 40, "only {} files were found", files.len());
    for file in files {
        let lines = std::fs::read_to_string(&file).expect("source is text").lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", file.display());
    }
}

#[test]
fn no_room_has_a_line_of_unsafe() {
    let root = std::fs::read_to_string(root().join("Cargo.toml")).expect("the workspace has a manifest");
    assert!(root.contains("unsafe_code = \"forbid\""), "unsafe is not forbidden");
    for package in metadata().workspace_packages() {
        let manifest = std::fs::read_to_string(&package.manifest_path).expect("a room has a manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} has lints of its own", package.name);
    }
}

#[test]
fn every_room_is_named_after_its_folder() {
    for package in metadata().workspace_packages() {
        let folder = package.manifest_path.parent().and_then(|p| p.file_name()).expect("a folder");
        let wanted = if folder == "cli" { "lanchonete" } else { folder };
        assert_eq!(package.name.as_str(), wanted);
        assert_eq!(package.publish.as_deref(), Some(&[][..]), "{} must not be published", package.name);
    }
}
