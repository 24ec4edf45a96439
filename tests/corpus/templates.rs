//! The official workflow templates (Python package comfyui-workflow-templates-json): nobody may be warned about them.

use std::path::{Path, PathBuf};

use super::{Allowed, Facts, NOTHING, RTX_4090, RTX_5090, alarms, files, lint, print_counts, repository, staged};

/// Findings that are true of an official file. None is known; a line here needs the reason why the template is at fault.
const TRUE_FINDINGS: &[Allowed] = &[];

/// Workflows in version 0.1.123 of the package.
const WORKFLOWS: usize = 644;

/// The files of the package that are no workflows: its indexes, a list of renamed groups, and their schema.
fn is_index(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    name.starts_with("index") || name == "fuse_options.json"
}

/// The folder that holds the templates, wherever below the given one the package put it. A folder that was given and holds
/// none is a mistake.
fn templates() -> Option<PathBuf> {
    let stated = std::env::var_os("WANLINT_TEMPLATES").map(PathBuf::from);
    let root = stated.clone().unwrap_or_else(|| repository().join("target/templates"));
    if stated.is_none() && !root.is_dir() {
        println!("skipped: no official templates in target/templates, set WANLINT_TEMPLATES");
        return None;
    }
    let mut below =
        ["", "templates", "comfyui_workflow_templates_json/templates"].map(|folder| root.join(folder)).into_iter();
    let found = below.find(|folder| folder.join("index.json").is_file());
    Some(found.unwrap_or_else(|| panic!("{} holds no official templates", root.display())))
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
        wrong.extend(alarms(&outcome, TRUE_FINDINGS));
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
        assert_eq!(alarms(&outcome, TRUE_FINDINGS), Vec::<String>::new(), "{comfyui}");
    }
}

#[test]
fn official_wan_templates_have_a_forecast_or_a_stated_gap() {
    let Some(folder) = templates() else { return };
    let copy = staged(&folder, ".json");
    super::golden::forecasts(copy.path(), 36, 23);
}
