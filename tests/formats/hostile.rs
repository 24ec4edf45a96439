//! What others wrote - names of files, titles, values, keys - in every format: shown as text, obeyed by nobody, secrets masked.

use proptest::prelude::*;
use serde_json::Value;

use super::{Folder, png};

/// A key in the shape of one, which no format may show.
const SECRET: &str = "hf_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v";

/// Every format that a file can have, with its name there.
const FORMATS: [&str; 9] = ["full", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit", "html"];

/// Signs that mean something to somebody.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("::error file=x::y"),
        Just("::add-mask::x"),
        Just("##[error]x"),
        Just("::set-output name=a::b"),
        Just("]]>"),
        Just("<script>alert(1)</script>"),
        Just("\"><img src=x onerror=alert(1)>"),
        Just("'"),
        Just("\""),
        Just("&amp;"),
        Just("%0A::error::x"),
        Just("%"),
        Just("\u{202e}"),
        Just("\u{2066}"),
        Just("\u{200f}"),
        Just("\u{1b}[31m"),
        Just("\u{1b}]8;;https://example.org\u{7}"),
        Just("\u{9b}2J"),
        Just("\u{7f}"),
        Just("\u{0}"),
        Just("|"),
        Just("`"),
        Just("[a](https://example.org)"),
        Just("![x](https://example.org/x.png)"),
        Just("@all"),
        Just("\u{ffff}"),
        Just("\u{fffe}"),
        Just("\u{feff}"),
        Just("\u{85}"),
        Just("\u{2028}"),
        Just("\r\n"),
        Just("\n"),
        Just("\\"),
        Just("{0}"),
        Just("${{ github.token }}"),
        Just("-->"),
        Just("caf\u{e9}"),
        Just("\u{1f389}"),
        Just(","),
        Just(":"),
        Just(" "),
        Just("x"),
    ];
    proptest::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

/// A name that a file can have here: any bytes but `/` and NUL.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let bad = prop_oneof![Just(Vec::new()), Just(vec![0xff]), Just(vec![0xc3])];
    (nasty(), bad).prop_map(|(text, bad)| {
        let kept = text.bytes().filter(|byte| !matches!(byte, b'/' | 0));
        let mut name: Vec<u8> = if cfg!(target_os = "linux") { [kept.collect(), bad].concat() } else { b"x".to_vec() };
        name.truncate(200);
        name
    })
}

#[cfg(unix)]
fn as_path(bytes: &[u8]) -> std::path::PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn as_path(bytes: &[u8]) -> std::path::PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// A prompt with three findings that show what others wrote: a title, a value, a key.
fn prompt(title: &str, value: &str) -> String {
    serde_json::json!({
        "98": {"class_type": "WanImageToVideo", "inputs": {"length": 80, "width": 832, "height": 480, "batch_size": 1}, "_meta": {"title": title}},
        "3": {"class_type": "KSampler", "inputs": {"sampler_name": value, "scheduler": value, "api_key": SECRET}, "_meta": {"title": format!("{title} token={SECRET}")}},
    })
    .to_string()
}

fn reports(folder: &Folder) -> Vec<(&'static str, String)> {
    let known: Vec<&str> = FORMATS.into_iter().filter(|format| *format != "html" || has_html()).collect();
    let mut args = vec![".".to_owned(), "--media".to_owned()];
    for format in &known {
        args.extend(["--report".to_owned(), format!("{format}=out/{format}.txt")]);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let output = folder.command(&args).env("GITHUB_STEP_SUMMARY", "out/summary.txt").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{err}");
    let mut all: Vec<(&str, String)> =
        known.iter().map(|format| (*format, folder.text(&format!("out/{format}.txt")))).collect();
    all.push(("summary", folder.text("out/summary.txt")));
    all.push(("stdout", String::from_utf8(output.stdout).unwrap()));
    all
}

fn has_html() -> bool {
    use clap::ValueEnum as _;
    wanlint::report::format::Format::from_str("html", false).is_ok()
}

/// Nothing raw that a terminal, a log or a page would obey, and no secret, however it is written.
fn is_tame(format: &str, text: &str) {
    let tail = &SECRET[6..];
    assert!(!text.contains(tail), "{format} shows the key");
    assert!(!text.replace("%5F", "_").replace("&#95;", "_").contains(tail), "{format} shows the key");
    let raw = |letter: char| {
        (letter.is_control() && letter != '\n')
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    assert_eq!(text.chars().find(|letter| raw(*letter)), None, "{format}");
    if !matches!(format, "json" | "json-lines" | "sarif" | "gitlab") {
        assert!(!text.contains("##["), "{format}");
    }
    if matches!(format, "html" | "junit" | "summary") {
        assert!(!text.contains("<script>alert") && !text.contains("<img src=x"), "{format}");
    }
    for line in text.lines().filter(|_| !matches!(format, "github")) {
        assert!(!line.trim_start().starts_with("::") || line.trim_start() == "::", "{format}: {line}");
    }
}

/// Name, properties, data.
type Command = (String, Vec<(String, String)>, String);

/// The commands of a log as the runner reads them (ActionCommand.TryParseV2).
fn commands(log: &str) -> Vec<Command> {
    let unescaped = |text: &str| {
        text.replace("%3A", ":").replace("%2C", ",").replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    };
    let one = |line: &str| {
        let rest = line.trim_start().strip_prefix("::")?;
        let (command, data) = rest.split_once("::")?;
        let (name, properties) = command.split_once(' ').unwrap_or((command, ""));
        let properties = properties.split(',').filter_map(|pair| pair.split_once('='));
        let properties = properties.map(|(key, value)| (key.to_owned(), unescaped(value))).collect();
        Some((name.to_owned(), properties, unescaped(data)))
    };
    log.lines().filter_map(one).collect()
}

fn check_github(log: &str, paths: &[String]) {
    let commands = commands(log);
    assert_eq!(commands.len(), paths.len(), "{log}");
    let mut files = Vec::new();
    for (name, properties, data) in commands {
        assert!(matches!(name.as_str(), "error" | "warning" | "notice"), "{name}");
        let keys: Vec<&str> = properties.iter().map(|(key, _)| key.as_str()).collect();
        assert!(
            keys == ["file", "title"] || keys == ["file", "line", "endLine", "col", "endColumn", "title"],
            "{keys:?}"
        );
        assert!(data.contains(": "), "{data}");
        files.push(properties[0].1.clone());
    }
    files.sort();
    let mut expected: Vec<String> = paths.iter().map(|path| wanlint::report::safe::escaped(path)).collect();
    expected.sort();
    assert_eq!(files, expected);
}

fn check_sarif(text: &str, paths: &[String]) {
    let report: Value = serde_json::from_str(text).unwrap();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let mut found: Vec<String> = results
        .iter()
        .map(|result| {
            let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)), "{uri}");
            assert!(!result["message"]["text"].as_str().unwrap().contains("]("));
            percent_encoding::percent_decode_str(uri).decode_utf8().unwrap().into_owned()
        })
        .collect();
    found.sort();
    let mut paths = paths.to_vec();
    paths.sort();
    assert_eq!(found, paths);
}

