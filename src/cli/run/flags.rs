//! Flags of `wanlint run`: the values that go into the workflow, and what may pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::Format;
use super::execute::Patience;
use crate::cli::Color;
use crate::config::Config;
use crate::finding::Severity;
use crate::run::gate::Limits;
use crate::run::inputs::picture::Picture;
use crate::run::inputs::{Role, Wish};

/// Values that go into the prompt.
#[derive(Debug, Args)]
#[command(next_help_heading = "Inputs")]
pub(super) struct InputFlags {
    /// One input of one node: NODE.input=value, the node by its id, its title or its class
    #[arg(long, value_name = "NODE.INPUT=VALUE")]
    set: Vec<String>,
    /// The text of the positive conditioning
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    prompt: Option<String>,
    /// The text of the negative conditioning
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    negative: Option<String>,
    /// The seed of the noise; it also chooses among {a|b} in texts
    #[arg(long, value_name = "NUMBER|random")]
    seed: Option<String>,
    /// A picture for the LoadImage node; of several nodes for one of them: NODE=FILE
    #[arg(long, value_name = "FILE")]
    image: Vec<String>,
    /// Width of the video
    #[arg(long, value_name = "PIXELS")]
    width: Option<u32>,
    /// Height of the video
    #[arg(long, value_name = "PIXELS")]
    height: Option<u32>,
    /// Frames of the video
    #[arg(long, value_name = "COUNT")]
    frames: Option<u32>,
    /// Videos at once
    #[arg(long, value_name = "COUNT")]
    batch: Option<u32>,
    /// Guidance
    #[arg(long, value_name = "SCALE")]
    cfg: Option<f64>,
    /// Steps of the schedule
    #[arg(long, value_name = "COUNT")]
    steps: Option<u32>,
    /// Frames a second of the video that is written
    #[arg(long, value_name = "RATE")]
    fps: Option<f64>,
    /// Run it so many times; needs --seed, which grows by one each time or is a new random one
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    repeat: u32,
}

/// What goes in, and what is uploaded for it.
#[derive(Debug)]
pub(super) struct Wishes {
    pub(super) all: Vec<Wish>,
    pub(super) pictures: Vec<Picture>,
    pub(super) seed: Option<u64>,
}

impl Wishes {
    /// Puts another seed in.
    pub(super) fn reseed(&mut self, seed: u64) {
        self.seed = Some(seed);
        for wish in &mut self.all {
            if let Wish::Role(Role::Seed, value) = wish {
                *value = seed.to_string();
            }
        }
    }
}

impl InputFlags {
    /// How often it runs.
    pub(super) fn repeat(&self) -> u32 {
        self.repeat
    }

    /// The seed of a later turn: the next one, or another random one.
    pub(super) fn next_seed(&self, seed: u64) -> u64 {
        if self.seed.as_deref() == Some("random") { random() } else { seed.wrapping_add(1) }
    }

    /// The values, each with the place that it is for.
    pub(super) fn wishes(&self) -> Result<Wishes, String> {
        let seed = self.seed()?;
        if self.repeat > 1 && seed.is_none() {
            return Err(
                "--repeat needs --seed N or --seed random: the same seed again comes from ComfyUI's cache".to_owned()
            );
        }
        let text = |value: Option<u32>| value.map(|value| value.to_string());
        let roles = [
            (Role::Prompt, self.prompt.clone()),
            (Role::Negative, self.negative.clone()),
            (Role::Seed, seed.map(|seed| seed.to_string())),
            (Role::Width, text(self.width)),
            (Role::Height, text(self.height)),
            (Role::Frames, text(self.frames)),
            (Role::Batch, text(self.batch)),
            (Role::Cfg, self.cfg.map(|cfg| cfg.to_string())),
            (Role::Steps, text(self.steps)),
            (Role::Fps, self.fps.map(|fps| fps.to_string())),
        ];
        let mut all: Vec<Wish> = self.set.iter().cloned().map(Wish::Set).collect();
        all.extend(roles.into_iter().filter_map(|(role, value)| Some(Wish::Role(role, value?))));
        let mut pictures = Vec::new();
        for image in &self.image {
            let (node, path) = self::image(image);
            let picture = Picture::of(&path)?;
            all.push(match node {
                Some(node) => Wish::At(Role::Image, node, picture.name.clone()),
                None => Wish::Role(Role::Image, picture.name.clone()),
            });
            pictures.push(picture);
        }
        Ok(Wishes { all, pictures, seed })
    }

