//! `wanlint run`: verify a workflow, send exactly what was verified, and hold the forecast against what happened.

mod flags;
mod plan;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::flags::{GateFlags, InputFlags};
use super::facts::FactFlags;
use super::{CLEAN, Color, FINDINGS, Streams, written};
use crate::config::Config;
use crate::fix::engine::{self, Gate, Permit};
use crate::fix::write;
use crate::outcome::Repair;
use crate::rules::select::Selection;
use crate::run::gate;
use crate::run::prompt::Prompt;
use crate::run::verify::{Question, Verified, of_checked};
use crate::{Options, check};

/// Arguments of `wanlint run`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A saved workflow, an API prompt, or an image or video that holds one
    workflow: PathBuf,
    /// Print what would be sent, its hash and the plan, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Format of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    color: Color,
    #[command(flatten)]
    inputs: InputFlags,
    #[command(flatten)]
    gate: GateFlags,
    #[command(flatten)]
    facts: FactFlags,
}

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// Everything, for scripts
    Json,
}

/// Verifies, and with `--dry-run` stops there.
///
/// # Errors
/// Mistakes of the caller: a path, a flag, a value that has no place in the workflow.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    if !arguments.dry_run {
        return Err("this build verifies and does not send yet: add --dry-run".to_owned());
    }
    arguments.gate.check()?;
    let wishes = arguments.inputs.wishes()?;
    let mut options = options(arguments)?;
    let limits = arguments.gate.limits(&options.config)?;
    let outcome = mended(arguments, &mut options)?;
    let question = Question { options: &options, wishes: &wishes.all, seed: wishes.seed };
    let verified = of_checked(&question, outcome)?;
    let stops = gate::stops(&verified.outcome, limits);
    let prompt = prompt(&verified);
    let plan = plan::Plan { verified: &verified, prompt: &prompt, pictures: &wishes.pictures, stops: &stops };
    let text = match arguments.output_format {
        Format::Text => plan.text(streams.color(arguments.color))?,
        Format::Json => plan.json(),
    };
    written(streams.out.write_all(text.as_bytes()))?;
    Ok(if stops.is_empty() { CLEAN } else { FINDINGS })
}

fn options(arguments: &Arguments) -> Result<Options, String> {
    let facts = &arguments.facts;
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

/// The check, with `--fix` after the safe fixes: in the copy that is sent, with `--in-place` in the files too.
fn mended(arguments: &Arguments, options: &mut Options) -> Result<crate::outcome::Outcome, String> {
    let gate = &arguments.gate;
    if !gate.fix {
        return check(options);
    }
    let (in_place, paths) = (gate.in_place, options.paths.clone());
    let may = move |path: &std::path::Path| if in_place { write::target(path, &paths).map(drop) } else { Ok(()) };
    let rules = Selection::new(&options.config.check.fixable, &options.config.check.unfixable, &[])?;
    let permit = Permit { unsafe_too: false, rules, gate: Gate::new(may) };
    let fixed = engine::run(options, &permit)?;
    if in_place {
        let change = |(path, after): (&'_ PathBuf, &'_ Vec<u8>)| {
            let before = fixed.before.get(path).cloned();
            (path.clone(), before, after.clone())
        };
        let all: Vec<_> = fixed.drafts.iter().map(change).collect();
        let changes = all.iter().map(|(path, before, after)| write::Change { path, before: before.as_deref(), after });
        let changes: Vec<_> = changes.collect();
        write::together(&changes, &options.paths).map_err(|why| format!("--in-place: not written: {why}"))?;
    }
    let mut outcome = fixed.outcome;
    outcome.repair = Repair {
        rules: permit.rules.clone(),
        allowed: None,
        made: Some(fixed.made),
        held_back: fixed.held_back,
        written: true,
        shown: true,
        unsettled: !fixed.settled,
    };
    Ok(outcome)
}

fn prompt(verified: &Verified) -> Prompt {
    let graph = &verified.graph;
    let partner = graph.real().any(|node| graph.spec(node).is_some_and(|spec| spec.partner));
    Prompt::new(verified.json.clone()).with_workflow(verified.saved.clone()).with_partner(partner)
}
