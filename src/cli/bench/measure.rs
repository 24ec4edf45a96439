//! The runs of a bench: servers are started and stopped, prompts sent one after the other, and the record is written after each.

use std::time::{Duration, SystemTime};

use super::plan::Job;
use super::seen;
use crate::bench::order::{Block, Slot};
use crate::bench::plan::{Planned, apply};
use crate::bench::run::End as Word;
use crate::bench::{Record, Role, Run};
use crate::cli::output::to_file;
use crate::cli::run::execute::{self, Patience, execute};
use crate::cli::run::host::{Choice, Host};
use crate::cli::run::show::{How, Names, Show};
use crate::cli::run::{BROKE, End, FAILED, INTERRUPTED, prompt};
use crate::cli::{CLEAN, Streams};
use crate::facts::nvml;
use crate::run::stop::Stop;
use crate::run::verify::{Question, Verified, again, verify};
use crate::{Options, run::live};

/// Seeds between two servers: more than a server has runs.
const APART: u64 = 1 << 20;

/// Makes all runs; the record as it was written, and the exit code.
///
/// # Errors
/// Mistakes of the caller, or a record that cannot be written.
pub(super) fn all(job: &Job, planned: Vec<Planned>, streams: &mut Streams) -> Result<(Record, u8), String> {
    let baseline = planned.first().ok_or("nothing to measure")?;
    if let Some(why) = &baseline.variant.skipped {
        return Err(format!("the baseline cannot run: {why}"));
    }
    let verified = baseline.verified.as_ref().ok_or("the baseline cannot be sent")?;
    let choice = job.choice(&verified.outcome)?.ok_or(
        "no server is named: --server http://127.0.0.1:8188 names one, --launch SCRIPT or --comfyui DIR starts one",
    )?;
    let record = begun(job, &planned)?;
    let stop = Stop::new();
    stop.on_signals(|| std::process::exit(i32::from(INTERRUPTED)))?;
    let blocks = job.blocks(&planned);
    let mut bench = Running { job, planned, record, stop, failed: Vec::new(), code: CLEAN, seeds: 0 };
    bench.keep()?;
    for block in &blocks {
        if bench.stop.asked() || bench.code == BROKE {
            break;
        }
        bench.block(block, &choice, streams)?;
    }
    let code = if bench.stop.asked() { INTERRUPTED } else { bench.code };
    // What is shown is what a replay shows.
    Ok((Record::read(&bench.record.text())?, code))
}

/// A new record, or the one to go on with.
fn begun(job: &Job, planned: &[Planned]) -> Result<Record, String> {
    let path = &job.flags.record;
    let mut new = job.record(planned);
    if !job.flags.resume {
        return match path.exists() {
            true => Err(format!("{} is there: --resume goes on with it, --record names another file", path.display())),
            false => {
                new.begun = Some(humantime::format_rfc3339_seconds(SystemTime::now()).to_string());
                Ok(new)
            }
        };
    }
    let old = super::record(path).map_err(|why| format!("--resume: {}: {why}", path.display()))?;
    let same = |record: &Record| {
        let variants = record.variants.iter().map(|variant| (variant.name.clone(), variant.changes.clone()));
        (record.workflow.clone(), record.launch.clone(), variants.collect::<Vec<_>>())
    };
    match same(&old) == same(&new) {
        true => Ok(Record { variants: new.variants, ..old }),
        false => Err(format!("--resume: {} is the bench of another workflow, start or variants", path.display())),
    }
}

/// A bench while it runs.
struct Running<'a> {
    job: &'a Job<'a>,
    planned: Vec<Planned>,
    record: Record,
    stop: Stop,
    /// Variants that failed: they are not tried again.
    failed: Vec<usize>,
    code: u8,
    /// Runs so far, for seeds.
    seeds: u64,
}

