//! The address of a server, as `--server` names it.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;

/// Where a ComfyUI answers: scheme, host, port and the path below which it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    secure: bool,
    /// Host and, where one is stated, port: `127.0.0.1:8188`, `[::1]:8188`, `gpu.example.org`.
    authority: String,
    host: String,
    port: u16,
    /// Empty, or begins with `/` and does not end with one.
    base: String,
}

/// Why a text is no address of a server. The text itself is not repeated: it may hold a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It cannot be read at all.
    #[error("it is no address: {0}; write http://127.0.0.1:8188")]
    Form(String),
    /// Another scheme than the two, or none.
    #[error("an address starts with http:// or https://, as in http://127.0.0.1:8188")]
    Scheme,
    /// A user or a password stands in front of the host.
    #[error(
        "a user and a password do not belong on a command line, others can read it there: leave out what stands before the @"
    )]
    Secret,
    /// A question or a mark behind the path.
    #[error("the address of a server ends with its path: leave out what follows the ? or #")]
    Query,
}

impl Address {
    /// Reads what `--server` states: `http://127.0.0.1:8188`, or a path behind a proxy as in `https://host/comfy`.
    ///
    /// # Errors
    /// Why it is no address of a server.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Scheme)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(AddressError::Scheme),
        };
        let (before, _) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if before.contains('@') {
            return Err(AddressError::Secret);
        }
        if rest.contains(['?', '#']) {
            return Err(AddressError::Query);
        }
        Self::read(secure, text)
    }

    fn read(secure: bool, text: &str) -> Result<Self, AddressError> {
        let uri: Uri = text.parse().map_err(|error| AddressError::Form(format!("{error}")))?;
        let authority = uri.authority().ok_or_else(|| AddressError::Form("it names no host".to_owned()))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let stated = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        if host.is_empty() || (!stated.is_empty() && authority.port_u16().is_none_or(|port| port == 0)) {
            return Err(AddressError::Form("its host or port is none".to_owned()));
        }
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let base = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { secure, authority: authority.as_str().to_owned(), host, port, base })
    }

    /// A server on this machine.
    pub fn local(port: u16) -> Self {
        let host = "127.0.0.1".to_owned();
        Self { secure: false, authority: format!("{host}:{port}"), host, port, base: String::new() }
    }

    /// The address of something on the server; the path begins with `/`.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{}{path}", self.authority, self.base)
    }

    /// The same for a WebSocket.
    pub fn socket_url(&self, path: &str) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}{}{path}", self.authority, self.base)
    }

    /// Host without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The stated port, or that of the scheme.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is certain that the server runs on this machine: it is asked directly, whatever proxy is set.
    pub fn is_local(&self) -> bool {
        if self.host.eq_ignore_ascii_case("localhost") {
            return true;
        }
        self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
    }
}

/// As one writes it: `http://127.0.0.1:8188`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn parts() {
        let plain = address("http://127.0.0.1:8188/");
        assert_eq!(plain.to_string(), "http://127.0.0.1:8188");
        assert_eq!(plain.url("/prompt"), "http://127.0.0.1:8188/prompt");
        assert_eq!(plain.socket_url("/ws"), "ws://127.0.0.1:8188/ws");
        assert_eq!((plain.host(), plain.port()), ("127.0.0.1", 8188));
        assert_eq!(plain, Address::local(8188));
        let behind = address("HTTPS://gpu.example.org/comfy/");
        assert_eq!(behind.url("/queue"), "https://gpu.example.org/comfy/queue");
        assert_eq!(behind.socket_url("/ws"), "wss://gpu.example.org/comfy/ws");
        assert_eq!(behind.port(), 443);
        assert_eq!(address("http://[::1]:8188").host(), "::1");
    }

    #[test]
    fn local_or_not() {
        for text in ["http://localhost:1", "http://127.1.2.3:1", "http://[::1]:1", "http://0.0.0.0:8188"] {
            assert!(address(text).is_local(), "{text}");
        }
        for text in ["http://127.example.org", "http://10.0.0.2:8188", "http://localhost.example.org"] {
            assert!(!address(text).is_local(), "{text}");
        }
    }

    #[test]
    fn refused() {
        let error = |text: &str| Address::parse(text).expect_err(text);
        assert_eq!(error("localhost:8188"), AddressError::Scheme);
        assert_eq!(error("ftp://host"), AddressError::Scheme);
        assert_eq!(error("http://me:hunter2@host:8188"), AddressError::Secret);
        assert!(!error("http://me:hunter2@host").to_string().contains("hunter2"));
        assert_eq!(error("http://host/?token=1"), AddressError::Query);
        for text in ["http://", "http://:8188", "http://host:99999", "http://host:", "http://a b/", "http://host:0"] {
            assert!(matches!(error(text), AddressError::Form(_)), "{text}: {:?}", error(text));
        }
    }
}
