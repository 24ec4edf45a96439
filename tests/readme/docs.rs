//! The pages below `docs/` that the binary writes, or that show what it prints.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{printed, rebuilt};

/// What to run when a page is stale.
const COMMAND: &str = "UPDATE_DOCS=1 cargo test --test readme";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// The merge of several changes writes the README anew; the pages of rules go with it.
fn updates() -> bool {
    ["UPDATE_DOCS", "UPDATE_README"].iter().any(|name| std::env::var_os(name).is_some())
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_rule_has_its_page() {
    let (kept, made) = (folder().join("rules"), tempfile::tempdir().unwrap());
    let path = made.path().to_str().unwrap();
    printed(&["rule", "--all", "--output-format", "markdown", "-o", path].map(str::to_owned));
    let (old, new) = (names(&kept), names(made.path()));
    let read = |folder: &Path, name: &String| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    let stale: Vec<&String> = new.union(&old).filter(|name| read(&kept, name) != read(made.path(), name)).collect();
    if updates() {
        std::fs::create_dir_all(&kept).unwrap();
        old.difference(&new).for_each(|name| std::fs::remove_file(kept.join(name)).unwrap());
        stale.iter().filter(|name| new.contains(**name)).for_each(|name| {
            std::fs::copy(made.path().join(name), kept.join(name)).unwrap();
        });
    }
    assert!(
        stale.is_empty() || updates(),
        "docs/rules is stale ({stale:?}): run {COMMAND}, and add what is new to git"
    );
}

/// Every page has its headings, and every code in the table leads to a page.
#[test]
fn table_leads_to_pages() {
    let table = printed(&["rule", "--output-format", "markdown"].map(str::to_owned));
    let links: Vec<&str> = table.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0).collect();
    let plain = printed(&["rule".to_owned()]);
    assert_eq!(links.len(), plain.lines().count());
    for (link, line) in links.iter().zip(plain.lines()) {
        let mut words = line.split_whitespace();
        let (code, name) = (words.next().unwrap(), words.nth(1).unwrap());
        assert!(links.contains(&format!("{code}-{name}.md").as_str()), "{link} {line}");
    }
    let one = printed(&["rule", "LAUNCH018", "--output-format", "markdown"].map(str::to_owned));
    for heading in [
        "# LAUNCH018",
        "## Why",
        "## What it says",
        "## Fixes",
        "## Exceptions",
        "## Fires on",
        "## Silent on",
        "## Evidence",
    ] {
        assert!(one.contains(heading), "{heading}: {one}");
    }
    assert!(one.contains("- safe: Lower ") && one.contains("`launch.bat, mended`:"), "{one}");
}

#[test]
fn pages_show_real_output() {
    for name in names(&folder()).iter().filter(|name| name.ends_with(".md")) {
        let path = folder().join(name);
        let written = std::fs::read_to_string(&path).unwrap();
        let current = rebuilt(&written);
        if updates() && written != current {
            std::fs::write(&path, &current).unwrap();
        }
        assert!(written == current || updates(), "docs/{name} is stale: run {COMMAND}, then read the change");
    }
}
