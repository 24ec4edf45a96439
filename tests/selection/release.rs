//! The version stands in one place, and what is released says of it what changed.

use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(name: &str) -> String {
    std::fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_changelog_has_the_version() {
    let text = read("CHANGELOG.md");
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## [")).collect();
    assert_eq!(headings[0], "Unreleased]");
    assert!(headings[1].starts_with(&format!("{VERSION}]")), "{headings:?}");
    let known = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
    for kind in text.lines().filter_map(|line| line.strip_prefix("### ")) {
        assert!(known.contains(&kind), "{kind}");
    }
}

#[test]
fn other_places_name_the_same_version() {
    assert!(!read("pyproject.toml").lines().any(|line| line.starts_with("version")));
    assert!(read("action.yml").contains(&format!("    default: \"{VERSION}\"\n")));
    let readme = read("README.md");
    for place in ["wanlint==", "rev: v"] {
        let found: Vec<&str> = readme.split(place).skip(1).map(|rest| &rest[..VERSION.len()]).collect();
        assert!(!found.is_empty() && found.iter().all(|version| *version == VERSION), "{place}{found:?}");
    }
}

/// What a release says is what the changelog says, and a tag of another version stops it.
#[cfg(unix)]
#[test]
fn a_tag_gives_the_notes() {
    let notes =
        |tag: &str| Command::new(format!("{}/.ci/notes", env!("CARGO_MANIFEST_DIR"))).arg(tag).output().unwrap();
    let told = notes(&format!("v{VERSION}"));
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("### Added") && !told.contains("## [") && !told.contains("Unreleased"), "{told}");
    for other in ["v0.0.1", VERSION, "v"] {
        assert!(!notes(other).status.success(), "{other}");
    }
}
