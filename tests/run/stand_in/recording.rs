//! Sessions with a real server, from the recordings.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::play::Beat;

/// A session by its number; `None` where the recordings are not at hand.
pub fn session(name: &str) -> Option<Vec<Value>> {
    let root = std::env::var_os("WANLINT_SHARED").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let path = root.join("data/comfy-recordings").join(format!("{name}.jsonl"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("not run: {} is not at hand", path.display());
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect())
}

/// The frames of a session as beats, and its last answer to /history. The recorded id of the prompt gives way to the new one.
pub fn beats(session: &[Value], prompt: &str) -> Vec<Beat> {
    let frames = session.iter().filter_map(|line| match line["kind"].as_str()? {
        "ws_text" => Some(Beat::Text(line["text"].to_string().replace(prompt, "PROMPT"))),
        "ws_binary" => Some(Beat::Previews { count: 1, size: usize::try_from(line["len"].as_u64()?).ok()? }),
        _ => None,
    });
    frames.collect()
}

/// Bodies of the answers with a status, in order.
pub fn answers(session: &[Value]) -> Vec<&Value> {
    session.iter().filter(|line| line["kind"] == "http_response").collect()
}

/// The first prompt's id.
pub fn prompt(session: &[Value]) -> String {
    let id = answers(session).into_iter().find_map(|answer| answer["body"]["prompt_id"].as_str());
    id.expect("a prompt").to_owned()
}

/// What /history says of a prompt in a session, if it was asked.
pub fn history(session: &[Value], prompt: &str) -> Option<Value> {
    answers(session).into_iter().rev().find_map(|answer| answer["body"].get(prompt)).cloned()
}
