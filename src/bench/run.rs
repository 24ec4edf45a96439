//! One run of a variant.

use serde::{Deserialize, Serialize};

use super::measured::Measured;

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The first one of a server: models are read from disk, kernels compiled.
    Cold,
    /// One after that which does not count yet.
    WarmUp,
    /// One that counts.
    Measured,
}

impl Role {
    /// The word of the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::WarmUp => "warm-up",
            Self::Measured => "measured",
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Well.
    #[default]
    Success,
    /// The server refused or failed it.
    Failed,
    /// Somebody stopped it.
    Interrupted,
    /// Nobody knows.
    Broke,
}

/// One prompt of a variant: what it was for, what was sent, what was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The name of its variant.
    pub variant: String,
    /// What it is for.
    pub role: Role,
    /// Runs of one round belong together: every variant ran once in it (or one server of every variant did). `None`: there were no
    /// rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// Which start of a server it was sent to, counted from 0 over the bench; `None`: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<u32>,
    /// When it was sent, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
    /// The seed that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Hash of the prompt that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// How it ended.
    #[serde(default)]
    pub end: End,
    /// Why, where it did not end well.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What was seen.
    #[serde(default)]
    pub measured: Measured,
}
