//! One run in every format, each a snapshot.

use super::project;

/// These rules only: the snapshots are about formats, not about what is found. GPU001 is not checked.
const RUN: [&str; 5] =
    [".", "--media", "-q", "--select", "SEC001,LAUNCH004,LAUNCH052,LAUNCH053,WF006,WF010,INPUT001,GPU001"];

/// The report in a format.
fn report(format: &str) -> String {
    let output = project().check(&[&RUN[..], &["--output-format", format]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn as_text() {
    insta::assert_snapshot!(report("full"));
}

#[test]
fn as_lines() {
    insta::assert_snapshot!(report("concise"));
}

#[test]
fn as_objects() {
    let report = report("json-lines");
    let objects = report.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    insta::assert_snapshot!(objects.map(|value| format!("{value:#}\n")).collect::<String>());
}

/// One run, one order of findings: the object of the whole holds those of the lines.
#[test]
fn as_one_object() {
    let mut all: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    let findings = all["findings"].take();
    let lines = report("json-lines");
    let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert_eq!(findings, lines.collect::<serde_json::Value>());
    // The figures of the forecast are held elsewhere.
    assert_eq!(all["forecasts"].take().as_array().unwrap().len(), 2);
    insta::assert_snapshot!(format!("{all:#}"));
}

#[test]
fn as_annotations() {
    insta::assert_snapshot!(report("github"));
}

#[test]
fn as_code_quality() {
    insta::assert_snapshot!(report("gitlab"));
}

#[test]
fn as_tests() {
    insta::assert_snapshot!(report("junit"));
}

#[test]
fn as_sarif() {
    let mut report: serde_json::Value = serde_json::from_str(&report("sarif")).unwrap();
    // The texts of the rules are those of their files.
    for rule in report["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
        ["fullDescription", "help"].iter().for_each(|key| drop(rule.as_object_mut().unwrap().remove(*key)));
    }
    insta::assert_snapshot!(format!("{report:#}"));
}
