//! What is kept of a run: facts, findings, the prompt and its hash, the forecast, what was measured, what came out. One JSON object
//! (schema 1, described in docs/run.md), which `wanlint log` reads again.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::inputs::Change;
use super::prompt::Prompt;
use super::sample::Sampled;
use super::server::{Server, Stats};
use super::times::NodeTime;
use super::verify::Verified;
use crate::facts::log::Run;
use crate::read::log::Loaded;
use crate::report::run::KIND;
use crate::report::{json as report, safe};
use crate::text::rounded;

/// Everything that goes into a record.
#[derive(Debug)]
pub struct Facts<'a> {
    /// What was verified.
    pub verified: &'a Verified,
    /// What was sent.
    pub prompt: &'a Prompt,
    /// Where it was sent.
    pub server: &'a Server,
    /// What the server said about itself.
    pub stats: &'a Stats,
    /// How it was started, when it was started for the run.
    pub command: Option<Vec<String>>,
    /// When the prompt was sent.
    pub begun: SystemTime,
    /// How it ended.
    pub end: End<'a>,
    /// What was seen.
    pub measured: Measured<'a>,
    /// Files that were fetched.
    pub outputs: Vec<Value>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// `success`, `failed`, `interrupted`, `broke`.
    pub kind: &'a str,
    /// Why, in words; empty for a success.
    pub message: &'a str,
}

/// What was seen of a run.
#[derive(Debug)]
pub struct Measured<'a> {
    /// From the request to the end, seconds.
    pub seconds: f64,
    /// The nodes that ran.
    pub nodes: &'a [NodeTime],
    /// Nodes whose results came from the cache.
    pub cached: &'a [String],
    /// VRAM.
    pub sampled: Option<&'a Sampled>,
    /// What the log said about loads.
    pub loads: &'a Run,
    /// The lines of the log that count.
    pub log: &'a str,
}

impl Facts<'_> {
    /// The record. Secrets are masked in it as in every report.
    pub fn value(&self) -> Value {
        let outcome = &self.verified.outcome;
        let checked = report::value(outcome);
        let stats = self.stats;
        let mut value = safe::masked(json!({
            "kind": KIND,
            "schema": 1,
            "version": env!("CARGO_PKG_VERSION"),
            "begun": humantime::format_rfc3339_seconds(self.begun).to_string(),
            "workflow": outcome.files[self.verified.workflow].shown_path(),
            "server": {
                "address": self.server.address().to_string(),
                "comfyui": stats.comfyui, "torch": stats.torch, "python": stats.python,
                "os": stats.os.map(|os| os.to_string().to_lowercase()),
                "argv": stats.argv,
                "started": self.command,
            },
            "changes": self.verified.changes.iter().map(change).collect::<Vec<_>>(),
            "result": { "end": self.end.kind, "message": self.end.message },
            "measured": self.measured(),
            "outputs": self.outputs,
        }));
        let graph = serde_json::from_str(self.prompt.json()).unwrap_or(Value::Null);
        value["prompt"] = json!({"id": self.prompt.id(), "sha256": self.prompt.hash(), "json": safe::masked(graph)});
        for part in ["machine", "summary", "findings", "forecasts", "fixes"] {
            if !checked[part].is_null() {
                value[part] = checked[part].clone();
            }
        }
        value
    }

    fn measured(&self) -> Value {
        let measured = &self.measured;
        let class = |id: &str| {
            let graph = &self.verified.graph;
            graph.by_id(id).map(|node| graph.class(node).to_owned())
        };
        let node = |time: &NodeTime| {
            json!({
                "node": time.node, "type": class(&time.node), "seconds": time.seconds.map(rounded),
                "steps": time.steps, "seconds_per_step": time.seconds_per_step.map(rounded),
            })
        };
        json!({
            "seconds": rounded(measured.seconds),
            "nodes": measured.nodes.iter().map(node).collect::<Vec<_>>(),
            "cached": measured.cached,
            "vram": measured.sampled.map(vram),
            "loads": measured.loads.loads.iter().map(load).collect::<Vec<_>>(),
            "log": measured.log,
        })
    }
}

fn change(change: &Change) -> Value {
    let parsed = |json: &str| serde_json::from_str::<Value>(json).unwrap_or(Value::Null);
    json!({
        "flag": change.flag, "node": change.node, "input": change.input,
        "before": change.before.as_deref().map(parsed), "after": parsed(&change.after),
    })
}

fn vram(seen: &Sampled) -> Value {
    json!({
        "card": seen.card,
        "total_mib": rounded(seen.total_mib),
        "free_at_start_mib": rounded(seen.free_at_start_mib),
        "others_at_start_mib": rounded(seen.others_at_start_mib),
        "peak_mib": seen.peak_mib.map(rounded),
        "peaks": seen.peaks.iter().map(|(node, mib)| json!({"node": node, "peak_mib": rounded(*mib)})).collect::<Vec<_>>(),
        "looks": seen.looks,
        "by": if seen.by_driver { "driver" } else { "server" },
    })
}

/// The word of a record for how a model was loaded.
pub const fn loaded(how: Loaded) -> &'static str {
    match how {
        Loaded::Completely => "complete",
        Loaded::Partially => "partial",
        Loaded::Dynamic => "dynamic",
        Loaded::Lowvram => "lowvram",
    }
}

fn load(found: &crate::facts::log::ModelLoad) -> Value {
    let load = &found.load;
    json!({
        "model": found.class, "load": loaded(load.how), "usable_mib": load.usable, "loaded_mib": load.loaded, "offloaded_mib": load.offloaded,
    })
}
