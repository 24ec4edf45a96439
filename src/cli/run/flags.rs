//! Flags of `wanlint run`: the values that go into the workflow, and what may pass.

use std::path::{Path, PathBuf};

use clap::Args;

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
}

/// What goes in, and what is uploaded for it.
#[derive(Debug)]
pub(super) struct Wishes {
    pub(super) all: Vec<Wish>,
    pub(super) pictures: Vec<Picture>,
    pub(super) seed: Option<u64>,
}

impl InputFlags {
    /// The values, each with the place that it is for.
    pub(super) fn wishes(&self) -> Result<Wishes, String> {
        let seed = self.seed()?;
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
