//! `POST /upload/image`: a file in a form of parts, as a browser sends it.

use std::io::Read;

use serde_json::Value;

use crate::run::event::id;
use crate::run::fault::Fault;
use crate::run::http::Http;

const PATH: &str = "/upload/image";

/// What parts the form. A file that holds it would end early: none does by chance.
const BOUNDARY: &str = "wanlint-7d1f0c4e9b3a4a52a8e6c1d2f3b4";

/// Sends a file and gives the name by which nodes know it.
pub(super) fn upload(http: &Http, name: &str, file: impl Read) -> Result<String, Fault> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\ninput\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"{}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n",
        quoted(name)
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let mut body = head.as_bytes().chain(file).chain(tail.as_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    match http.send(PATH, &kind, &mut body)? {
        (200, text) => stored(&text).ok_or_else(|| http.foreign(PATH, "it names no stored file")),
        (413, _) => Err(http.status(PATH, 413, "the file is larger than --max-upload-size of ComfyUI permits")),
        (status, text) => Err(http.status(PATH, status, &text)),
    }
}

/// The last part of a name, as a browser writes it into a header.
fn quoted(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().fold(String::new(), |mut all, letter| {
        match letter {
            '"' => all.push_str("%22"),
            '\r' => all.push_str("%0D"),
            '\n' => all.push_str("%0A"),
            letter => all.push(letter),
        }
        all
    })
}

fn stored(text: &str) -> Option<String> {
    let answer: Value = serde_json::from_str(text).ok()?;
    let name = id(&answer, "name").filter(|name| !name.is_empty())?;
    let folder = id(&answer, "subfolder").filter(|folder| !folder.is_empty());
    Some(folder.map_or(name.clone(), |folder| format!("{folder}/{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(quoted("C:\\pictures\\a \"b\".png"), "a %22b%22.png");
        assert_eq!(quoted("/home/x/ü\r\nX: y.png"), "ü%0D%0AX: y.png");
        let stored = |text: &str| super::stored(text);
        assert_eq!(stored(r#"{"name": "a (1).png", "subfolder": "", "type": "input"}"#).as_deref(), Some("a (1).png"));
        assert_eq!(stored(r#"{"name": "a.png", "subfolder": "x", "type": "input"}"#).as_deref(), Some("x/a.png"));
        assert_eq!(stored("{}"), None);
    }
}
