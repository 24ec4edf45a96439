//! SARIF against its published schema, and the bytes that its fixes change.

use std::path::Path;

use serde_json::Value;

use super::{Folder, project};

/// The report of a run.
fn report(folder: &Folder, args: &[&str]) -> Value {
    folder.check(&[args, &["--report", "sarif=report.sarif"]].concat());
    serde_json::from_str(&folder.text("report.sarif")).unwrap()
}

fn results(report: &Value) -> &Vec<Value> {
    report["runs"][0]["results"].as_array().unwrap()
}

/// The schema, which `.ci/run` fetches; `None` where it did not, which is said.
fn schema() -> Option<jsonschema::Validator> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sarif/schema.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: no target/sarif/schema.json; .ci/run fetches it");
        return None;
    };
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    // Its pattern for languages has a bracket too many for the standard's expressions; no report names a language.
    for name in ["run", "toolComponent"] {
        let language = schema["definitions"][name]["properties"]["language"].as_object_mut().unwrap();
        language.remove("pattern").unwrap();
    }
    Some(jsonschema::validator_for(&schema).unwrap())
}

#[track_caller]
fn is_valid(schema: &jsonschema::Validator, report: &Value) {
    let errors: Vec<String> =
        schema.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn reports_are_valid() {
    let Some(schema) = schema() else { return };
    let folder = project();
    let found = report(&folder, &[".", "--media"]);
    assert!(results(&found).len() > 5);
    is_valid(&schema, &found);
    let clean = Folder::new();
    clean.write("start.sh", "python ComfyUI/main.py\n");
    is_valid(&schema, &report(&clean, &["."]));
    let founding = Folder::new();
    let rtx5090 = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rtx5090");
    is_valid(&schema, &report(&founding, &[rtx5090.to_str().unwrap()]));
    let mut broken = found;
    broken["runs"][0]["results"][0]["level"] = "bad".into();
    assert!(!schema.is_valid(&broken));
}

/// Every rule, as the schema and GitHub want it described.
#[test]
fn every_reference_leads_somewhere() {
    let folder = project();
    let report = report(&folder, &[".", "--media"]);
    let run = &report["runs"][0];
    let at = |value: &Value| value.as_u64().unwrap() as usize;
    for result in results(&report) {
        let rule = &run["tool"]["driver"]["rules"][at(&result["ruleIndex"])];
        assert_eq!(rule["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let file = &place["artifactLocation"];
        assert_eq!(run["artifacts"][at(&file["index"])]["location"]["uri"], file["uri"]);
        assert!(run["originalUriBaseIds"].get(file["uriBaseId"].as_str().unwrap()).is_some());
        assert_eq!(place.get("region").is_none(), file["uri"] == "out/clip.png");
    }
    for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
        let tags = rule["properties"]["tags"].as_array().unwrap();
        let rated = rule["properties"].get("security-severity").is_some();
        assert_eq!(tags.contains(&"security".into()), rated);
        assert_eq!(rated, rule["id"].as_str().unwrap().starts_with("SEC"));
        assert!(tags.len() <= 20 && rule["fullDescription"]["text"].as_str().unwrap().encode_utf16().count() <= 1024);
    }
    // What was allowed is counted: GitHub would show it as open.
    assert_eq!(run["properties"]["suppressed"], 1);
    assert!(!report.to_string().contains("LAUNCH053"));
    let notices = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0]["associatedRule"]["id"], "INPUT001");
    assert_eq!(
        (&run["invocations"][0]["exitCode"], &run["invocations"][0]["executionSuccessful"]),
        (&1.into(), &true.into())
    );
}

/// A replacement by the bytes of the file, and by lines and columns of its text.
#[test]
fn fixes_change_the_same_bytes_by_either_region() {
    let text = "@echo off\r\nREM caf\u{e9} \u{1f389}\r\nset X=\u{1f389}& python main.py --normalvram ^\r\n    --cuda-malloc\r\n";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, width) in [
        (text.as_bytes().to_vec(), None),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), None),
        ([b"\xff\xfe", &utf16[..]].concat(), Some(2)),
    ] {
        let folder = Folder::new();
        folder.write("start.ps1", "").write("start.bat", &bytes);
        let report = report(&folder, &["start.bat", "--gpu", "RTX 5090", "--comfyui", "0.3.70"]);
        let mut seen = 0;
        for replacement in results(&report).iter().flat_map(replacements) {
            let region = &replacement["deletedRegion"];
            let number = |key: &str| region[key].as_u64().unwrap() as usize;
            let by_bytes = &bytes[number("byteOffset")..number("byteOffset") + number("byteLength")];
            let plain = text.trim_start_matches('\u{feff}');
            let [start, end] = [("startLine", "startColumn"), ("endLine", "endColumn")]
                .map(|(line, column)| offset(plain, number(line), number(column)));
            let by_lines = &plain[start..end];
            let expected = match width {
                None => by_lines.as_bytes().to_vec(),
                Some(_) => by_lines.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            };
            assert_eq!(by_bytes, expected, "{region}");
            assert!(by_lines.contains("--"), "{by_lines:?}");
            seen += 1;
        }
        assert!(seen > 0, "{report:#}");
    }
}

fn replacements(result: &Value) -> Vec<Value> {
    let fixes = result["fixes"].as_array().into_iter().flatten();
    let changes = fixes.flat_map(|fix| fix["artifactChanges"].as_array().unwrap());
    changes.flat_map(|change| change["replacements"].as_array().unwrap().clone()).collect()
}

/// Where a line and a column, both from 1, lie in a text.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    start + text[start..].chars().take(column - 1).map(char::len_utf8).sum::<usize>()
}

#[test]
fn long_messages_are_cut() {
    let folder = Folder::new();
    folder.write("start.sh", format!("python ComfyUI/main.py --no-such-{}\n", "long".repeat(500)));
    let report = report(&folder, &["."]);
    let text = results(&report)[0]["message"]["text"].as_str().unwrap();
    assert_eq!(text.encode_utf16().count(), 1000);
    assert!(text.ends_with('\u{2026}'));
}
