//! The official workflow templates (Python package comfyui-workflow-templates-json): nobody may be warned about them.

use std::path::Path;

use wanlint::catalog::nodes;
use wanlint::facts::versions::Version;

use super::official::templates;
use super::{Allowed, Facts, NOTHING, RTX_4090, RTX_5090, alarms, files, judged, lint, print_counts, staged};

/// Templates with classes that 0.3.64 lacks (ImageCompare, SaveAudioAdvanced and others) although the index asks for less.
const UNDERSTATED: [&str; 7] = [
    "api_fishaudio_text_to_speech",
    "api_openai_image_1_i2i",
    "api_openai_image_1_inpaint",
    "api_openai_image_1_t2i",
    "audio_ace_step_1_m2m_editing",
    "audio_ace_step_1_t2a_song",
    "audio_stable_audio_example",
];

/// What is true of official files under a stated version: what the list says, and that a template which asks for a newer
/// ComfyUI (`minComfyUIVersion` in the index of the package) has nodes, inputs and choices that this one lacks.
fn true_findings(folder: &Path, comfyui: &str) -> Vec<Allowed> {
    let index: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("index.json")).unwrap()).unwrap();
    let stated: Option<Version> = comfyui.parse().ok();
    let mut all = judged::allowed();
    if stated.is_some_and(|stated| stated <= nodes::OLD) {
        all.extend(UNDERSTATED.map(|name| (name.to_owned(), "WF005".to_owned(), "not in 0.3.64 yet".to_owned())));
    }
    let groups = index.as_array().unwrap().iter();
    for template in groups.flat_map(|group| group["templates"].as_array().unwrap()) {
        let asks = template["minComfyUIVersion"].as_str().and_then(|text| text.parse::<Version>().ok());
        if stated.is_some() && asks > stated {
            let name = template["name"].as_str().unwrap();
            let codes = ["WF004", "WF005", "WF006", "WF007", "WF008"];
            all.extend(codes.map(|code| (name.to_owned(), code.to_owned(), "asks for a newer ComfyUI".to_owned())));
        }
    }
    all
}

/// Workflows in version 0.1.123 of the package.
const WORKFLOWS: usize = 644;

/// The files of the package that are no workflows: its indexes, a list of renamed groups, and their schema.
fn is_index(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    name.starts_with("index") || name == "fuse_options.json"
}

#[test]
fn every_workflow_is_recognised_and_nothing_else() {
    let Some(folder) = templates() else { return };
    let copy = staged(&folder, ".json");
    let all = files(copy.path(), ".json");
    let expected: Vec<_> = all.iter().filter(|path| !is_index(path)).cloned().collect();
    let outcome = lint(copy.path(), NOTHING);
    let found =
        outcome.files.iter().filter(|file| file.workflow().is_some()).map(|file| file.source.path().to_path_buf());
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(outcome.files.len(), expected.len(), "the others are not read as anything");
    assert!(expected.len() >= WORKFLOWS && all.len() - expected.len() >= 16, "{} of {}", expected.len(), all.len());
}

#[test]
fn nobody_is_warned_about_an_official_template() {
    let Some(folder) = templates() else { return };
    let copy = staged(&folder, ".json");
    let machines =
        [("no facts", NOTHING), ("RTX 5090, Windows, 0.33.0", RTX_5090), ("RTX 4090, Linux, 0.3.70", RTX_4090)];
    let mut wrong = Vec::new();
    for (title, facts) in machines {
        let outcome = lint(copy.path(), facts);
        print_counts(title, &outcome);
        wrong.extend(alarms(&outcome, &true_findings(&folder, facts.comfyui)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn versions_between_are_silent_too() {
    let Some(folder) = templates() else { return };
    let copy = staged(&folder, ".json");
    for comfyui in ["0.3.40", "0.3.76", "0.10.0", "0.16.0", "0.22.0"] {
        let outcome = lint(copy.path(), Facts { comfyui, ..RTX_5090 });
        print_counts(comfyui, &outcome);
        assert_eq!(alarms(&outcome, &true_findings(&folder, comfyui)), Vec::<String>::new(), "{comfyui}");
    }
}

#[test]
fn official_wan_templates_have_a_forecast_or_a_stated_gap() {
    let Some(folder) = templates() else { return };
    let copy = staged(&folder, ".json");
    super::golden::forecasts(copy.path(), 36, 23);
}
