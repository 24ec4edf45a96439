//! `docs/forecast-wan.md`: the official Wan templates on usual cards. Run with `UPDATE_DOCS=1` to write the current figures.

use std::path::{Path, PathBuf};

use wanlint::facts::machine::{Machine, Stated};
use wanlint::facts::models::Library;
use wanlint::facts::work::{self, WhatIf};
use wanlint::facts::workflow::facts;
use wanlint::forecast::{Plan, Setting, Verdict, over_range};
use wanlint::read::json::JsonDoc;
use wanlint::workflow::graph::Graph;

const CARDS: [&str; 4] = ["RTX 3060", "RTX 4060 Ti 16GB", "RTX 4090", "RTX 5090"];
const RELEASES: [(&str, &str); 4] =
    [("0.3.64", "2.8.0+cu128"), ("0.3.75", "2.9.1+cu128"), ("0.18.0", "2.9.1+cu130"), ("0.33.0", "2.9.1+cu130")];
const SYSTEMS: [&str; 2] = ["linux", "windows"];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn templates() -> Option<Vec<PathBuf>> {
    let root =
        std::env::var_os("WANLINT_TEMPLATES").map_or_else(|| repository().join("target/templates"), PathBuf::from);
    let below = ["", "templates", "comfyui_workflow_templates_json/templates"].map(|folder| root.join(folder));
    let folder = below.into_iter().find(|folder| folder.join("index.json").is_file())?;
    let wan = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.ends_with(".json") && name.contains("wan") && !name.starts_with("api_") && !name.starts_with("index")
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(wan).collect();
    files.sort();
    Some(files)
}

/// The work of every template whose models are known.
fn plans(files: &[PathBuf]) -> Vec<(String, Plan)> {
    let plan = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let doc = JsonDoc::parse(&text).unwrap();
        let graph = Graph::read(doc.root(&text).unwrap()).unwrap();
        let planned = work::plan(&graph, &facts(&graph), &WhatIf::default(), &Library::default()).ok()?;
        Some((path.file_stem().unwrap().to_string_lossy().into_owned(), planned.plan))
    };
    files.iter().filter_map(plan).collect()
}

fn machine(card: &str, system: &str, (release, torch): (&str, &str)) -> Machine {
    let stated = |text: &str| Some(text.to_owned());
    let stated = Stated {
        gpu: stated(card),
        os: stated(system),
        comfyui: stated(release),
        torch: stated(torch),
        ..Stated::default()
    };
    Machine::new(&stated, |_| None).unwrap()
}

/// The verdict at the worst, and the largest peak in the middle.
fn cell(plan: &Plan, machine: &Machine) -> String {
    let os = machine.os.unwrap();
    let setting = Setting {
        compute: machine.compute.unwrap(),
        torch: machine.torch.unwrap(),
        cuda13: machine.cuda13,
        ..Setting::new(machine.comfyui.unwrap(), os, 0.0, 0.0)
    };
    let result = over_range(plan, &setting, machine.total_mib(Some(os)).unwrap(), machine.others_mib(Some(os)));
    let peak = result.middle.peak_mib.map_or(String::new(), |mib| format!(" {:.0}", mib / 1024.0));
    let storage_known = !result.worst.phases.is_empty();
    assert!(result.worst.verdict != Verdict::Unknown || !storage_known || peak.is_empty(), "{:?}", result.worst);
    format!("{}{peak}", format!("{:?}", result.worst.verdict).to_lowercase())
}

/// The page as it should be.
fn page(files: &[PathBuf]) -> String {
    let mut page = "# Official Wan templates on usual cards\n\n\
        Written by `UPDATE_DOCS=1 cargo test --test forecast table` from the package comfyui-workflow-templates-json 0.1.123.\n\
        Each cell is the verdict of `wanlint vram` for the template as it is, with what other programs usually hold at most, and the largest peak\n\
        in GiB (weights, working memory and other models of ComfyUI that cannot give way) in the middle of that range.\n\
        fits: all weights stay on the card; offloads: some are streamed at every step; spills: Windows pages VRAM into system memory;\n\
        oom: CUDA out of memory. Templates whose models the forecast does not know are left out.\n"
        .to_owned();
    let plans = plans(files);
    for (release, system) in RELEASES.iter().flat_map(|release| SYSTEMS.map(|system| (*release, system))) {
        page += &format!(
            "\n## ComfyUI {}, torch {}, {system}\n\n| template | {} |\n",
            release.0,
            release.1,
            CARDS.join(" | ")
        );
        page += &format!("|---|{}\n", "---|".repeat(CARDS.len()));
        let machines = CARDS.map(|card| machine(card, system, release));
        for (name, plan) in &plans {
            page += &format!("| {name} | {} |\n", machines.each_ref().map(|machine| cell(plan, machine)).join(" | "));
        }
    }
    page
}

#[test]
fn table_of_official_templates_is_current() {
    let Some(files) = templates() else {
        println!("skipped: no official templates in target/templates, set WANLINT_TEMPLATES");
        return;
    };
    let current = page(&files);
    let path = repository().join("docs/forecast-wan.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &current).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == current,
        "docs/forecast-wan.md is stale: run UPDATE_DOCS=1 cargo test --test forecast table, then read the change"
    );
    assert!(current.contains("| video_wan2_2_14B_i2v |") && current.lines().count() > 100);
}
