//! `wanlint run`: verify a workflow, send exactly what was verified, and hold the forecast against what happened.

pub(super) mod execute;
mod flags;
pub(super) mod host;
mod plan;
mod session;
pub(super) mod show;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::flags::{GateFlags, InputFlags, LimitFlags, OutputFlags};
use self::host::ServerFlags;
use self::session::Session;
use self::show::{How, Names, Show};
use super::facts::FactFlags;
use super::{CLEAN, FINDINGS, Streams, written};
use crate::config::Config;
use crate::fix::engine::{self, Gate, Permit};
use crate::fix::write;
use crate::outcome::{Outcome, Repair};
use crate::rules::select::Selection;
use crate::run::gate;
use crate::run::prompt::Prompt;
use crate::run::stop::Stop;
use crate::run::verify::{Question, Verified, of_checked};
use crate::{Options, check};

/// The server refused or failed the generation.
pub(super) const FAILED: u8 = 3;
/// The run broke off.
pub(super) const BROKE: u8 = 4;
/// Somebody interrupted it.
pub(super) const INTERRUPTED: u8 = 130;

/// Arguments of `wanlint run`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A saved workflow, an API prompt, or an image or video that holds one
    workflow: PathBuf,
    /// Print what would be sent, its hash and the plan, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    inputs: InputFlags,
    #[command(flatten)]
    gate: GateFlags,
    #[command(flatten)]
    limits: LimitFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    facts: FactFlags,
}

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// Everything, for scripts: the plan or the record
    Json,
    /// One JSON object for each event, the record last
    JsonLines,
}

/// How a run ended.
#[derive(Debug)]
pub(super) enum End {
    /// Well.
    Done,
    /// What the server said stopped it: nothing was sent.
    Gate(Vec<String>),
    /// The server refused or failed it.
    Failed(String),
    /// Nobody knows how it would have ended, or it never began.
    Broke(String),
    /// Somebody asked to stop.
    Interrupted(String),
}

impl End {
    pub(super) const fn code(&self) -> u8 {
        match self {
            Self::Done => CLEAN,
            Self::Gate(_) => FINDINGS,
            Self::Failed(_) => FAILED,
            Self::Broke(_) => BROKE,
            Self::Interrupted(_) => INTERRUPTED,
        }
    }

    /// The word of a record.
    const fn word(&self) -> &'static str {
        match self {
            Self::Done => "success",
            Self::Gate(_) => "stopped",
            Self::Failed(_) => "failed",
            Self::Broke(_) => "broke",
            Self::Interrupted(_) => "interrupted",
        }
    }

    pub(super) fn message(&self) -> String {
        match self {
            Self::Done => String::new(),
            Self::Gate(stops) => stops.join("; "),
            Self::Failed(why) | Self::Broke(why) | Self::Interrupted(why) => why.clone(),
        }
    }
}

/// Verifies; without `--dry-run` sends what was verified, watches it, and fetches what it made.
///
/// # Errors
/// Mistakes of the caller: a path, a flag, a value that has no place in the workflow.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    arguments.gate.check()?;
    let mut facts = arguments.facts.clone();
    let checkout = facts.take_checkout();
    let wishes = arguments.inputs.wishes()?;
    let mut options = options(arguments, &facts)?;
    let limits = arguments.gate.limits(&options.config)?;
    let outcome = mended(arguments, &mut options)?;
    let question = Question { options: &options, wishes: &wishes.all, seed: wishes.seed };
    let verified = of_checked(&question, outcome)?;
    let stops = gate::stops(&verified.outcome, limits);
    let choice = arguments.server.choice(&verified.outcome, facts.launch.as_deref(), checkout.as_deref());
    if arguments.dry_run || !stops.is_empty() {
        let prompt = prompt(&verified);
        let start = plan::start(&choice);
        let (pictures, dry) = (&wishes.pictures, arguments.dry_run);
        let plan = plan::Plan { verified: &verified, prompt: &prompt, pictures, stops: &stops, start, dry };
        let text = match arguments.output.format {
            Format::Text => plan.text(streams.color(arguments.output.color))?,
            Format::Json => plan.json(),
            Format::JsonLines => plan.line(),
        };
        written(streams.out.write_all(text.as_bytes()))?;
        return Ok(if stops.is_empty() { CLEAN } else { FINDINGS });
    }
    let choice = choice?.ok_or(
        "no server is named: --server http://127.0.0.1:8188 names one, --launch SCRIPT or --comfyui DIR starts one",
    )?;
    arguments.output.check(arguments.inputs.repeat())?;
    let stop = Stop::new();
    stop.on_signals(|| std::process::exit(i32::from(INTERRUPTED)))?;
    let how = match arguments.output.format {
        Format::Text => How::People,
        Format::Json => How::Silent,
        Format::JsonLines => How::Events,
    };
    let show = Show::new(how, Names::of(&verified.graph), streams.terminal);
    let mut session = Session { arguments, options, wishes, limits, stop, show, verified };
    let end = session.whole(choice, streams)?;
    session.report_end(&end, streams)?;
    Ok(end.code())
}

fn options(arguments: &Arguments, facts: &FactFlags) -> Result<Options, String> {
    let paths: Vec<PathBuf> = std::iter::once(&arguments.workflow).chain(&facts.launch).cloned().collect();
    if facts.reference(&paths)?.is_some() {
        return Err("--config-from is for wanlint check: a run takes the files as they are".to_owned());
    }
    let config: Config = facts.config(&paths, None)?;
    let machine = facts.machine(&config)?;
    let gate = &arguments.gate;
    let either = |flag: &Vec<String>, file: &Vec<String>| if flag.is_empty() { file.clone() } else { flag.clone() };
    Ok(Options {
        launch: facts.launch.clone(),
        models: facts.models(&config)?,
        selection: Selection::new(
            &either(&gate.select, &config.check.select),
            &either(&gate.ignore, &config.check.ignore),
            &config.check.extend_select,
        )?,
        ..Options::new(paths, config, machine)
    })
}

/// The check, with `--fix` after the safe fixes: in the copy that is sent, with `--in-place` in the files too. A dry run writes nothing.
fn mended(arguments: &Arguments, options: &mut Options) -> Result<Outcome, String> {
    let gate = &arguments.gate;
    if !gate.fix {
        return check(options);
    }
    let (in_place, paths) = (gate.in_place && !arguments.dry_run, options.paths.clone());
    let may = move |path: &std::path::Path| if in_place { write::target(path, &paths).map(drop) } else { Ok(()) };
    let rules = Selection::new(&options.config.check.fixable, &options.config.check.unfixable, &[])?;
    let permit = Permit { unsafe_too: false, rules, gate: Gate::new(may) };
    let fixed = engine::run(options, &permit)?;
    if in_place {
        let changes: Vec<_> = fixed.changes().collect();
        write::together(&changes, &options.paths).map_err(|why| format!("--in-place: not written: {why}"))?;
    }
    let mut outcome = fixed.outcome;
    outcome.repair = Repair {
        rules: permit.rules.clone(),
        allowed: None,
        made: Some(fixed.made),
        held_back: fixed.held_back,
        written: !arguments.dry_run,
        shown: true,
        unsettled: !fixed.settled,
    };
    Ok(outcome)
}

/// What is sent.
pub(super) fn prompt(verified: &Verified) -> Prompt {
    let graph = &verified.graph;
    let partner = graph.real().any(|node| graph.spec(node).is_some_and(|spec| spec.partner));
    Prompt::new(verified.json.clone()).with_workflow(verified.saved.clone()).with_partner(partner)
}
