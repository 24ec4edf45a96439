//! The record of a bench: one JSON object (schema 1, described in docs/bench.md).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::run::{Role, Run};
use super::variant::Variant;

/// The word in the member `kind` by which a record is known.
pub const KIND: &str = "wanlint bench";

/// The schema that is written and read.
const SCHEMA: u32 = 1;

/// The longest record that is read, bytes: one of a thousand runs of a hundred steps takes about 2 MB.
pub const MOST_BYTES: u64 = 64 << 20;

/// Most variants, and most runs.
const MOST_VARIANTS: usize = 64;
const MOST_RUNS: usize = 20_000;

/// The largest figure that can be one: seconds of four months, MiB of ten TiB.
const LARGEST: f64 = 1e7;

/// What a bench measured, and on what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// [`KIND`].
    pub kind: String,
    /// 1.
    pub schema: u32,
    /// The version of wanlint that wrote it.
    pub version: String,
    /// When the bench was begun, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
    /// Where the figures come from when they were not measured by wanlint: a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The workflow, as it was named.
    pub workflow: String,
    /// The launch script, as it was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch: Option<String>,
    /// The machine.
    pub machine: Machine,
    /// The name of the variant that the others are held against; the first one where it is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub baseline: String,
    /// The variants.
    pub variants: Vec<Variant>,
    /// The runs, in the order in which they ran.
    pub runs: Vec<Run>,
}

/// The machine of a bench.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// The card's name in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<String>,
    /// Its memory, MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_mib: Option<f64>,
    /// System.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Version of ComfyUI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comfyui: Option<String>,
    /// Version of torch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torch: Option<String>,
}

impl Record {
    /// A new one of some variants, the baseline first.
    pub fn new(workflow: String, variants: Vec<Variant>) -> Self {
        let baseline = variants.first().map(|variant| variant.name.clone()).unwrap_or_default();
        let (kind, version) = (KIND.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        Self { kind, schema: SCHEMA, version, workflow, baseline, variants, ..Self::default() }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// Half a sentence about what is wrong with it, with its place where there is one.
    pub fn read(text: &str) -> Result<Self, String> {
        let head: Head = serde_json::from_str(text).map_err(|error| format!("it is no JSON of a bench: {error}"))?;
        match (head.kind.as_deref(), head.schema) {
            (Some(KIND), Some(SCHEMA)) => {}
            (Some(KIND), schema) => {
                let schema = schema.map_or("none".to_owned(), |schema| schema.to_string());
                return Err(format!("its schema is {schema}, and this wanlint reads {SCHEMA}"));
            }
            (Some("wanlint run"), _) => return Err("it is the record of a single run: wanlint log shows it".to_owned()),
            _ => return Err(format!("it is no record of a bench: its member kind is not \"{KIND}\"")),
        }
        let mut record: Self = serde_json::from_str(text).map_err(|error| format!("it is broken: {error}"))?;
        if record.baseline.is_empty() {
            record.baseline = record.variants.first().map(|variant| variant.name.clone()).unwrap_or_default();
        }
        record.check()?;
        Ok(record)
    }

    /// True for a text that says that it is a record.
    pub fn is_one(text: &str) -> bool {
        // Logs are long, and few of them begin like this.
        text.trim_start().starts_with('{')
            && serde_json::from_str::<Head>(text).is_ok_and(|head| head.kind.as_deref() == Some(KIND))
    }

    /// As a file holds it: figures with six decimals, which are read back as they are. A verdict that shall be the same later is one of
    /// what was read back.
    pub fn text(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        round(&mut value);
        format!("{value:#}\n")
    }

    /// The variant that the others are held against.
    pub fn baseline(&self) -> Option<&Variant> {
        self.variant(&self.baseline)
    }

    /// A variant by its name.
    pub fn variant(&self, name: &str) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.name == name)
    }

    /// The runs of a variant, each with its place in the order.
    pub fn runs_of<'a>(&'a self, variant: &'a str) -> impl Iterator<Item = (usize, &'a Run)> {
        self.runs.iter().enumerate().filter(move |(_, run)| run.variant == variant)
    }

    /// The runs of a variant for something.
    pub fn runs_for<'a>(&'a self, variant: &'a str, role: Role) -> impl Iterator<Item = (usize, &'a Run)> {
        self.runs_of(variant).filter(move |(_, run)| run.role == role)
    }

    fn check(&self) -> Result<(), String> {
        let (variants, runs) = (self.variants.len(), self.runs.len());
        if variants == 0 || variants > MOST_VARIANTS || runs > MOST_RUNS {
            return Err(format!(
                "it has {variants} variants and {runs} runs: 1 to {MOST_VARIANTS} and at most {MOST_RUNS} are read"
            ));
        }
        for (at, variant) in self.variants.iter().enumerate() {
            if variant.name.trim().is_empty() {
                return Err(format!("variant {} has no name", at + 1));
            }
            if self.variants.iter().take(at).any(|other| other.name == variant.name) {
                return Err(format!("two variants are called '{}'", variant.name));
            }
            let seen = variant.seen.iter().flat_map(super::Measured::figures);
            let limits = variant.limits.iter().flat_map(super::variant::Limit::figures);
            figures(seen.chain(limits)).map_err(|why| format!("variant '{}': {why}", variant.name))?;
        }
        if self.baseline().is_none() {
            return Err(format!("its baseline '{}' is none of its variants", self.baseline));
        }
        self.runs
            .iter()
            .enumerate()
            .try_for_each(|(at, run)| self.check_run(run).map_err(|why| format!("run {} of {runs}: {why}", at + 1)))
    }

    fn check_run(&self, run: &Run) -> Result<(), String> {
        if self.variant(&run.variant).is_none() {
            return Err(format!("there is no variant '{}'", run.variant));
        }
        figures(run.measured.figures())
    }
}

/// Six decimals: microseconds.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().map(|exact| (exact * 1e6).round() / 1e6);
            if let Some(rounded) = rounded.and_then(serde_json::Number::from_f64) {
                *number = rounded;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(entries) => entries.values_mut().for_each(round),
        _ => {}
    }
}

/// What a record says of itself, read before all else.
#[derive(Debug, Deserialize)]
struct Head {
    kind: Option<String>,
    schema: Option<u32>,
}

fn figures(all: impl Iterator<Item = (&'static str, f64)>) -> Result<(), String> {
    let wrong = |value: f64| !value.is_finite() || !(0.0..=LARGEST).contains(&value);
    match all.into_iter().find(|(name, value)| wrong(*value) && !is_no_budget(name, *value)) {
        Some((name, value)) => Err(format!("{name} is {value}, and must lie between 0 and {LARGEST}")),
        None => Ok(()),
    }
}

/// Where ComfyUI counts no budget it logs an astronomical one.
fn is_no_budget(name: &str, value: f64) -> bool {
    name == "usable_mib" && value > 1e20 && value.is_finite()
}
