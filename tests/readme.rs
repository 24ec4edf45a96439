//! The README shows what the binary really prints. Run with `UPDATE_README=1` to write the current output into it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may stop the process")]

use std::path::Path;
use std::process::Command;

const END: &str = "<!-- end -->";

#[test]
fn readme_shows_real_output() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let current = rebuilt(&written);
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    assert!(
        written == current,
        "README.md is stale: run UPDATE_README=1 cargo test --test readme, then read the change"
    );
    assert!(current.matches("<!-- output:").count() >= 2, "the README lost its examples");
}

/// The text with the contents of every marked block replaced by what the binary prints.
fn rebuilt(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("<!-- ") {
        let (before, marker) = rest.split_at(at);
        let (marker, after) = marker.split_at(marker.find("-->").expect("a closed comment") + 3);
        out += before;
        out += marker;
        rest = after;
        let inner = marker.trim_start_matches("<!-- ").trim_end_matches(" -->");
        if let Some(output) = output(inner) {
            rest = &after[after.find(END).expect("a block ends with <!-- end -->")..];
            out += &format!("\n```\n{}```\n", output);
        }
    }
    out + rest
}

fn output(marker: &str) -> Option<String> {
    let args: Vec<&str> = match marker.split_once(": ") {
        Some(("output", args)) => args.split(' ').collect(),
        _ if marker == "rules" => vec!["rule"],
        _ => return None,
    };
    let run = Command::new(env!("CARGO_BIN_EXE_wanlint"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("CI", "1")
        .output()
        .unwrap();
    // A diff shows files with the line ends that they have.
    Some(String::from_utf8(run.stdout).unwrap().replace("\r\n", "\n"))
}