    fn seed(&self) -> Result<Option<u64>, String> {
        match self.seed.as_deref() {
            None => Ok(None),
            Some("random") => Ok(Some(random())),
            Some(text) => match text.parse() {
                Ok(seed) => Ok(Some(seed)),
                Err(_) => Err(format!("--seed takes a number from 0 to {} or the word random, not '{text}'", u64::MAX)),
            },
        }
    }
}

/// A number of 53 bits: a browser that opens the workflow later keeps all of them.
fn random() -> u64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    (high ^ low.rotate_left(32)) >> 11
}

/// The node and the file; a file may have an equals sign in its name.
fn image(text: &str) -> (Option<String>, PathBuf) {
    match text.split_once('=') {
        Some((node, file)) if !Path::new(text).exists() => (Some(node.to_owned()), PathBuf::from(file)),
        _ => (None, PathBuf::from(text)),
    }
}

/// What may pass, and what is mended first.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gate")]
pub(super) struct GateFlags {
    /// Nothing is sent from this severity on: info, warning or error [default: error]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// Only these rules: codes, prefixes or names
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    pub(super) select: Vec<String>,
    /// Not these rules
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    pub(super) ignore: Vec<String>,
    /// Mend what is certain in the copy that is sent: the generation stays the one that the server would have made
    #[arg(long)]
    pub(super) fix: bool,
    /// With --fix: write the fixes into the files too
    #[arg(long)]
    pub(super) in_place: bool,
    /// Run although the forecast is out of memory
    #[arg(long)]
    force: bool,
    /// Run although streaming weights costs more than 5 % of a step, or the driver pages into system memory
    #[arg(long)]
    allow_offload: bool,
}

impl GateFlags {
    /// Flags that mean nothing together.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.in_place && !self.fix {
            true => Err("--in-place says where fixes go: add --fix".to_owned()),
            false => Ok(()),
        }
    }

    /// What may pass; a flag wins over the configuration.
    pub(super) fn limits(&self, config: &Config) -> Result<Limits, String> {
        let fail_on = match (self.fail_on, &config.check.fail_on) {
            (Some(severity), _) => severity,
            (None, Some(text)) => text.parse()?,
            (None, None) => Severity::Error,
        };
        Ok(Limits { fail_on, force: self.force, allow_offload: self.allow_offload })
    }
}

/// When a run is given up.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitFlags {
    /// Give up when the prompt has not ended after so long; it is cancelled
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Give up when nothing was heard of it for so long
    #[arg(long, value_name = "SECONDS")]
    event_timeout: Option<u64>,
    /// Cancel it as soon as the server logs that weights stay in system memory
    #[arg(long)]
    abort_on_offload: bool,
}

impl LimitFlags {
    pub(super) fn patience(&self) -> Patience {
        let seconds = |value: Option<u64>| value.map(Duration::from_secs);
        Patience {
            quiet: seconds(self.event_timeout),
            overall: seconds(self.timeout),
            abort_on_offload: self.abort_on_offload,
        }
    }
}

/// What is printed, and where files go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputFlags {
    /// Format of the report
    #[arg(long = "output-format", value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Where the files go that the prompt makes, and the record
    #[arg(long, value_name = "DIR", default_value = "wanlint-output")]
    pub(super) output_dir: PathBuf,
    /// Write the record to this file
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// Write what other programs held when the prompt was sent into wanlint.toml
    #[arg(long, conflicts_with = "isolated")]
    pub(super) calibrate: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    pub(super) color: Color,
}

impl OutputFlags {
    /// One file holds one record.
    pub(super) fn check(&self, repeat: u32) -> Result<(), String> {
        match self.record.is_some() && repeat > 1 {
            true => Err("--record is for one run: the records of several go into --output-dir".to_owned()),
            false => Ok(()),
        }
    }
}
