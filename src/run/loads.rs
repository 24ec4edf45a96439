//! What a server's log says while a prompt runs: how models are loaded, how long steps take.
//!
//! The lines are those that `wanlint log` reads. Of a server that wanlint started its own output is followed; another one is asked
//! for its last lines.

use super::followed::Followed;
use super::server::Server;
use crate::facts::log::{LogFacts, ModelLoad, Run, Session, facts};
use crate::read::log::{self, Event, Loaded};

/// Most bytes of lines that are kept: a run has a few dozen that count.
const MOST_BYTES: usize = 4 << 20;

/// Lines of a server's answer by which its place in the last one is found again.
const OVERLAP: usize = 4;

/// Where lines come from.
#[derive(Debug)]
enum Source {
    Followed { log: Followed, seen: u64 },
    Asked { server: Box<Server>, last: Vec<String> },
}

/// The lines of a run, as they come.
#[derive(Debug)]
pub struct Loads {
    source: Source,
    /// Lines that count: those of the server's start, and those since the prompt was begun.
    kept: String,
    /// Where the lines of the prompt begin.
    begun: usize,
    /// How many loads were given out.
    given: usize,
}

impl Loads {
    /// From the output of a server that was started here.
    pub fn followed(log: Followed) -> Self {
        Self::new(Source::Followed { log, seen: 0 })
    }

    /// From the answers of another server.
    pub fn asked(server: Server) -> Self {
        Self::new(Source::Asked { server: Box::new(server), last: Vec::new() })
    }

    fn new(source: Source) -> Self {
        let mut loads = Self { source, kept: String::new(), begun: 0, given: 0 };
        loads.begin();
        loads
    }

    /// A prompt begins: the loads before it are of others.
    pub fn begin(&mut self) {
        self.read();
        // Of what was before only the lines of the start count.
        let start: Vec<&str> = self.kept.split_inclusive('\n').filter(|line| is_of_start(line)).collect();
        self.kept = start.concat();
        (self.begun, self.given) = (self.kept.len(), 0);
    }

    /// A prompt that waited behind others begins now: what was loaded up to the end of the last of them is theirs.
    pub fn begin_behind_others(&mut self) {
        self.read();
        let lines = self.kept.get(self.begun..).unwrap_or_default().split_inclusive('\n').rev();
        let own: usize = lines.take_while(|line| !ends_a_prompt(line)).map(str::len).sum();
        if own < self.kept.len() - self.begun {
            self.kept.replace_range(self.begun..self.kept.len() - own, "");
            self.given = 0;
        }
    }

    /// The loads since the last look.
    pub fn look(&mut self) -> Vec<ModelLoad> {
        self.read();
        let loads = self.run().loads;
        let new = loads.get(self.given..).unwrap_or_default().to_vec();
        self.given = loads.len();
        new
    }

    /// What the lines since the beginning of the prompt say.
    pub fn run(&self) -> Run {
        let said = facts(&log::read(self.kept.get(self.begun..).unwrap_or_default()));
        let mut runs = said.sessions.into_iter().flat_map(|session| session.runs);
        let mut whole = runs.next().unwrap_or_default();
        // Lines of other prompts that were queued meanwhile ("got prompt") divide a run and do not end it.
        runs.for_each(|more| join(&mut whole, more));
        whole
    }

    /// The same as a session with what the server said at its start, for `compare`.
    pub fn session(&self) -> Session {
        let LogFacts { sessions, .. } = facts(&log::read(&self.kept));
        let mut session = sessions.into_iter().next_back().unwrap_or_default();
        session.runs = vec![self.run()];
        session
    }

    /// The text that this was read from: the lines that count.
    pub fn text(&self) -> &str {
        &self.kept
    }

    fn read(&mut self) {
        for line in self.source.lines() {
            self.take(&line);
        }
    }

    fn take(&mut self, line: &str) {
        let entries = log::read(line).entries;
        let Some(event) = entries.last().map(|entry| &entry.event) else { return };
        if self.kept.len() + line.len() > MOST_BYTES {
            return;
        }
        if let Event::Bar(_) = event {
            self.drop_bar(line);
        }
        self.kept.push_str(line);
        self.kept.push('\n');
    }

