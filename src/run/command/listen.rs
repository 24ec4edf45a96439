//! Where a server will listen, by its arguments.

use crate::facts::launch::{Launch, launches};
use crate::read::script::{Command, Dialect, Script, Step, Word};
use crate::span::Span;

/// Where ComfyUI listens when nothing is said (comfy/cli_args.py).
const HOST: &str = "127.0.0.1";
const PORT: u16 = 8188;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// A name or number of this machine, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// It speaks TLS.
    pub tls: bool,
}

impl Default for Listen {
    fn default() -> Self {
        Self { host: HOST.to_owned(), port: PORT, tls: false }
    }
}

impl Listen {
    /// By the arguments behind `main.py`.
    ///
    /// # Errors
    /// When a port is none.
    pub fn of<'a>(args: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let words = ["python", "main.py"].into_iter().chain(args).map(|word| Word::plain(word, 0)).collect();
        let mut script = Script::new(Dialect::Shell);
        script.steps.push(Step::Command(Command { env: Vec::new(), words, span: Span::default(), certain: true }));
        launches(&script).first().map_or_else(|| Ok(Self::default()), Self::of_launch)
    }

    fn of_launch(launch: &Launch) -> Result<Self, String> {
        let value = |flag: &str| Some(launch.flag(flag)?.value()?.text.as_str());
        let port = value("--port").map(|port| {
            let wrong = |_| format!("--port {port} is no port: they go from 1 to {}", u16::MAX);
            port.parse().map_err(wrong)
        });
        let host = value("--listen").map_or_else(|| HOST.to_owned(), reachable);
        let tls = ["--tls-keyfile", "--tls-certfile"].iter().all(|flag| launch.flag(flag).is_some());
        Ok(Self { host, port: port.transpose()?.unwrap_or(PORT), tls })
    }

    /// The address of the server.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{scheme}://{host}:{}", self.port)
    }
}

/// The first of several hosts, as it is reached from here: a server that listens everywhere listens here, too.
fn reachable(hosts: &str) -> String {
    match hosts.split(',').next().unwrap_or_default().trim() {
        "" | "0.0.0.0" => HOST.to_owned(),
        "::" => "::1".to_owned(),
        host => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(args: &str) -> Result<String, String> {
        Listen::of(args.split_whitespace()).map(|listen| listen.url())
    }

    #[test]
    fn addresses_of_starts() {
        assert_eq!(url("").unwrap(), "http://127.0.0.1:8188");
        assert_eq!(url("--listen --port 8189").unwrap(), "http://127.0.0.1:8189");
        assert_eq!(url("--listen 0.0.0.0,:: --port=9000").unwrap(), "http://127.0.0.1:9000");
        assert_eq!(url("--listen ::").unwrap(), "http://[::1]:8188");
        assert_eq!(url("--listen 10.0.0.2 --tls-keyfile a --tls-certfile b").unwrap(), "https://10.0.0.2:8188");
        assert!(url("--port 70000").is_err());
    }
}
