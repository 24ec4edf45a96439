//! Every example of every rule file is run through the real pipeline: a bad one fires its rule at the stated severity and
//! nothing it does not name, a good one does not fire it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop the process")]

#[path = "fixes/changes.rs"]
mod changes;
#[path = "models/files.rs"]
mod files;
#[path = "rules/fixes.rs"]
mod fixes;
#[path = "rules/instances.rs"]
mod instances;
#[path = "models/made.rs"]
mod made;
#[path = "rules/promises.rs"]
mod promises;
#[path = "rules/removal.rs"]
mod removal;
#[path = "fixes/settled.rs"]
mod run_of_fixes;
#[path = "rules/settled.rs"]
mod settled;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use wanlint::cli::{Streams, run};
use wanlint::discover::Kind;
use wanlint::rules::{How, RULES, Rule, checks};

/// One example as written in a rule file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    #[serde(default)]
    files: toml::Table,
    workflow: Option<Workflow>,
    /// A log, which `wanlint log` reads, with the workflow where there is one.
    log: Option<String>,
    /// Model files below `models`, each in a word or two; `--models` then names that folder.
    #[serde(default)]
    models: toml::Table,
    #[serde(default)]
    args: Vec<String>,
    /// Whether the files are named on the command line, and not their folder.
    #[serde(default)]
    named: bool,
    #[serde(default)]
    also: Vec<String>,
    severity: Option<String>,
    /// The files after the rule's fix, and inputs of the workflow (`"98.length"`): everything else is as before.
    #[serde(default)]
    fixed: toml::Table,
    /// The severity that the rule may still have after its fix: a mended error may leave an info.
    left: Option<String>,
    /// Inputs (`"98.length"`) and nodes (`"98"`) of the workflow that the fix takes out.
    #[serde(default)]
    gone: Vec<String>,
    /// Why this example is not mended although its rule has a fix.
    not_fixed: Option<String>,
}

/// A base workflow with changed inputs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Workflow {
    base: String,
    #[serde(default)]
    set: toml::Table,
    #[serde(default)]
    remove: Vec<String>,
    /// Other classes for nodes.
    #[serde(default)]
    class: toml::Table,
}

