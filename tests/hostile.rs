//! No text makes a reader panic, and every place that comes out of one lies inside the text: all fixtures cut at every byte,
//! and random edits of them.

// clippy.toml's exceptions for tests do not reach helper functions.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "hostile/inside.rs"]
mod inside;
#[path = "hostile/mutants.rs"]
mod mutants;
#[path = "hostile/whole.rs"]
mod whole;

use std::path::{Path, PathBuf};

use inside::check;
use wanlint::discover::Kind;
use wanlint::read::script::Dialect;

/// Files longer than this are cut at every 97th byte only: a prime, so that all places of a repeated pattern are met.
const LONG: usize = 20_000;

/// A fixture: its path below `fixtures/` and its bytes.
struct Fixture {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Every file below `fixtures/`, sorted, whatever it is.
fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut folders = vec![root.clone()];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                all.push(Fixture { path: path.strip_prefix(&root).unwrap().to_path_buf(), bytes });
            }
        }
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// The readers, the file's own first.
fn kinds(path: &Path) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Dialect::ALL.into_iter().map(Kind::Script).chain([Kind::Json]).collect();
    kinds.sort_by_key(|kind| Some(*kind) != Kind::of(path));
    kinds
}

#[test]
fn fixtures_are_found() {
    let all = fixtures();
    let has = |ending: &str| all.iter().filter(|one| one.path.to_string_lossy().ends_with(ending)).count();
    assert!(has(".json") > 15 && has(".bat") > 10 && has(".sh") > 4, "{}", all.len());
}

#[test]
fn every_prefix_in_its_own_reader() {
    for fixture in fixtures() {
        let step = if fixture.bytes.len() > LONG { 97 } else { 1 };
        let Some(kind) = Kind::of(&fixture.path) else { continue };
        for end in (0..fixture.bytes.len()).step_by(step).chain([fixture.bytes.len()]) {
            check(&fixture.path, kind, &fixture.bytes[..end]);
        }
    }
}

#[test]
fn prefixes_in_the_readers_of_other_kinds() {
    for fixture in fixtures() {
        for kind in kinds(&fixture.path) {
            for end in (0..fixture.bytes.len()).step_by(if fixture.bytes.len() > LONG { 997 } else { 7 }) {
                check(&fixture.path, kind, &fixture.bytes[..end]);
            }
        }
    }
}
