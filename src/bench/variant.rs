//! A variant: the generation with some things changed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::change::Change;
use super::measured::Measured;

/// The generation with some things changed; without any it is the baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Variant {
    /// How it is called.
    pub name: String,
    /// What is changed, against the baseline.
    pub changes: Vec<Change>,
    /// How its server is started, line by line, secrets masked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<String>,
    /// Why it was not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// The forecast, as `wanlint vram --output-format json` has it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub forecast: Value,
    /// What each change does alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alone: Vec<Alone>,
    /// Bounds of its steps on the card.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
    /// What was seen of it in a run that nobody noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Measured>,
}

/// The baseline with one change only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alone {
    /// The change.
    pub change: Option<Change>,
    /// Its forecast, as that of the variant.
    pub forecast: Value,
}

/// Bounds of one step of a sampler, seconds: `wanlint vram` says what they rest on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limit {
    /// The sampler's id in the prompt.
    pub node: String,
    /// Attention in 16 bit, all else free.
    pub attention: f64,
    /// Everything in 16 bit.
    pub sixteen: f64,
    /// Everything in the fastest format that the chip has.
    pub dense: f64,
    /// Passes of the model in a step.
    pub passes: f64,
    /// Guidance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cfg: Option<f64>,
    /// The longest that is expected, where there is a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<f64>,
}

impl Variant {
    /// The changes in words: `--reserve-vram 4, TORCH_COMPILE=1`.
    pub fn changed(&self) -> String {
        let words: Vec<String> = self.changes.iter().map(Change::to_string).collect();
        words.join(", ")
    }
}

impl Limit {
    /// Every figure, with its name, for checking.
    pub(super) fn figures(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let all = [
            ("attention", Some(self.attention)),
            ("sixteen", Some(self.sixteen)),
            ("dense", Some(self.dense)),
            ("passes", Some(self.passes)),
            ("cfg", self.cfg),
            ("expected", self.expected),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}
