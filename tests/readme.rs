//! The README and the pages below `docs/` show what the binary really prints. Run with `UPDATE_README=1` to write the current output
//! into the README, with `UPDATE_DOCS=1` into the pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "helpers of tests may stop the process"
)]

#[path = "readme/docs.rs"]
mod docs;

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

/// `output: ARGUMENTS` shows what the command prints, `run: ARGUMENTS` the command too, `file: PATH` a file, `rules` the table of rules.
fn output(marker: &str) -> Option<String> {
    match marker.split_once(": ") {
        Some(("output", args)) => Some(printed(&words(args))),
        Some(("run", args)) => Some(format!("$ wanlint {args}\n{}", printed(&words(args)))),
        Some(("file", path)) => {
            Some(std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap())
        }
        _ if marker == "rules" => Some(printed(&["rule".to_owned()])),
        _ => None,
    }
}

/// Arguments as a shell would cut them, quotes included.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut quoted, mut open) = (vec![String::new()], false, false);
    for letter in text.chars() {
        match letter {
            '"' => (quoted, open) = (!quoted, true),
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    assert!(!quoted, "an open quote in {text}");
    words.retain(|word| open || !word.is_empty());
    words
}

fn printed(args: &[String]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_wanlint"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("CI", "1")
        .output()
        .unwrap();
    assert!(run.status.code() != Some(2), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    // A diff shows files with the line ends that they have.
    String::from_utf8(run.stdout).unwrap().replace("\r\n", "\n")
}

/// The number of a rule within its family.
fn number(code: &str) -> (String, u32) {
    let digits = code.trim_start_matches(|c: char| c.is_ascii_uppercase());
    (code[..code.len() - digits.len()].to_owned(), digits.parse().unwrap())
}

/// The rows of `docs/catalogue.md`: code and reason.
fn left_out() -> Vec<(String, String)> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/catalogue.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    rows.map(cells).map(|cells| (cells[0].clone(), cells[2].clone())).collect()
}

#[test]
fn every_missing_number_has_its_reason() {
    let codes: Vec<&str> = wanlint::rules::RULES.iter().map(|rule| rule.code).collect();
    let rows = left_out();
    assert!(rows.is_sorted(), "the rows are sorted by code");
    for (code, reason) in &rows {
        let (kind, words) = reason.split_once(": ").unwrap();
        assert!(["elsewhere", "harmless", "untold", "open"].contains(&kind) && !words.is_empty(), "{code}: {reason}");
        assert!(kind == "open" || !codes.contains(&code.as_str()), "{code} is a rule now: take its row away");
        let is_code = |word: &&str| word.len() > 3 && word.ends_with(|c: char| c.is_ascii_digit());
        let named = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_code);
        let named: Vec<&str> = named.filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase())).collect();
        assert!(named.iter().all(|word| codes.contains(word)), "{code} names {named:?}");
        assert!(kind != "elsewhere" || !named.is_empty() || words.contains("`wanlint "), "{code}: where?");
    }
    let known = |code: &str| codes.contains(&code) || rows.iter().any(|(row, _)| row == code);
    for (family, last) in codes.iter().map(|code| number(code)) {
        let missing: Vec<u32> = (1..last).filter(|number| !known(&format!("{family}{number:03}"))).collect();
        assert!(missing.is_empty(), "no rule and no reason: {family} {missing:?}");
    }
}

/// The list that the rules began as lies beside the repository, and only where the project is developed.
#[test]
fn nothing_of_the_list_is_forgotten() {
    let root = std::env::var_os("WANLINT_SHARED").map(std::path::PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let Ok(text) = std::fs::read_to_string(root.join("knowledge/rules.json")) else {
        println!("skipped: the list of faults is not here");
        return;
    };
    let list: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = left_out();
    let known = |code: &str| {
        wanlint::rules::RULES.iter().any(|rule| rule.code == code) || rows.iter().any(|(row, _)| row == code)
    };
    let codes: Vec<&str> = list["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert!(codes.len() > 200, "{}", codes.len());
    let forgotten: Vec<&&str> = codes.iter().filter(|code| !known(code)).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}
