//! The part of a run in which a server takes part.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use serde_json::json;

use super::End;
use super::host::Host;
use super::show::Show;
use crate::cli::Streams;
use crate::facts::log::Run;
use crate::facts::machine::Machine;
use crate::run::event::ExecutionError;
use crate::run::inputs::picture::Picture;
use crate::run::live;
use crate::run::loads::{Loads, offloads};
use crate::run::oom::{Known, explain};
use crate::run::process::Started;
use crate::run::prompt::{Prompt, fresh_id};
use crate::run::refusal::Refused;
use crate::run::sample::{Sampled, Sampler};
use crate::run::server::SubmitError;
use crate::run::socket::Events;
use crate::run::stop::Stop;
use crate::run::times::{NodeTime, Times};
use crate::run::verify::Verified;
use crate::run::watch::{Ended, Limits, Moment, watch};

/// When a run is given up.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Patience {
    pub(in crate::cli) quiet: Option<Duration>,
    pub(in crate::cli) overall: Option<Duration>,
    pub(in crate::cli) abort_on_offload: bool,
}

/// What was seen of one prompt.
pub(in crate::cli) struct Seen {
    pub(in crate::cli) end: End,
    pub(in crate::cli) files: Vec<crate::run::history::OutputFile>,
    pub(in crate::cli) seconds: f64,
    pub(in crate::cli) nodes: Vec<NodeTime>,
    pub(in crate::cli) sampled: Option<Sampled>,
    pub(in crate::cli) log: String,
    pub(in crate::cli) run: Run,
    pub(in crate::cli) cached: Vec<String>,
}

/// Sends the pictures; the names that the server gives them must be those that were verified.
pub(in crate::cli) fn upload(host: &Host, pictures: &[Picture], show: &Show, streams: &mut Streams) -> Result<(), End> {
    for picture in pictures {
        let broke = |why: String| End::Broke(format!("{}: {why}", picture.path.display()));
        let file = std::fs::File::open(&picture.path).map_err(|error| broke(error.to_string()))?;
        let name = host.server.upload(&picture.name, file).map_err(|fault| broke(fault.to_string()))?;
        if name != picture.name {
            return Err(broke(format!("the server stored it as '{name}' and not as '{}'", picture.name)));
        }
        show.note(&format!("uploaded {} as {name}", picture.path.display()), streams);
    }
    Ok(())
}

/// What the server says about its machine and its nodes.
pub(in crate::cli) fn machine(base: &Machine, host: &Host) -> Result<Machine, End> {
    let object_info = host.server.object_info().map_err(|fault| End::Broke(fault.to_string()))?;
    live::machine(base, &host.stats, object_info).map_err(End::Broke)
}

/// Queues a prompt and follows it to its end.
pub(in crate::cli) fn execute(
    host: &Host,
    (verified, prompt): (&Verified, &Prompt),
    (patience, stop): (Patience, &Stop),
    show: &mut Show,
    streams: &mut Streams,
) -> Seen {
    let client = fresh_id();
    let (mut events, missing) = Events::open(host.server.address(), &client);
    if let Some(why) = missing {
        show.moment(&Moment::Polling(why), streams);
    }
    let log = Log::begin(host, patience.abort_on_offload);
    let sampler = host.stats.devices.first().and_then(|device| Sampler::start(&host.server, device));
    let begun = Instant::now();
    let accepted = match host.server.submit(prompt, &client) {
        Ok(accepted) => accepted,
        Err(error) => return Seen::nothing(not_queued(host, error, (verified, prompt), show)),
    };
    show.note(&format!("queued: prompt {} ({})", accepted.id, prompt.hash()), streams);
    show.event("queued", json!({"prompt_id": accepted.id, "sha256": prompt.hash()}), streams);
    let limits = Limits { quiet: patience.quiet, overall: patience.overall, ..Limits::default() };
    let mut watched = Watched { times: Times::default(), cached: Vec::new() };
    let mut tell = |moment: &Moment| {
        watched.take(moment);
        log.take(moment);
        if let (Some(sampler), Moment::Node(node)) = (&sampler, moment) {
            sampler.node(Some(node));
        }
        show.moment(moment, streams);
    };
    let gone = || host.started.as_ref().is_some_and(|started| started.ended().is_some());
    let ends = || stop.asked() || log.stops() || gone();
    let ended = watch(&host.server, &mut events, &accepted, &limits, &ends, &mut tell);
    let seconds = begun.elapsed().as_secs_f64();
    watched.times.end(Instant::now());
    let logged = log.end();
    let mut seen = Seen {
        seconds,
        nodes: watched.times.nodes(),
        cached: watched.cached,
        sampled: sampler.map(Sampler::finish),
        log: logged.text,
        run: logged.run,
        ..Seen::nothing(End::Done)
    };
    seen.take(ended, logged.offload, verified, show);
    seen.died(host);
    seen
}

