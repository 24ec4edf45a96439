//! What is seen while a prompt runs: bars on a terminal, lines elsewhere, one JSON object for each event for scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::Streams;
use crate::report::{safe, summary};
use crate::run::history::OutputFile;
use crate::run::watch::Moment;
use crate::workflow::graph::Graph;

/// How often a line tells of a step.
const PAUSE: Duration = Duration::from_secs(5);

/// How it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum How {
    /// For people: bars where standard error is a terminal, else lines.
    People,
    /// One JSON object for each event on standard output.
    Events,
    /// Nothing.
    Silent,
}

/// The nodes of a prompt, as people know them.
#[derive(Debug)]
pub(in crate::cli) struct Names(BTreeMap<String, (String, String)>);

impl Names {
    pub(in crate::cli) fn of(graph: &Graph) -> Self {
        let named = graph.real().filter_map(|node| graph.get(node)).map(|node| {
            let title = node.title.clone().filter(|title| !title.is_empty()).unwrap_or_else(|| node.class.clone());
            (node.id.clone(), (title, node.class.clone()))
        });
        Self(named.collect())
    }

    /// `node 86 'KSampler'`.
    pub(in crate::cli) fn called(&self, node: &str) -> String {
        let title = self.0.get(node).map(|(title, _)| format!(" '{title}'")).unwrap_or_default();
        safe::line(&format!("node {node}{title}"))
    }

    pub(in crate::cli) fn class(&self, node: &str) -> Option<&str> {
        self.0.get(node).map(|(_, class)| class.as_str())
    }
}

/// Shows what happens.
pub(in crate::cli) struct Show {
    how: How,
    bars: Option<Bars>,
    names: Names,
    /// Nodes that are through or run.
    begun: BTreeSet<String>,
    told: Option<Instant>,
}

struct Bars {
    all: MultiProgress,
    nodes: ProgressBar,
    steps: ProgressBar,
}

impl Show {
    pub(in crate::cli) fn new(how: How, names: Names, terminal: bool) -> Self {
        let bars =
            (how == How::People && terminal && std::io::stderr().is_terminal()).then(|| Bars::new(names.0.len()));
        Self { how, bars, names, begun: BTreeSet::new(), told: None }
    }

    /// The nodes.
    pub(in crate::cli) fn names(&self) -> &Names {
        &self.names
    }

    /// A line for people.
    pub(in crate::cli) fn note(&self, text: &str, streams: &mut Streams) {
        let line = safe::line(text);
        match (&self.bars, self.how) {
            (Some(bars), _) => drop(bars.all.println(line)),
            (None, How::People) => drop(writeln!(streams.err, "{line}")),
            (None, _) => {}
        }
    }

    /// An event for scripts.
    pub(in crate::cli) fn event(&self, name: &str, mut value: Value, streams: &mut Streams) {
        if self.how != How::Events {
            return;
        }
        value["event"] = json!(name);
        let line = safe::json(&safe::masked(value).to_string());
        let _ = writeln!(streams.out, "{line}").and_then(|()| streams.out.flush());
    }

    /// What happened to the prompt.
    pub(in crate::cli) fn moment(&mut self, moment: &Moment, streams: &mut Streams) {
        if let Some((name, value)) = self.value(moment) {
            self.event(name, value, streams);
        }
        self.count(moment);
        match self.bars {
            Some(_) => self.draw(moment),
            None => {
                if let Some(line) = self.line(moment) {
                    self.note(&line, streams);
                }
            }
        }
    }

    /// Takes the bars away.
    pub(in crate::cli) fn end(&mut self) {
        if let Some(bars) = self.bars.take() {
            bars.steps.finish_and_clear();
            bars.nodes.finish_and_clear();
        }
    }

    fn count(&mut self, moment: &Moment) {
        match moment {
            Moment::Cached(nodes) => self.begun.extend(nodes.iter().cloned()),
            Moment::Node(node) | Moment::Finished(node) => drop(self.begun.insert(node.clone())),
            _ => {}
        }
    }

