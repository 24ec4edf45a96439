//! `catalog/nodes.txt` is what the encoder makes of two real `/object_info` answers: ComfyUI 0.33.0 and 0.3.64.
//! `UPDATE_NODES=1 cargo test --test workflow` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wanlint::catalog::nodes::{Catalog, Stated, encode, lookup, names};
use wanlint::read::json::JsonDoc;

use super::shared;

/// Shorter lists are written where they are used.
const SHORT: usize = 16;

/// The new answer and the old one.
fn answers() -> Option<[String; 2]> {
    let golden = shared("golden")?;
    let old = golden.parent().unwrap().join("object_info-0.3.64.json");
    Some([golden.join("object_info.json"), old].map(|path| std::fs::read_to_string(path).unwrap()))
}

#[test]
fn nodes_txt_is_made_of_the_answers() {
    let Some([new, old]) = answers() else { return };
    let text = generated(&new, &old);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog/nodes.txt");
    if std::env::var_os("UPDATE_NODES").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    let first = text.lines().zip(written.lines()).find(|(made, found)| made != found);
    assert!(text == written, "stale: UPDATE_NODES=1 cargo test --test workflow; first difference {first:?}");
}

fn generated(new: &str, old: &str) -> String {
    let (new, old) = (lines(new), lines(old));
    let mut out: Vec<String> = Vec::new();
    let classes: BTreeSet<&String> = new.keys().chain(old.keys()).collect();
    for class in classes {
        match (new.get(class), old.get(class)) {
            (Some(new), Some(old)) if new == old => out.push(released(new, "on")),
            (new, old) => {
                out.extend(new.map(|line| released(line, "n")));
                out.extend(old.map(|line| released(line, "o")));
            }
        }
    }
    with_shared_lists(&out)
}

/// Each class of an answer with its line, without releases.
fn lines(text: &str) -> BTreeMap<String, String> {
    let doc = JsonDoc::parse(text).unwrap();
    let entries = doc.root(text).unwrap().entries();
    entries
        .map(|(key, spec)| (key.as_str().unwrap().into_owned(), encode::line(&key.as_str().unwrap(), spec, "")))
        .collect()
}

fn released(line: &str, releases: &str) -> String {
    let mut fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
    fields[1].push_str(releases);
    fields.join("\t")
}

/// Lists that occur more than once go to the top, numbered with the same count of digits so that the lines stay sorted.
fn with_shared_lists(lines: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for list in lines.iter().flat_map(|line| line.split('\t')).filter_map(list_of) {
        *counts.entry(list).or_default() += 1;
    }
    let often = counts.into_iter().filter(|(list, count)| *count > 1 && list.len() > SHORT);
    let numbers: BTreeMap<&str, String> =
        often.enumerate().map(|(at, (list, _))| (list, format!("#{at:03}"))).collect();
    let mut top: Vec<String> = numbers.iter().map(|(list, number)| format!("{number}\t{list}")).collect();
    top.sort();
    let field = |field: &str| match list_of(field).and_then(|list| Some((list, numbers.get(list)?))) {
        Some((list, number)) => field.replacen(list, &format!("{number};"), 1),
        None => field.to_owned(),
    };
    let short = lines.iter().map(|line| line.split('\t').map(field).collect::<Vec<_>>().join("\t"));
    top.into_iter().chain(short).map(|line| line + "\n").collect()
}

/// The list of a combo's field.
fn list_of(field: &str) -> Option<&str> {
    let tail = &field[field.find('=')? + 1..];
    let marks = tail.starts_with(['c', 'C', 'd']).then_some(tail)?;
    let start = marks.find('[').filter(|&start| !marks[..start].contains('"'))?;
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in marks.bytes().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(&marks[start..=at]),
            _ => {}
        }
    }
    None
}

/// What is asked of a stated server is the same as what is embedded about its release, files aside.
#[test]
fn a_stated_answer_equals_the_embedded_facts() {
    let Some([new, _]) = answers() else { return };
    let stated = Catalog::with(Stated::read(new).unwrap());
    let server = stated.server().expect("a whole answer");
    assert_eq!(server.names().count(), 887);
    for class in server.names() {
        let (here, there) = (lookup(class).unwrap(), stated.lookup(class).unwrap());
        assert_eq!(
            (&here.widgets, &here.inputs, &here.outputs),
            (&there.widgets, &there.inputs, &there.outputs),
            "{class}"
        );
    }
}

#[test]
fn a_part_of_an_answer_extends_the_embedded_facts() {
    let text = r#"{"MyNode": {"input": {"required": {"a=b": ["INT", {"min": 1, "max": 9}]}}, "output": ["LATENT"]}}"#;
    let catalog = Catalog::with(Stated::read(text.to_owned()).unwrap());
    assert!(catalog.server().is_none());
    assert_eq!(catalog.lookup("MyNode").unwrap().widgets[0].name, "a=b");
    assert!(catalog.lookup("KSampler").is_some() && catalog.lookup("YourNode").is_none());
}

#[test]
fn other_files_are_refused_with_the_reason() {
    for (text, part) in
        [("", "empty"), ("[]", "not an object"), ("{}", "no node class"), (r#"{"3": {"inputs": {}}}"#, "'3'")]
    {
        let error = Stated::read(text.to_owned()).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
    assert!(names().count() > 900);
}