    /// A bar is written again at every step: its last state stands for all.
    fn drop_bar(&mut self, next: &str) {
        let from = self.kept.trim_end_matches('\n').rfind('\n').map_or(0, |at| at + 1);
        if from < self.begun {
            return;
        }
        let both = format!("{}\r{next}", self.kept.get(from..).unwrap_or_default().trim_end_matches('\n'));
        if matches!(log::read(&both).entries.as_slice(), [one] if matches!(one.event, Event::Bar(_))) {
            self.kept.truncate(from);
        }
    }
}

impl Source {
    /// The lines that came since the last time.
    fn lines(&mut self) -> Vec<String> {
        match self {
            Self::Followed { log, seen } => {
                let (lines, next) = log.after(*seen);
                *seen = next;
                lines
            }
            Self::Asked { server, last } => {
                // A server that does not tell has no loads that are known.
                let Ok(Some(text)) = server.logs() else { return Vec::new() };
                let lines: Vec<String> = text.lines().map(str::to_owned).collect();
                let new = behind(last, &lines).to_vec();
                *last = lines;
                new
            }
        }
    }
}

/// The lines that a longer, or moved, list has behind those of the last one. All of them when nothing of the last one is left in it.
fn behind<'a>(last: &[String], lines: &'a [String]) -> &'a [String] {
    // The very last line may have been a bar, or half of one. Lines at the front go when there are too many.
    let whole = last.split_last().map(|(_, whole)| whole).unwrap_or_default();
    let least = whole.len().min(2);
    let suffixes = (least..=whole.len().min(OVERLAP)).rev().filter_map(|count| whole.get(whole.len() - count..));
    let place = |known: &[String]| Some(lines.windows(known.len()).rposition(|part| part == known)? + known.len());
    let Some(at) = suffixes.filter(|known| !known.is_empty()).find_map(place) else { return lines };
    let rest = lines.get(at..).unwrap_or_default();
    if rest.first() == last.last() { &rest[1..] } else { rest }
}

fn ends_a_prompt(line: &str) -> bool {
    log::read(line).entries.iter().any(|entry| matches!(entry.event, Event::Executed(_)))
}

fn is_of_start(line: &str) -> bool {
    log::read(line).entries.iter().any(|entry| matches!(entry.event, Event::Fact(_) | Event::Trait(_)))
}

/// Adds a later part of the same run.
fn join(run: &mut Run, more: Run) {
    let shift = run.loads.len();
    let moved = |load: Option<usize>| load.map(|load| load + shift).or(shift.checked_sub(1));
    run.bars.extend(more.bars.into_iter().map(|mut bar| {
        bar.load = moved(bar.load);
        bar
    }));
    run.unloads.extend(more.unloads.into_iter().map(|mut unload| {
        unload.load = moved(unload.load);
        unload
    }));
    run.errors.extend(more.errors.into_iter().map(|mut error| {
        error.load = moved(error.load);
        error
    }));
    run.loads.extend(more.loads);
    run.tiled.extend(more.tiled);
    run.seconds = run.seconds.or(more.seconds);
}

