//! A prompt from the queue to its end: by events while the socket holds, by asking where it does not, and by asking again where
//! events may have been missed. Events that come late, twice or out of order change nothing.

use std::time::{Duration, Instant};

use super::event::{Event, ExecutionError, Interruption};
use super::fault::Fault;
use super::history::{End, History, OutputFile};
use super::http::Patience;
use super::server::{Accepted, Server};
use super::socket::{Events, Heard};

mod seen;

use seen::Seen;

/// How long one look at the socket takes: so soon a wish to stop is noticed.
const TICK: Duration = Duration::from_millis(200);

/// How long a frame that is on its way may take.
const BREATH: Duration = Duration::from_millis(10);

/// How often the server is asked while events come, in case one was lost.
const CHECK: Duration = Duration::from_secs(10);

/// How often it is asked while none can come.
const POLL: Duration = Duration::from_secs(1);

/// While the server is asked nothing else is done: its answers are short.
const HASTY: Patience =
    Patience { connect: Duration::from_secs(3), answer: Duration::from_secs(10), quiet: Duration::from_secs(10) };

/// How long the history may lag behind the event that ends a prompt, and a prompt behind the wish to stop it.
const LAG: Duration = Duration::from_secs(10);

/// A server that swaps memory may be silent for this many times the limit for one that is not there.
const SLOW: u32 = 10;

/// When to give up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// No sign of the prompt for so long: no event, no move in the queue.
    pub quiet: Option<Duration>,
    /// From the first look to the end.
    pub overall: Option<Duration>,
    /// The server cannot be reached at all for so long.
    pub unreachable: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { quiet: None, overall: None, unreachable: Duration::from_secs(30) }
    }
}

/// What is told while a prompt runs. Each is told once per change.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// It waits behind so many others.
    Waiting(usize),
    /// It runs.
    Started,
    /// Results of these nodes are there from before.
    Cached(Vec<String>),
    /// A node begins.
    Node(String),
    /// A node counts its steps.
    Step {
        /// Its id.
        node: String,
        /// Steps done.
        value: f64,
        /// Steps in all.
        max: f64,
    },
    /// A node is through.
    Finished(String),
    /// A node wrote files.
    Output {
        /// Its id.
        node: String,
        /// What it wrote.
        files: Vec<OutputFile>,
    },
    /// A preview passed by.
    Preview,
    /// The events stay away for this reason; the server is asked instead.
    Polling(String),
    /// Events come again.
    Listening,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// Well, with these files on the server.
    Success(Vec<OutputFile>),
    /// A node failed.
    Failed(Box<ExecutionError>),
    /// It was interrupted: by us, if we were asked to stop, or by another.
    Interrupted(Interruption),
    /// We were asked to stop and told the server, and it has not stopped yet: ComfyUI ends the step or the node at which it is first.
    Stopping(Interruption),
    /// Nobody knows how it would have ended: a sentence that says why.
    Broke(String),
}

/// Follows a prompt to its end. `stop` is asked five times a second; once it says yes the prompt, and no other, is cancelled. So it
/// is when a limit runs out.
pub fn watch(
    server: &Server,
    events: &mut Events,
    accepted: &Accepted,
    limits: &Limits,
    stop: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&Moment),
) -> Ended {
    let server = server.asked_with(HASTY);
    let seen = Seen::new(&accepted.id, tell);
    let mut watch = Watch { server, limits, seen, times: Times::new(!events.is_open()), missing: None };
    loop {
        if stop() {
            return watch.stop(events);
        }
        if let Some(ended) = watch.look(events).or_else(|| watch.ask(events.is_open())).or_else(|| watch.limit()) {
            watch.catch_up(events);
            return ended;
        }
    }
}

struct Watch<'a> {
    server: Server,
    limits: &'a Limits,
    seen: Seen<'a>,
    times: Times,
    /// Since when the server knows the prompt neither in its queue nor in its history.
    missing: Option<Instant>,
}

/// When what happened.
struct Times {
    begun: Instant,
    /// The last sign of the prompt.
    sign: Instant,
    /// The last time the server was asked.
    asked: Instant,
    /// The server is to be asked now.
    due: bool,
    /// Since when it cannot be reached.
    unreachable: Option<Instant>,
    /// Since when the server says that it is through, and no history tells how.
    through: Option<Instant>,
}

impl Times {
    fn new(due: bool) -> Self {
        let now = Instant::now();
        Self { begun: now, sign: now, asked: now, due, unreachable: None, through: None }
    }
}

