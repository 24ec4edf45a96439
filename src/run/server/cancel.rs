//! Taking our own prompt back, and nobody else's.

use std::time::Duration;

use serde_json::{Value, json};

use super::Queue;
use crate::run::fault::Fault;
use crate::run::http::Http;

/// How often the queue is looked at: a prompt may begin to run between two requests.
const ROUNDS: usize = 3;

/// Takes a prompt back. True: the server had it, waiting or running.
pub(super) fn cancel(http: &Http, id: &str) -> Result<bool, Fault> {
    // Servers from 0.26 on do it in one step; older ones do not know the path.
    let path = format!("/api/jobs/{}/cancel", super::percent(id));
    if let (200, text) = http.post(&path, "{}")?
        && let Some(cancelled) = cancelled(&text)
    {
        return Ok(cancelled);
    }
    for _ in 0..ROUNDS {
        let queue: Queue = http.get("/queue")?;
        if queue.runs(id) {
            // With the id, newer servers interrupt no other prompt that came to run meanwhile.
            return sent(http, "/interrupt", &json!({ "prompt_id": id })).map(|()| true);
        }
        if queue.ahead(id).is_none() {
            return Ok(false);
        }
        sent(http, "/queue", &json!({ "delete": [id] }))?;
        std::thread::sleep(Duration::from_millis(20));
        let queue: Queue = http.get("/queue")?;
        if !queue.runs(id) && queue.ahead(id).is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `None`: that is no answer of ComfyUI, some proxies answer every path with a page.
fn cancelled(text: &str) -> Option<bool> {
    let answer: Value = serde_json::from_str(text).ok()?;
    answer.get("cancelled")?.as_bool()
}

fn sent(http: &Http, path: &str, body: &Value) -> Result<(), Fault> {
    match http.post(path, &body.to_string())? {
        (200, _) => Ok(()),
        (status, text) => Err(http.status(path, status, &text)),
    }
}