/// What `--abort-on-offload` aborts at: a load that leaves weights in system memory, in words. Dynamic loading stages weights and
/// does not say what stays away, so it is none.
pub fn offloads(load: &ModelLoad) -> Option<String> {
    let class = load.class.as_deref().unwrap_or("a model");
    match (load.load.how, load.load.loaded, load.load.offloaded) {
        (Loaded::Partially, Some(loaded), Some(off)) if off > 0.0 => {
            Some(format!("{class} is loaded partially: {loaded:.2} MB on the card, {off:.2} MB in system memory"))
        }
        // Up to v0.3.67 the line does not say what stays away.
        (Loaded::Partially, Some(loaded), None) => {
            Some(format!("{class} is loaded partially: {loaded:.2} MB on the card"))
        }
        (Loaded::Lowvram, ..) => Some(format!("{class} is loaded in lowvram mode")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str =
        "Total VRAM 32607 MB, total RAM 65277 MB\npytorch version: 2.8.0+cu128\nComfyUI version: 0.3.70\n";

    fn take(loads: &mut Loads, text: &str) {
        text.split(['\n', '\r']).for_each(|line| loads.take(line));
    }

    #[test]
    fn only_the_lines_of_the_prompt_count() {
        let mut loads = Loads::followed(Followed::default());
        take(&mut loads, START);
        take(
            &mut loads,
            "got prompt\nRequested to load WanVAE\nloaded completely; 9000.00 MB usable, 242.03 MB loaded, full load: True\n",
        );
        loads.begin();
        take(&mut loads, "got prompt\nRequested to load WAN21\nnoise of a custom node\n");
        assert_eq!(loads.look(), []);
        take(
            &mut loads,
            "loaded partially; 11575.80 MB usable, 11575.79 MB loaded, 2053.29 MB offloaded, lowvram patches: 0\n",
        );
        let new = loads.look();
        assert_eq!((new.len(), new[0].class.as_deref()), (1, Some("WAN21")));
        assert_eq!(
            offloads(&new[0]).as_deref(),
            Some("WAN21 is loaded partially: 11575.79 MB on the card, 2053.29 MB in system memory")
        );
        assert_eq!(loads.look(), []);
        // Somebody queues another prompt meanwhile.
        take(
            &mut loads,
            "  0%| | 0/2 [00:00<?, ?it/s]\r 50%|# | 1/2 [00:20<00:20, 20.1s/it]\rgot prompt\r100%|##| 2/2 [00:40<00:00, 20.0s/it]\n",
        );
        take(&mut loads, "Prompt executed in 61.50 seconds\n");
        let run = loads.run();
        assert_eq!((run.loads.len(), run.seconds.map(|(seconds, _)| seconds)), (1, Some(61.5)));
        let bars: Vec<_> = run.bars.iter().map(|bar| (bar.what.steps, bar.load)).collect();
        assert_eq!(bars, [(Some((1, 2)), Some(0)), (Some((2, 2)), Some(0))]);
        assert_eq!(loads.text().matches("0/2").count(), 0, "{}", loads.text());
        let session = loads.session();
        assert_eq!(session.start.comfyui.map(|(version, _)| version).as_deref(), Some("0.3.70"));
        assert_eq!(session.runs.len(), 1);
    }

    #[test]
    fn the_loads_of_those_before_are_theirs() {
        let mut loads = Loads::followed(Followed::default());
        take(&mut loads, START);
        loads.begin();
        take(
            &mut loads,
            "got prompt\nRequested to load WanVAE\nloaded completely; 9000.00 MB usable, 242.03 MB loaded, full load: True\n",
        );
        assert_eq!(loads.look().len(), 1);
        take(&mut loads, "Prompt executed in 5.00 seconds\nRequested to load WAN21\n");
        loads.begin_behind_others();
        take(&mut loads, "loaded completely; 19000.00 MB usable, 13629.08 MB loaded, full load: True\n");
        let classes: Vec<_> = loads.look().into_iter().map(|load| load.class).collect();
        assert_eq!(classes, [Some("WAN21".to_owned())]);
        loads.begin_behind_others();
        assert_eq!(loads.run().loads.len(), 1, "nobody was before");
    }

    #[test]
    fn offload_in_every_era() {
        let said = |line: &str| {
            let mut loads = Loads::followed(Followed::default());
            take(&mut loads, line);
            loads.look().first().and_then(offloads)
        };
        assert!(said("loaded partially 5000.0 4999.5 0").is_some_and(|words| words.contains("4999.50 MB on the card")));
        assert!(said("loading in lowvram mode 6000.0").is_some());
        assert_eq!(said("loaded completely 9.5367431640625e+25 242.02 True"), None);
        assert_eq!(said("Model WAN21 prepared for dynamic VRAM loading. 13631MB Staged. 400 patches attached."), None);
    }

    #[test]
    fn the_new_lines_of_an_answer() {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(behind(&[], &list("a b")), list("a b"));
        assert_eq!(behind(&list("a b c"), &list("a b c d e")), list("d e"));
        assert_eq!(behind(&list("a b c 10%"), &list("b c 20% d")), list("20% d"), "a bar is written over");
        assert_eq!(behind(&list("a b a b x"), &list("a b a b x y")), list("y"));
        assert_eq!(behind(&list("a b c"), &list("p q")), list("p q"));
        assert!(behind(&list("a b c"), &list("a b c")).is_empty());
    }
}
