//! Asking a server over HTTP: what is sent goes to the named server alone, and no answer takes more time or memory than it may.

use std::io::{self, BufReader, Read};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use ureq::http::Response;
use ureq::{Agent, Body, Error, SendBody};

use super::address::Address;
use super::fault::Fault;

/// How long a server is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until it accepts a connection.
    pub connect: Duration,
    /// Until an answer is there in full. ComfyUI answers between other things: while a node holds Python's lock, not at all.
    pub answer: Duration,
    /// While a file is sent or fetched: until the next part of it.
    pub quiet: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), answer: Duration::from_secs(60), quiet: Duration::from_secs(60) }
    }
}

/// Largest answer that is read as a whole, bytes. /object_info of 0.33.0 alone takes 1.6 MB, with hundreds of packs ten times that.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;

/// How much of an answer that is none is looked at.
const MAX_EXPLANATION: u64 = 64 * 1024;

/// One server and how it is asked.
#[derive(Clone, Debug)]
pub struct Http {
    address: Address,
    agent: Agent,
    /// For files: no limit to the whole, but to a silence.
    files: Agent,
}

impl Http {
    /// Nothing is asked yet.
    pub fn new(address: Address, patience: Patience) -> Self {
        let config = || {
            let config = Agent::config_builder()
                .timeout_connect(Some(patience.connect))
                .max_redirects(0)
                .http_status_as_error(false)
                .user_agent(concat!("wanlint/", env!("CARGO_PKG_VERSION")));
            if address.is_local() { config.proxy(None) } else { config }
        };
        let agent = config().timeout_global(Some(patience.answer)).build().into();
        let quiet = Some(patience.quiet);
        let files =
            config().timeout_recv_response(quiet).timeout_per_read(quiet).timeout_per_write(quiet).build().into();
        Self { address, agent, files }
    }

