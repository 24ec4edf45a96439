//! A ComfyUI that runs somewhere: what can be asked of it, in the words of its routes (0.3.64 to 0.33).

use std::fmt;
use std::io::{self, Read, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::address::Address;
use super::fault::Fault;
use super::history::{History, OutputFile};
use super::http::{Http, Patience};
use super::prompt::Prompt;
use super::refusal::Refused;

mod cancel;
mod queue;
mod stats;
mod upload;

pub use queue::Queue;
pub use stats::{Device, Stats};

/// The environment variable that a key for partner nodes comes from; no flag and no file has one.
pub const KEY_VARIABLE: &str = "COMFY_API_KEY";

/// Largest file that is fetched, bytes: a server that never ends does not fill the disk.
const MAX_FILE: u64 = 64 << 30;

/// A key for partner nodes (`api_key_comfy_org`). It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// The key in [`KEY_VARIABLE`], if there is one.
    pub fn from_environment() -> Option<Self> {
        std::env::var(KEY_VARIABLE).ok().and_then(|text| Self::new(&text))
    }

    /// A key; none is an empty text.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

/// A prompt that waits or runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Accepted {
    /// Its id.
    #[serde(rename = "prompt_id")]
    pub id: String,
    /// Its place in the order of all prompts; negative ones came to the front.
    #[serde(default)]
    pub number: i64,
}

/// Why a prompt does not run.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The server refuses it, or a part of it.
    #[error("{0}")]
    Refused(Box<Refused>),
    /// The server cannot be asked.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A server and the key that may go to it alone.
#[derive(Clone, Debug)]
pub struct Server {
    http: Http,
    key: Option<ApiKey>,
}

impl Server {
    /// Nothing is asked yet.
    pub fn new(address: Address, key: Option<ApiKey>) -> Self {
        Self::with_patience(address, key, Patience::default())
    }

    /// With other limits of time.
    pub fn with_patience(address: Address, key: Option<ApiKey>, patience: Patience) -> Self {
        Self { http: Http::new(address, patience), key }
    }

    /// The same server, asked with other limits of time.
    #[must_use]
    pub fn asked_with(&self, patience: Patience) -> Self {
        Self::with_patience(self.address().clone(), self.key.clone(), patience)
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        self.http.address()
    }

    /// True when there is a key for partner nodes.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Versions, arguments and memory of the server.
    ///
    /// # Errors
    /// Where it is not there, or no ComfyUI.
    pub fn stats(&self) -> Result<Stats, Fault> {
        self.http.get("/system_stats")
    }

    /// What it says about its nodes, as text: `catalog::nodes::Stated` reads it.
    ///
    /// # Errors
    /// Where it gives none.
    pub fn object_info(&self) -> Result<String, Fault> {
        self.http.text("/object_info")
    }

    /// Whose prompts run and wait.
    ///
    /// # Errors
    /// Where it gives none.
    pub fn queue(&self) -> Result<Queue, Fault> {
        self.http.get("/queue")
    }

    /// What it can do: `supports_preview_metadata`, `max_upload_size`, ...
    ///
    /// # Errors
    /// Where it gives none; servers before 0.3.47 have no such list.
    pub fn features(&self) -> Result<Map<String, Value>, Fault> {
        self.http.get("/features")
    }

    /// Hands a prompt over. Where the server would run a part of it alone, that part is cancelled again.
    ///
    /// # Errors
    /// Where it is refused as a whole or in part, or the answer does not come or makes no sense. Then too it is cancelled, for it may
    /// have arrived; a server that takes it only later runs it nevertheless.
    pub fn submit(&self, prompt: &Prompt, client_id: &str) -> Result<Accepted, SubmitError> {
        self.hand_over(prompt, client_id).inspect_err(|error| {
            let doubt =
                matches!(error, SubmitError::Fault(Fault::Slow { .. } | Fault::Cut { .. } | Fault::Foreign { .. }));
            if doubt {
                // What keeps the server from hearing it was said already.
                let _ = self.cancel(prompt.id());
            }
        })
    }

