//! Takes out what somebody allowed, with a word about suppressions that no longer match anything.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde_json::Value;

use crate::config::{AllowConfig, Config};
use crate::discover;
use crate::facts::allow::{Allow, Scope};
use crate::finding::{FileIx, Finding, Location};
use crate::project::File;
use crate::rules::sink::Sink;
use crate::rules::{self, How, RULES, Rule, select};

/// What remains, and how many findings were taken out.
#[derive(Debug, Default)]
pub struct Suppression {
    /// Findings taken out by comments, workflows, `wanlint.toml` or the baseline.
    pub suppressed: usize,
    /// Entries of the baseline that matched nothing.
    pub gone: usize,
}

/// One suppression in force, wherever it was written.
struct Entry<'a> {
    rule: &'a str,
    reason: Option<&'a str>,
    location: Location,
    /// The file it is about; `None`: those whose path matches.
    file: Option<FileIx>,
    matcher: Option<ignore::gitignore::Gitignore>,
    scope: Scope,
    used: bool,
    /// It stands where no report can point at: it is obeyed, and nothing is said about it.
    beside: bool,
}

/// Takes out allowed findings and adds findings about the suppressions themselves.
pub fn apply(
    sink: &mut Sink,
    files: &[File],
    config: &Config,
    baseline: Option<&Value>,
    selected: &dyn Fn(&Rule) -> bool,
) -> Suppression {
    let mut entries = collect(files, config);
    let before = sink.findings.len();
    sink.findings.retain(|finding| {
        // Every entry is asked: two that cover the same finding are both in use.
        let covering = entries.iter_mut().filter_map(|entry| entry.covers(finding, files).then_some(()));
        covering.count() == 0
    });
    let gone = baseline.map_or(0, |report| take_known(&mut sink.findings, files, report));
    let suppressed = before - sink.findings.len();
    let undecided: BTreeSet<&str> = sink.not_checked.values().flatten().copied().collect();
    for entry in entries.iter().filter(|entry| !entry.beside) {
        entry.speak(sink, files, &undecided, selected);
    }
    Suppression { suppressed, gone }
}

fn collect<'a>(files: &'a [File], config: &'a Config) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    for (index, file) in files.iter().enumerate() {
        entries.extend(file.allows.iter().map(|allow| from_file(index, allow)));
        let beside = file.allows_beside.iter().map(|allow| Entry { beside: true, ..from_file(index, allow) });
        entries.extend(beside);
    }
    let own = files.iter().position(|file| config.file.as_deref() == Some(file.source.path()));
    if let Some(index) = own {
        entries.extend(config.allow.iter().map(|allow| from_config(index, allow, &config.folder)));
    }
    entries
}

fn from_file(index: FileIx, allow: &Allow) -> Entry<'_> {
    Entry {
        rule: &allow.rule,
        reason: allow.reason.as_deref(),
        location: Location { file: index, span: allow.span },
        file: Some(index),
        matcher: None,
        scope: allow.scope.clone(),
        used: false,
        beside: false,
    }
}

fn from_config<'a>(index: FileIx, allow: &'a toml::Spanned<AllowConfig>, folder: &Path) -> Entry<'a> {
    let range = allow.span();
    let entry = allow.as_ref();
    let pattern = entry.path.clone().unwrap_or_else(|| "*".to_owned());
    Entry {
        rule: &entry.rule,
        reason: entry.reason.as_deref(),
        location: Location { file: index, span: crate::span::Span::new(range.start as u32, range.end as u32) },
        file: None,
        // A pattern that cannot be read matches nothing and is then reported as unused.
        matcher: discover::patterns(folder, &[pattern]).ok(),
        scope: Scope::Node(entry.node.clone()),
        used: false,
        beside: false,
    }
}

impl Entry<'_> {
    fn covers(&mut self, finding: &Finding, files: &[File]) -> bool {
        let named = self.rule.eq_ignore_ascii_case(finding.rule.code) || self.rule == finding.rule.name;
        let hit = named && self.is_about(finding.primary.file, files) && self.reaches(finding);
        self.used |= hit;
        hit
    }

    fn is_about(&self, file: FileIx, files: &[File]) -> bool {
        match (self.file, &self.matcher) {
            (Some(index), _) => index == file,
            (None, Some(matcher)) => discover::excluded(matcher, files[file].source.path()),
            (None, None) => false,
        }
    }

    fn reaches(&self, finding: &Finding) -> bool {
        match &self.scope {
            Scope::Range(span) => (span.start..=span.end).contains(&finding.primary.span.start),
            Scope::Node(None) => true,
            Scope::Node(Some(id)) => finding.node.as_ref().is_some_and(|node| node.id == *id),
        }
    }

    /// CONF001 for a rule that does not exist, CONF002 for one that was checked and did not fire, CONF003 without a reason.
    fn speak(&self, sink: &mut Sink, files: &[File], undecided: &BTreeSet<&str>, selected: &dyn Fn(&Rule) -> bool) {
        let Some(rule) = rules::find(self.rule) else {
            let fill = [("key", self.rule.to_owned()), ("problem", select::unknown(self.rule))];
            say(sink, "unknown_allow", self.location, &fill, selected);
            return;
        };
        let fill = [("key", self.rule.to_owned())];
        let checked = files[self.location.file].checked && selected(rule) && !undecided.contains(rule.code);
        if checked && !self.used {
            say(sink, "unused_allow", self.location, &fill, selected);
        }
        if self.reason.is_none_or(str::is_empty) && files[self.location.file].checked {
            say(sink, "allow_without_reason", self.location, &fill, selected);
        }
    }
}

fn say(sink: &mut Sink, check: &'static str, at: Location, fill: &[(&str, String)], selected: &dyn Fn(&Rule) -> bool) {
    let rule = RULES.iter().find(|rule| rule.how == How::Check(check));
    if let Some(rule) = rule.filter(|rule| selected(rule)) {
        sink.fire(rule, at, fill);
    }
}

/// What a finding is known by in a baseline: no line numbers, so that it survives edits elsewhere in the file.
fn key(code: &str, path: &str, node: &str, message: &str) -> String {
    [code, path, node, message].join("\n")
}

/// Takes out findings that an earlier JSON report holds; how many of its entries matched nothing.
fn take_known(findings: &mut Vec<Finding>, files: &[File], report: &Value) -> usize {
    let mut known: HashMap<String, usize> = HashMap::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for entry in report["findings"].as_array().into_iter().flatten() {
        let key =
            key(&text(&entry["code"]), &text(&entry["path"]), &text(&entry["node"]["id"]), &text(&entry["message"]));
        *known.entry(key).or_default() += 1;
    }
    findings.retain(|finding| {
        let path = files[finding.primary.file].source.shown_path();
        let node = finding.node.as_ref().map_or("", |node| node.id.as_str());
        let key = key(finding.rule.code, &path, node, &crate::report::safe::line(&finding.message));
        match known.get_mut(&key).filter(|count| **count > 0) {
            Some(count) => {
                *count -= 1;
                false
            }
            None => true,
        }
    });
    known.values().sum()
}
