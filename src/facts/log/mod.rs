//! What a log says: starts of the server, and in each the runs with their loads, steps and errors, every fact with its place.

mod bounds;
mod start;

pub use bounds::{Bounds, Limit};
pub use start::Start;

use std::collections::VecDeque;

use crate::read::log::{Bar, Event, Fact, Load, LogDocument, OutOfMemory, Unload};
use crate::span::Span;

/// What a log says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogFacts {
    /// Starts of the server, in order; an excerpt without the lines of a start counts as one.
    pub sessions: Vec<Session>,
    /// The log goes on behind what was read.
    pub cut: bool,
}

/// One start of the server and what it ran.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    /// What was said at the start.
    pub start: Start,
    /// What the wording of its lines says about the release.
    pub bounds: Bounds,
    /// Its runs.
    pub runs: Vec<Run>,
}

/// What one prompt ran.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The line of the prompt, when it was queued; `None` for what an excerpt begins with.
    pub prompt: Option<Span>,
    /// Loads, in order.
    pub loads: Vec<ModelLoad>,
    /// Progress bars, in order.
    pub bars: Vec<After<Bar>>,
    /// Models that gave way, in order.
    pub unloads: Vec<After<Unload>>,
    /// Memory that ran out.
    pub errors: Vec<After<OutOfMemory>>,
    /// VAE passes that were tried again in tiles.
    pub tiled: Vec<Span>,
    /// Seconds from beginning to end.
    pub seconds: Option<(f64, Span)>,
}

/// A load, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelLoad {
    /// The class of the model (`WAN21`), when the log names it.
    pub class: Option<String>,
    /// The line.
    pub load: Load,
    /// Its place.
    pub span: Span,
}

/// Something that followed a load of its run.
#[derive(Clone, Debug, PartialEq)]
pub struct After<T> {
    /// What.
    pub what: T,
    /// Its place.
    pub span: Span,
    /// Index of the load before it; `None` before the first.
    pub load: Option<usize>,
}

impl Run {
    fn is_empty(&self) -> bool {
        *self == Self { prompt: self.prompt, ..Self::default() }
    }

    fn after<T>(&self, what: T, span: Span) -> After<T> {
        After { what, span, load: self.loads.len().checked_sub(1) }
    }

    /// The first bar behind a load and before the next one.
    pub fn bar_after(&self, load: usize) -> Option<&After<Bar>> {
        self.bars.iter().find(|bar| bar.load == Some(load))
    }
}

impl ModelLoad {
    /// The weights of the whole model as the line counts them, MiB: loaded and offloaded.
    pub fn weights(&self) -> Option<f64> {
        use crate::read::log::Loaded;
        match self.load.how {
            Loaded::Completely => self.load.loaded,
            Loaded::Partially => Some(self.load.loaded? + self.load.offloaded?),
            Loaded::Dynamic | Loaded::Lowvram => None,
        }
    }
}

/// Derives the facts.
pub fn facts(document: &LogDocument) -> LogFacts {
    let mut builder = Builder { tells_ends: tells_ends(document), ..Builder::default() };
    for entry in &document.entries {
        builder.add(&entry.event, entry.span);
    }
    builder.finish(document.cut)
}

/// Any line says that a prompt was executed. ComfyUI writes it behind every one, failed ones too (main.py prompt_worker), but an excerpt
/// may have lost it.
fn tells_ends(document: &LogDocument) -> bool {
    document.entries.iter().any(|entry| matches!(entry.event, Event::Executed(_)))
}

#[derive(Default)]
struct Builder {
    sessions: Vec<Session>,
    session: Session,
    run: Run,
    /// Prompts that were queued while another ran: `got prompt` says when one came, not when it begins (server.py post_prompt).
    queued: VecDeque<Span>,
    /// Runs end where a line says so; else where the next prompt comes.
    tells_ends: bool,
    /// Classes that were asked for and have no load yet.
    requested: Vec<String>,
    /// Loads have begun: what is asked for next is another batch.
    loading: bool,
}

impl Builder {
    fn add(&mut self, event: &Event, span: Span) {
        match event {
            Event::Fact(fact) => self.fact(fact, span),
            Event::Trait(form) => self.session.bounds.form(*form, span),
            Event::Prompt => self.prompt(span),
            Event::Refused => self.refused(),
            Event::Executed(seconds) => {
                self.run.seconds = Some((*seconds, span));
                self.end_run();
                self.run.prompt = self.queued.pop_front();
            }
            Event::Requested(class) => self.request(class),
            Event::Load(load) => self.load(load, span),
            Event::Unload(unload) => {
                self.session.bounds.unload(unload, span);
                self.run.unloads.push(self.run.after(*unload, span));
            }
            Event::ModelsUnloaded(_) => {}
            Event::Bar(bar) => {
                self.requested.clear();
                self.run.bars.push(self.run.after(*bar, span));
            }
            Event::OutOfMemory(error) => self.run.errors.push(self.run.after(error.clone(), span)),
            Event::Tiled => self.run.tiled.push(span),
        }
    }

    /// A prompt begins where nothing runs, else it waits.
    fn prompt(&mut self, span: Span) {
        let waits = self.run.prompt.is_some() || !self.run.is_empty();
        if self.tells_ends && waits {
            self.queued.push_back(span);
        } else {
            self.end_run();
            self.run.prompt = Some(span);
        }
    }

    /// The prompt that came last is none. It is the one that waits, or the one that has not begun.
    fn refused(&mut self) {
        if self.queued.pop_back().is_none() && self.run.is_empty() {
            self.run.prompt = None;
        }
    }

    /// A server that starts says how much memory there is, once; what starts it may be echoed before.
    fn fact(&mut self, fact: &Fact, span: Span) {
        let starts = matches!(fact, Fact::Memory { .. } | Fact::Arguments(_));
        if starts && (!self.session.runs.is_empty() || self.run != Run::default()) {
            self.end_session();
        }
        self.session.start.take(fact, span);
    }

    /// ComfyUI names all models of a batch and then loads them. A model that loads without a word leaves its name behind.
    fn request(&mut self, class: &str) {
        if std::mem::take(&mut self.loading) {
            self.requested.clear();
        }
        self.requested.push(class.to_owned());
    }

    fn load(&mut self, load: &Load, span: Span) {
        self.loading = true;
        self.session.bounds.load(load, span);
        let named = load.class.clone();
        let place = match &named {
            Some(class) => self.requested.iter().position(|asked| asked == class),
            None => (!self.requested.is_empty()).then_some(0),
        };
        let asked = place.map(|place| self.requested.remove(place));
        self.run.loads.push(ModelLoad { class: named.or(asked), load: load.clone(), span });
    }

    fn end_run(&mut self) {
        self.requested.clear();
        let run = std::mem::take(&mut self.run);
        if run.prompt.is_some() || !run.is_empty() {
            self.session.runs.push(run);
        }
    }

    fn end_session(&mut self) {
        self.end_run();
        self.queued.clear();
        let session = std::mem::take(&mut self.session);
        if session != Session::default() {
            self.sessions.push(session);
        }
    }

    fn finish(mut self, cut: bool) -> LogFacts {
        self.end_session();
        LogFacts { sessions: self.sessions, cut }
    }
}
