//! Where rules put their answers: findings, and what they could not check.

use std::collections::BTreeMap;

use super::Rule;
use crate::finding::{Finding, Location, NodeRef, Severity};
use crate::fix::{Act, Fix, Grade, Remedy, Verb};

/// A fact that was missing, with the flag that would state it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The graphics card or its VRAM.
    Gpu,
    /// ComfyUI's version.
    Comfyui,
    /// torch's version.
    Torch,
    /// What torch was built for.
    TorchBuild,
    /// The operating system.
    Os,
    /// The amount of system memory.
    Ram,
    /// A version or file whose memory is not modelled.
    Era,
    /// All cards of the machine.
    Cards,
    /// The version of NVIDIA's driver.
    Driver,
    /// A part of the graph that is not followed.
    Graph,
    /// A model that the catalog knows.
    Model,
    /// The folders that hold model files.
    Models,
    /// What a node class takes and gives: it is custom, or newer than the catalog.
    Nodes,
    /// A value that is computed only when the workflow runs.
    Value,
}

impl Need {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpu => "gpu",
            Self::Comfyui => "comfyui",
            Self::Torch => "torch",
            Self::TorchBuild => "torch-build",
            Self::Os => "os",
            Self::Ram => "ram",
            Self::Era => "era",
            Self::Cards => "cards",
            Self::Driver => "driver",
            Self::Graph => "graph",
            Self::Model => "model",
            Self::Models => "models",
            Self::Nodes => "nodes",
            Self::Value => "value",
        }
    }

    /// What would allow the check.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Gpu => "state the card: --gpu \"RTX 5090\" (or --vram 32GiB), or [machine] gpu in wanlint.toml",
            Self::Comfyui => "state the version: --comfyui 0.3.70, or [machine] comfyui in wanlint.toml",
            Self::Torch => "state the version: --torch 2.9.1, or [machine] torch in wanlint.toml",
            Self::TorchBuild => {
                "state the version with its build tag: --torch 2.9.1+cu128, or [machine] torch in wanlint.toml"
            }
            Self::Os => "state the system: --os windows or --os linux, or [machine] os in wanlint.toml",
            Self::Ram => "state the system memory: --ram 64GiB, or [machine] ram in wanlint.toml",
            Self::Era => "the memory of this version of ComfyUI, or of this kind of file, is not modelled",
            Self::Cards => "name all cards as nvidia-smi -L does: [machine] cards = [\"...\", \"...\"] in wanlint.toml",
            Self::Driver => "state NVIDIA's driver: [machine] driver = \"580.95\" in wanlint.toml",
            Self::Graph => "group nodes and subgraphs that cannot be read are not followed",
            Self::Model => {
                "the model file's name is not in the catalog, so its size and shape are unknown: state where it is with --models"
            }
            Self::Models => {
                "state where model files are: --models ComfyUI/models, WANLINT_MODELS, or [machine] models in wanlint.toml"
            }
            Self::Nodes => {
                "some nodes are custom, newer than the catalog, or changed between its releases: state your server's --object-info FILE|URL, or [machine] object-info"
            }
            Self::Value => "a value is computed only at run time: state it with --width, --height or --frames",
        }
    }
}

