//! What is to be measured: the variants, each checked and forecast, and the order of runs.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::Options;
use crate::bench::change::Stated;
use crate::bench::order::{Block, Counts, on_one_server, on_servers, runs};
use crate::bench::plan::{self, Bench, Planned};
use crate::bench::{Change, Record};
use crate::cli::facts::FactFlags;
use crate::cli::run::host::{Choice, ServerFlags};
use crate::config::Config;
use crate::finding::Severity;
use crate::report::{safe, summary};
use crate::run::gate::Limits;
use crate::run::inputs::{Role, Wish};
use crate::source::Source;

/// What is measured.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// A saved workflow, an API prompt, or an image or video that holds one
    workflow: Option<PathBuf>,
    /// A variant: "NAME: CHANGES"; --flag, --flag value, !--flag, X=1, !X, NODE.input=value. Repeat it for more
    #[arg(long, value_name = "NAME: CHANGES")]
    variant: Vec<String>,
    /// Print the plan, the forecast of each variant and what would stop it; nothing runs
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Measured runs of each variant [default: 5]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: Option<u32>,
    /// Runs before them that do not count: of each variant, or of each server where variants need their own
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=100))]
    warm_ups: Option<u32>,
    /// The first seed; every run on a server has the next one, so that nothing comes from its cache
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..1 << 52))]
    pub(super) seed: u64,
    /// The input that takes the seed, where no sampler has one: NODE.input, any whole number that changes the result
    #[arg(long, value_name = "NODE.INPUT")]
    seed_at: Option<String>,
    /// One input of one node for all variants: NODE.input=value
    #[arg(long, value_name = "NODE.INPUT=VALUE")]
    set: Vec<String>,
    /// Where the record goes; it is written after every run
    #[arg(long, value_name = "FILE", default_value = "bench.wanlint.json")]
    pub(super) record: PathBuf,
    /// Go on with the bench of --record
    #[arg(long)]
    pub(super) resume: bool,
    /// Give a run up when it has not ended after so long
    #[arg(long, value_name = "SECONDS")]
    pub(super) timeout: Option<u64>,
    /// A variant does not run from this severity on: info, warning or error [default: error]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// Run variants although the forecast is out of memory
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(super) server: ServerFlags,
    #[command(flatten)]
    facts: FactFlags,
}

impl Flags {
    /// A replay measures nothing.
    pub(super) fn none_with_replay(&self) -> Result<(), String> {
        match self.workflow.is_some() || !self.variant.is_empty() || self.dry_run || self.resume {
            true => {
                Err("--replay reads a record and runs nothing: leave workflow, --variant, --dry-run and --resume out"
                    .to_owned())
            }
            false => Ok(()),
        }
    }
}

/// A bench before it runs.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) flags: &'a Flags,
    pub(super) options: Options,
    pub(super) limits: Limits,
    pub(super) wishes: Vec<Wish>,
    stated: Vec<Stated>,
    checkout: Option<PathBuf>,
    rounds: u32,
}

impl<'a> Job<'a> {
    /// Reads flags and configuration.
    pub(super) fn new(flags: &'a Flags) -> Result<Self, String> {
        let workflow = flags.workflow.clone().ok_or("name a workflow to measure, or --replay FILE")?;
        let mut facts = flags.facts.clone();
        let checkout = facts.take_checkout();
        let paths: Vec<PathBuf> = std::iter::once(workflow).chain(facts.launch.clone()).collect();
        if facts.reference(&paths)?.is_some() {
            return Err("--config-from is for wanlint check: a bench takes the files as they are".to_owned());
        }
        let config = facts.config(&paths, None)?;
        let machine = facts.machine(&config)?;
        let stated = stated(flags, &config)?;
        let fail_on = match (flags.fail_on, &config.check.fail_on) {
            (Some(severity), _) => severity,
            (None, Some(text)) => text.parse()?,
            (None, None) => Severity::Error,
        };
        let rounds = flags.runs.or(config.bench.runs).unwrap_or(5).clamp(1, 1000);
        let options = Options {
            launch: facts.launch.clone(),
            models: facts.models(&config)?,
            selection: crate::rules::select::Selection::new(
                &config.check.select,
                &config.check.ignore,
                &config.check.extend_select,
            )?,
            ..Options::new(paths, config, machine)
        };
        // Offloading may be what is measured.
        let limits = Limits { fail_on, force: flags.force, allow_offload: true };
        let wishes = flags.set.iter().cloned().map(Wish::Set).collect();
        Ok(Self { flags, options, limits, wishes, stated, checkout, rounds })
    }

    /// The baseline and the variants, checked and forecast; what cannot run has the reason.
    pub(super) fn planned(&self) -> Result<Vec<Planned>, String> {
        let mut wishes = self.wishes.clone();
        wishes.push(self.seeded(self.flags.seed));
        let mut all = plan::plan(&self.bench(&wishes), &self.stated)?;
        let base = all.first().and_then(|first| first.verified.as_ref()).map(|verified| self.choice(&verified.outcome));
        for planned in &mut all {
            self.start(planned, base.as_ref());
        }
        Ok(all)
    }

    fn bench<'b>(&'b self, wishes: &'b [Wish]) -> Bench<'b> {
        Bench { options: &self.options, wishes, seed: Some(self.flags.seed), limits: self.limits }
    }

