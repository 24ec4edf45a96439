//! What was seen of one prompt: the value that whoever runs a bench fills.

use serde::{Deserialize, Serialize};

/// What was seen of one prompt. Everything but the time may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// From the request to the end of the prompt, seconds; `None`: nobody noted it, or the prompt did not end well.
    pub seconds: Option<f64>,
    /// The nodes that ran, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Node>,
    /// Ids of nodes whose results came from ComfyUI's cache.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cached: Vec<String>,
    /// How models were loaded, as the server logged it, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub loads: Vec<Load>,
    /// VRAM while it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vram: Option<Vram>,
    /// The card before it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Card>,
    /// The card after it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Card>,
}

/// One node that ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Its id in the prompt.
    pub node: String,
    /// Its class.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// The phase of the forecast that it is: `sample`, `vae-decode`, ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phase: String,
    /// From its beginning to that of the next node, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Seconds of each step, in order, by the events that end them. The first one begins with the node, so that it holds what is loaded,
    /// compiled and tuned before it is computed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<f64>,
    /// A progress bar, where nothing better is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bar: Option<Bar>,
}

/// A finished progress bar of the log: it counts the time of the host, which may be ahead of the card when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Steps.
    pub steps: u32,
    /// Seconds a step, as shown.
    pub seconds_per_step: f64,
}

/// A load as the server logged it, MiB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Load {
    /// The class of the model, as logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `complete`, `partial`, `dynamic` or `lowvram`.
    pub load: String,
    /// What ComfyUI counted as usable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usable_mib: Option<f64>,
    /// Weights on the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loaded_mib: Option<f64>,
    /// Weights that stayed in system memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offloaded_mib: Option<f64>,
}

/// VRAM, MiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vram {
    /// What CUDA has in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_mib: Option<f64>,
    /// What other programs and the CUDA context held at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others_at_start_mib: Option<f64>,
    /// The most that was seen in use, of all programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_mib: Option<f64>,
}

/// The card at one moment, as its driver tells; nothing of it is ever changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// Degrees Celsius.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_c: Option<f64>,
    /// Clock of the multiprocessors, MHz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_mhz: Option<f64>,
    /// The limit of its power that is in force, W.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_limit_w: Option<f64>,
    /// Programs that compute on it, ComfyUI among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programs: Option<u32>,
}

impl Measured {
    /// The nodes that sample: those whose steps or bars are known.
    pub fn samplers(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| !node.steps.is_empty() || node.bar.is_some())
    }

    /// Weights in system memory while it sampled, MiB: the most of all loads; `None` where no load was logged.
    pub fn offloaded_mib(&self) -> Option<f64> {
        self.loads.iter().map(|load| load.offloaded_mib.unwrap_or_default()).reduce(f64::max)
    }

    /// Every figure, with its name, for checking.
    pub(super) fn figures(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let mut all: Vec<(&'static str, f64)> = Vec::new();
        let mut one = |name, value: Option<f64>| all.extend(value.map(|value| (name, value)));
        one("seconds", self.seconds);
        for node in &self.nodes {
            one("seconds of a node", node.seconds);
            one("seconds_per_step", node.bar.map(|bar| bar.seconds_per_step));
            node.steps.iter().for_each(|step| one("steps", Some(*step)));
        }
        for load in &self.loads {
            one("usable_mib", load.usable_mib);
            one("loaded_mib", load.loaded_mib);
            one("offloaded_mib", load.offloaded_mib);
        }
        if let Some(vram) = &self.vram {
            one("total_mib", vram.total_mib);
            one("others_at_start_mib", vram.others_at_start_mib);
            one("peak_mib", vram.peak_mib);
        }
        all.into_iter()
    }
}
