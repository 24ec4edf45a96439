//! What /history keeps of a prompt: how it ended, and which files it wrote.

use serde_json::Value;

use super::event::{Event, ExecutionError, Interruption, id};

/// A prompt that is through, as the server remembers it.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// How it ended.
    pub end: End,
    /// Files that its nodes wrote, in the order of the server's answer; `temp` ones (previews) included.
    pub files: Vec<OutputFile>,
}

/// How a prompt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// Well.
    Success,
    /// A node failed.
    Failed(Box<ExecutionError>),
    /// Somebody interrupted it.
    Interrupted(Interruption),
    /// The server does not say, or says something unknown.
    Unknown(String),
}

/// A file that a node wrote on the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OutputFile {
    /// The node's id.
    pub node: String,
    /// The list it stands in: `images`, `gifs`, `audio`, `latents`, ...
    pub list: String,
    /// Its name, as the server gives it: not to be trusted as a name on this machine.
    pub filename: String,
    /// Folders below the server's folder.
    pub subfolder: String,
    /// The server's folder: `output`, `temp` or `input`.
    pub folder: String,
}

impl History {
    /// Reads the entry of a prompt in the answer to `/history/ID`. `None`: the prompt is not there, it waits, runs or is unknown.
    pub fn read(answer: &Value, prompt: &str) -> Option<Self> {
        let entry = answer.get(prompt)?;
        let outputs = entry.get("outputs").and_then(Value::as_object);
        let files = outputs.into_iter().flatten().flat_map(|(node, output)| output_files(node, output)).collect();
        Some(Self { end: end(entry.get("status").unwrap_or(&Value::Null), prompt), files })
    }
}

/// The words of the state say "error" for an interruption too: the messages tell them apart.
fn end(status: &Value, prompt: &str) -> End {
    let messages = status.get("messages").and_then(Value::as_array);
    let last = messages.into_iter().flatten().rev().find_map(|message| {
        let event = Event::of(message.get(0)?.as_str()?, message.get(1)?);
        match event {
            Event::Failed(error) => Some(End::Failed(error)),
            Event::Interrupted(interruption) => Some(End::Interrupted(interruption)),
            Event::Success { .. } => Some(End::Success),
            _ => None,
        }
    });
    let completed = status.get("completed").and_then(Value::as_bool);
    match (id(status, "status_str").as_deref(), last) {
        (_, Some(last @ (End::Failed(_) | End::Interrupted(_)))) => last,
        (Some("success"), _) => End::Success,
        (None, Some(last)) => last,
        (None, None) if completed == Some(true) => End::Success,
        (word, _) => End::Unknown(format!("the server ends prompt {prompt} with '{}'", word.unwrap_or("nothing"))),
    }
}

/// Files in what a node gives: entries with a file name, in any list, for packs have their own (`gifs`).
pub fn output_files(node: &str, output: &Value) -> Vec<OutputFile> {
    let lists = output.as_object().into_iter().flatten();
    let entries = lists.flat_map(|(list, entries)| {
        let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
        entries
            .iter()
            .filter_map(move |entry| Some((list, id(entry, "filename").filter(|name| !name.is_empty())?, entry)))
    });
    let file = |(list, filename, entry): (&String, String, &Value)| OutputFile {
        node: node.to_owned(),
        list: list.clone(),
        filename,
        subfolder: id(entry, "subfolder").unwrap_or_default(),
        folder: id(entry, "type").unwrap_or_else(|| "output".to_owned()),
    };
    entries.map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ends() {
        let read = |status: Value| History::read(&json!({"p": {"outputs": {}, "status": status}}), "p").expect("p").end;
        assert_eq!(read(json!({"status_str": "success", "completed": true, "messages": []})), End::Success);
        let interrupted = json!({"status_str": "error", "completed": false, "messages": [
            ["execution_start", {"prompt_id": "p"}],
            ["execution_interrupted", {"prompt_id": "p", "node_id": "6", "node_type": "KSampler", "executed": []}]]});
        assert!(matches!(read(interrupted), End::Interrupted(_)));
        let failed = json!({"status_str": "error", "completed": false, "messages": [
            ["execution_error", {"prompt_id": "p", "node_id": "6", "exception_type": "KeyError", "exception_message": "'x'\n"}]]});
        assert!(matches!(read(failed), End::Failed(error) if error.kind == "KeyError" && error.message == "'x'"));
        for unclear in
            [json!(null), json!({"status_str": "error"}), json!({"messages": 3}), json!({"status_str": "later"})]
        {
            assert!(matches!(read(unclear.clone()), End::Unknown(_)), "{unclear}");
        }
        assert_eq!(History::read(&json!({}), "p"), None);
    }

    #[test]
    fn files_of_any_list() {
        let output = json!({
            "images": [{"filename": "a.png", "subfolder": "x", "type": "temp"}, {"filename": ""}, 7],
            "gifs": [{"filename": "b.mp4", "subfolder": "", "type": "output", "format": "video/h264-mp4"}],
            "animated": [true], "text": ["words"], "files": {"filename": "no list"}
        });
        let files = output_files("9", &output);
        let names: Vec<_> = files.iter().map(|file| (file.list.as_str(), file.filename.as_str())).collect();
        assert_eq!(names, [("images", "a.png"), ("gifs", "b.mp4")]);
        assert_eq!((files[0].subfolder.as_str(), files[0].folder.as_str()), ("x", "temp"));
    }
}
