//! Real output against the schemas in `schemas/`. Here every field that is not described is a mistake; for others a report may
//! grow by new ones.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Folder, project, workflow};

/// A schema of the repository.
fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A schema under which an object has the described fields only.
fn strict(mut schema: Value) -> jsonschema::Validator {
    close(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            entries.values_mut().for_each(close);
            if entries.contains_key("properties") {
                entries.insert("additionalProperties".to_owned(), false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[track_caller]
fn is_valid(schema: &jsonschema::Validator, value: &Value) {
    let short = |error: &jsonschema::ValidationError| error.to_string().chars().take(300).collect::<String>();
    let errors: Vec<String> =
        schema.iter_errors(value).map(|error| format!("{}: {}", error.instance_path(), short(&error))).collect();
    let advice = "describe it in src/schemas, then UPDATE_SCHEMAS=1 cargo test --lib schemas";
    assert!(errors.is_empty(), "{}\n{advice}", errors.join("\n"));
}

fn json(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })
}

#[test]
fn reports_of_check() {
    let schema = strict(read("check.schema.json"));
    let folder = project();
    let args = [".", "--media", "--output-format", "json"];
    for more in [&[][..], &["--fix", "--unsafe-fixes"], &["--add-allow=known"], &["--isolated", "--gpu", "none"]] {
        let report = json(&mut folder.command(&[&args[..], more].concat()));
        is_valid(&schema, &report);
        assert!(report["summary"]["files"].as_u64().unwrap() > 2, "{more:?}");
    }
    let mut report = json(&mut folder.command(&[".", "--output-format", "json"]));
    report["findings"] = Value::Null;
    assert!(!schema.is_valid(&report));
}

/// One finding a line: the shape has a name in the schema of the whole.
#[test]
fn lines_of_check() {
    let mut schema = read("check.schema.json");
    schema = serde_json::json!({ "$ref": "#/$defs/Finding", "$defs": schema["$defs"].take() });
    let schema = strict(schema);
    let lines = project().check(&[".", "--media", "--output-format", "json-lines"]).stdout;
    let lines = String::from_utf8(lines).unwrap();
    assert!(lines.lines().count() > 5);
    lines.lines().for_each(|line| is_valid(&schema, &serde_json::from_str(line).unwrap()));
    assert!(!schema.is_valid(&serde_json::json!({})));
}

#[test]
fn reports_of_vram() {
    let mut schema = read("vram.schema.json");
    let whole = strict(schema.clone());
    // By its own name, so that a mistake is told as what it is and not as one of several shapes that do not fit.
    schema = serde_json::json!({ "$ref": "#/$defs/Forecast", "$defs": schema["$defs"].take() });
    let forecast = strict(schema);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let vram = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
        command.env_clear().env("CI", "1").current_dir(root).arg("vram").args(args).args(["--output-format", "json"]);
        json(&mut command)
    };
    let founding = "fixtures/rtx5090/user/default/workflows/video_wan2_2_14B_i2v_no_sage_test.json";
    for args in [
        &[founding, "--gpu", "RTX 5090", "--comfyui", "0.3.70"][..],
        &[founding, "--gpu", "RTX 5090", "--comfyui", "0.33.0", "--torch", "2.9.1"],
        &[founding, "--gpu", "RTX 4070", "--fit", "--known", "832x480x81=12.4"],
        &["fixtures/rules/base", "--isolated"],
        &["fixtures/rules/base", "--isolated", "--gpu", "RTX 3090"],
    ] {
        let report = vram(args);
        let entries = report.as_array().map_or(std::slice::from_ref(&report), Vec::as_slice);
        assert!(!entries.is_empty(), "{args:?}");
        entries.iter().filter(|entry| entry.get("phases").is_some()).for_each(|entry| is_valid(&forecast, entry));
        is_valid(&whole, &report);
    }
}

/// What the README and the tests write into wanlint.toml is valid, and what the program refuses is not.
#[test]
fn configuration() {
    let schema = jsonschema::validator_for(&read("wanlint.toml.schema.json")).unwrap();
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let shown = readme.split("```toml\n# wanlint.toml").nth(1).unwrap().split("```").next().unwrap();
    for (text, good) in [
        (format!("# wanlint.toml{shown}"), true),
        (String::new(), true),
        ("[[allow]]\nrule = 'WF010'\nnode = '98'\nreason = 'x'\n".to_owned(), true),
        ("[machine]\ngpuu = 'RTX 5090'\n".to_owned(), false),
        ("[check]\nmedia = 'yes'\n".to_owned(), false),
        ("[[target]]\nlaunch = 'a.bat'\n".to_owned(), false),
        ("[[allow]]\nnode = '98'\n".to_owned(), false),
        ("[check]\nfail-on = 'fatal'\n".to_owned(), false),
        ("[machine]\nos = 'beos'\n".to_owned(), false),
    ] {
        let value: Value =
            toml::from_str::<toml::Table>(&text).map(|table| serde_json::to_value(table).unwrap()).unwrap();
        let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors.is_empty(), good, "{text}{errors:?}");
        let folder = Folder::new();
        folder.write("a.bat", "python ComfyUI/main.py\r\n").write("scripts/launch.bat", "python ComfyUI/main.py\r\n");
        folder.write("workflows/clip.json", workflow("t2v.api.json", &[])).write("wanlint.toml", &text);
        let output = folder.check(&["a.bat"]);
        assert_eq!(output.status.code() == Some(2), !good, "{text}{}", String::from_utf8_lossy(&output.stderr));
    }
}
