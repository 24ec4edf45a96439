//! What a fix of a memory rule says in its title is what `wanlint vram` says of the changed files: the same words for verdict, peak
//! and headroom, over cards, releases and workflows. One step further would not do.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use wanlint::cli::{Streams, run};

use super::Workflow;

/// A workflow on a start and a machine.
struct Case<'a> {
    base: &'a str,
    set: Vec<(&'a str, Value)>,
    start: (&'a str, &'a str),
    machine: Vec<&'a str>,
}

const CARDS: [&str; 5] = ["RTX 3060", "RTX 4080", "RTX 4090", "RTX 5090", "RTX 6000 Ada"];

/// Static loading in several eras, and dynamic loading.
const RELEASES: [&[&str]; 5] = [
    &["--comfyui", "0.3.64"],
    &["--comfyui", "0.3.76"],
    &["--comfyui", "0.10.0", "--torch", "2.8.0"],
    &["--comfyui", "0.33.0", "--torch", "2.7.0"],
    &["--comfyui", "0.33.0", "--torch", "2.9.1+cu130"],
];

#[test]
fn titles_say_what_the_forecast_says_afterwards() {
    let mut promises: BTreeMap<String, usize> = BTreeMap::new();
    let workflows: [(&str, Vec<(&str, Value)>); 4] = [
        ("two-pass", vec![("98.length", json!(129))]),
        ("two-pass", vec![("98.width", json!(1280)), ("98.height", json!(1280)), ("98.length", json!(322))]),
        ("t2v", vec![("37.unet_name", json!("wan2.1_t2v_14B_fp16.safetensors"))]),
        ("ti2v-5b", vec![]),
    ];
    for (card, release) in CARDS.iter().flat_map(|card| RELEASES.iter().map(move |release| (card, release))) {
        for (base, set) in &workflows {
            for start in [("launch.sh", "python main.py\n"), ("launch.bat", "python main.py --novram\r\n")] {
                let machine = [&["--gpu", card, "--ram", "64GiB"][..], release].concat();
                let case = Case { base, set: set.clone(), start, machine };
                case.hold(&mut promises);
            }
        }
    }
    // Each kind of proposal was met, or this says nothing.
    for kind in ["Delete", "Sample", "Get"] {
        assert!(promises.get(kind).is_some_and(|count| *count > 4), "{promises:?}");
    }
}

impl Case<'_> {
    fn hold(&self, promises: &mut BTreeMap<String, usize>) {
        let folder = tempfile::tempdir().unwrap();
        let set = self.set.iter().map(|(key, value)| ((*key).to_owned(), toml::Value::try_from(value).unwrap()));
        let workflow = Workflow {
            base: self.base.to_owned(),
            set: set.collect(),
            remove: Vec::new(),
            class: toml::Table::default(),
        };
        let files = [("workflow.json", workflow.build()), (self.start.0, self.start.1.to_owned())];
        write(folder.path(), &files);
        let found = self.wanlint(folder.path(), &["check", "--select", "MEM", "--output-format", "json"]);
        let found: Value = serde_json::from_str(&found).unwrap();
        for fix in found["findings"].as_array().unwrap().iter().flat_map(|finding| finding["fixes"].as_array().unwrap())
        {
            let title = fix["title"].as_str().unwrap();
            let Some((what, then)) = title.split_once(": ") else { continue };
            *promises.entry(what.split(' ').next().unwrap().to_owned()).or_default() += 1;
            let (changed, size) = (tempfile::tempdir().unwrap(), size(what));
            write(changed.path(), &edited(&files, fix, folder.path()));
            let said = self.verdict(changed.path(), &size.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(said, then, "{title}\n{fix:#}\n{:?} {:?}", self.machine, self.start);
            assert!(!then.contains("headroom -"), "{title}");
            if let Some(frames) = what.strip_prefix("Sample ").and_then(|what| what.split_once(" frames")) {
                let more = (frames.0.parse::<u32>().unwrap() + 4).to_string();
                let more = self.verdict(changed.path(), &["--frames", &more]);
                let word = then.split(';').next().unwrap();
                assert!(!more.starts_with(&format!("{word};")) || more.contains("headroom -"), "{title}, and {more}");
            }
        }
    }

    /// What `wanlint vram` says of the files in a folder.
    fn verdict(&self, folder: &Path, more: &[&str]) -> String {
        let out = self.wanlint(folder, &[&["vram"], more].concat());
        let line = out.lines().find_map(|line| line.trim().strip_prefix("verdict: "));
        line.unwrap_or_else(|| panic!("{out}")).to_owned()
    }

    fn wanlint(&self, folder: &Path, args: &[&str]) -> String {
        let place = match args[0] {
            "vram" => folder.join("workflow.json"),
            _ => folder.to_path_buf(),
        };
        let (command, more) = args.split_first().unwrap();
        let mut all = vec!["wanlint", command, "--no-detect"];
        all.extend(self.machine.iter().chain(more));
        let place = place.display().to_string();
        all.push(&place);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut streams = Streams { out: Box::new(&mut out), err: Box::new(&mut err), terminal: false };
        let code = run(all.iter().map(Into::into), &mut streams);
        drop(streams);
        assert!(code < 2, "{all:?}: {}", String::from_utf8_lossy(&err));
        String::from_utf8(out).unwrap()
    }
}

fn write(folder: &Path, files: &[(&str, String)]) {
    files.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
}

/// `Sample 976x976` is not written into the file: it is asked with the flags that state a size.
fn size(what: &str) -> Vec<String> {
    let size = what.strip_prefix("Sample ").and_then(|size| size.split_once('x'));
    let flags = |(width, height): (&str, &str)| ["--width", width, "--height", height].map(str::to_owned).to_vec();
    size.map(flags).unwrap_or_default()
}

/// The files with a fix in them, whatever its grade.
fn edited<'a>(files: &[(&'a str, String)], fix: &Value, folder: &Path) -> Vec<(&'a str, String)> {
    let mut edits: Vec<&Value> = fix["edits"].as_array().unwrap().iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit["start"].as_u64()));
    let mut files = files.to_vec();
    for edit in edits {
        let path = Path::new(edit["path"].as_str().unwrap()).strip_prefix(folder).unwrap();
        let text = &mut files.iter_mut().find(|(name, _)| Path::new(name) == path).unwrap().1;
        let [start, end] = ["start", "end"].map(|key| edit[key].as_u64().unwrap() as usize);
        text.replace_range(start..end, edit["text"].as_str().unwrap());
    }
    files
}
