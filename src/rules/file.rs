// The shape of one rule file. Read by the build step, which makes the compiled table from it.
// (No doc comment at the top: the build step includes this file as a module of its own.)

use serde::Deserialize;

/// `rules/<group>/CODE-name.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    pub code: String,
    pub name: String,
    pub severity: String,
    #[serde(default)]
    pub off_by_default: bool,
    pub title: String,
    pub since: String,
    pub why: String,
    pub exceptions: String,
    pub evidence: Vec<String>,
    pub message: String,
    #[serde(default)]
    pub help: String,
    pub check: Option<String>,
    pub when: Option<WhenFile>,
    #[serde(default)]
    pub fix: Vec<FixFile>,
    pub bad: Vec<toml::Table>,
    pub good: Vec<toml::Table>,
}

/// One way to mend what the rule finds. Either a verb, done at the place of every finding, or the name of one that the check offers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixFile {
    pub verb: Option<String>,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub text: String,
    pub grade: String,
    pub title: String,
}

/// The condition table: one subject, tests on it, its context.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhenFile {
    #[serde(default)]
    pub flag: Names,
    #[serde(default)]
    pub env: Names,
    #[serde(default)]
    pub node: Names,
    #[serde(default)]
    pub input: Names,
    pub value: Option<ValueFile>,
    pub name: Option<NameFile>,
    pub model: Option<ModelFile>,
    pub comfyui: Option<String>,
    pub torch: Option<String>,
    pub gpu: Option<String>,
    pub os: Option<String>,
    #[serde(default)]
    pub with: Vec<FactFile>,
    #[serde(default)]
    pub without: Vec<FactFile>,
}

/// One name or a list of them.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum Names {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl Names {
    /// The names as a list.
    pub fn list(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::One(name) => vec![name.clone()],
            Self::Many(names) => names.clone(),
        }
    }
}

/// Tests on the subject's value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueFile {
    pub equals: Option<String>,
    #[serde(default)]
    pub one_of: Vec<String>,
    #[serde(default)]
    pub not_one_of: Vec<String>,
    pub truthy: Option<bool>,
    pub bare: Option<bool>,
    pub step: Option<i64>,
    pub from: Option<i64>,
    pub at_least_input: Option<String>,
}

/// Tests on the subject's name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameFile {
    pub blank_end: bool,
}

/// Tests on the model that belongs to the node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    pub channels: Option<u32>,
    pub quantised: Option<bool>,
}

/// Another fact in the same launch or workflow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactFile {
    pub flag: Option<String>,
    pub env: Option<String>,
    pub node: Option<String>,
    pub value: Option<String>,
}
