//! The shape of the report of `wanlint check`.

#![allow(dead_code, reason = "the types are read by their derives only")]

use schemars::JsonSchema;

use super::vram::Forecast;

/// Everything that one run found.
#[derive(JsonSchema)]
pub struct Check {
    /// Version of this shape: 1. It grows by new fields; what is there keeps its meaning.
    #[schemars(range(min = 1, max = 1))]
    schema: u32,
    /// Version of wanlint.
    version: String,
    machine: Machine,
    summary: Summary,
    /// The findings by file and place; those that are allowed are only counted.
    findings: Vec<Finding>,
    /// Forecasts of the workflows, as `wanlint vram` gives them.
    forecasts: Vec<Forecast>,
    /// What became of fixes; only where some were asked for.
    #[schemars(skip_serializing_if = "Option::is_none")]
    fixes: Option<Vec<Note>>,
    /// What became of suppressions; only with --add-allow.
    #[schemars(skip_serializing_if = "Option::is_none")]
    allows: Option<Vec<Note>>,
}

/// What is known about the machine.
#[derive(JsonSchema)]
struct Machine {
    /// Name of the card.
    gpu: Option<String>,
    /// Where the card comes from.
    source: Source,
    /// Total VRAM, lowest and highest, MiB.
    total_mib: Option<[f64; 2]>,
    /// System memory, GiB.
    ram_gib: Option<f64>,
    os: Option<Os>,
    /// ComfyUI's version.
    comfyui: Option<String>,
    /// torch's version.
    torch: Option<String>,
}

/// Where a fact comes from.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Source {
    Stated,
    Inferred,
    Detected,
    Unknown,
}

/// An operating system.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Os {
    Windows,
    Linux,
}

/// How many of what.
#[derive(JsonSchema)]
struct Summary {
    /// Files that were checked; partners do not count.
    files: u32,
    error: u32,
    warning: u32,
    info: u32,
    /// Findings with a fix that can be made, safe or unsafe.
    fixable: u32,
    /// Findings that somebody allowed.
    suppressed: u32,
    /// Rules that could not be decided.
    not_checked: Vec<NotChecked>,
    /// Fixes that were made; only where some were asked for.
    #[schemars(skip_serializing_if = "Option::is_none")]
    applied: Option<u32>,
    /// Fixes that were not made; only where some were asked for.
    #[schemars(skip_serializing_if = "Option::is_none")]
    held_back: Option<u32>,
    /// Findings that are allowed now; only with --add-allow.
    #[schemars(skip_serializing_if = "Option::is_none")]
    allowed: Option<u32>,
    /// Findings that could not be allowed; only with --add-allow.
    #[schemars(skip_serializing_if = "Option::is_none")]
    not_allowed: Option<u32>,
    /// Only with --config-from.
    #[schemars(skip_serializing_if = "Option::is_none")]
    config_from: Option<ConfigFrom>,
}

/// Rules that lack a fact.
#[derive(JsonSchema)]
struct NotChecked {
    /// The fact that is missing.
    needs: String,
    /// Codes of the rules.
    rules: Vec<String>,
}

/// Where configuration and suppressions were taken from.
#[derive(JsonSchema)]
struct ConfigFrom {
    commit: String,
    /// Suppressions that are not in that commit.
    suppressions_without_effect: u32,
}

/// How bad a finding is.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Severity {
    Error,
    Warning,
    Info,
}

/// One finding; `json-lines` gives one of them a line.
#[derive(JsonSchema)]
pub struct Finding {
    /// The file, with `/`, as it was given.
    path: String,
    start: Place,
    /// One past the last character.
    end: Place,
    /// Code of the rule: `LAUNCH018`.
    code: String,
    /// Name of the rule: `needless-reserve`.
    name: String,
    severity: Severity,
    /// One sentence: what, and why.
    message: String,
    /// What to do.
    help: Option<String>,
    /// A public page that shows the evidence.
    url: Option<String>,
    /// The text inside the file that the places are about; null where they are about the file.
    embedded: Option<Embedded>,
    /// Other places that belong to it.
    related: Vec<Related>,
    node: Option<Node>,
    /// The pairs of workflow and start in which it holds; empty where it does not depend on them.
    targets: Vec<String>,
    /// Ways to mend it, the best one first.
    fixes: Vec<Fix>,
    /// Id of the run; only in the history of several.
    #[schemars(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
}

/// A place in a text.
#[derive(JsonSchema)]
struct Place {
    /// From 1.
    #[schemars(range(min = 1))]
    line: u32,
    /// In Unicode characters, from 1.
    #[schemars(range(min = 1))]
    column: u32,
    /// Bytes of the file on disk, or of the embedded text, from 0.
    offset: u32,
}

/// A text inside a media file.
#[derive(JsonSchema)]
struct Embedded {
    /// `png`, `mp4` and so on.
    container: String,
    key: Key,
}

/// Which text.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Key {
    Prompt,
    Workflow,
}

/// Another place.
#[derive(JsonSchema)]
struct Related {
    path: String,
    start: Place,
    end: Place,
    /// What is there.
    message: String,
    /// Only where the place lies in a text inside another file.
    #[schemars(skip_serializing_if = "Option::is_none")]
    embedded: Option<Embedded>,
}

/// A node of a workflow.
#[derive(JsonSchema)]
struct Node {
    /// Always text: `98`, `129:86` inside a subgraph.
    id: String,
    /// Its class.
    #[schemars(rename = "type")]
    class: String,
    /// The title that somebody gave it.
    title: Option<String>,
}

/// A way to mend a finding.
#[derive(JsonSchema)]
struct Fix {
    /// In the imperative.
    title: String,
    grade: Grade,
    /// All of them together; empty where people must choose.
    edits: Vec<Edit>,
}

/// How sure a fix is: safe ones keep the generation, display ones are never made.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Grade {
    Safe,
    Unsafe,
    Display,
}

/// Bytes that become a text.
#[derive(JsonSchema)]
struct Edit {
    path: String,
    /// First byte of the file on disk.
    start: u32,
    /// One past the last byte.
    end: u32,
    /// What comes in their place.
    text: String,
}

/// A fix or suppression that was made or held back.
#[derive(JsonSchema)]
struct Note {
    code: String,
    path: String,
    line: u32,
    title: String,
    /// It was written.
    applied: bool,
    /// Why it was held back.
    reason: Option<String>,
}