#[test]
fn bad_examples_fire() {
    let failures: Vec<String> =
        RULES.iter().flat_map(|rule| rule.bad.iter().filter_map(|text| bad(rule, text))).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn good_examples_are_silent() {
    let failures: Vec<String> =
        RULES.iter().flat_map(|rule| rule.good.iter().filter_map(|text| good(rule, text))).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Rules about starts whose fault exists in one kind of file only.
const ONE_KIND: [(&str, &str); 15] = [
    ("LAUNCH038", "the caret is batch's"),
    ("LAUNCH041", "the backslash is the shell's"),
    ("ENV001", "blanks around = are batch's"),
    ("ENV002", "so is the blank at the end of a value"),
    ("ENV003", "and quotes inside it"),
    ("ENV005", "export is the shell's"),
    ("ENV006", "blanks around = run a command in a shell"),
    ("ENV007", "$X beside $env:X is PowerShell's"),
    ("ENV025", "only shells take a carriage return for text"),
    ("ENV026", "RUN is a Dockerfile's"),
    ("SEC005", "the Manager has one file of settings"),
    ("SEC006", "the Manager has one file of settings"),
    ("SEC007", "about workflows"),
    ("SEC011", "about workflows"),
    ("SEC012", "about workflows"),
];

/// What fools one reader need not fool another, so a rule about starts shows two kinds of files that it fires in.
#[test]
fn rules_about_starts_fire_in_two_kinds_of_files() {
    for rule in RULES.iter().filter(|rule| ["LAUNCH", "ENV", "SEC"].contains(&rule.family())) {
        let examples = rule.bad.iter().map(|text| toml::from_str::<Example>(text).unwrap());
        let names: Vec<String> = examples.flat_map(|example| example.files.into_iter().map(|(name, _)| name)).collect();
        let kinds: BTreeSet<Kind> = names.iter().filter_map(|name| Kind::of(Path::new(name))).collect();
        let scripts = kinds.iter().filter(|kind| matches!(kind, Kind::Script(_))).count();
        let excused = ONE_KIND.iter().any(|(code, _)| *code == rule.code);
        assert!(scripts > 1 || excused, "{} has bad examples in {kinds:?} only", rule.code);
        assert!(scripts < 2 || !excused, "{} is no exception any more", rule.code);
    }
}

#[test]
fn rules_are_well_formed() {
    let mut names = BTreeSet::new();
    for rule in RULES {
        assert!(names.insert(rule.name) && names.insert(rule.code), "{} is not unique", rule.code);
        assert!(!rule.why.is_empty() && !rule.exceptions.is_empty() && !rule.evidence.is_empty(), "{}", rule.code);
        if let How::Check(name) = rule.how {
            assert!(checks::find(name).is_some(), "{}: no check is called {name}", rule.code);
        }
    }
}

fn bad(rule: &Rule, text: &str) -> Option<String> {
    let example: Example = toml::from_str(text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", rule.code));
    let report = check(&example);
    let found = findings(&report);
    let wanted = example.severity.clone().unwrap_or_else(|| rule.severity.to_string());
    let hit = found.iter().any(|(code, severity, _)| code == rule.code && *severity == wanted);
    // A link that is taken out of a base workflow leaves a node behind: WF057 says so beside whatever is shown.
    let usual = |code: &str| code == rule.code || code == "WF057" || example.also.iter().any(|also| also == code);
    let strange: Vec<_> = found.iter().filter(|(code, ..)| !usual(code)).collect();
    let placeholder = found.iter().find(|(_, _, message)| message.contains('{') || message.contains('}'));
    (!hit || !strange.is_empty() || placeholder.is_some()).then(|| {
        format!(
            "{} should fire as {wanted}; found {found:#?}, not checked {}\n{text}",
            rule.code, report["summary"]["not_checked"]
        )
    })
}

fn good(rule: &Rule, text: &str) -> Option<String> {
    let example: Example = toml::from_str(text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", rule.code));
    let found = findings(&check(&example));
    found
        .iter()
        .any(|(code, ..)| code == rule.code)
        .then(|| format!("{} should be silent; found {found:#?}\n{text}", rule.code))
}

/// Writes the example into a fresh folder and runs `wanlint check` on it; the JSON report.
fn check(example: &Example) -> Value {
    let folder = tempfile::tempdir().unwrap();
    stage(example, folder.path());
    report(example, folder.path(), &[])
}

/// Writes the example's files.
fn stage(example: &Example, folder: &Path) {
    for (name, text) in &example.files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content(text)).unwrap();
    }
    if let Some(workflow) = &example.workflow {
        std::fs::write(folder.join("workflow.json"), workflow.build()).unwrap();
    }
    if let Some(log) = &example.log {
        std::fs::write(folder.join("comfyui.log"), log).unwrap();
    }
    for (name, content) in &example.models {
        made::model(&folder.join("models").join(name), content.as_str().expect("a text"));
    }
}

/// Runs `wanlint check` (for an example with a log `wanlint log`) on a staged example; the JSON report.
fn report(example: &Example, folder: &Path, more: &[&str]) -> Value {
    let path = |name: &str| folder.join(name).display().to_string();
    let command = if example.log.is_some() { "log" } else { "check" };
    let mut args: Vec<String> =
        ["wanlint", command, "--no-detect", "--output-format", "json"].map(str::to_owned).to_vec();
    args.extend(more.iter().map(|word| (*word).to_owned()));
    if example.log.is_some() {
        args.push(path("comfyui.log"));
        let workflow = example.workflow.iter().flat_map(|_| [String::from("--workflow"), path("workflow.json")]);
        args.extend(workflow);
    }
    args.extend(example.args.iter().cloned());
    if !example.models.is_empty() {
        args.extend(["--models".to_owned(), path("models")]);
    }
    match example.named {
        _ if example.log.is_some() => {}
        true => args.extend(example.files.keys().map(|name| path(name))),
        false => args.push(folder.display().to_string()),
    }
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: Box::new(&mut out), err: Box::new(&mut err), terminal: false };
    let code = run(args.iter().map(Into::into), &mut streams);
    drop(streams);
    assert!(code < 2, "{args:?}: {}", String::from_utf8_lossy(&err));
    serde_json::from_slice(&out).unwrap()
}

/// Text as it stands, or `{ text = "{", repeat = "[", times = 1001 }`.
fn content(value: &toml::Value) -> String {
    match value.as_table() {
        None => value.as_str().expect("a text").to_owned(),
        Some(table) => {
            let times = table["times"].as_integer().expect("a number");
            let part = |key: &str| table[key].as_str().expect("a text");
            part("text").to_owned() + &part("repeat").repeat(usize::try_from(times).unwrap())
        }
    }
}

fn findings(report: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = report["findings"].as_array().unwrap().iter();
    list.map(|finding| (text(&finding["code"]), text(&finding["severity"]), text(&finding["message"]))).collect()
}

impl Workflow {
    fn build(&self) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/rules/base/{}.api.json", self.base));
        let mut graph: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for (key, value) in &self.set {
            let (node, input) = key.split_once('.').expect("NODE.input");
            graph[node]["inputs"][input] = serde_json::to_value(value).unwrap();
        }
        for (node, class) in &self.class {
            graph[node]["class_type"] = serde_json::to_value(class).unwrap();
        }
        for key in &self.remove {
            let (node, input) = key.split_once('.').expect("NODE.input");
            graph[node]["inputs"].as_object_mut().unwrap().remove(input).expect("an input to remove");
        }
        serde_json::to_string_pretty(&graph).unwrap()
    }
}