    fn value(&self, moment: &Moment) -> Option<(&'static str, Value)> {
        let node = |node: &str| json!({"node": node, "type": self.names.class(node)});
        Some(match moment {
            Moment::Waiting(ahead) => ("waiting", json!({"ahead": ahead})),
            Moment::Started => ("started", json!({})),
            Moment::Cached(nodes) => ("cached", json!({"nodes": nodes})),
            Moment::Node(id) => ("node", node(id)),
            Moment::Step { node: id, value, max } => {
                let mut event = node(id);
                (event["value"], event["max"]) = (json!(value), json!(max));
                ("step", event)
            }
            Moment::Finished(id) => ("finished", node(id)),
            Moment::Output { node: id, files } => {
                let mut event = node(id);
                event["files"] =
                    files.iter().map(|file| json!({"name": on_server(file), "folder": file.folder})).collect();
                ("output", event)
            }
            Moment::Polling(why) => ("polling", json!({"why": why})),
            Moment::Listening => ("listening", json!({})),
            Moment::Preview => return None,
        })
    }

    fn line(&mut self, moment: &Moment) -> Option<String> {
        Some(match moment {
            Moment::Waiting(0) => "next in the queue".to_owned(),
            Moment::Waiting(ahead) => format!("waiting behind {}", summary::counted(*ahead, "prompt")),
            Moment::Started => "running".to_owned(),
            Moment::Cached(nodes) => format!("{} from the cache", summary::counted(nodes.len(), "node")),
            Moment::Node(node) => {
                self.told = Some(Instant::now());
                format!("{} ({} of {})", self.names.called(node), self.begun.len(), self.names.0.len())
            }
            Moment::Step { node, value, max } => {
                let soon = self.told.is_some_and(|told| told.elapsed() < PAUSE);
                if soon && value < max || *max <= 1.0 {
                    return None;
                }
                self.told = Some(Instant::now());
                format!("  {}: {value} of {max}", self.names.called(node))
            }
            Moment::Polling(why) => format!("no events ({why}): asking the server instead"),
            Moment::Listening => "events are back".to_owned(),
            Moment::Finished(_) | Moment::Output { .. } | Moment::Preview => return None,
        })
    }

    fn draw(&mut self, moment: &Moment) {
        let Some(bars) = &self.bars else { return };
        bars.nodes.set_position(self.begun.len() as u64);
        match moment {
            Moment::Waiting(0) => bars.nodes.set_message("next in the queue"),
            Moment::Waiting(ahead) => bars.nodes.set_message(format!("waiting behind {ahead}")),
            Moment::Started => bars.nodes.set_message("nodes"),
            Moment::Node(node) => {
                bars.steps.reset();
                bars.steps.set_length(0);
                bars.steps.set_message(self.names.called(node));
            }
            Moment::Step { node, value, max } => {
                bars.steps.set_message(self.names.called(node));
                bars.steps.set_length(*max as u64);
                bars.steps.set_position(*value as u64);
            }
            Moment::Polling(why) => drop(bars.all.println(safe::line(&format!("no events ({why})")))),
            _ => {}
        }
    }
}

impl Bars {
    fn new(nodes: usize) -> Self {
        let all = MultiProgress::new();
        let style =
            |template: &str| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let one = |length: u64, template: &str| all.add(ProgressBar::new(length)).with_style(style(template));
        let nodes = one(nodes as u64, "{elapsed_precise} [{bar:30}] {pos}/{len} {msg}");
        let steps = one(0, "         [{bar:30}] {pos}/{len} {msg} {per_sec}");
        nodes.enable_steady_tick(Duration::from_millis(500));
        Self { all, nodes, steps }
    }
}

/// A file as the server names it: `folder/name`.
pub(in crate::cli) fn on_server(file: &OutputFile) -> String {
    match file.subfolder.as_str() {
        "" => file.filename.clone(),
        folder => format!("{folder}/{}", file.filename),
    }
}