    /// The server that is there, or what starts one.
    pub(super) fn choice(&self, outcome: &crate::outcome::Outcome) -> Result<Option<Choice>, String> {
        self.flags.server.choice(outcome, self.options.launch.as_deref(), self.checkout.as_deref())
    }

    /// How the server of a variant is started, or why it is not.
    fn start(&self, planned: &mut Planned, base: Option<&Result<Option<Choice>, String>>) {
        let (restart, variant) = (planned.needs_restart(), &mut planned.variant);
        match base {
            Some(Ok(Some(Choice::Starts(command)))) => {
                let mut command = command.clone();
                match planned.changes.iter().try_for_each(|change| plan::apply(&mut command, change)) {
                    Ok(()) => variant.start = command.shown(),
                    Err(why) => drop(variant.skipped.get_or_insert(why)),
                }
            }
            Some(Ok(Some(Choice::There(address)))) if restart => {
                let why = format!(
                    "it needs another start, and the server at {address} is not ours: name a script with --launch"
                );
                variant.skipped.get_or_insert(why);
            }
            _ => {}
        }
    }

    /// A record without runs.
    pub(super) fn record(&self, planned: &[Planned]) -> Record {
        let workflow = self.options.paths.first().map(|path| shown(path)).unwrap_or_default();
        let mut record = Record::new(workflow, planned.iter().map(|planned| planned.variant.clone()).collect());
        record.launch = self.options.launch.as_deref().map(shown);
        let machine = &self.options.machine;
        record.machine = crate::bench::record::Machine {
            gpu: machine.gpu.clone(),
            total_mib: None,
            os: machine.os.map(|os| os.to_string().to_lowercase()),
            comfyui: machine.comfyui.map(|version| version.to_string()),
            torch: machine.torch.map(|version| version.to_string()),
        };
        record
    }

    /// The runs in their order.
    pub(super) fn blocks(&self, planned: &[Planned]) -> Vec<Block> {
        let ready: Vec<usize> = (0..planned.len()).filter(|&at| planned[at].variant.skipped.is_none()).collect();
        let counts = Counts { rounds: self.rounds, warm_ups: self.flags.warm_ups, seed: self.flags.seed };
        match ready.iter().any(|&at| planned[at].needs_restart()) {
            true => on_servers(&ready, counts),
            false => on_one_server(&ready, counts),
        }
    }

    /// The plan for people.
    pub(super) fn text(&self, planned: &[Planned]) -> String {
        let mut out = String::new();
        for planned in planned {
            let variant = &planned.variant;
            let changed = variant.changed();
            let changed = if changed.is_empty() { String::new() } else { format!(": {changed}") };
            let _ = writeln!(out, "{}{}", safe::line(&variant.name), safe::line(&changed));
            for line in planned.verified.iter().flat_map(|verified| crate::report::vram::lines(&verified.outcome)) {
                let _ = writeln!(out, "  {}", safe::line(&line));
            }
            match &variant.skipped {
                Some(why) => {
                    let _ = writeln!(out, "  would be skipped: {}", safe::line(why));
                }
                None => {
                    for line in &variant.start {
                        let _ = writeln!(out, "  starts: {}", safe::line(line));
                    }
                }
            }
        }
        let blocks = self.blocks(planned);
        let _ = writeln!(
            out,
            "plan: {} on {}, {} measured of each variant",
            summary::counted(runs(&blocks), "run"),
            match planned.iter().any(|planned| !planned.variant.start.is_empty()) {
                true => summary::counted(blocks.len(), "started server"),
                false => summary::counted(blocks.len(), "server"),
            },
            self.rounds
        );
        out
    }

    /// The values of one run: those of all, those of the variant, and its seed.
    pub(super) fn wishes_of(&self, planned: &Planned, seed: u64) -> Vec<Wish> {
        let own = planned.changes.iter().filter_map(|change| match change {
            Change::Input { set } => Some(Wish::Set(set.clone())),
            _ => None,
        });
        self.wishes.iter().cloned().chain(own).chain([self.seeded(seed)]).collect()
    }

    /// The wish that makes a run one that no server has computed before.
    fn seeded(&self, seed: u64) -> Wish {
        match &self.flags.seed_at {
            Some(slot) => Wish::Set(format!("{slot}={seed}")),
            None => Wish::Role(Role::Seed, seed.to_string()),
        }
    }
}

fn shown(path: &std::path::Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// The variants of the command line, else those of the configuration.
fn stated(flags: &Flags, config: &Config) -> Result<Vec<Stated>, String> {
    if !flags.variant.is_empty() {
        return flags.variant.iter().map(|text| text.parse()).collect();
    }
    let one = |entry: &toml::Spanned<crate::config::VariantConfig>| {
        let variant = entry.get_ref();
        Stated::listed(&variant.name, &variant.changes).map_err(|why| {
            let file = config.file.clone().unwrap_or_default();
            let text = config.text.clone().or_else(|| std::fs::read_to_string(&file).ok()).unwrap_or_default();
            let start = u32::try_from(entry.span().start).unwrap_or_default();
            let place = Source::from_text(&file, &text).place(start);
            format!("{}:{}: [[bench.variant]] '{}': {why}", file.display(), place.line, variant.name)
        })
    };
    config.bench.variant.iter().map(one).collect()
}
