//! What the stand-in answers.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::http::{Request, answer, begin};
use super::{Shared, play, socket};

const JSON: &str = "application/json; charset=utf-8";

/// What goes wrong at a path.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// A status and a text.
    Status(u16, &'static str),
    /// The right status, and no JSON.
    Text(&'static str),
    /// The answer comes after so many milliseconds.
    Slow(u64),
    /// The head promises more than comes.
    Half,
    /// The answer never ends.
    Endless,
    /// The answer begins and then nothing comes.
    Stuck,
    /// It sends the asker on.
    Elsewhere(String),
    /// No HTTP at all.
    Noise,
    /// It does what it is asked, and its answer breaks off.
    Unheard,
}

pub fn serve(stream: TcpStream, shared: &Arc<Shared>) {
    let Some(request) = Request::read(&stream) else { return };
    let path = request.path().to_owned();
    if path == "/ws" && !shared.behaviour.troubles.contains_key("/ws") {
        return socket::serve(stream, &request, shared);
    }
    let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    shared.state().asked.push((format!("{} {}", request.method, request.target), body.clone()));
    let mut stream = stream;
    let trouble = shared.behaviour.troubles.iter().find(|(start, _)| path.starts_with(*start));
    match trouble.map(|(_, trouble)| trouble) {
        Some(Trouble::Slow(time)) => {
            std::thread::sleep(Duration::from_millis(*time));
            route(&mut stream, &request, &body, shared);
        }
        Some(Trouble::Unheard) => {
            if path == "/prompt" {
                take(&body, shared);
            }
            fail(&mut stream, &Trouble::Half, shared);
        }
        Some(trouble) => fail(&mut stream, trouble, shared),
        None => route(&mut stream, &request, &body, shared),
    }
}

fn fail(stream: &mut TcpStream, trouble: &Trouble, shared: &Shared) {
    match trouble {
        Trouble::Status(status, text) => answer(stream, *status, "text/plain", text.as_bytes()),
        Trouble::Text(text) => answer(stream, 200, JSON, text.as_bytes()),
        Trouble::Half => {
            begin(stream, 200, JSON, Some(100_000));
            let _ = stream.write_all(b"{\"system\": {\"os\"");
        }
        Trouble::Endless => {
            begin(stream, 200, JSON, None);
            let part = vec![b' '; 1 << 20];
            while !shared.has_ended() && stream.write_all(&part).is_ok() {}
        }
        Trouble::Stuck => {
            begin(stream, 200, JSON, Some(100_000));
            let _ = stream.write_all(b"{");
            while !shared.has_ended() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Trouble::Elsewhere(to) => {
            let head =
                format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
        }
        Trouble::Noise => {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
        }
        Trouble::Slow(_) | Trouble::Unheard => {}
    }
}

fn route(stream: &mut TcpStream, request: &Request, body: &Value, shared: &Arc<Shared>) {
    let path = request.path();
    if shared.behaviour.unknown.iter().any(|start| path.starts_with(start)) {
        return answer(stream, if request.method == "GET" { 404 } else { 405 }, "text/plain", b"");
    }
    let json = |stream: &mut TcpStream, value: Value| answer(stream, 200, JSON, value.to_string().as_bytes());
    match (request.method.as_str(), path) {
        ("GET", "/system_stats") => json(stream, shared.behaviour.stats()),
        ("GET", "/features") => json(stream, json!({"supports_preview_metadata": true, "max_upload_size": 104857600})),
        ("GET", "/object_info") => {
            answer(stream, 200, JSON, shared.behaviour.object_info.as_deref().unwrap_or("{}").as_bytes());
        }
        ("GET", "/queue") => json(stream, queue(shared)),
        ("GET", "/internal/logs/raw") => {
            json(stream, json!({"entries": [{"t": "", "m": "one\n"}, {"t": "", "m": "two\n"}]}))
        }
        ("GET", "/view") => view(stream, request, shared),
        ("GET", _) if path.starts_with("/history/") => {
            let id = path.trim_start_matches("/history/");
            let entry = shared.state().history.get(id).cloned();
            json(stream, entry.map_or(json!({}), |entry| json!({ id: entry })));
        }
        ("POST", "/prompt") => prompt(stream, body, shared),
        ("POST", "/queue") => {
            for id in body["delete"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                shared.state().pending.retain(|other| other != id);
            }
            answer(stream, 200, "text/plain", b"");
        }
        ("POST", "/interrupt") => {
            interrupt(shared, body["prompt_id"].as_str());
            answer(stream, 200, "text/plain", b"");
        }
        ("POST", "/upload/image") => {
            shared.state().uploads.push(request.body.clone());
            json(stream, json!({"name": "stored.png", "subfolder": "", "type": "input"}));
        }
        ("POST", _) if path.starts_with("/api/jobs/") => {
            let id = path.trim_start_matches("/api/jobs/").trim_end_matches("/cancel");
            json(stream, json!({"cancelled": cancel(shared, id)}));
        }
        _ => answer(stream, 404, "text/plain", b"404: Not Found"),
    }
}

fn queue(shared: &Shared) -> Value {
    let state = shared.state();
    let (running, pending) = &shared.behaviour.others;
    let entry = |id: &str| json!([1, id, {"1": {"class_type": "X"}}, {"client_id": "c", "api_key_comfy_org": "not ours"}, ["1"]]);
    let running = running.iter().copied().chain(state.running.as_deref()).map(entry);
    let pending = pending.iter().copied().chain(state.pending.iter().map(String::as_str)).map(entry);
    json!({"queue_running": running.collect::<Vec<_>>(), "queue_pending": pending.collect::<Vec<_>>()})
}

/// As `/interrupt` of 0.3.64: with an id only that prompt, without one whichever runs.
fn interrupt(shared: &Shared, id: Option<&str>) {
    let mut state = shared.state();
    let running = state.running.clone();
    if let Some(running) = running.filter(|running| id.is_none_or(|id| id == running)) {
        state.interrupted.insert(running);
    }
}

fn cancel(shared: &Shared, id: &str) -> bool {
    let mut state = shared.state();
    if state.running.as_deref() == Some(id) {
        return state.interrupted.insert(id.to_owned());
    }
    let before = state.pending.len();
    state.pending.retain(|other| other != id);
    state.pending.len() < before
}

fn prompt(stream: &mut TcpStream, body: &Value, shared: &Arc<Shared>) {
    if let Some((status, kind, text)) = &shared.behaviour.refusal {
        return answer(stream, *status, kind, text.as_bytes());
    }
    let reply = take(body, shared);
    answer(stream, 200, JSON, reply.to_string().as_bytes());
}

/// Takes a prompt and begins to play it; gives the answer.
fn take(body: &Value, shared: &Arc<Shared>) -> Value {
    let id = body["prompt_id"].as_str().unwrap_or("given").to_owned();
    let client = body["client_id"].as_str().unwrap_or_default().to_owned();
    let mut state = shared.state();
    state.number += 1;
    let errors = shared.behaviour.node_errors.clone().unwrap_or_else(|| json!({}));
    let reply = json!({"prompt_id": id, "number": state.number, "node_errors": errors});
    if shared.behaviour.endless {
        state.pending.push(id);
        return reply;
    }
    state.running = Some(id.clone());
    drop(state);
    let shared = Arc::clone(shared);
    std::thread::spawn(move || play::play(&shared, &id, &client));
    reply
}

fn view(stream: &mut TcpStream, request: &Request, shared: &Shared) {
    let name = request.asked("filename").unwrap_or_default();
    match shared.behaviour.files.get(&name) {
        Some(bytes) => answer(stream, 200, "image/png", bytes),
        None => answer(stream, 404, "text/plain", b""),
    }
}