/// Text for the placeholders of a rule's message.
pub type Fill<'a> = &'a [(&'a str, String)];

/// Collects what rules say.
#[derive(Debug, Default)]
pub struct Sink {
    /// The findings so far.
    pub findings: Vec<Finding>,
    /// Rules that could not be decided, by the fact they lack.
    pub not_checked: BTreeMap<Need, std::collections::BTreeSet<&'static str>>,
}

impl Sink {
    /// A finding of a rule at a place; the returned finding may be refined.
    pub fn fire(&mut self, rule: &'static Rule, primary: Location, fill: Fill) -> &mut Finding {
        self.findings.push(Finding {
            rule,
            severity: rule.severity,
            message: filled(rule.message, fill),
            help: filled(rule.help, fill),
            primary,
            related: Vec::new(),
            node: None,
            targets: Vec::new(),
            fixes: proposed(rule, primary, fill),
        });
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    /// The rule could not be decided.
    pub fn not_checked(&mut self, rule: &'static Rule, need: Need) {
        self.not_checked.entry(need).or_default().insert(rule.code);
    }

    /// Takes over what another sink collected.
    pub fn join(&mut self, other: Self) {
        self.findings.extend(other.findings);
        for (need, codes) in other.not_checked {
            self.not_checked.entry(need).or_default().extend(codes);
        }
    }
}

/// The fixes whose verb is the same at every finding of a rule.
fn proposed(rule: &'static Rule, at: Location, fill: Fill) -> Vec<Fix> {
    let plain = rule.remedies.iter().filter_map(|remedy| remedy.verb.map(|verb| (remedy, verb)));
    let fix = |(remedy, verb): (&Remedy, Verb)| Fix {
        title: filled(remedy.title, fill),
        grade: remedy.grade,
        acts: vec![Act::At(verb, at, filled(remedy.text, fill))],
        starts: Vec::new(),
        instances: 1,
    };
    plain.map(fix).collect()
}

impl Finding {
    /// Offers the fix of this name in the rule's file, with what is done. A test over all rules makes sure that the names are right.
    pub fn offer(&mut self, name: &str, acts: Vec<Act>, fill: Fill) -> &mut Self {
        if let Some(remedy) = self.rule.remedies.iter().find(|remedy| remedy.name == name) {
            let title = filled(remedy.title, fill);
            self.fixes.push(Fix { title, grade: remedy.grade, acts, starts: Vec::new(), instances: 1 });
        }
        self
    }

    /// The finding is about the text of a subgraph, whatever its instances make of it: its fixes hold for all of them.
    pub fn in_all_instances(&mut self) -> &mut Self {
        self.fixes.iter_mut().for_each(|fix| fix.instances = usize::MAX);
        self
    }

    /// As [`Finding::offer`], for a finding that does not weigh enough to change anything for it: the fix is only shown.
    pub fn show(&mut self, name: &str, acts: Vec<Act>, fill: Fill) -> &mut Self {
        let before = self.fixes.len();
        self.offer(name, acts, fill).fixes[before..].iter_mut().for_each(|fix| fix.grade = Grade::Display);
        self
    }

    /// Adds a place that belongs to the finding.
    pub fn relate(&mut self, location: Location, words: impl Into<String>) -> &mut Self {
        self.related.push((location, words.into()));
        self
    }

    /// Names the node.
    pub fn about(&mut self, node: NodeRef) -> &mut Self {
        self.node = Some(node);
        self
    }

    /// Sets another severity than the rule's.
    pub fn graded(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// The finding holds in another start of its script too.
    pub fn holds_in(&mut self, start: usize) {
        self.fixes.iter_mut().for_each(|fix| fix.starts.push(start));
    }

    /// The finding holds for a target, in a start of the script that it is about.
    pub fn in_target(&mut self, name: String, start: usize) {
        self.targets.push(name);
        self.holds_in(start);
    }

    /// Another finding says the same about the same place: what both would do may be done for the starts of both.
    pub fn take_starts(&mut self, other: &Self) {
        for fix in &mut self.fixes {
            let same = other.fixes.iter().find(|one| one.acts == fix.acts);
            fix.starts.extend(same.map(|one| one.starts.as_slice()).unwrap_or_default());
        }
    }

    /// Another finding says the same in another instance of a subgraph: what both would do may be done for that one too.
    pub fn take_instance(&mut self, other: &Self) {
        for fix in self.fixes.iter_mut().filter(|fix| other.fixes.iter().any(|one| one.acts == fix.acts)) {
            fix.instances = fix.instances.saturating_add(1);
        }
    }
}

/// Replaces every `{name}`; unknown names stay, and a test over all rules makes sure that none does. A value is taken as it is:
/// braces in it mean nothing, and its line breaks and tabs are written as escapes, so that it stays one word of the sentence.
pub fn filled(text: &str, fill: Fill) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let name = from.find('}').map(|close| &from[1..close]);
        let Some((name, value)) = fill.iter().find(|(known, _)| Some(*known) == name) else {
            out.push('{');
            rest = &from[1..];
            continue;
        };
        out.push_str(&value.replace('\r', "\\r").replace('\n', "\\n").replace('\t', "\\t"));
        rest = &from[name.len() + 2..];
    }
    out + rest
}
