//! What a finding is known by from one run to the next: no line numbers, so that it stays the same when lines are added above.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::root::Root;
use crate::finding::Finding;
use crate::outcome::Outcome;
use crate::redact;
use crate::text::hex;

/// Most bytes of the text under a finding that count.
const MAX_TEXT: usize = 200;

/// The fingerprints of all findings of a run, in their order: 32 hexadecimal digits and which of those that look the same it is,
/// from 1.
///
/// It is made of the code, the path, the node and the text at the place, with blanks joined. The message takes no part: its
/// figures depend on the machine. A secret counts as it is shown, so that nothing about it can be tried out.
pub fn all(outcome: &Outcome, root: &Root) -> Vec<(String, usize)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let one = |finding| {
        let hash = of(finding, outcome, root);
        let count = seen.entry(hash.clone()).or_default();
        *count += 1;
        (hash, *count)
    };
    outcome.findings.iter().map(one).collect()
}

/// One text for a fingerprint: the first of its kind has the bare hash.
pub fn text((hash, count): &(String, usize)) -> String {
    if *count == 1 { hash.clone() } else { format!("{hash}-{count}") }
}

fn of(finding: &Finding, outcome: &Outcome, root: &Root) -> String {
    let file = &outcome.files[finding.primary.file];
    let node = finding.node.as_ref().map_or("", |node| node.id.as_str());
    let within = file.embedded.map(|embedded| embedded.to_string()).unwrap_or_default();
    let run = file.run.as_ref().map_or("", |run| run.id.as_str());
    let parts = [finding.rule.code, &root.path(&file.source), &within, run, node, &written(finding, outcome)];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize()[..16])
}

/// The text at the place, secrets masked, however it is indented and wrapped.
fn written(finding: &Finding, outcome: &Outcome) -> String {
    let file = &outcome.files[finding.primary.file];
    let text = file.source.slice(finding.primary.span);
    if file
        .secrets()
        .iter()
        .any(|secret| finding.primary.span.start < secret.end && secret.start < finding.primary.span.end)
    {
        return String::new();
    }
    let end = (0..=MAX_TEXT.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    redact::masked(&text[..end]).split_whitespace().collect::<Vec<_>>().join(" ")
}