fn check_junit(text: &str, count: usize) {
    let report = quick_junit::Report::deserialize_from_str(text).unwrap();
    let suites = report.test_suites.iter().filter(|suite| suite.name.as_str() != "not checked");
    let cases = suites.flat_map(|suite| &suite.test_cases);
    assert_eq!(cases.filter(|case| case.name.as_str() != "no findings").count(), count);
}

/// Every row of the table has its four cells.
fn check_summary(text: &str, count: usize) {
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), count + 1, "{text}");
    rows.iter().for_each(|row| assert_eq!(row.matches('|').count(), 5, "{row}"));
    let signs = text.replace("<br>", "").replace("|---|---|---|---|", "");
    assert!(!signs.contains(['`', '[', '<', '@', '*', '_']), "{text}");
}

fn check_paths(reports: &[(&str, String)]) -> Vec<String> {
    let text = |format: &str| reports.iter().find(|(name, _)| *name == format).unwrap().1.as_str();
    let gitlab: Value = serde_json::from_str(text("gitlab")).unwrap();
    let paths: Vec<String> =
        gitlab.as_array().unwrap().iter().map(|one| one["location"]["path"].as_str().unwrap().to_owned()).collect();
    let json: Value = serde_json::from_str(text("json")).unwrap();
    let same = json["findings"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap());
    // The format `json` has always `/`; here a backslash is part of a name.
    assert!(same.eq(paths.iter().map(|path| path.replace('\\', "/"))), "{paths:?}");
    assert_eq!(text("json-lines").lines().count(), paths.len());
    paths
}

#[cfg(unix)]
#[test]
fn a_line_end_in_a_name_begins_no_line() {
    let folder = Folder::new();
    folder.write(as_path(b"a\r\n::set-output name=a::b.json"), prompt("", "")).write("out/.keep", "");
    reports(&folder).iter().for_each(|(format, text)| is_tame(format, text));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn texts_of_others_stay_texts(names in [name(), name(), name()], title in nasty(), value in nasty(), flag in nasty()) {
        let folder = Folder::new();
        let flag: String = flag.chars().filter(|letter| !letter.is_control()).collect();
        let start = format!("export HF_TOKEN={SECRET}\npython ComfyUI/main.py --no-such-\"{}\"\n", flag.replace(['"', '$', '`', '\\'], ""));
        let path = |stem: &[u8], ending: &str| as_path(&[b"a", stem, ending.as_bytes()].concat());
        folder
            .write(path(&names[0], ".json"), prompt(&title, &value))
            .write(path(&names[1], ".png"), png(&prompt(&value, &title)))
            .write(path(&names[2], ".sh"), start)
            .write("out/.keep", "");
        let reports = reports(&folder);
        reports.iter().for_each(|(format, text)| is_tame(format, text));
        let paths = check_paths(&reports);
        prop_assert!(paths.len() >= 4, "{paths:?}");
        for (format, text) in &reports {
            match *format {
                "github" => check_github(text, &paths),
                "sarif" => check_sarif(text, &paths),
                "junit" => check_junit(text, paths.len()),
                "summary" => check_summary(text, paths.len()),
                _ => {}
            }
        }
    }
}

/// The helpers see what they are there for.
#[test]
fn the_helpers_can_fail() {
    let fails = |format: &'static str, text: String| std::panic::catch_unwind(move || is_tame(format, &text)).is_err();
    assert!(fails("json", format!("x{SECRET}")));
    assert!(fails("full", "a\u{1b}[31m".to_owned()) && fails("full", "::error::x".to_owned()));
    assert!(fails("html", "<script>alert(1)</script>".to_owned()));
    assert!(!fails("concise", "a.sh:1:2: error".to_owned()));
    assert_eq!(commands("x\n ::error file=a%2Cb,title=t::m%0An\n::x\n").len(), 1);
}
