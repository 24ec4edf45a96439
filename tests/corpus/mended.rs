//! The faults of [`FAULTS`], put into official Wan templates, in the saved form and as the prompts that the browser made of them: each
//! is found at its node, and its fix gives back the file byte for byte, however it is written. So every other input of what is sent is
//! the same too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use wanlint::catalog::nodes::Catalog;
use wanlint::fix::Grade;
use wanlint::fix::engine::{Fixed, Gate, Permit, run};
use wanlint::outcome::Outcome;
use wanlint::read::json::JsonDoc;
use wanlint::rules::RULES;
use wanlint::rules::select::Selection;
use wanlint::workflow::convert::convert;
use wanlint::workflow::format::detect;
use wanlint::workflow::graph::Graph;
use wanlint::{Options, config::Config};

use super::faults::{FAULTS, Fault, Values, Written};
use super::{NOTHING, made, official, shared, written};

#[test]
fn faults_in_saved_templates_are_mended() {
    if let Some(folder) = official::templates() {
        all(&folder, ".json", |fault| fault.saved);
    }
}

#[test]
fn faults_in_official_prompts_are_mended() {
    if let Some(folder) = shared("golden") {
        all(&folder, ".api.json", |_| true);
    }
}

#[test]
fn the_table_names_each_kind_once() {
    let kinds: BTreeSet<_> = FAULTS.iter().map(|fault| (fault.code, fault.kind)).collect();
    let codes: BTreeSet<_> = FAULTS.iter().map(|fault| fault.code).collect();
    assert_eq!(kinds.len(), FAULTS.len());
    assert!(codes.len() >= 30, "{} rules: {codes:?}", codes.len());
}

/// What nobody nodded at is left alone.
#[test]
fn unsafe_fixes_wait_for_a_nod() {
    let Some(folder) = official::templates() else { return };
    for fault in FAULTS.iter().filter(|fault| fault.saved && fault.grade == Grade::Unsafe) {
        let text = std::fs::read_to_string(folder.join(format!("{}.json", fault.template))).unwrap();
        let fixed = Staged::new(&injected(&text, fault.wrong), fault).fix(fault, false);
        assert!(fixed.drafts.is_empty() && !fixed.held_back.is_empty(), "{} ({})", fault.code, fault.kind);
    }
}

/// How many values the fixes change in official templates as they are, each looked at: on a card without fp8 the fast choice becomes
/// what it is there, names follow the positions that were edited by hand, and one workflow plays its clip half as fast again.
const CHANGED: [(&str, &str, usize); 8] = [
    ("api_google_nano_banana2_image_edit_continuation.json", "WF056", 1),
    ("api_kling4_r2v.json", "WF056", 3),
    ("api_kling4_video_edit.json", "WF056", 2),
    ("api_vidu_q4_preview_r2v.json", "WF056", 2),
    ("hidream_e1_1.json", "MODEL011", 1),
    ("image_moss_image_color_depth_control.json", "WF056", 2),
    ("templates_mjm_looped_restyler.json", "WF037", 2),
    ("video_wan_vace_inpainting.json", "MODEL011", 1),
];

/// All fixes, of rules that are off by default too. A template that comes in here needs a look: either its author is wrong, or the
/// fix is.
#[test]
fn official_templates_are_left_as_they_are() {
    let Some(folder) = official::templates() else { return };
    let machine = super::Facts { gpu: "RTX 3090", ..super::RTX_4090 }.machine();
    let mut options = Options::new(vec![folder], Config::default(), machine);
    let off: Vec<String> = RULES.iter().filter(|rule| !rule.default).map(|rule| rule.code.to_owned()).collect();
    options.selection = Selection::new(&[], &[], &off).unwrap();
    let permit = Permit { unsafe_too: true, rules: Selection::default(), gate: Gate::new(|_| Ok(())) };
    let fixed = run(&mut options, &permit).unwrap();
    let mut made: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for note in &fixed.made {
        let name = note.files[0].file_name().unwrap().to_str().unwrap();
        *made.entry((name, note.rule.code)).or_default() += 1;
    }
    let made: Vec<_> = made.into_iter().map(|((name, code), count)| (name, code, count)).collect();
    assert_eq!(made, CHANGED);
}

