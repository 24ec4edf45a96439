//! What a rule has to say about a place in a file.

use std::fmt;
use std::str::FromStr;

use crate::fix::Fix;
use crate::rules::Rule;
use crate::span::Span;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Costs time, memory, quality or safety for nothing.
    Warning,
    /// Will not start, will not run, will not fit, will be wrong, or lets someone in.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "info" => Ok(Self::Info),
            "warning" => Ok(Self::Warning),
            "error" => Ok(Self::Error),
            _ => Err(format!("'{text}' is not a severity: write info, warning or error")),
        }
    }
}

/// Index of a file in the list of files of a run.
pub type FileIx = usize;

/// A span in one of the files of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Which file.
    pub file: FileIx,
    /// Where in it.
    pub span: Span,
}

/// The node that a finding is about, as the user knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRef {
    /// Its id, always as text.
    pub id: String,
    /// Its class.
    pub class: String,
    /// Its title where the user gave one.
    pub title: Option<String>,
    /// Name of the subgraph that it is inside of.
    pub subgraph: Option<String>,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that fired.
    pub rule: &'static Rule,
    /// The rule's severity, or the one that the forecast demands.
    pub severity: Severity,
    /// One sentence: what, and why.
    pub message: String,
    /// What to do; empty when there is nothing to add.
    pub help: String,
    /// Where it points.
    pub primary: Location,
    /// Other places that belong to it, each with a few words.
    pub related: Vec<(Location, String)>,
    /// The node, for findings in workflows.
    pub node: Option<NodeRef>,
    /// The targets in which it holds; empty when it does not depend on the pairing.
    pub targets: Vec<String>,
    /// Ways to mend it, the best one first.
    pub fixes: Vec<Fix>,
}

impl Finding {
    /// The order of every report: by file, place, code; the same on every run.
    pub fn order(&self) -> impl Ord + use<> {
        (self.primary, self.rule.code, self.message.clone())
    }
}

/// Sorts findings and joins those that say the same about the same place, in several targets or in several instances of a subgraph.
pub fn settle(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_cached_key(|finding| {
        (finding.primary, finding.rule.code, std::cmp::Reverse(finding.severity), finding.message.clone())
    });
    let mut settled: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut nodes: Vec<NodeRef> = Vec::new();
    for finding in findings {
        match settled.last_mut() {
            // Worst first: the text of the worst target stands for all of them.
            Some(last) if last.primary == finding.primary && last.rule.code == finding.rule.code => {
                let new: Vec<String> =
                    finding.targets.iter().filter(|name| !last.targets.contains(name)).cloned().collect();
                last.targets.extend(new);
                last.take_starts(&finding);
                if let Some(node) = finding.node.as_ref().filter(|node| !nodes.contains(node)) {
                    last.take_instance(&finding);
                    nodes.push(node.clone());
                }
            }
            _ => {
                nodes = finding.node.iter().cloned().collect();
                settled.push(finding);
            }
        }
    }
    settled
}
