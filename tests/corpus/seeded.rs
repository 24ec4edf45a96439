//! Prompts with one seeded bug each: what the rules cover must fire at the node that the manifest names, and the controls are
//! silent.

use std::path::Path;

use serde::Deserialize;
use wanlint::finding::{Finding, Severity};
use wanlint::outcome::Outcome;
use wanlint::span::Span;

use super::{Facts, NOTHING, codes, lint, lint_text, shared, told};

/// Number of a case, what is stated, the codes that must fire and no others, and the severity of the worst.
const COVERED: [(&str, Facts, &[&str], Severity); 12] = [
    ("23", NOTHING, &["WF010"], Severity::Warning),
    ("24", NOTHING, &["WF011"], Severity::Warning),
    ("25", NOTHING, &["WF032"], Severity::Error),
    ("26", NOTHING, &["MODEL001"], Severity::Error),
    ("27", NOTHING, &["WF023"], Severity::Error),
    ("28", NOTHING, &["WF020"], Severity::Error),
    // New noise in place of the old gives a clip all the same, so it is no error; see the rule.
    ("29", NOTHING, &["WF017"], Severity::Info),
    ("30", NOTHING, &["WF028", "WF029"], Severity::Warning),
    ("31", SMALL, &["MEM001", "WF039"], Severity::Error),
    ("31", SMALL_WINDOWS, &["MEM001", "MEM006", "WF039"], Severity::Warning),
    ("32", NOTHING, &["MODEL009"], Severity::Warning),
    ("33", NOTHING, &["WF022"], Severity::Error),
];

const SMALL: Facts = Facts { vram: "12GiB", os: "linux", comfyui: "0.3.70", torch: "2.9.1", ..NOTHING };
const SMALL_WINDOWS: Facts = Facts { os: "windows", ..SMALL };

#[derive(Deserialize)]
struct Manifest {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    layer: String,
    node: Option<String>,
    bug: String,
}

#[test]
fn covered_bugs_fire_at_their_node() {
    let Some(folder) = shared("seeded-bugs") else { return };
    let cases = cases(&folder);
    for (number, facts, expected, severity) in COVERED {
        let case = cases.iter().find(|case| case.file.starts_with(number)).unwrap();
        let outcome = lint(&folder.join(&case.file), facts);
        // That a bug leaves a node behind is said as well.
        let mut codes = codes(&outcome);
        codes.retain(|code| *code != "WF057" || expected.contains(code));
        assert_eq!(codes, expected, "{}: {}", case.file, case.bug);
        let worst = outcome.findings.iter().map(|finding| finding.severity).max();
        assert_eq!(worst, Some(severity), "{}", case.file);
        for finding in outcome.findings.iter().filter(|finding| expected.contains(&finding.rule.code)) {
            assert!(is_about(&outcome, finding, case), "{} is not at {:?}", told(&outcome, finding), case.node);
        }
    }
}

#[test]
fn controls_are_silent() {
    let Some(folder) = shared("seeded-bugs") else { return };
    let controls: Vec<Case> = cases(&folder).into_iter().filter(|case| case.layer == "control").collect();
    assert_eq!(controls.len(), 2);
    for case in controls {
        for facts in [NOTHING, super::RTX_5090, super::RTX_4090] {
            let outcome = lint(&folder.join(&case.file), facts);
            let found: Vec<_> = outcome.findings.iter().map(|finding| told(&outcome, finding)).collect();
            assert_eq!(found, Vec::<String>::new(), "{}", case.file);
        }
    }
}

/// The other bugs are structural: `peers.rs` holds what must fire when the server's nodes are stated. Without them less is known,
/// and whatever does fire must be about the bug all the same.
#[test]
fn other_bugs_raise_no_false_alarm_without_facts() {
    let Some(folder) = shared("seeded-bugs") else { return };
    let covered = |case: &Case| COVERED.iter().any(|(number, ..)| case.file.starts_with(number));
    for case in cases(&folder).iter().filter(|case| case.layer != "control" && !covered(case)) {
        let outcome = lint(&folder.join(&case.file), NOTHING);
        if outcome.findings.is_empty() {
            println!("needs --object-info: {} ({}: {})", case.file, case.layer, case.bug);
        }
        for finding in outcome.findings.iter().filter(|finding| finding.severity > Severity::Info) {
            assert!(is_about(&outcome, finding, case), "{} is not the bug: {}", told(&outcome, finding), case.bug);
        }
    }
}

fn cases(folder: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    serde_json::from_str::<Manifest>(&text).unwrap().cases
}

/// One of the places that a finding shows lies in the node of the case. A case without a node concerns the whole file.
fn is_about(outcome: &Outcome, finding: &Finding, case: &Case) -> bool {
    let (Some(id), Some(workflow)) = (&case.node, outcome.files[finding.primary.file].workflow()) else { return true };
    let Some(node) = workflow.graph.by_id(id).and_then(|node| workflow.graph.get(node)) else { return true };
    let inside = |span: Span| node.span.start <= span.start && span.end <= node.span.end;
    let related = finding.related.iter().map(|(location, _)| location.span);
    related.chain([finding.primary.span]).any(inside)
}

/// The server lists each missing input; here one finding names them all, and only outputs that could be linked.
#[test]
fn all_that_a_node_lacks_is_told_at_once() {
    let sampler = r#"{"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20, "cfg": 6, "sampler_name": "euler", "scheduler": "simple", "denoise": 1}}"#;
    let save = r#"{"class_type": "SaveLatent", "inputs": {"samples": ["1", 0], "filename_prefix": "a"}}"#;
    let empty = r#"{"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}}"#;
    let text = format!(r#"{{"1": {sampler}, "2": {save}, "3": {empty}}}"#);
    let outcome = lint_text("w.json", &text, NOTHING);
    let missing: Vec<_> = outcome.findings.iter().filter(|finding| finding.rule.code == "WF007").collect();
    let [finding] = missing[..] else { panic!("{}", missing.len()) };
    let inputs = "'model' (MODEL), 'positive' (CONDITIONING), 'negative' (CONDITIONING) and 'latent_image' (LATENT)";
    assert_eq!(finding.message, format!("KSampler (1) has no {inputs}, which it requires"));
    assert_eq!(finding.help, "LATENT comes from output 0 of EmptyLatentImage (3).", "SaveLatent needs the sampler");
}
