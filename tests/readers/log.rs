//! Logs of every form: what is read, and that nothing makes the reader stop.

use proptest::prelude::*;
use wanlint::cli::{Streams, run};
use wanlint::facts::log::{LogFacts, facts};
use wanlint::facts::versions::Version;
use wanlint::read::log::{Event, Fact, Loaded, LogDocument, read};

/// Reads a text and holds what came of it to the text: spans in order, on its characters, bounded in number.
fn held(text: &str) -> (LogDocument, LogFacts) {
    let document = read(text);
    let mut last = 0;
    for entry in &document.entries {
        assert!(entry.span.start >= last && entry.span.end as usize <= text.len(), "{entry:?} in {text:?}");
        let slice = text.get(entry.span.range());
        assert!(slice.is_some(), "{entry:?} cuts a character of {text:?}");
        let slice = slice.unwrap_or_default();
        assert_eq!(slice.trim(), slice, "{entry:?}");
        last = entry.span.start;
    }
    assert!(document.entries.len() <= 1 + text.lines().count() + text.matches('\r').count());
    let facts = facts(&document);
    (document, facts)
}

fn fixture(name: &str) -> String {
    let path = format!("{}/fixtures/rtx5090/logs/{name}.log", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn the_founding_case() {
    let text = fixture("baseline_complete");
    let (_, facts) = held(&text);
    let [session] = facts.sessions.as_slice() else { panic!("{facts:?}") };
    let start = &session.start;
    assert_eq!(start.comfyui.as_ref().map(|(version, _)| version.as_str()), Some("0.3.70"));
    assert_eq!(start.total_mib.map(|(total, _)| total), Some((32606.5, 32607.5)));
    assert_eq!(start.card.as_ref().map(|(name, _)| name.as_str()), Some("NVIDIA GeForce RTX 5090"));
    let [cold, warm] = session.runs.as_slice() else { panic!("{:?}", session.runs) };
    let classes: Vec<_> = cold.loads.iter().map(|load| load.class.as_deref().unwrap()).collect();
    assert_eq!(classes, ["WanTEModel", "WanVAE", "WAN21", "WAN21", "WanVAE"]);
    assert_eq!((cold.seconds.map(|(s, _)| s), warm.seconds.map(|(s, _)| s)), (Some(153.84), Some(120.12)));
    let high = &warm.loads[0];
    assert_eq!((high.load.usable, high.load.loaded), (Some(14971.79), Some(13629.08)));
    let bar = warm.bar_after(0).unwrap();
    assert_eq!((bar.what.steps, bar.what.seconds), (Some((2, 2)), Some(17.38)));
    assert_eq!(&text[bar.span.range()], "100%| 2/2 [00:34<00:00, 17.38s/it]");
}

#[test]
fn wording_bounds_the_release() {
    let bounds = |text: &str| {
        let facts = held(text).1;
        let bounds = facts.sessions[0].bounds.clone();
        (bounds.since.map(|limit| limit.version), bounds.until.map(|limit| limit.version))
    };
    let version = |minor, patch| Some(Version::new(0, minor, patch));
    assert_eq!(bounds("loaded partially 20034.67 20024.84 0"), (None, version(3, 68)));
    let old = "loaded partially; 1.00 MB usable, 1.00 MB loaded, 2.00 MB offloaded, lowvram patches: 0";
    assert_eq!(bounds(old), (version(3, 68), version(3, 76)));
    // The founding case's line is cut off behind "offloaded": what followed is not known.
    assert_eq!(bounds(&fixture("compile_partial")), (version(3, 68), version(8, 1)));
    assert_eq!(bounds("loaded completely;  159.56 MB loaded, full load: True"), (version(8, 1), None));
    assert_eq!(bounds("\u{1b}[32m[INFO]\u{1b}[0m got prompt"), (version(23, 0), None));
    let dynamic = "Model WAN21 prepared for dynamic VRAM loading. 13631MB Staged. 400 patches attached.";
    assert_eq!(bounds(dynamic), (version(12, 0), None));
    let freed =
        "Unloaded partially: 1.00 MB freed, 2.00 MB remains loaded, 3.00 MB buffer reserved, lowvram patches: 0";
    assert_eq!(bounds(freed), (version(3, 76), None));
    assert_eq!(bounds("loaded partially: 128.00 MB loaded, lowvram patches: 0"), (version(3, 69), version(3, 76)));
}

#[test]
fn the_same_in_every_dress() {
    let plain = "got prompt\nRequested to load WAN21\nloaded completely; 14971.79 MB usable, 13629.08 MB loaded, full load: True\n";
    let bars = "  0%|          | 0/2 [00:00<?, ?it/s]\r 50%|##   | 1/2 [00:17<00:17, 17.40s/it]\r100%|####| 2/2 [00:34<00:00, 17.38s/it]\n";
    let plain = format!("{plain}{bars}Prompt executed in 120.12 seconds\n");
    let events = |text: &str| {
        let kept = held(text).0.entries.into_iter().map(|entry| entry.event);
        kept.filter(|event| !matches!(event, Event::Trait(_))).collect::<Vec<_>>()
    };
    let wanted = events(&plain);
    assert_eq!(wanted.len(), 5, "{wanted:?}");
    let dressed = |front: &str| plain.lines().map(|line| format!("{front}{line}\r\n")).collect::<String>();
    for front in ["\u{1b}[36m[INFO]\u{1b}[0m ", "[2026-08-12 10:00:00.123] [INFO] ", "[2025-11-08 12:00:00.000] "] {
        assert_eq!(events(&dressed(front)), wanted, "{front}");
    }
}

#[test]
fn a_server_that_starts_again_is_another_session() {
    let text = fixture("baseline_complete") + &fixture("compile_partial");
    let facts = held(&text).1;
    assert_eq!(facts.sessions.iter().map(|session| session.runs.len()).collect::<Vec<_>>(), [2, 1]);
    let last = facts.sessions[1].runs[0].loads.last().unwrap();
    assert_eq!((last.load.how, last.load.offloaded), (Loaded::Partially, Some(2299.82)));
}

#[test]
fn a_prompt_that_waits_does_not_end_the_one_that_runs() {
    let load = |class: &str| {
        format!("Requested to load {class}\nloaded completely; 100.00 MB usable, 1.00 MB loaded, full load: True\n")
    };
    let end = |seconds: u32| format!("Prompt executed in {seconds}.00 seconds\n");
    // Two are queued while the first runs; the third is refused, and a fourth comes later.
    let text = "got prompt\n".to_owned()
        + &load("A")
        + "got prompt\ngot prompt\ninvalid prompt: {'type': 'prompt_no_outputs'}\n"
        + &load("B")
        + &end(1)
        + &load("C")
        + &end(2)
        + "got prompt\n"
        + &load("D");
    let facts = held(&text).1;
    let runs = &facts.sessions[0].runs;
    let shown: Vec<_> = runs
        .iter()
        .map(|run| {
            let classes: Vec<_> = run.loads.iter().map(|load| load.class.as_deref().unwrap()).collect();
            let line = run.prompt.map(|span| text[..span.start as usize].lines().count() + 1);
            (classes.concat(), line, run.seconds.map(|(seconds, _)| seconds))
        })
        .collect();
    let wanted = [("AB", Some(1), Some(1.0)), ("C", Some(4), Some(2.0)), ("D", Some(13), None)];
    assert_eq!(shown, wanted.map(|(classes, line, seconds)| (classes.to_owned(), line, seconds)));
    // An excerpt without a line about an end: the next prompt is the only one there is.
    let cut = "got prompt\n".to_owned() + &load("A") + "got prompt\n" + &load("B");
    assert_eq!(held(&cut).1.sessions[0].runs.len(), 2);
}

#[test]
fn classes_go_with_their_loads() {
    let load = "loaded completely; 100.00 MB usable, 1.00 MB loaded, full load: True\n";
    let asked = |class: &str| format!("Requested to load {class}\n");
    // A batch of two, a model that loads without a word, and the next one.
    let text = asked("A") + &asked("B") + load + load + &asked("C") + &asked("D") + load + &asked("E") + load;
    let facts = held(&text).1;
    let classes: Vec<_> = facts.sessions[0].runs[0].loads.iter().map(|load| load.class.as_deref()).collect();
    assert_eq!(classes, [Some("A"), Some("B"), Some("C"), Some("E")]);
}

#[test]
fn every_prefix_of_a_log() {
    let text = fixture("baseline_complete");
    for end in (0..text.len()).step_by(7).filter(|end| text.is_char_boundary(*end)) {
        held(&text[..end]);
    }
}

/// The founding case's log as a terminal of 0.23 and later shows it, with the bars drawn step by step.
fn coloured() -> String {
    let bar = " 50%|\u{2588}\u{2588}   | 1/2 [00:17<00:17, 17.40s/it]\r";
    let line = |line: &str| match line.contains("s/it") {
        true => format!("\u{1b}[A{bar}\u{1b}[2K{line}\r\n"),
        false => format!("\u{1b}[36m[INFO]\u{1b}[0m {line}\u{1b}[0m\r\n"),
    };
    fixture("baseline_complete").lines().map(line).collect()
}

#[test]
fn every_cut_through_an_escape() {
    let text = coloured();
    assert_eq!(held(&text).1.sessions[0].runs.len(), 2);
    let escapes = text.match_indices('\u{1b}').map(|(at, _)| at);
    for at in escapes.flat_map(|at| at..=at + 5).filter(|at| text.is_char_boundary(*at)) {
        held(&text[..at]);
        held(&text[at..]);
    }
}

#[test]
fn bars_that_are_drawn_in_turn() {
    let bar = |done: u32, all: u32, seconds: f64| {
        format!("{}%|##| {done}/{all} [00:01<00:01, {seconds:.2}s/it]", done * 100 / all)
    };
    let load = "loaded completely; 100.00 MB usable, 1.00 MB loaded, full load: True\n";
    let turns: String =
        (1..=20).map(|step| format!("\r{}\n\r{}\u{1b}[A", bar(step, 20, 3.0), bar(step * 2, 40, 0.5))).collect();
    let facts = held(&(load.to_owned() + &turns + "\nRequested to load B\n" + load)).1;
    let run = &facts.sessions[0].runs[0];
    let bars: Vec<_> = run.bars.iter().map(|bar| (bar.what.steps, bar.what.seconds, bar.load)).collect();
    assert_eq!(bars, [(Some((20, 20)), Some(3.0), Some(0)), (Some((40, 40)), Some(0.5), Some(0))]);
    // Two bars of one length behind each other stay two.
    let twice = load.to_owned() + &bar(2, 2, 9.0) + "\n" + &bar(1, 2, 8.0) + "\n" + &bar(2, 2, 8.0) + "\n";
    assert_eq!(held(&twice).1.sessions[0].runs[0].bars.len(), 2);
}

/// What a document keeps, in bytes: its entries and the texts in them.
fn kept(document: &LogDocument) -> usize {
    let texts = |event: &Event| match event {
        Event::Requested(class) => class.len(),
        Event::Fact(Fact::Arguments(words)) => words.iter().map(|word| 48 + word.len()).sum(),
        _ => 64,
    };
    document.entries.iter().map(|entry| size_of_val(entry) + texts(&entry.event)).sum()
}

#[test]
fn lines_of_a_hundred_megabytes() {
    let line = "x".repeat(100 << 20);
    assert_eq!(read(&line).entries, []);
    // The same for what is passed over in front of a line, where a test takes longer to read it.
    for text in [format!("{}got prompt", " ".repeat(1 << 20)), "[INFO] ".repeat(150_000)] {
        let document = held(&text).0;
        assert!(kept(&document) < 1024, "{:?}", document.entries);
    }
    // Every part between carriage returns counts as a line, and the bar's last state for all of it.
    let bar = |step: u32| format!("\r{step}/99999999 [00:00<00:00, 1.00s/it]");
    let document = held(&(0..100_000).map(bar).collect::<String>()).0;
    assert_eq!(document.entries.len(), 1);
}

#[test]
fn memory_is_bounded_whatever_is_repeated() {
    // As many events as lines, and as many words as a line holds.
    for line in ["got prompt\n", "python main.py --a b\n", "Requested to load W\nloaded completely 1 1 True\n"] {
        let document = held(&line.repeat(250_000 / line.lines().count())).0;
        assert!(kept(&document) < 64 << 20, "{line}: {}", kept(&document));
    }
    let words = format!("python main.py --a{}\n", " b".repeat(4000));
    assert!(kept(&held(&words.repeat(200)).0) < 8 << 20);
}

/// Pieces of lines that the reader looks for, and what breaks them.
const PIECES: &[&str] = &[
    "loaded completely",
    "loaded partially",
    ";",
    ": ",
    " MB usable",
    " MB loaded",
    " MB offloaded",
    " MB buffer reserved",
    ", lowvram patches: ",
    ", full load: True",
    "Requested to load ",
    "WAN21",
    "Model ",
    " prepared for dynamic VRAM loading. ",
    "MB Staged. ",
    " patches attached.",
    " Force pre-loaded ",
    " weights: ",
    " KB.",
    "Unloaded partially: ",
    " MB freed, ",
    " MB remains loaded",
    " models unloaded.",
    "got prompt",
    "Prompt executed in ",
    " seconds",
    "00:10:40",
    "s/it",
    "it/s",
    "2/2 [",
    "\r",
    "\n",
    "\r\n",
    "\u{1b}",
    "\u{1b}[",
    "\u{1b}]",
    "m",
    "[INFO] ",
    "[",
    "]",
    "1",
    "9.5367431640625e+25",
    "1e999",
    ".",
    "-",
    "?",
    "Total VRAM ",
    " MB, total RAM ",
    "ComfyUI version: ",
    "Device: cuda:0 ",
    " : ",
    "main.py",
    " --reserve-vram 4",
    "python ",
    "Allocation on device",
    "CUDA out of memory. Tried to allocate ",
    " GiB",
    "Currently allocated : ",
    "VRAM Free: ",
    "\u{e9}",
    "\u{2588}",
    "18446744073709551616",
    "\0",
    "loading in lowvram mode ",
    "model weight dtype ",
    ", manual cast: ",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text(text in "\\PC*") {
        held(&text);
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        held(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_pieces(picked in proptest::collection::vec(proptest::sample::select(PIECES), 0..24)) {
        held(&picked.concat());
    }
}

/// Exit code of `wanlint log` on these bytes beside a workflow, in both formats.
fn logged(bytes: &[u8]) -> std::io::Result<[u8; 2]> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("comfyui.log");
    std::fs::write(&path, bytes)?;
    let path = path.display().to_string();
    let founding = format!("{}/fixtures/rtx5090", env!("CARGO_MANIFEST_DIR"));
    let workflow = format!("{founding}/workflows_api/video_wan2_2_14B_i2v_no_sage_test.api.json");
    let launch = format!("{founding}/scripts/tried/launch_default_reserve.bat");
    Ok(["text", "json"].map(|format| {
        let args = ["wanlint", "log", &path, "--workflow", &workflow, "--launch", &launch, "--output-format", format];
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut streams = Streams { out: Box::new(&mut out), err: Box::new(&mut err), terminal: false };
        let code = run(args.iter().map(Into::into), &mut streams);
        drop(streams);
        assert!(!out.contains(&0x1b), "no escape gets through");
        code
    }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The command from end to end: a real log with bytes put in, taken out and written over.
    #[test]
    fn any_damage_to_a_log(
        at in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..12),
        picked in proptest::collection::vec(proptest::sample::select(PIECES), 0..8),
    ) {
        let mut bytes = coloured().into_bytes();
        for (index, byte, how) in at {
            let place = index.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => drop(bytes.remove(place)),
                _ => bytes.splice(place..place, picked.concat().bytes()).for_each(drop),
            }
        }
        for code in logged(&bytes).map_err(|error| TestCaseError::fail(error.to_string()))? {
            prop_assert!(code <= 2);
        }
    }
}