    fn hand_over(&self, prompt: &Prompt, client_id: &str) -> Result<Accepted, SubmitError> {
        let body = prompt.body(client_id, self.key.as_ref().map(|key| key.0.as_str()));
        let (status, text) = self.http.post("/prompt", &body)?;
        let text = self.without_key(text);
        let Some(refused) = Refused::read(status, &text) else {
            return serde_json::from_str(&text).map_err(|error| self.http.foreign("/prompt", error).into());
        };
        if let Some(id) = &refused.queued {
            self.cancel(id)?;
        }
        Err(SubmitError::Refused(Box::new(refused)))
    }

    /// A server that repeats what it was sent, in an error say, repeats the key too.
    fn without_key(&self, text: String) -> String {
        match &self.key {
            Some(ApiKey(key)) if text.contains(key.as_str()) => text.replace(key.as_str(), "***"),
            _ => text,
        }
    }

    /// How a prompt ended; `None`: it waits, runs, or the server does not know it.
    ///
    /// # Errors
    /// Where the server cannot be asked.
    pub fn history(&self, id: &str) -> Result<Option<History>, Fault> {
        let answer: Value = self.http.get(&format!("/history/{}", percent(id)))?;
        Ok(History::read(&answer, id))
    }

    /// Takes a prompt back, running or waiting, and no other one. True: the server had it.
    ///
    /// # Errors
    /// Where the server cannot be asked.
    pub fn cancel(&self, id: &str) -> Result<bool, Fault> {
        cancel::cancel(&self.http, id)
    }

    /// Fetches a file that a node wrote, part by part. Gives its size in bytes.
    ///
    /// # Errors
    /// Where it is not there, breaks off, or cannot be written here.
    pub fn view(&self, file: &OutputFile, to: &mut dyn Write) -> Result<u64, Fault> {
        let (name, folder) = (percent(&file.filename), percent(&file.subfolder));
        let path = format!("/view?filename={name}&subfolder={folder}&type={}", percent(&file.folder));
        let mut answer = self.http.file(&path)?;
        let stated = answer.body().content_length();
        let mut body = answer.body_mut().as_reader();
        let size = self.copy(&path, &mut body, to)?;
        match stated {
            Some(stated) if stated != size => Err(self.http.cut(&path, format!("{size} of {stated} bytes came"))),
            _ => Ok(size),
        }
    }

    fn copy(&self, path: &str, from: &mut dyn Read, to: &mut dyn Write) -> Result<u64, Fault> {
        let mut part = vec![0; 64 * 1024];
        let mut size = 0;
        loop {
            let count = match from.read(&mut part) {
                Ok(0) => return Ok(size),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.http.broken(path, error.into())),
            };
            size += count as u64;
            if size > MAX_FILE {
                return Err(self.http.too_large(path, MAX_FILE));
            }
            to.write_all(&part[..count]).map_err(|error| Fault::Here(error.to_string()))?;
        }
    }

    /// Sends a file into the server's input folder. Gives the name it has there, which may differ: nothing is replaced.
    ///
    /// # Errors
    /// Where the server does not take it.
    pub fn upload(&self, name: &str, file: impl Read) -> Result<String, Fault> {
        upload::upload(&self.http, name, file)
    }

    /// What the server logged last; `None`: it does not tell.
    ///
    /// # Errors
    /// Where it cannot be asked.
    pub fn logs(&self) -> Result<Option<String>, Fault> {
        let answer: Result<Value, Fault> = self.http.get("/internal/logs/raw");
        match answer {
            Ok(answer) => Ok(Some(logged(&answer))),
            Err(fault) if fault.status().is_some_and(|status| matches!(status, 403..=405)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

/// Lines of `/internal/logs/raw`: entries with a time and a text.
fn logged(answer: &Value) -> String {
    let entries = answer.get("entries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    entries.iter().filter_map(|entry| entry.get("m")?.as_str()).collect()
}

/// What stays as it is within a path or a query; everything else becomes `%` and two digits.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value within a path or a query.
fn percent(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let server = Server::new(Address::local(1), ApiKey::new(" hunter2\n"));
        assert_eq!(server.key, ApiKey::new("hunter2"));
        assert!(!format!("{server:?}").contains("hunter2"));
        assert_eq!(ApiKey::new(" "), None);
    }

    #[test]
    fn names_in_queries() {
        assert_eq!(percent("a b&c=ü/..\u{0}"), "a%20b%26c%3D%C3%BC%2F..%00");
    }
}