/// The server's log while a prompt runs: read now and then, for a server keeps only its last lines.
struct Log {
    loads: RefCell<Loads>,
    read: Cell<Instant>,
    /// A load that leaves weights in system memory stops the run.
    abort: bool,
    offload: RefCell<Option<String>>,
    /// The prompt waits behind others, whose loads are theirs.
    waits: Cell<bool>,
}

/// What the log said.
struct Logged {
    /// The lines that count.
    text: String,
    run: Run,
    /// The load that stopped the run.
    offload: Option<String>,
}

impl Log {
    fn begin(host: &Host, abort: bool) -> Self {
        let mut loads = match &host.started {
            Some(started) => Loads::followed(started.log.clone()),
            None => Loads::asked(host.server.clone()),
        };
        loads.begin();
        let (loads, offload) = (RefCell::new(loads), RefCell::new(None));
        Self { loads, read: Cell::new(Instant::now()), abort, offload, waits: Cell::new(false) }
    }

    fn take(&self, moment: &Moment) {
        match moment {
            Moment::Waiting(_) => self.waits.set(true),
            Moment::Started if self.waits.replace(false) => self.loads.borrow_mut().begin_behind_others(),
            _ => {}
        }
    }

    /// Reads on when it is time to; true once the run is to stop.
    fn stops(&self) -> bool {
        let pause = Duration::from_secs(if self.abort { 1 } else { 5 });
        if self.read.get().elapsed() >= pause {
            self.look();
        }
        self.offload.borrow().is_some()
    }

    fn look(&self) {
        self.read.set(Instant::now());
        let found = self.loads.borrow_mut().look().iter().find_map(offloads);
        if self.abort && !self.waits.get() && self.offload.borrow().is_none() {
            *self.offload.borrow_mut() = found;
        }
    }

    fn end(self) -> Logged {
        let offload = self.offload.borrow().clone();
        self.look();
        let loads = self.loads.into_inner();
        Logged { text: loads.text().to_owned(), run: loads.run(), offload }
    }
}

/// What the events told.
struct Watched {
    times: Times,
    cached: Vec<String>,
}

impl Watched {
    fn take(&mut self, moment: &Moment) {
        if let Moment::Cached(nodes) = moment {
            self.cached.extend(nodes.iter().cloned());
        }
        self.times.take(moment, Instant::now());
    }
}

impl Seen {
    /// A started server that is gone tells more than a connection that broke.
    fn died(&mut self, host: &Host) {
        let death = host.started.as_ref().and_then(Started::death);
        if let (End::Broke(why), Some(death)) = (&mut self.end, death) {
            *why = death;
        }
    }

    fn nothing(end: End) -> Self {
        let (files, nodes, cached) = (Vec::new(), Vec::new(), Vec::new());
        Self { end, files, seconds: 0.0, nodes, sampled: None, log: String::new(), run: Run::default(), cached }
    }

