//! The seeded bugs with the schemas of the server they were made for: beside what comfy-cli, the server itself and comfy-lint
//! found (`results.json`), a table of what wanlint finds. All are found but the one that needs a card.

use std::path::Path;

use serde::Deserialize;

use super::{lint_stated, shared};

/// Number of a case and the code that must fire at the node of the manifest.
const EXPECTED: [(&str, &str); 31] = [
    ("02", "WF005"),
    ("03", "WF007"),
    ("04", "WF006"),
    ("05", "WF006"),
    ("06", "WF008"),
    ("07", "WF006"),
    ("08", "WF006"),
    ("09", "WF009"),
    ("10", "WF004"),
    ("11", "WF004"),
    ("12", "WF053"),
    ("13", "WF003"),
    ("14", "WF064"),
    ("15", "WF064"),
    ("16", "WF006"),
    ("17", "WF063"),
    ("18", "WF057"),
    ("19", "WF058"),
    ("20", "WF009"),
    ("21", "WF055"),
    ("22", "WF054"),
    ("23", "WF010"),
    ("24", "WF011"),
    ("25", "WF032"),
    ("26", "MODEL001"),
    ("27", "WF023"),
    ("28", "WF020"),
    ("29", "WF017"),
    ("30", "WF028"),
    ("32", "MODEL009"),
    ("33", "WF022"),
];

/// Layer of the manifest, what it is, and how many files there are and are found by comfy-lint, comfy-cli, the server and here.
pub const SCORES: [(&str, &str, [usize; 5]); 8] = [
    ("structure", "structure", [13, 6, 11, 10, 13]),
    ("range", "range", [2, 0, 2, 2, 2]),
    ("enum", "choice", [2, 2, 2, 1, 2]),
    ("models", "missing file", [2, 2, 1, 2, 2]),
    ("dead-code", "unreachable node", [1, 0, 1, 0, 1]),
    ("runtime", "path that leaves the output folder", [1, 0, 0, 0, 1]),
    ("wan", "settings of Wan", [10, 0, 1, 0, 10]),
    ("vram", "more VRAM than there is", [1, 0, 0, 0, 0]),
];

#[derive(Deserialize)]
struct Case {
    file: String,
    layer: String,
    node: Option<String>,
}

#[derive(Deserialize)]
struct Manifest {
    cases: Vec<Case>,
}

/// What the others said: an exit code or a status, and the faults they named.
#[derive(Deserialize)]
struct Result {
    file: String,
    lint: Vec<String>,
    lint_rc: i32,
    cli: Vec<String>,
    cli_rc: i32,
    srv: Vec<String>,
    srv_status: u16,
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_seeded_bug_but_the_memory_one_is_found() {
    let Some(folder) = shared("seeded-bugs") else { return };
    let answer = folder.parent().unwrap().join("object_info-0.3.64-with-models.json");
    let manifest: Manifest = read(&folder.join("manifest.json"));
    let results: Vec<Result> = read(&folder.join("results.json"));
    let mut missed = Vec::new();
    for (case, others) in manifest.cases.iter().zip(&results) {
        assert_eq!(case.file, others.file);
        let outcome = lint_stated(&folder.join(&case.file), &answer.to_string_lossy(), "0.3.64");
        let workflow = outcome.files[0].workflow().unwrap();
        let found: Vec<String> = outcome.findings.iter().map(|finding| finding.rule.code.to_owned()).collect();
        let expected = EXPECTED.iter().find(|(number, _)| case.file.starts_with(number)).map(|(_, code)| *code);
        println!(
            "{:36} {:9} wanlint {:20} comfy-cli {:28} server {:40} comfy-lint {}",
            case.file,
            expected.unwrap_or("-"),
            found.join(" "),
            if others.cli_rc == 0 && others.cli.is_empty() { "-".to_owned() } else { others.cli.join(" ") },
            if others.srv_status == 200 { "-".to_owned() } else { others.srv.join(" ") },
            if others.lint_rc == 0 { "-".to_owned() } else { others.lint.join(" ") },
        );
        let at_node = |code: &str| {
            outcome.findings.iter().filter(|finding| finding.rule.code == code).any(|finding| {
                let node = case.node.as_deref().and_then(|id| workflow.graph.by_id(id));
                let span = node.and_then(|node| workflow.graph.get(node)).map(|node| node.span);
                let places = finding.related.iter().map(|(place, _)| place.span).chain([finding.primary.span]);
                // Of a node that is written twice the lost one is shown, and the finding names the other.
                let inside = |span: wanlint::span::Span| {
                    places.into_iter().any(|at| span.start <= at.start && at.end <= span.end)
                };
                span.is_none_or(inside) || finding.rule.code == "WF054"
            })
        };
        match expected {
            Some(code) if !at_node(code) => missed.push(format!("{} ({code})", case.file)),
            None if case.layer == "control" && !found.is_empty() => missed.push(format!("{}: {found:?}", case.file)),
            _ => {}
        }
    }
    assert_eq!(missed, Vec::<String>::new());
    for (layer, _, [number, .., ours]) in SCORES {
        let cases: Vec<&Case> = manifest.cases.iter().filter(|case| case.layer == layer).collect();
        let expected = |case: &&&Case| EXPECTED.iter().any(|(number, _)| case.file.starts_with(number));
        assert_eq!((cases.len(), cases.iter().filter(expected).count()), (number, ours), "{layer}");
    }
}
