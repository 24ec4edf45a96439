//! What a fix of a memory rule says in its title is what `wanlint vram` says of the changed files: the same words for verdict, peak
//! and headroom, over cards, releases and workflows. One step further would not do.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use wanlint::cli::{Streams, run};

use super::Workflow;

/// Inputs of a workflow: `98.length`.
type Set = Vec<(&'static str, Value)>;

/// A workflow on a start and a machine.
struct Case<'a> {
    base: &'a str,
    set: Set,
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
    let workflows: [(&str, Set); 4] = [
        ("two-pass", vec![("98.length", json!(129))]),
        ("two-pass", vec![("98.width", json!(1280)), ("98.height", json!(1280)), ("98.length", json!(322))]),
        ("t2v", vec![("37.unet_name", json!("wan2.1_t2v_14B_fp16.safetensors"))]),
        ("ti2v-5b", vec![]),
    ];
    for (card, release) in CARDS.iter().flat_map(|card| RELEASES.iter().map(move |release| (card, release))) {
        for (at, (base, set)) in workflows.iter().enumerate() {
            // One system each: every pair of card and release meets both.
            let starts = [("launch.sh", "python main.py\n"), ("launch.bat", "python main.py --novram\r\n")];
            let machine = [&["--gpu", card, "--ram", "64GiB"][..], release].concat();
            let start = starts[(at + card.len() + release.len()) % 2];
            Case { base, set: set.clone(), start, machine }.hold(&mut promises);
        }
    }
    // Each kind of proposal was met, or this says nothing.
    for kind in ["Delete", "Sample", "Get"] {
        assert!(promises.get(kind).is_some_and(|count| *count > 4), "{promises:?}");
    }
}

#[test]
fn titles_about_the_vae_and_swapped_blocks_do_too() {
    let mut promises: BTreeMap<String, usize> = BTreeMap::new();
    let t2v = |width, height| {
        let file = json!("wan2.1_t2v_14B_fp8_scaled.safetensors");
        vec![("37.unet_name", file), ("40.width", json!(width)), ("40.height", json!(height))]
    };
    let workflows: [(&str, Set, &str); 7] = [
        ("t2v", t2v(1280, 1280), "--highvram"),
        ("t2v", t2v(1920, 1088), ""),
        ("t2v", t2v(1280, 1280), "--gpu-only"),
        ("two-pass", vec![], "--vram-headroom 14"),
        ("two-pass", vec![("98.length", json!(49))], "--reserve-vram 22"),
        ("wrapper", vec![("39.blocks_to_swap", json!(2))], ""),
        ("wrapper", vec![("22.quantization", json!("fp8_e4m3fn"))], ""),
    ];
    for (card, release) in CARDS[1..4].iter().flat_map(|card| RELEASES.iter().map(move |release| (card, release))) {
        for (base, set, flags) in &workflows {
            let text = format!("python main.py {flags}\n");
            let machine = [&["--gpu", card, "--ram", "64GiB"][..], release].concat();
            Case { base, set: set.clone(), start: ("launch.sh", &text), machine }.hold(&mut promises);
        }
    }
    for kind in ["Delete", "Lower", "Decode", "Set"] {
        assert!(promises.get(kind).is_some_and(|count| *count > 2), "{promises:?}");
    }
}