impl Running<'_> {
    /// One server and its runs.
    fn block(&mut self, block: &Block, choice: &Choice, streams: &mut Streams) -> Result<(), String> {
        let left: Vec<Slot> = block.slots.iter().filter(|slot| !self.is_done(slot)).copied().collect();
        let measures = left.iter().any(|slot| slot.role == Role::Measured && !self.failed.contains(&slot.variant));
        if !measures {
            return Ok(());
        }
        let Some(graph) = self.planned[block.start].verified.as_ref().map(|verified| Names::of(&verified.graph)) else {
            return Ok(());
        };
        let mut show = Show::new(How::People, graph, false);
        let host = match self.host(block, choice, &show, streams) {
            Ok(host) => host,
            Err(end) => {
                self.gone(block.start, &end, &show, streams);
                return Ok(());
            }
        };
        let done = self.on(&host, (block, &left), &mut show, streams);
        if let Some(left) = host.finish() {
            show.note(&left, streams);
        }
        done
    }

    fn host(&self, block: &Block, choice: &Choice, show: &Show, streams: &mut Streams) -> Result<Host, End> {
        let choice = match choice {
            Choice::There(address) => Choice::There(address.clone()),
            Choice::Starts(command) => {
                let mut command = command.clone();
                for change in &self.planned[block.start].changes {
                    apply(&mut command, change).map_err(End::Failed)?;
                }
                Choice::Starts(command)
            }
        };
        self.job.flags.server.host(choice, (show, &self.stop), streams)
    }

    fn on(
        &mut self,
        host: &Host,
        (block, slots): (&Block, &[Slot]),
        show: &mut Show,
        streams: &mut Streams,
    ) -> Result<(), String> {
        let options = match self.options(host) {
            Ok(options) => options,
            Err(end) => {
                self.gone(block.start, &end, show, streams);
                return Ok(());
            }
        };
        let server = self.record.runs.iter().filter_map(|run| run.server).max().map_or(0, |last| last + 1);
        // Servers of one round get the same seeds: the same work.
        let round = slots.first().and_then(|slot| slot.round).map(u64::from);
        let first = round.map_or(self.seeds, |round| round * APART);
        for (at, slot) in slots.iter().enumerate() {
            if self.stop.asked() || self.code == BROKE {
                break;
            }
            if self.failed.contains(&slot.variant) {
                continue;
            }
            let seed = self.job.flags.seed.wrapping_add(first + at as u64);
            self.seeds = self.seeds.max(first + at as u64 + 1);
            self.slot(host, &options, (*slot, server, seed), (show, streams))?;
        }
        Ok(())
    }

    /// The check, with what the server says about itself.
    fn options(&mut self, host: &Host) -> Result<Options, End> {
        let machine = execute::machine(&self.job.options.machine, host)?;
        let (stats, own) = (&host.stats, &mut self.record.machine);
        own.gpu = machine.gpu.clone().or(own.gpu.take());
        own.total_mib = stats.devices.first().filter(|card| card.kind == "cuda").map(|card| card.total_mib);
        own.os = stats.os.map(|os| os.to_string().to_lowercase()).or(own.os.take());
        own.comfyui = stats.comfyui.clone().or(own.comfyui.take());
        own.torch = stats.torch.clone().or(own.torch.take());
        let mut options = Options { machine, ..again(&self.job.options) };
        if !stats.argv.is_empty() {
            let (name, text) = live::start(host.server.address(), stats);
            options.launch = Some(name.clone());
            options.more.push((name, text));
        }
        Ok(options)
    }

    fn slot(
        &mut self,
        host: &Host,
        options: &Options,
        (slot, server, seed): (Slot, u32, u64),
        (show, streams): (&mut Show, &mut Streams),
    ) -> Result<(), String> {
        let planned = &self.planned[slot.variant];
        let wishes = self.job.wishes_of(planned, seed);
        let verified = verify(&Question { options, wishes: &wishes, seed: Some(self.job.flags.seed) })?;
        let round = slot.round.map(|round| format!(", round {}", round + 1)).unwrap_or_default();
        show.note(&format!("{} ({}{round})", planned.variant.name, slot.role.word()), streams);
        let run = self.executed(host, &verified, (slot, server, seed), (show, streams));
        let (end, why) = (run.end, run.message.clone());
        self.record.runs.push(run);
        self.keep()?;
        match end {
            Word::Success => {}
            Word::Interrupted => self.stop.ask(),
            Word::Failed | Word::Broke => {
                show.note(&format!("{}: {why}", self.planned[slot.variant].variant.name), streams);
                self.failed.push(slot.variant);
                self.code = if end == Word::Broke && host.started.is_none() { BROKE } else { FAILED };
            }
        }
        Ok(())
    }

    fn executed(
        &self,
        host: &Host,
        verified: &Verified,
        (slot, server, seed): (Slot, u32, u64),
        (show, streams): (&mut Show, &mut Streams),
    ) -> Run {
        let (planned, prompt) = (&self.planned[slot.variant], prompt(verified));
        let overall = self.job.flags.timeout.map(Duration::from_secs);
        let patience = Patience { quiet: None, overall, abort_on_offload: false };
        let card = host.stats.devices.first().filter(|_| host.server.address().is_local());
        let card = card.and_then(|card| nvml::only(card.card()));
        let (begun, before) = (SystemTime::now(), seen::card(card.as_ref()));
        let found = execute(host, (verified, &prompt), (patience, &self.stop), show, streams);
        let mut measured = seen::measured(&found, verified, &planned.variant.forecast);
        (measured.before, measured.after) = (before, seen::card(card.as_ref()));
        Run {
            variant: planned.variant.name.clone(),
            role: slot.role,
            round: slot.round,
            server: Some(server),
            begun: Some(humantime::format_rfc3339_seconds(begun).to_string()),
            seed: Some(seed),
            sha256: Some(prompt.hash().to_owned()),
            end: seen::end(&found.end),
            message: found.end.message(),
            measured,
        }
    }

    /// A run that is in the record already; cold runs and warm-ups are made again for what is left.
    fn is_done(&self, slot: &Slot) -> bool {
        let name = &self.planned[slot.variant].variant.name;
        let same = |run: &Run| run.variant == *name && run.role == slot.role && run.round == slot.round;
        slot.role == Role::Measured && self.record.runs.iter().any(|run| same(run) && run.end == Word::Success)
    }

    /// The server of a variant does not come.
    fn gone(&mut self, variant: usize, end: &End, show: &Show, streams: &mut Streams) {
        let name = &self.planned[variant].variant.name;
        show.note(&format!("{name}: {}", end.message()), streams);
        self.failed.push(variant);
        // Without the baseline there is nothing to hold the others against.
        self.code = if variant == 0 { BROKE } else { FAILED };
    }

    fn keep(&self) -> Result<(), String> {
        to_file(&self.job.flags.record, |file| file.write_all(self.record.text().as_bytes()))
    }
}
