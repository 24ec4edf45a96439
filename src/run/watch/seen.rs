//! What is known of the prompt so far: each change is told once, however often and in whatever order it is heard.

use std::collections::BTreeMap;

use super::Moment;
use crate::run::event::{Event, Interruption, NodeState};

pub(super) struct Seen<'a> {
    id: &'a str,
    tell: &'a mut dyn FnMut(&Moment),
    started: bool,
    ahead: Option<usize>,
    /// The node that began last.
    node: Option<String>,
    nodes: BTreeMap<String, Node>,
}

#[derive(Default)]
struct Node {
    step: Option<(f64, f64)>,
    finished: bool,
}

impl<'a> Seen<'a> {
    pub fn new(id: &'a str, tell: &'a mut dyn FnMut(&Moment)) -> Self {
        Self { id, tell, started: false, ahead: None, node: None, nodes: BTreeMap::new() }
    }

    pub fn id(&self) -> &'a str {
        self.id
    }

    pub fn started(&self) -> bool {
        self.started
    }

    /// How many are in front of it, while it waits.
    pub fn ahead(&self) -> Option<usize> {
        self.ahead.filter(|_| !self.started)
    }

    /// Where it is, to end a sentence with.
    pub fn at(&self) -> String {
        self.node.as_ref().map(|node| format!(" while node {node} ran")).unwrap_or_default()
    }

    /// What can be said of an end that the server does not report.
    pub fn interruption(&self) -> Interruption {
        Interruption { prompt: self.id.to_owned(), node: self.node.clone(), class: None }
    }

    pub fn tell(&mut self, moment: Moment) {
        (self.tell)(&moment);
    }

    /// Whether an event tells of this prompt. Servers of old name none, and tell only the client whose prompt it is.
    pub fn is_ours(&self, event: &Event) -> bool {
        match (event.prompt(), event) {
            (Some(prompt), _) => prompt == self.id,
            (None, Event::Progress(_) | Event::Executing { .. }) => self.started,
            (None, _) => false,
        }
    }

    pub fn start(&mut self) {
        if !self.started {
            self.started = true;
            self.tell(Moment::Started);
        }
    }

    /// It waits behind so many. True: that is news.
    pub fn waits(&mut self, ahead: usize) -> bool {
        let news = !self.started && self.ahead != Some(ahead);
        if news {
            self.ahead = Some(ahead);
            self.tell(Moment::Waiting(ahead));
        }
        news
    }

    pub fn event(&mut self, event: Event) {
        self.start();
        match event {
            Event::Cached { nodes, .. } => self.cached(nodes),
            Event::Executing { node: Some(node), .. } => self.begin(&node),
            Event::Progress(step) => {
                let node = step.node.or_else(|| self.node.clone()).unwrap_or_default();
                self.step(&node, step.value, step.max);
            }
            Event::State { nodes, .. } => nodes.iter().for_each(|node| self.state(node)),
            Event::Executed { node, files, .. } => self.tell(Moment::Output { node, files }),
            _ => {}
        }
    }

    fn cached(&mut self, nodes: Vec<String>) {
        let new: Vec<String> = nodes.into_iter().filter(|node| !self.finished(node)).collect();
        for node in &new {
            self.nodes.entry(node.clone()).or_default().finished = true;
        }
        if !new.is_empty() {
            self.tell(Moment::Cached(new));
        }
    }

    fn state(&mut self, node: &NodeState) {
        match node.state.as_str() {
            "running" => {
                self.begin(&node.node);
                if node.max > 1.0 {
                    self.step(&node.node, node.value, node.max);
                }
            }
            "finished" => self.finish(&node.node),
            _ => {}
        }
    }

    fn begin(&mut self, node: &str) {
        if self.nodes.contains_key(node) {
            return;
        }
        self.nodes.insert(node.to_owned(), Node::default());
        self.node = Some(node.to_owned());
        self.tell(Moment::Node(node.to_owned()));
    }

    /// A node may count several times over, a late step counts backwards: only the same step twice is no news.
    fn step(&mut self, node: &str, value: f64, max: f64) {
        if self.finished(node) {
            return;
        }
        self.begin(node);
        let known = self.nodes.entry(node.to_owned()).or_default();
        if known.step.replace((value, max)) != Some((value, max)) {
            self.tell(Moment::Step { node: node.to_owned(), value, max });
        }
    }

    fn finish(&mut self, node: &str) {
        if !self.finished(node) {
            self.begin(node);
            self.nodes.entry(node.to_owned()).or_default().finished = true;
            self.tell(Moment::Finished(node.to_owned()));
        }
    }

    fn finished(&self, node: &str) -> bool {
        self.nodes.get(node).is_some_and(|node| node.finished)
    }
}