impl Watch<'_> {
    /// Hears what comes within a moment.
    fn look(&mut self, events: &mut Events) -> Option<Ended> {
        match events.next(TICK) {
            Heard::Event(event) => return self.event(event),
            Heard::Binary(_) => {
                self.times.sign = Instant::now();
                self.seen.tell(Moment::Preview);
            }
            Heard::Nothing => {}
            Heard::Lost(why) => {
                self.times.due = true;
                self.seen.tell(Moment::Polling(why));
            }
            Heard::Back => {
                self.times.due = true;
                self.seen.tell(Moment::Listening);
            }
        }
        None
    }

    /// Hears what came before the end and was not looked at yet: steps and files of a quick prompt.
    fn catch_up(&mut self, events: &mut Events) {
        let end = Instant::now() + TICK;
        while events.is_open() && Instant::now() < end {
            match events.next(BREATH) {
                Heard::Event(event) => drop(self.event(event)),
                Heard::Binary(_) => self.seen.tell(Moment::Preview),
                _ => return,
            }
        }
    }

    fn event(&mut self, event: Event) -> Option<Ended> {
        if let Event::Status { .. } = event {
            // The queue moved.
            self.times.due |= !self.seen.started();
            return None;
        }
        if !self.seen.is_ours(&event) {
            return None;
        }
        self.times.sign = Instant::now();
        self.times.unreachable = None;
        self.missing = None;
        match event {
            Event::Failed(error) => return Some(Ended::Failed(error)),
            Event::Interrupted(interruption) => return Some(Ended::Interrupted(interruption)),
            // The history follows in a moment, and has the files.
            Event::Success { .. } | Event::Executing { node: None, .. } => {
                self.times.due = true;
                self.times.through.get_or_insert_with(Instant::now);
            }
            event => self.seen.event(event),
        }
        None
    }

    /// Asks the server where the prompt is, when it is time to.
    fn ask(&mut self, listening: bool) -> Option<Ended> {
        let waits = listening && self.seen.started() && self.times.through.is_none() && self.missing.is_none();
        let pause = if waits { CHECK } else { POLL };
        if !self.times.due && self.times.asked.elapsed() < pause {
            return None;
        }
        self.times.due = false;
        self.times.asked = Instant::now();
        match self.place() {
            Ok(ended) => {
                self.times.unreachable = None;
                // Without events every answer is a sign.
                if !listening && self.missing.is_none() {
                    self.times.sign = Instant::now();
                }
                ended
            }
            Err(fault) => self.unreachable(&fault),
        }
    }

    /// Where the prompt is, by the server's own books.
    fn place(&mut self) -> Result<Option<Ended>, Fault> {
        let id = self.seen.id();
        if let Some(history) = self.server.history(id)? {
            return Ok(Some(ended(history)));
        }
        let queue = self.server.queue()?;
        let ahead = queue.ahead(id);
        if queue.runs(id) {
            self.seen.start();
        } else if let Some(ahead) = ahead {
            if self.seen.waits(ahead) {
                self.times.sign = Instant::now();
            }
        } else {
            return self.nowhere();
        }
        self.missing = None;
        Ok(None)
    }

    /// In no queue, and in no history: it may have ended between the two questions. If not, it is gone.
    fn nowhere(&mut self) -> Result<Option<Ended>, Fault> {
        if let Some(history) = self.server.history(self.seen.id())? {
            return Ok(Some(ended(history)));
        }
        let missing = *self.missing.get_or_insert_with(Instant::now);
        if let Some(since) = self.times.through {
            return Ok((since.elapsed() > LAG).then(|| Ended::Broke(NO_HISTORY.to_owned())));
        }
        // Events that are on their way say otherwise.
        Ok((missing.elapsed() >= POLL).then(|| Ended::Broke(GONE.to_owned())))
    }

    fn unreachable(&mut self, fault: &Fault) -> Option<Ended> {
        let since = *self.times.unreachable.get_or_insert_with(Instant::now);
        let limit =
            if matches!(fault, Fault::Slow { .. }) { self.limits.unreachable * SLOW } else { self.limits.unreachable };
        (since.elapsed() > limit).then(|| {
            Ended::Broke(format!("the server cannot be asked for {} any more: {fault}", seconds(since.elapsed())))
        })
    }

    fn limit(&mut self) -> Option<Ended> {
        let past = |limit: Option<Duration>, since: Instant| limit.filter(|limit| since.elapsed() > *limit);
        let why = if let Some(limit) = past(self.limits.overall, self.times.begun) {
            format!("it did not end within {}", seconds(limit))
        } else {
            let limit = past(self.limits.quiet, self.times.sign)?;
            match self.seen.ahead() {
                Some(ahead) => {
                    format!("it waits behind {ahead} other prompts, and that did not change for {}", seconds(limit))
                }
                None => format!("nothing was heard of it for {}{}", seconds(limit), self.seen.at()),
            }
        };
        let cancelled = match self.server.cancel(self.seen.id()) {
            Ok(_) => "the server was told to cancel it".to_owned(),
            Err(fault) => format!("the server may still run it, it could not be told to cancel it: {fault}"),
        };
        Some(Ended::Broke(format!("{why}; {cancelled}")))
    }

    /// Cancels the prompt, and waits for the server to say so.
    fn stop(&mut self, events: &mut Events) -> Ended {
        let known = match self.server.cancel(self.seen.id()) {
            Ok(known) => known,
            Err(fault) => {
                let id = self.seen.id();
                return Ended::Broke(format!(
                    "the server may still run prompt {id}, it could not be told to stop: {fault}"
                ));
            }
        };
        let end = Instant::now() + if known { LAG } else { Duration::ZERO };
        loop {
            if let Some(ended) = self.look(events).or_else(|| self.place_after_stop()) {
                return ended;
            }
            if Instant::now() >= end {
                let at = self.seen.interruption();
                return if known { Ended::Stopping(at) } else { Ended::Interrupted(at) };
            }
        }
    }

    /// Nowhere is where a prompt belongs that was taken out of the queue.
    fn place_after_stop(&mut self) -> Option<Ended> {
        let ended = self.place().ok()?;
        let gone = self.missing.map(|_| Ended::Interrupted(self.seen.interruption()));
        ended.filter(|ended| !matches!(ended, Ended::Broke(_))).or(gone)
    }
}

const GONE: &str = "the server knows the prompt no more, neither in its queue nor in its history: it was restarted, or somebody took \
                    the prompt out of the queue";

const NO_HISTORY: &str = "the server says that the prompt is through, but has no history of it: how it ended and what it wrote is not \
                          known; somebody may have cleared the history";

fn ended(history: History) -> Ended {
    match history.end {
        End::Success => Ended::Success(history.files),
        End::Failed(error) => Ended::Failed(error),
        End::Interrupted(interruption) => Ended::Interrupted(interruption),
        End::Unknown(why) => Ended::Broke(why),
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64().round())
}