/// LAUNCH018 proposes the largest tenth of a GiB with which everything loads completely, and says what `wanlint vram` says then.
/// Under dynamic loading there is nothing to say.
#[test]
fn a_tenth_more_of_reserve_would_offload() {
    let mut lowered = 0;
    for (card, release) in CARDS.iter().flat_map(|card| RELEASES.iter().map(move |release| (card, release))) {
        for (base, length, reserve, held) in [
            ("two-pass", ("98.length", 81), "--reserve-vram 4", "1700MiB"),
            ("two-pass", ("98.length", 45), "--reserve-vram=11.5", "900MiB"),
            ("two-pass", ("98.length", 13), "--reserve-vram 6", "100MiB..2GiB"),
            ("ti2v-5b", ("55.length", 81), "--reserve-vram 12", "1GiB"),
        ] {
            let text = format!("python main.py {reserve} --listen 127.0.0.1\n");
            let held = if held.contains("..") { vec![] } else { vec!["--vram-used", held] };
            let machine = [&["--gpu", card, "--ram", "64GiB"][..], release, &held].concat();
            let case = Case { base, set: vec![(length.0, json!(length.1))], start: ("launch.sh", &text), machine };
            let dynamic = release.contains(&"2.9.1+cu130");
            for (what, then, [same, more]) in case.reserves() {
                assert!(!dynamic, "{what} under dynamic loading");
                assert_eq!(then, same, "{what}\n{:?} {text}", case.machine);
                assert!(then.starts_with("fits;"), "{then}");
                assert!(
                    !what.starts_with("Lower") || !more.starts_with("fits;"),
                    "{what}, and {more}: {:?}",
                    case.machine
                );
                lowered += usize::from(what.starts_with("Lower"));
            }
        }
    }
    assert!(lowered > 10, "{lowered}");
}

