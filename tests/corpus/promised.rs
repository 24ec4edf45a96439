//! What is proposed for official templates on cards that are too small for them: written into the saved workflow, wherever it holds
//! the value (widgets, primitives, subgraphs and what they show outside), the forecast is the one that was promised.

use std::collections::BTreeMap;

use wanlint::fix::{Edit, edits};
use wanlint::outcome::Outcome;

use super::official::templates;
use super::{Facts, NOTHING, RTX_4090, lint, staged, template_name};

const RTX_3060: Facts = Facts { gpu: "RTX 3060", os: "windows", comfyui: "0.3.76", ..NOTHING };
const SMALL: Facts = Facts { vram: "17GiB", os: "linux", comfyui: "0.3.70", ..NOTHING };
const LARGE: Facts = Facts { vram: "32GiB", os: "windows", comfyui: "0.10.0", torch: "2.8.0", ..NOTHING };
/// Of no release in particular: what is proposed must hold in all of them.
const ANY: Facts = Facts { vram: "20GiB", ..NOTHING };

#[test]
fn proposals_for_official_templates_hold() {
    let Some(folder) = templates() else { return };
    let copy = staged(&folder, ".json");
    let mut kept: BTreeMap<String, usize> = BTreeMap::new();
    for facts in [RTX_4090, RTX_3060, SMALL, LARGE, ANY] {
        let outcome = lint(copy.path(), facts);
        for finding in &outcome.findings {
            for fix in finding.fixes.iter().filter(|fix| fix.title.contains("; peak ")) {
                let (what, then) = fix.title.split_once(": ").unwrap();
                // A smaller size is shown without an edit, and some templates compute their length.
                let Ok(edits) = edits(fix, &outcome.files) else { continue };
                let said = after(&outcome, &edits, facts);
                let name = template_name(&outcome, finding);
                assert_eq!(said, then, "{name} on {facts:?}: {what}");
                *kept.entry(what.split(' ').next().unwrap().to_owned()).or_default() += 1;
            }
        }
    }
    assert!(["Sample", "Get"].iter().all(|kind| kept.get(*kind).is_some_and(|count| *count > 1)), "{kept:?}");
}

/// The forecast of a workflow with some edits.
fn after(outcome: &Outcome, edits: &[Edit], facts: Facts) -> String {
    let source = &outcome.files[edits[0].file].source;
    let mut text = source.text().to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.span.range(), &edit.text);
    }
    let copy = tempfile::tempdir().unwrap();
    std::fs::write(copy.path().join("workflow.json"), text).unwrap();
    let outcome = lint(copy.path(), facts);
    outcome.targets[0].shown().map(|variant| variant.forecast.in_short()).unwrap()
}
