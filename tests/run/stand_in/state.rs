//! What the stand-in knows and how it behaves.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::play::Beat;
use super::routes::Trouble;
use super::socket::Line;

/// How it behaves; by default it is ComfyUI 0.33 and every prompt succeeds at once.
#[derive(Default)]
pub struct Behaviour {
    /// Played for every prompt.
    pub beats: Vec<Beat>,
    /// The answer to `POST /prompt` in place of taking it: status, type, text.
    pub refusal: Option<(u16, &'static str, String)>,
    /// Taken, and these errors go with the answer.
    pub node_errors: Option<Value>,
    /// What goes wrong at a path, every time.
    pub troubles: HashMap<&'static str, Trouble>,
    /// Paths that a server of that age does not know.
    pub unknown: Vec<&'static str>,
    /// Files for `/view`, by name.
    pub files: HashMap<String, Vec<u8>>,
    /// `outputs` of the history.
    pub outputs: Option<Value>,
    /// Prompts of others: first those that run, then those that wait.
    pub others: (Vec<&'static str>, Vec<&'static str>),
    /// Ours never gets its turn.
    pub endless: bool,
    /// The answer to /object_info.
    pub object_info: Option<String>,
    /// The answer to /system_stats.
    pub stats: Option<Value>,
}

impl Behaviour {
    /// ComfyUI 0.3.64: it has no way to cancel in one step.
    pub fn old(self) -> Self {
        Self { unknown: vec!["/api/jobs"], ..self }
    }

    pub fn stats(&self) -> Value {
        self.stats.clone().unwrap_or_else(|| {
            json!({"system": {"os": "linux", "ram_total": 68719476736u64, "ram_free": 34359738368u64, "comfyui_version": "0.3.64",
                "python_version": "3.11.9", "pytorch_version": "2.8.0+cu129", "embedded_python": false,
                "argv": ["main.py", "--listen", "127.0.0.1"]},
                "devices": [{"name": "cuda:0 NVIDIA GeForce RTX 5090 : cudaMallocAsync", "type": "cuda", "index": 0,
                "vram_total": 34190917632u64, "vram_free": 32212254720u64, "torch_vram_total": 0, "torch_vram_free": 0}]})
        })
    }
}

/// What it knows now.
#[derive(Default)]
pub struct State {
    pub asked: Vec<(String, Value)>,
    pub running: Option<String>,
    pub pending: Vec<String>,
    pub history: BTreeMap<String, Value>,
    /// Prompts that somebody wants to end.
    pub interrupted: HashSet<String>,
    pub sockets: HashMap<String, Line>,
    /// How often a socket was opened.
    pub connections: usize,
    pub uploads: Vec<Vec<u8>>,
    /// It takes no connection.
    pub deaf: bool,
    pub number: i64,
}

impl State {
    pub fn queued(&self) -> Vec<String> {
        self.running.iter().chain(&self.pending).cloned().collect()
    }

    /// The request of a prompt has a text in it.
    pub fn is_asked(&self, prompt: &str, text: &str) -> bool {
        let own = |body: &&Value| body["prompt_id"] == prompt && body["prompt"].is_object();
        let found = self.asked.iter().map(|(_, body)| body).find(own);
        found.is_some_and(|body| body["prompt"].to_string().contains(text))
    }

    /// As after a restart.
    pub fn forget(&mut self) {
        self.running = None;
        self.pending.clear();
        self.history.clear();
        self.sockets.clear();
    }
}
