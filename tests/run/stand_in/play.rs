//! What happens to a prompt that the stand-in took.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Bytes, Message};

use super::socket::Frame;
use super::{Shared, socket::Line};

/// One thing that happens. `PROMPT` in a text stands for the prompt's id.
#[derive(Clone, Debug)]
pub enum Beat {
    /// An event for the client whose prompt it is.
    Text(String),
    /// Previews, each of so many bytes.
    Previews { count: usize, size: usize },
    /// Nothing, for so many milliseconds.
    Pause(u64),
    /// The same, only for a prompt whose request has this text in it.
    PauseFor(&'static str, u64),
    /// The socket breaks in the middle of a frame.
    Break,
    /// The server is started anew: it forgets everything.
    Restart,
    /// It takes connections, or does not.
    Deaf(bool),
    /// It runs until somebody interrupts it.
    Forever,
    /// A node that looks at no interruption for so many milliseconds: it ends first.
    Busy(u64),
    /// The prompt enters the history, with these messages, and leaves the queue.
    History { status: &'static str, messages: Value },
    /// The prompt leaves the queue and this is what the history says.
    Entry(Value),
    /// It leaves the queue without a trace.
    Vanish,
}

impl Beat {
    pub fn event(kind: &str, data: Value) -> Self {
        let mut data = data;
        data["prompt_id"] = json!("PROMPT");
        Self::Text(json!({"type": kind, "data": data}).to_string())
    }

    pub fn success() -> Vec<Self> {
        vec![Self::event("execution_success", json!({})), Self::done(), Self::event("executing", json!({"node": null}))]
    }

    /// The history of success.
    pub fn done() -> Self {
        Self::History { status: "success", messages: json!([["execution_success", {"prompt_id": "PROMPT"}]]) }
    }

    /// Start, one node of some steps, its end.
    pub fn sampler(node: &str, steps: u32) -> Vec<Self> {
        let state = |value: u32, word: &str| {
            let state = json!({"value": value, "max": steps, "state": word, "node_id": node, "display_node_id": node});
            Self::event("progress_state", json!({"nodes": {node: state}}))
        };
        let mut beats = vec![
            Self::event("execution_start", json!({})),
            Self::event("execution_cached", json!({"nodes": []})),
            state(0, "running"),
            Self::event("executing", json!({"node": node, "display_node": node})),
        ];
        for step in 1..=steps {
            beats.push(Self::event("progress", json!({"value": step, "max": steps, "node": node})));
            beats.push(state(step, "running"));
        }
        beats.push(state(steps, "finished"));
        beats
    }
}

pub fn play(shared: &Arc<Shared>, prompt: &str, client: &str) {
    let stage = Stage { shared, prompt, client };
    for beat in &shared.behaviour.beats {
        if shared.has_ended() || stage.interrupted() {
            return;
        }
        stage.beat(beat);
    }
    let mut state = shared.state();
    if state.running.as_deref() == Some(prompt) {
        state.running = None;
    }
}

struct Stage<'a> {
    shared: &'a Shared,
    prompt: &'a str,
    client: &'a str,
}

impl Stage<'_> {
    fn beat(&self, beat: &Beat) {
        match beat {
            Beat::Text(text) => self.send(Message::text(text.replace("PROMPT", self.prompt))),
            Beat::Previews { count, size } => self.previews(*count, *size),
            Beat::Pause(time) => {
                self.wait(*time);
            }
            Beat::PauseFor(text, time) => {
                if self.shared.state().is_asked(self.prompt, text) {
                    self.wait(*time);
                }
            }
            Beat::Break => self.frame(Frame::Break),
            Beat::Restart => self.shared.state().forget(),
            Beat::Deaf(deaf) => {
                let mut state = self.shared.state();
                state.deaf = *deaf;
                state.sockets.clear();
            }
            Beat::Busy(time) => self.busy(*time),
            Beat::Forever => while !self.wait(3_600_000) {},
            Beat::History { status, messages } => self.history(status, messages),
            Beat::Entry(entry) => self.entry(entry),
            Beat::Vanish => self.shared.state().running = None,
        }
    }

    /// True: somebody wants it to end.
    fn wait(&self, milliseconds: u64) -> bool {
        for _ in 0..milliseconds.div_ceil(10) {
            let state = self.shared.state();
            if self.shared.has_ended() || state.interrupted.contains(self.prompt) {
                return true;
            }
            drop(state);
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    fn busy(&self, milliseconds: u64) {
        for _ in 0..milliseconds.div_ceil(10) {
            if self.shared.has_ended() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn interrupted(&self) -> bool {
        if !self.shared.state().interrupted.contains(self.prompt) {
            return false;
        }
        let data = json!({"prompt_id": self.prompt, "node_id": "6", "node_type": "KSampler", "executed": []});
        self.send(Message::text(json!({"type": "execution_interrupted", "data": data}).to_string()));
        self.history("error", &json!([["execution_interrupted", data]]));
        true
    }

    fn previews(&self, count: usize, size: usize) {
        let mut frame = vec![0; size];
        frame[..8].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
        let frame = Bytes::from(frame);
        for _ in 0..count {
            self.send(Message::Binary(frame.clone()));
        }
    }

    fn send(&self, message: Message) {
        self.frame(Frame::Message(message));
    }

    fn frame(&self, frame: Frame) {
        let line: Option<Line> = self.shared.state().sockets.get(self.client).cloned();
        // A client that is gone misses it, as with the real one.
        let _ = line.map(|line| line.send(frame));
    }

    fn history(&self, status: &str, messages: &Value) {
        let outputs = self.shared.behaviour.outputs.clone().unwrap_or_else(|| json!({}));
        self.entry(&json!({"prompt": [1, "PROMPT", {}, {}, []], "outputs": outputs, "meta": {},
            "status": {"status_str": status, "completed": status == "success", "messages": messages}}));
    }

    fn entry(&self, entry: &Value) {
        let entry: Value = serde_json::from_str(&entry.to_string().replace("PROMPT", self.prompt)).expect("JSON");
        let mut state = self.shared.state();
        state.running = None;
        state.history.insert(self.prompt.to_owned(), entry);
    }
}