    /// The server.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Asks for a path and reads the answer as JSON of that shape.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        let answer = self.ask(path)?;
        self.json(path, answer)
    }

    /// Asks for a path and gives the text of the answer.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn text(&self, path: &str) -> Result<String, Fault> {
        let mut answer = self.ask(path)?;
        let body = answer.body_mut().with_config().limit(MAX_ANSWER).lossy_utf8(false);
        body.read_to_string().map_err(|error| self.broken(path, error))
    }

    /// Asks for a file; it is read as it comes.
    ///
    /// # Errors
    /// Any [`Fault`] up to the first byte.
    pub fn file(&self, path: &str) -> Result<Response<Body>, Fault> {
        let answer = self.files.get(self.address.url(path)).call().map_err(|error| self.fault(path, error))?;
        self.fine(path, answer)
    }

    /// Sends JSON and gives whatever the server answers, whatever its status.
    ///
    /// # Errors
    /// Where there is no answer at all.
    pub fn post(&self, path: &str, body: &str) -> Result<(u16, String), Fault> {
        let request = self.agent.post(self.address.url(path)).content_type("application/json");
        let answer = request.send(body).map_err(|error| self.fault(path, error))?;
        self.whatever(path, answer)
    }

    /// Sends a body of unknown length and gives whatever the server answers.
    ///
    /// # Errors
    /// Where there is no answer at all.
    pub fn send(&self, path: &str, kind: &str, body: &mut dyn Read) -> Result<(u16, String), Fault> {
        let request = self.files.post(self.address.url(path)).content_type(kind);
        let answer = request.send(SendBody::from_reader(body)).map_err(|error| self.fault(path, error))?;
        self.whatever(path, answer)
    }

    fn ask(&self, path: &str) -> Result<Response<Body>, Fault> {
        let answer = self.agent.get(self.address.url(path)).call().map_err(|error| self.fault(path, error))?;
        self.fine(path, answer)
    }

    /// An answer of status 200, or the fault it stands for.
    fn fine(&self, path: &str, mut answer: Response<Body>) -> Result<Response<Body>, Fault> {
        let status = answer.status().as_u16();
        if status == 200 {
            return Ok(answer);
        }
        if (300..400).contains(&status) {
            return Err(self.elsewhere(path, status));
        }
        Err(self.status(path, status, &explanation(answer.body_mut())))
    }

    fn whatever(&self, path: &str, mut answer: Response<Body>) -> Result<(u16, String), Fault> {
        let status = answer.status().as_u16();
        if (300..400).contains(&status) {
            return Err(self.elsewhere(path, status));
        }
        let body = answer.body_mut().with_config().limit(MAX_ANSWER).lossy_utf8(true);
        body.read_to_string().map(|text| (status, text)).map_err(|error| self.broken(path, error))
    }

    fn json<T: DeserializeOwned>(&self, path: &str, mut answer: Response<Body>) -> Result<T, Fault> {
        // Read as it comes: what is not asked for takes no memory.
        let reader = BufReader::with_capacity(64 * 1024, answer.body_mut().with_config().limit(MAX_ANSWER).reader());
        serde_json::from_reader(reader).map_err(|error| match error.classify() {
            Category::Io => self.broken(path, Error::from(io::Error::from(error))),
            Category::Eof => self.cut(path, "it ends in the middle"),
            Category::Syntax | Category::Data => self.foreign(path, error),
        })
    }

    /// A fault for an answer that ComfyUI does not give.
    pub fn foreign(&self, path: &str, reason: impl ToString) -> Fault {
        Fault::Foreign { address: self.named(), path: bare(path), reason: reason.to_string() }
    }

    /// A fault for a status.
    pub fn status(&self, path: &str, status: u16, text: &str) -> Fault {
        Fault::Status { address: self.named(), path: bare(path), status, text: text.to_owned() }
    }

    /// A fault for an answer that ended too early.
    pub fn cut(&self, path: &str, reason: impl ToString) -> Fault {
        Fault::Cut { address: self.named(), path: bare(path), reason: reason.to_string() }
    }

    /// A fault for an answer of more bytes than this.
    pub fn too_large(&self, path: &str, limit: u64) -> Fault {
        Fault::TooLarge { address: self.named(), path: bare(path), limit: limit >> 20 }
    }

    fn elsewhere(&self, path: &str, status: u16) -> Fault {
        Fault::Elsewhere { address: self.named(), path: bare(path), status }
    }

    /// What an error means while the answer is awaited.
    fn fault(&self, path: &str, error: Error) -> Fault {
        match error {
            Error::Timeout(what) => Fault::Slow { address: self.named(), path: bare(path), limit: format!("{what}") },
            Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
                Fault::Slow { address: self.named(), path: bare(path), limit: error.to_string() }
            }
            error => Fault::NoAnswer { address: self.named(), reason: reason(&error) },
        }
    }

    /// What an error means while the answer is read.
    pub fn broken(&self, path: &str, error: Error) -> Fault {
        match error {
            Error::BodyExceedsLimit(limit) => self.too_large(path, limit),
            Error::Timeout(_) => self.fault(path, error),
            Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.foreign(path, "its answer is not UTF-8")
            }
            error => self.cut(path, reason(&error)),
        }
    }

    fn named(&self) -> String {
        self.address.to_string()
    }
}

/// A path without what is asked of it: that may hold names of files.
fn bare(path: &str) -> String {
    path.split('?').next().unwrap_or_default().to_owned()
}

/// What the system says, with the usual cause where there is one.
fn reason(error: &Error) -> String {
    match error {
        Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "nothing listens there; start ComfyUI, or name another address with --server".to_owned()
        }
        Error::Io(error) => told(&error.to_string()),
        Error::HostNotFound => "its name is unknown to this machine".to_owned(),
        Error::Rustls(error) => told(&error.to_string()),
        error => error.to_string(),
    }
}

/// What TLS says, with what to do.
fn told(text: &str) -> String {
    if text.starts_with("invalid peer certificate") {
        return format!("{text}: its certificate is checked, name an address that it is valid for");
    }
    if text.contains("InvalidContentType") {
        return "it does not speak TLS there: write http:// in place of https://".to_owned();
    }
    text.to_owned()
}

/// The beginning of an answer that is an error.
fn explanation(body: &mut Body) -> String {
    let mut text = Vec::new();
    // What cannot be read explains nothing.
    let _ = body.as_reader().take(MAX_EXPLANATION).read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}