    fn take(&mut self, ended: Ended, offload: Option<String>, verified: &Verified, show: &Show) {
        self.end = match ended {
            Ended::Success(files) => {
                self.files = files;
                End::Done
            }
            Ended::Failed(error) => {
                let mut lines = vec![failed(&error, verified, show)];
                lines.extend(self.out_of_memory(&error, verified));
                End::Failed(lines.join("\n  "))
            }
            Ended::Interrupted(_) | Ended::Stopping(_) if offload.is_some() => {
                End::Failed(format!("--abort-on-offload: {}", offload.unwrap_or_default()))
            }
            Ended::Interrupted(at) => End::Interrupted(place(at.node.as_deref(), show)),
            Ended::Stopping(at) => End::Interrupted(format!(
                "the server was told to stop and ends its step or node first, {}",
                place(at.node.as_deref(), show)
            )),
            Ended::Broke(why) => End::Broke(why),
        };
    }
}

impl Seen {
    /// Why memory ran out and what to change; nothing for another failure.
    fn out_of_memory(&self, error: &ExecutionError, verified: &Verified) -> Vec<String> {
        let outcome = &verified.outcome;
        let target = outcome.targets.first();
        let sampled = self.sampled.as_ref();
        let machine = sampled.map(|seen| {
            let mut machine = outcome.machine.clone();
            machine.stated_others = Some((seen.others_at_start_mib, seen.others_at_start_mib));
            machine
        });
        let with_held = target.zip(machine.as_ref()).and_then(|(target, machine)| target.on(machine));
        let fit = target.zip(machine.as_ref()).and_then(|(target, machine)| target.fit(machine));
        let known = Known {
            error,
            node: verified.forecast_node(&error.node),
            forecast: target.and_then(|target| target.shown()).map(|variant| &variant.forecast),
            sampled,
            with_held: with_held.as_ref().map(|variant| &variant.forecast),
            fit: fit.as_ref(),
        };
        let Some(found) = explain(&known) else { return Vec::new() };
        let changes = found.changes.into_iter().map(|change| format!("to change: {change}"));
        found.reasons.into_iter().chain(changes).collect()
    }
}

fn place(node: Option<&str>, show: &Show) -> String {
    node.map_or_else(|| "before a node ran".to_owned(), |node| format!("at {}", show.names().called(node)))
}

fn failed(error: &ExecutionError, verified: &Verified, show: &Show) -> String {
    let place = verified.place(&error.node, None).map(|place| format!(" ({place})")).unwrap_or_default();
    let called = match error.node.as_str() {
        "" => "the generation".to_owned(),
        node => show.names().called(node),
    };
    format!("{called}{place} failed: {}: {}", error.kind, error.first_line())
}

/// A prompt that the server did not take. After a fault on the way it may have arrived: it is taken back.
fn not_queued(host: &Host, error: SubmitError, (verified, prompt): (&Verified, &Prompt), show: &Show) -> End {
    match error {
        SubmitError::Refused(refused) => End::Failed(told(&refused, verified, show)),
        SubmitError::Fault(fault) => {
            let back = match host.server.cancel(prompt.id()) {
                Ok(true) => "; it had arrived and was taken back",
                Ok(false) => "",
                Err(_) => "; whether it arrived is not known",
            };
            End::Broke(format!("the prompt could not be sent: {fault}{back}"))
        }
    }
}

/// What is wrong by the server's word, each node with its place in the file.
fn told(refused: &Refused, verified: &Verified, show: &Show) -> String {
    let mut lines = vec![refused.to_string()];
    for node in &refused.nodes {
        let place = verified.place(&node.node, node.input.as_deref());
        let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
        let input = node.input.as_ref().map(|input| format!(", input '{input}'")).unwrap_or_default();
        let details = match node.details.is_empty() || node.message.contains(&node.details) {
            true => String::new(),
            false => format!(" ({})", node.details),
        };
        lines.push(format!("{place}{}{input}: {}{details}", show.names().called(&node.node), node.message));
    }
    lines.extend(refused.advice().map(str::to_owned));
    lines.join("\n  ")
}