/// Where the default of 400 MiB is all that fits, and no tenth of a GiB above it, the flag goes.
#[test]
fn a_reserve_that_only_the_default_undercuts_goes() {
    let case = |held: &'static str, flags: &'static str| Case {
        base: "two-pass",
        set: vec![],
        start: ("launch.sh", flags),
        machine: vec!["--vram", "32000MiB", "--comfyui", "0.3.70", "--vram-used", held],
    };
    let folder = tempfile::tempdir().unwrap();
    let plain = case("0MiB", "python main.py\n");
    write(folder.path(), &plain.files());
    let json = plain.wanlint(folder.path(), &["vram", "--output-format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let sample = json["phases"].as_array().unwrap().iter().find(|phase| phase["name"] == "sample").unwrap();
    let spare = sample["usable_mib"].as_f64().unwrap() - sample["weights_mib"].as_f64().unwrap();
    let held = format!("{}MiB", spare - 5.0).leak();
    let found = case(held, "python main.py --reserve-vram 0.5\n").reserves();
    let [(what, then, [same, _])] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((what.as_str(), then), ("Delete --reserve-vram", same));
    assert!(then.starts_with("fits;"), "{then}");
}

/// People see what they may do themselves: in the full report and with --show-fixes.
#[test]
fn what_nobody_makes_is_shown() {
    let set = vec![("98.width", json!(1280)), ("98.height", json!(1280)), ("98.length", json!(321))];
    let machine = vec!["--gpu", "RTX 5090", "--ram", "64GiB", "--comfyui", "0.3.70", "--color", "never"];
    let case = Case { base: "two-pass", set, start: ("launch.sh", "python main.py\n"), machine };
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &case.files());
    let report = case.wanlint(folder.path(), &["check", "--select", "MEM001"]);
    let words = report.split_whitespace().collect::<Vec<_>>().join(" ");
    for way in
        ["by hand: Sample 53 frames, not 321: fits; peak 25.7 GiB", "unsafe-fixes: Sample 189 frames, not 321: off"]
    {
        assert!(words.contains(way), "{report}");
    }
    let report = case.wanlint(folder.path(), &["check", "--select", "MEM001", "--fixable", "MEM001", "--show-fixes"]);
    let shown =
        report.lines().filter(|line| line.starts_with("by hand: ") && line.contains(" MEM001: Sample ")).count();
    assert_eq!(shown, 2, "{report}");
    let report = case.wanlint(folder.path(), &["check", "--select", "MEM001", "--unfixable", "MEM001", "--show-fixes"]);
    assert!(!report.lines().any(|line| line.starts_with("by hand: ")), "{report}");
}

impl Case<'_> {
    /// What LAUNCH018 proposes for sure, what it says then, and what the forecast says with it and with a tenth more.
    fn reserves(&self) -> Vec<(String, String, [String; 2])> {
        let folder = tempfile::tempdir().unwrap();
        let files = self.files();
        write(folder.path(), &files);
        let found = self.wanlint(folder.path(), &["check", "--select", "LAUNCH018", "--output-format", "json"]);
        let found: Value = serde_json::from_str(&found).unwrap();
        let sure = found["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "warning");
        let fixes = sure.flat_map(|finding| finding["fixes"].as_array().unwrap());
        let one = |fix: &Value| {
            let (what, then) = fix["title"].as_str().unwrap().split_once(": ").unwrap();
            let mut after = edited(&files, fix, folder.path());
            write(folder.path(), &after);
            let same = self.verdict(folder.path(), &[]);
            after.iter_mut().for_each(|(_, text)| *text = more_than(text, what, 0.1));
            write(folder.path(), &after);
            (what.to_owned(), then.to_owned(), [same, self.verdict(folder.path(), &[])])
        };
        fixes.map(one).collect()
    }

    fn files(&self) -> [(&str, String); 2] {
        let set = self.set.iter().map(|(key, value)| ((*key).to_owned(), toml::Value::try_from(value).unwrap()));
        let workflow = Workflow {
            base: self.base.to_owned(),
            set: set.collect(),
            remove: Vec::new(),
            class: toml::Table::default(),
        };
        [("workflow.json", workflow.build()), (self.start.0, self.start.1.to_owned())]
    }

    fn hold(&self, promises: &mut BTreeMap<String, usize>) {
        let folder = tempfile::tempdir().unwrap();
        let files = self.files();
        write(folder.path(), &files);
        let found =
            self.wanlint(folder.path(), &["check", "--select", "MEM,PERF014,PERF018", "--output-format", "json"]);
        let found: Value = serde_json::from_str(&found).unwrap();
        for fix in found["findings"].as_array().unwrap().iter().flat_map(|finding| finding["fixes"].as_array().unwrap())
        {
            let title = fix["title"].as_str().unwrap();
            let Some((what, then)) = title.split_once(": ").filter(|(_, then)| then.contains("; peak ")) else {
                continue;
            };
            *promises.entry(what.split(' ').next().unwrap().to_owned()).or_default() += 1;
            let (changed, size) = (tempfile::tempdir().unwrap(), size(what));
            write(changed.path(), &edited(&files, fix, folder.path()));
            if what.starts_with("Decode with VAEDecodeTiled (512x512, 64 frames)") {
                write(changed.path(), &[("workflow.json", in_tiles(&files[0].1))]);
            }
            let said = self.verdict(changed.path(), &size.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(said, then, "{title}\n{fix:#}\n{:?} {:?}", self.machine, self.start);
            assert!(!then.contains("headroom -"), "{title}");
            // Under dynamic loading nothing is streamed even at the upper working memory; the verdict goes by the lower.
            if what.starts_with("Lower ") {
                let mut files = edited(&files, fix, folder.path());
                files.iter_mut().for_each(|(_, text)| *text = more_than(text, what, 0.5));
                write(changed.path(), &files);
                let more = self.verdict(changed.path(), &[]);
                assert!(!more.starts_with("fits;"), "{title}, and {more}: {:?}", self.machine);
            }
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

/// A start that got a lower value, with so many GiB more than that.
fn more_than(text: &str, what: &str, by: f64) -> String {
    let Some((_, gib)) = what.split_once(" to ") else { return text.to_owned() };
    let more = format!("{:.1}", gib.parse::<f64>().unwrap() + by);
    let ends = [" ", "\n"].into_iter().flat_map(|end| [" ", "="].map(|start| (start, end)));
    ends.fold(text.to_owned(), |text, (start, end)| {
        text.replace(&format!("{start}{gib}{end}"), &format!("{start}{more}{end}"))
    })
}

/// The workflow with VAEDecodeTiled as it is when somebody puts it there.
fn in_tiles(workflow: &str) -> String {
    let mut graph: Value = serde_json::from_str(workflow).unwrap();
    for node in graph.as_object_mut().unwrap().values_mut().filter(|node| node["class_type"] == "VAEDecode") {
        node["class_type"] = json!("VAEDecodeTiled");
        for (input, value) in [("tile_size", 512), ("overlap", 64), ("temporal_size", 64), ("temporal_overlap", 8)] {
            node["inputs"][input] = json!(value);
        }
    }
    graph.to_string()
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
