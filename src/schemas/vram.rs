//! The shape of the report of `wanlint vram`.

#![allow(dead_code, reason = "the types are read by their derives only")]

use schemars::JsonSchema;

/// One object where there is one forecast, else a list.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Report {
    One(Entry),
    Several(Vec<Entry>),
}

/// A forecast, or one for each of the common cards where none is stated.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Entry {
    Forecast(Box<Forecast>),
    Cards(Cards),
}

/// What a workflow takes under a start. Memory is in MiB.
#[derive(JsonSchema)]
pub struct Forecast {
    /// Version of this shape: 1. It grows by new fields; what is there keeps its meaning.
    #[schemars(range(min = 1, max = 1))]
    schema: u32,
    /// Path of the workflow.
    workflow: String,
    /// Path of the start; null for one without flags.
    launch: Option<String>,
    /// The version that was computed for.
    comfyui: String,
    regime: Regime,
    machine: Machine,
    ranges: Ranges,
    /// In the order of execution.
    phases: Vec<Phase>,
    /// The highest peak; null where it is not modelled.
    peak_mib: Option<f64>,
    /// Total - used by others - peak.
    headroom_mib: Option<f64>,
    /// System memory for weights and frames, lowest and highest.
    ram_mib: [f64; 2],
    verdict: Verdict,
    assumptions: Vec<String>,
    /// What would fit; only with --fit, null where that is unknown.
    #[schemars(skip_serializing_if = "Option::is_none")]
    fit: Option<Fit>,
    /// Id of the run; only in the history of several.
    #[schemars(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
}

/// How ComfyUI manages weights: budgets (static), or pages on demand (dynamic).
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Regime {
    Static,
    Dynamic,
}

/// The machine in the middle of its ranges.
#[derive(JsonSchema)]
struct Machine {
    gpu: Option<String>,
    total_mib: f64,
    used_by_others_mib: f64,
    reserve_mib: f64,
    ram_gib: Option<f64>,
}

/// Lowest and highest.
#[derive(JsonSchema)]
struct Ranges {
    total_mib: [f64; 2],
    used_by_others_mib: [f64; 2],
}

/// One step of the execution.
#[derive(JsonSchema)]
struct Phase {
    name: PhaseName,
    node: Option<String>,
    /// The class that ComfyUI logs.
    model: String,
    /// Model file.
    file: String,
    width: u32,
    height: u32,
    frames: u32,
    batch: u32,
    /// How many of the batch go through the model at once, guidance included.
    forward_batch: u32,
    /// What ComfyUI asks for.
    estimate_mib: f64,
    /// What it may fill with weights; null under dynamic loading.
    usable_mib: Option<f64>,
    weights_mib: f64,
    loaded_mib: Option<f64>,
    offloaded_mib: Option<f64>,
    buffer_mib: Option<f64>,
    lowvram_patches: Option<u32>,
    load: Load,
    /// What this version logs when it makes room.
    unload_lines: Vec<String>,
    /// What this version logs.
    log_line: Option<String>,
    /// Weights that cross the bus at every pass, lowest and highest.
    streamed_mib: [f64; 2],
    /// What stays of earlier models.
    resident_mib: f64,
    /// System memory, lowest and highest.
    ram_mib: [f64; 2],
    tile: Option<Tile>,
    /// What is truly needed beside the weights; null where it was never traced.
    activation_mib: Option<f64>,
    peak_mib: Option<f64>,
    headroom_mib: Option<f64>,
    step_seconds: Option<StepSeconds>,
    /// Of a pass of the VAE.
    pass_seconds: Option<PassSeconds>,
}

/// What a phase does.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum PhaseName {
    TextEncode,
    ClipVision,
    VaeEncode,
    Sample,
    VaeDecode,
    Other,
}

/// Where the weights go.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Load {
    Complete,
    Partial,
    Dynamic,
    Resident,
    Cpu,
}

/// A tile of the VAE.
#[derive(JsonSchema)]
struct Tile {
    /// Pixels.
    edge: u32,
    frames: u32,
}

/// Length of a step.
#[derive(JsonSchema)]
struct StepSeconds {
    /// What no run beats.
    limit: Option<f64>,
    /// An estimate, lowest and highest.
    expected: Option<[f64; 2]>,
}

/// Length of a pass of the VAE.
#[derive(JsonSchema)]
struct PassSeconds {
    /// What no run beats.
    limit: Option<f64>,
}

/// What comes of it.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Verdict {
    Fits,
    Offloads,
    /// Windows pages VRAM into system memory instead of failing.
    Spills,
    Oom,
    Unknown,
}

/// What would make it fit.
#[derive(JsonSchema)]
struct Fit {
    as_it_is: bool,
    ways: Vec<Way>,
}

/// One change, alone.
#[derive(JsonSchema)]
struct Way {
    change: Change,
    /// It fits over the whole range of what is not known; else at best.
    certain: bool,
    /// At best and at worst.
    peak_mib: [Option<f64>; 2],
    /// At worst and at best.
    headroom_mib: [Option<f64>; 2],
}

/// What is done differently.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Change {
    Frames {
        frames: u32,
    },
    Size {
        width: u32,
        height: u32,
    },
    /// Flags that are left away.
    Without {
        without: Vec<String>,
    },
    Files {
        files: Vec<Swap>,
    },
    Card {
        vram_mib: f64,
        cards: Vec<String>,
    },
}

/// A file in place of another.
#[derive(JsonSchema)]
struct Swap {
    from: String,
    to: String,
}

/// The forecast on common cards.
#[derive(JsonSchema)]
pub struct Cards {
    #[schemars(range(min = 1, max = 1))]
    schema: u32,
    workflow: String,
    launch: Option<String>,
    comfyui: String,
    cards: Vec<Card>,
    assumptions: Vec<String>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
}

/// The forecast on one card.
#[derive(JsonSchema)]
struct Card {
    gpu: String,
    /// At best and at worst.
    verdict: [Verdict; 2],
    peak_mib: [Option<f64>; 2],
    headroom_mib: [Option<f64>; 2],
    step_seconds: Option<StepSeconds>,
}
