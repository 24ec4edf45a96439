//! The hooks for pre-commit: their pattern names exactly the files that wanlint reads.

use std::path::Path;

use regex::Regex;
use wanlint::discover::Kind;

const HOOKS: &str = include_str!("../../.pre-commit-hooks.yaml");

/// The block of the first hook; the second refers to it.
fn pattern() -> Regex {
    let block = HOOKS.split("files: &files |-\n").nth(1).unwrap();
    let lines = block.lines().map_while(|line| line.strip_prefix("    "));
    Regex::new(&lines.collect::<Vec<_>>().join("\n")).unwrap()
}

#[test]
fn the_pattern_names_what_is_read() {
    let pattern = pattern();
    let stems =
        ["a", "A b", "dockerfile", "Dockerfile", "containerfile", "compose", "docker-compose", ".env", "config"];
    let stems =
        stems.iter().chain(&["backends", "Backends", ".wslconfig", "wanlint", "xcompose", "mydockerfile", "dev.env"]);
    let ends =
        ["", ".json", ".JSON", ".bat", ".cmd", ".sh", ".bash", ".ps1", ".py", ".pyi", ".ipynb", ".dockerfile", ".env"];
    let ends =
        ends.iter().chain(&[".service", ".yml", ".yaml", ".prod.yaml", ".fds", ".ini", ".toml", ".txt", ".md", ".js"]);
    let mut read = 0;
    for (stem, end) in stems.flat_map(|stem| ends.clone().map(move |end| (stem, end))) {
        for folder in ["", "a/", "a b/c/"] {
            let name = format!("{folder}{stem}{end}");
            // The configuration is no file that is checked, but a broken one is to be seen.
            let wanted = Kind::of(Path::new(&name)).is_some() || name.rsplit('/').next() == Some("wanlint.toml");
            assert_eq!(pattern.is_match(&name), wanted, "{name}");
            read += usize::from(wanted);
        }
    }
    assert!(read > 400, "{read}");
}

#[test]
fn both_hooks_run_what_the_readme_says() {
    let entries: Vec<&str> = HOOKS.lines().filter_map(|line| line.trim().strip_prefix("entry: ")).collect();
    assert_eq!(entries, ["wanlint check --listed --no-detect", "wanlint check --listed --no-detect --fix"]);
    let readme = include_str!("../../README.md");
    assert!(readme.contains("wanlint-fix") && readme.contains(&format!("entry: {}\n", entries[0])));
}