fn all(folder: &Path, ending: &str, counts: impl Fn(&Fault) -> bool) {
    let faults = FAULTS.iter().filter(|fault| counts(fault));
    let failures: Vec<String> = faults.filter_map(|fault| failure(folder, ending, fault)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn failure(folder: &Path, ending: &str, fault: &Fault) -> Option<String> {
    let text = std::fs::read_to_string(folder.join(format!("{}{ending}", fault.template))).unwrap();
    // How the workflow is written is nothing to a script.
    let ways = if fault.launch.is_some() { 1 } else { usize::MAX };
    written::ways(&text).iter().take(ways).find_map(|(way, text)| {
        let why = mended(text, fault).err()?;
        Some(format!("{} ({}) in {}{ending}, {way}: {why}", fault.code, fault.kind, fault.template))
    })
}

/// A folder with a fault in it.
struct Staged(TempDir);

fn mended(text: &str, fault: &Fault) -> Result<(), String> {
    let place = Staged::new(&injected(text, fault.wrong), fault);
    let fixed = place.fix(fault, fault.grade != Grade::Safe);
    found(fixed.first.as_ref().unwrap_or(&fixed.outcome), fault)?;
    if fixed.drafts.is_empty() {
        let held: Vec<_> = fixed.held_back.iter().map(|note| &note.reason).collect();
        return Err(format!("not mended: {held:?}"));
    }
    if !fixed.settled || fixed.outcome.findings.iter().any(|finding| finding.rule.code == fault.code) {
        return Err("it is still found".to_owned());
    }
    let expected = injected(text, fault.after);
    if place.text(&fixed, "w.json") != expected {
        return Err("it is not the file that it was".to_owned());
    }
    if let Some((name, _, mended)) = fault.launch
        && place.text(&fixed, name) != mended
    {
        return Err(format!("the script is {:?}", place.text(&fixed, name)));
    }
    same_but(text, &expected, fault.after)
}

impl Staged {
    fn new(text: &str, fault: &Fault) -> Self {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("w.json"), text).unwrap();
        if let Some((name, text, _)) = fault.launch {
            std::fs::write(place.path().join(name), text).unwrap();
        }
        for (name, words) in fault.models {
            made::model(&place.path().join("models").join(name), words);
        }
        Self(place)
    }

    fn fix(&self, fault: &Fault, unsafe_too: bool) -> Fixed {
        let mut options = Options::new(vec![self.0.path().to_path_buf()], Config::default(), fault.facts.machine());
        options.selection = Selection::new(&[], &[], &[fault.code.to_owned()]).unwrap();
        options.models = if fault.models.is_empty() { Vec::new() } else { vec![self.0.path().join("models")] };
        let rules = Selection::new(&[fault.code.to_owned()], &[], &[]).unwrap();
        run(&mut options, &Permit { unsafe_too, rules, gate: Gate::new(|_| Ok(())) }).unwrap()
    }

    fn text(&self, fixed: &Fixed, name: &str) -> String {
        let path = self.0.path().join(name);
        let bytes = fixed.drafts.get(&path).cloned().unwrap_or_else(|| std::fs::read(&path).unwrap());
        String::from_utf8(bytes).unwrap()
    }
}

/// The rule speaks, at the node or the words, and its fix has the grade that the row says.
fn found(outcome: &Outcome, fault: &Fault) -> Result<(), String> {
    let of_rule = outcome.findings.iter().filter(|finding| finding.rule.code == fault.code);
    let at = of_rule.clone().find(|finding| match (&finding.node, fault.launch) {
        (Some(node), None) => node.id == fault.at,
        (_, Some(_)) => outcome.files[finding.primary.file].source.slice(finding.primary.span) == fault.at,
        (None, None) => false,
    });
    let Some(finding) = at else {
        let places = of_rule.map(|one| one.node.as_ref().map(|node| &node.id)).collect::<Vec<_>>();
        let codes: BTreeSet<_> = outcome.findings.iter().map(|finding| finding.rule.code).collect();
        return Err(format!("not found at {}, but at {places:?}; {codes:?}", fault.at));
    };
    let grade = finding.fixes.first().map(|fix| fix.grade);
    if grade == Some(fault.grade) { Ok(()) } else { Err(format!("the fix is {grade:?}")) }
}

/// The text with other values; all else stays as it is written.
pub(crate) fn injected(text: &str, wrong: &[Written]) -> String {
    let doc = JsonDoc::parse(text).unwrap();
    let root = doc.root(text).unwrap();
    let graph = Graph::read(root).unwrap();
    let written = |node: &str, input: &str| {
        // A link is a value in a prompt alone.
        let value = root.get(node).and_then(|node| node.get("inputs")?.get(input));
        let kept = || graph.input(graph.by_id(node)?, input);
        value.map(|value| value.span()).or_else(|| kept().map(|input| input.span))
    };
    let place = |node, input| written(node, input).unwrap_or_else(|| panic!("no {input} at {node}"));
    let mut spans: Vec<_> = wrong.iter().map(|(node, input, value)| (place(node, input), *value)).collect();
    spans.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut out = text.to_owned();
    spans.iter().for_each(|(span, value)| out.replace_range(span.range(), value));
    out
}

/// Both are sent with the same inputs but for those that were meant to change.
fn same_but(before: &str, after: &str, changed: Values) -> Result<(), String> {
    let (mut before, mut after) = (sent(before), sent(after));
    for (node, input, _) in changed {
        // A switch that was thrown leads to other nodes; what it leads to is no input that was touched.
        [&mut before, &mut after].iter_mut().for_each(|sent| sent[*node]["inputs"][*input] = Value::Null);
    }
    if before == after { Ok(()) } else { Err("something else would be sent".to_owned()) }
}

pub(crate) fn sent(text: &str) -> Value {
    let text = text.trim_start_matches('\u{feff}');
    let doc = JsonDoc::parse(text).unwrap();
    let options = wanlint::workflow::convert::Options::default();
    let prompt = convert(&detect(doc.root(text).unwrap()), &Catalog::default(), options).unwrap();
    serde_json::from_str(&prompt.json).unwrap()
}

/// Newer browsers write each value again by its name: a fix keeps the two in agreement, and leaves a name alone that already said
/// something else.
#[test]
fn values_by_name_follow_those_by_position() {
    let Some(folder) = official::templates() else { return };
    let text = std::fs::read_to_string(folder.join("video_wan2_2_14B_flf2v.json")).unwrap();
    for (named, expected) in [(80, 81), (33, 33)] {
        let mut graph: Value = serde_json::from_str(&text).unwrap();
        let nodes = graph["nodes"].as_array_mut().unwrap();
        let node = nodes.iter_mut().find(|node| node["id"] == 81).unwrap();
        node["widgets_values"] = serde_json::json!([640, 640, 80, 1]);
        node["widgets_values_named"] =
            serde_json::json!({ "width": 640, "height": 640, "length": named, "batch_size": 1 });
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("w.json");
        std::fs::write(&path, graph.to_string()).unwrap();
        let mut options = Options::new(vec![path.clone()], Config::default(), NOTHING.machine());
        let rules = Selection::new(&["WF010".to_owned()], &[], &[]).unwrap();
        let permit = Permit { unsafe_too: true, rules, gate: Gate::new(|_| Ok(())) };
        let fixed = run(&mut options, &permit).unwrap();
        let after: Value = serde_json::from_slice(&fixed.drafts[&path]).unwrap();
        let node = after["nodes"].as_array().unwrap().iter().find(|node| node["id"] == 81).unwrap();
        assert_eq!(node["widgets_values"], serde_json::json!([640, 640, 81, 1]));
        assert_eq!(node["widgets_values_named"]["length"], expected);
        assert!(!fixed.drafts[&path].contains(&b'\n'), "what has no blanks gets none");
    }
}
