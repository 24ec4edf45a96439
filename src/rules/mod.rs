//! Rules: what wanlint knows about faults. The texts live in `rules/**.toml` and are compiled into one constant table.

pub mod checks;
pub mod engine;
pub mod paths;
pub mod select;
pub mod sink;
pub mod view;
pub mod when;

use crate::facts::os::Os;
use crate::finding::Severity;
use crate::fix::{Grade, Remedy, Verb};

/// One rule.
#[derive(Debug, PartialEq)]
pub struct Rule {
    /// `LAUNCH018`. Never reused.
    pub code: &'static str,
    /// `reserve-offloads-for-nothing`: reads well after "allow".
    pub name: &'static str,
    /// Severity as stated; a forecast may lower or raise it.
    pub severity: Severity,
    /// False for rules that are silent until they are selected by code or name.
    pub default: bool,
    /// A short title.
    pub title: &'static str,
    /// The version of wanlint that brought the rule.
    pub since: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// When the finding is wrong, and how to silence it.
    pub exceptions: &'static str,
    /// Where the knowledge comes from.
    pub evidence: &'static [&'static str],
    /// The message with `{placeholders}`.
    pub message: &'static str,
    /// What to do, with `{placeholders}`; may be empty.
    pub help: &'static str,
    /// How it is decided.
    pub how: How,
    /// Ways to mend it, the best one first.
    pub remedies: &'static [Remedy],
    /// Examples that must fire, each a small TOML text.
    pub bad: &'static [&'static str],
    /// Examples that must stay silent.
    pub good: &'static [&'static str],
}

/// How a rule is decided.
#[derive(Debug, PartialEq)]
pub enum How {
    /// By a Rust check of this name in [`checks`].
    Check(&'static str),
    /// By a condition table.
    When(&'static When),
}

/// A condition: a subject, tests on it, and its context. All tests must hold.
#[derive(Debug, PartialEq)]
pub struct When {
    /// What the rule watches.
    pub subject: Subject,
    /// The node's inputs, each asked apart; empty for flags and variables.
    pub inputs: &'static [&'static str],
    /// A test on the value.
    pub value: Option<ValueTest>,
    /// The variable's name must end in a blank (batch).
    pub blank_end: bool,
    /// Latent channels of the diffusion model that belongs to the node.
    pub channels: Option<u32>,
    /// Whether the model file that the node loads carries its own scales.
    pub quantised: Option<bool>,
    /// Range of ComfyUI versions: `<0.22.0`.
    pub comfyui: Option<&'static str>,
    /// Range of torch versions.
    pub torch: Option<&'static str>,
    /// Only on NVIDIA cards.
    pub nvidia: bool,
    /// Only on this system.
    pub os: Option<Os>,
    /// Facts that must be there too.
    pub with: &'static [Other],
    /// Facts that must not be there.
    pub without: &'static [Other],
}

/// What a condition watches, by name.
#[derive(Debug, PartialEq)]
pub enum Subject {
    /// Flags of a launch.
    Flag(&'static [&'static str]),
    /// Environment variables set in a script; `*` is any.
    Env(&'static [&'static str]),
    /// Nodes of a workflow, by class.
    Node(&'static [&'static str]),
}

/// A test on a value.
#[derive(Debug, PartialEq)]
pub enum ValueTest {
    /// Equal to one of these.
    OneOf(&'static [&'static str]),
    /// Equal to none of these.
    NotOneOf(&'static [&'static str]),
    /// Truthy as scripts understand it (or not).
    Truthy(bool),
    /// The flag stands without any value (or not).
    Bare(bool),
    /// `(value - from) % step` is not zero.
    OffStep {
        /// The step.
        step: i64,
        /// The first allowed value.
        from: i64,
    },
    /// At least the value of another input of the same node.
    AtLeastInput(&'static str),
}

/// Another fact in the same launch or workflow.
#[derive(Debug, PartialEq)]
pub struct Other {
    /// Flag, variable or node.
    pub kind: OtherKind,
    /// Its name.
    pub name: &'static str,
    /// Its value; any when absent.
    pub value: Option<&'static str>,
}

/// The kinds of other facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherKind {
    /// A flag of the launch.
    Flag,
    /// A variable in effect at the launch.
    Env,
    /// A node class of the workflow.
    Node,
}

/// All rules, by code.
pub static RULES: &[Rule] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// The rule of a code (case aside) or a name.
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code.eq_ignore_ascii_case(code_or_name) || rule.name == code_or_name)
}

impl Rule {
    /// The first public page that shows the evidence.
    pub fn url(&self) -> Option<&'static str> {
        self.evidence.iter().filter_map(|line| line.split_whitespace().next()).find(|word| word.starts_with("https://"))
    }

    /// The letters in front of the code's number.
    pub fn family(&self) -> &'static str {
        self.code.trim_end_matches(|c: char| c.is_ascii_digit())
    }
}
