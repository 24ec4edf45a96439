//! The forecast against the lines of public logs: 173 rows gathered from issues and pull requests (`../shared/data/field_logs.jsonl`).
//!
//! The counts are lower bounds: what the catalogue does not know yet is listed with its reason, and a model that it learns raises them.

use std::path::PathBuf;

use serde_json::Value;
use wanlint::catalog::models::{ModelSpec, official};
use wanlint::facts::log::{ModelLoad, facts};
use wanlint::forecast::load::split;
use wanlint::forecast::modules::Tree;
use wanlint::forecast::plan::Patched;
use wanlint::forecast::sizes::{Layout, MIB};
use wanlint::forecast::{ModelUse, Setting};
use wanlint::read::log::{Event, Figure, Loaded, read};

use super::rtx5090;

/// How far a figure with two decimals may be off.
const EXACT: f64 = 0.02;

pub(super) fn rows() -> Vec<Value> {
    let shared = std::env::var_os("WANLINT_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = shared.join("data/field_logs.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return Vec::new();
    };
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines of a row: they were joined by bars with blanks around them, which progress bars do not have.
pub(super) fn lines(row: &Value) -> String {
    row["raw"].as_str().unwrap().replace(" | ", "\n")
}

pub(super) fn name(row: &Value) -> String {
    format!("{} [{}]", row["run"].as_str().unwrap(), row["idx"])
}

/// The loads of a row, with the class that the row names where the excerpt lost it.
pub(super) fn loads(row: &Value) -> Vec<ModelLoad> {
    let facts = facts(&read(&lines(row)));
    let mut loads: Vec<_> =
        facts.sessions.into_iter().flat_map(|session| session.runs).flat_map(|run| run.loads).collect();
    let class = row["model_class"].as_str().and_then(|class| class.split_whitespace().next()).map(str::to_owned);
    loads.iter_mut().for_each(|load| load.class = load.class.take().or(class.clone()));
    loads
}

#[test]
fn every_row_is_read_to_its_own_numbers() {
    let (mut read_rows, mut told) = (0, Vec::new());
    for row in rows() {
        let document = read(&lines(&row));
        let mut wrong = Vec::new();
        let load = document.entries.iter().find_map(|entry| match &entry.event {
            Event::Load(load) => Some(load.clone()),
            _ => None,
        });
        if let Some(kind) = row["load"].as_str() {
            let found = load.as_ref().map(|load| match load.how {
                Loaded::Completely => "completely",
                Loaded::Partially | Loaded::Lowvram => "partially",
                Loaded::Dynamic => "dynamic",
            });
            if found != Some(kind) {
                wrong.push(format!("load {kind}, read {found:?}"));
            }
        }
        let dynamic = row["load"] == "dynamic";
        let load = load.as_ref();
        // 1e32 bytes stand for no budget.
        let usable = row["usable_mb"].as_f64().filter(|usable| *usable < 1e24);
        let patches = row["lowvram_patches"].as_f64().filter(|_| !dynamic);
        let pairs = [
            ("usable", usable, load.and_then(|load| load.usable)),
            ("loaded", row["loaded_mb"].as_f64(), load.and_then(|load| load.loaded)),
            ("offloaded", row["offloaded_mb"].as_f64(), load.and_then(|load| load.offloaded)),
            ("buffer", row["buffer_mb"].as_f64(), load.and_then(|load| load.buffer)),
            ("patches", patches, load.and_then(|load| load.patches).map(f64::from)),
        ];
        for (what, stated, found) in pairs {
            // serde_json reads the last digit of a long number either way.
            if stated.is_some_and(|stated| found.is_none_or(|found| (found - stated).abs() > 1e-12 * stated.abs())) {
                wrong.push(format!("{what} {stated:?}, read {found:?}"));
            }
        }
        let bar = document.entries.iter().find_map(|entry| match &entry.event {
            Event::Bar(bar) => bar.seconds,
            _ => None,
        });
        if let (Some(stated), Some(found)) = (row["sec_per_it"].as_f64(), bar) {
            // Steps a second were turned into seconds with four decimals; a row in words may give a range.
            if (stated - found).abs() > 0.0001 * stated.max(1.0) {
                wrong.push(format!("{stated} s/it, read {found}"));
            }
        }
        let is_log = row["load"].is_string() || !document.entries.is_empty();
        read_rows += usize::from(is_log && wrong.is_empty());
        match (is_log, wrong.is_empty()) {
            (true, false) => panic!("{}: {}\n{}", name(&row), wrong.join(", "), row["raw"]),
            (false, _) => told.push(name(&row)),
            _ => {}
        }
    }
    println!(
        "{read_rows} rows hold lines of a log and are read to their numbers; {} tell in words: {}",
        told.len(),
        told.join(", ")
    );
    assert!(read_rows == 0 || read_rows >= 103, "{read_rows}");
}

#[test]
fn errors_of_the_rows_carry_their_figures() {
    let text = "CUDA out of memory. Tried to allocate 226.00 MiB. 22.06 GiB total of which 112.69 MiB free";
    let Some(Event::OutOfMemory(error)) = read(text).entries.pop().map(|entry| entry.event) else { panic!("not read") };
    assert_eq!((error.get(Figure::Requested), error.get(Figure::Free)), (Some(226.0), Some(112.69)));
    let words = rows().into_iter().filter_map(|row| row["oom_text"].as_str()?.split(';').next().map(str::to_owned));
    let errors = ["Allocation on device", "out of memory. Tried", "Ran out of memory", "OutOfMemoryError"];
    for text in words.filter(|text| errors.iter().any(|error| text.contains(error))) {
        let found = read(&text).entries.iter().any(|entry| matches!(entry.event, Event::OutOfMemory(_) | Event::Tiled));
        assert!(found, "{text}");
    }
}

/// One release of each way to count and to decide.
pub(super) const RELEASES: [&str; 6] = ["0.3.64", "0.3.70", "0.3.76", "0.4.0", "0.8.1", "0.16.0"];

/// What a catalogue's model would have logged for a usable value: loaded, offloaded, buffer.
fn predicted(model: &ModelUse, setting: &Setting, load: &ModelLoad) -> (f64, f64, f64) {
    let (tree, layout) = (Tree::of(&model.spec.kind), Layout::of(model, setting));
    let size = layout.model_size(&tree) as f64 / MIB;
    match load.load.usable {
        Some(usable) if usable <= size && load.load.how == Loaded::Partially => {
            let split = split(model, setting, usable);
            (split.loaded, split.offloaded, split.buffer)
        }
        _ => (layout.listed(&tree) as f64 / MIB, 0.0, 0.0),
    }
}

/// Every official model and release that holds exactly these weights.
pub(super) fn identified(load: &ModelLoad) -> Vec<(ModelUse, Setting)> {
    let bare_partial = load.load.how == Loaded::Partially && load.load.offloaded.is_none();
    let Some(total) = load.weights().filter(|_| !bare_partial) else { return Vec::new() };
    let class = load.class.as_deref();
    let models = official().filter(|(_, spec): &(String, ModelSpec)| class.is_none_or(|class| class == spec.class));
    let mut found = Vec::new();
    for plain in models.map(|(file, spec)| ModelUse::new(&file, spec)) {
        for release in RELEASES.map(|release| rtx5090(release, 0.0)) {
            let fits = wording(load, &release);
            for patched in [None, Some(Patched::Blocks), Some(Patched::AllLinear), Some(Patched::Everything)] {
                let mut model = plain.clone();
                (model.loras, model.patched) = (u32::from(patched.is_some()), patched.unwrap_or_default());
                let (loaded, offloaded, _) = predicted(&model, &release, load);
                if fits && (loaded + offloaded - total).abs() <= EXACT {
                    found.push((model, release.clone()));
                }
            }
        }
    }
    found
}

/// The release writes lines like this one.
fn wording(load: &ModelLoad, setting: &Setting) -> bool {
    let mut text = wanlint::facts::log::Bounds::default();
    text.load(&load.load, load.span);
    text.allow(setting.version)
}

#[test]
fn loads_follow_from_usable() {
    let (mut exact, mut all, mut missed, mut unknown) = (0, 0, Vec::new(), Vec::new());
    for row in rows() {
        for load in
            loads(&row).into_iter().filter(|load| matches!(load.load.how, Loaded::Completely | Loaded::Partially))
        {
            let candidates = identified(&load);
            let shown = format!("{}: {}", name(&row), lines(&row).replace('\n', " | "));
            if candidates.is_empty() {
                unknown.push(format!(
                    "{shown}\n    no official model of class {:?} has {:?} MiB",
                    load.class,
                    load.weights()
                ));
                continue;
            }
            all += 1;
            let near = |stated: Option<f64>, found: f64| stated.is_none_or(|stated| (stated - found).abs() <= EXACT);
            let hit = candidates.iter().any(|(model, setting)| {
                let (loaded, offloaded, buffer) = predicted(model, setting, &load);
                near(load.load.loaded, loaded) && near(load.load.offloaded, offloaded) && near(load.load.buffer, buffer)
            });
            exact += usize::from(hit);
            if !hit {
                let all: Vec<_> = candidates
                    .iter()
                    .map(|(m, s)| (m.file.clone(), s.version.to_string(), predicted(m, s, &load)))
                    .collect();
                missed.push(format!("{shown}\n    {all:?}"));
            }
        }
    }
    println!(
        "loaded, offloaded and buffer within {EXACT} MiB given usable: {exact} of {all} lines whose model is known"
    );
    println!("missed:\n  {}", missed.join("\n  "));
    println!("not known ({}):\n  {}", unknown.len(), unknown.join("\n  "));
    assert!(all == 0 || (exact == all && all >= 15), "{exact} of {all}");
}
