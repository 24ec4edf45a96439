//! A server's answer.

use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;

use super::MAX_BYTES;

/// How long a server may take to accept the connection, and to answer in full.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(30);

/// Asks a server. Only the named one is contacted: where it sends the asker on is not followed.
///
/// # Errors
/// Why there is no answer that can be used.
pub(super) fn fetch(url: &str) -> Result<String, String> {
    let uri: Uri = address(url).parse().map_err(|error| format!("it is no address: {error}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("an address starts with http:// or https://".to_owned());
    }
    let config = Agent::config_builder()
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(ANSWER))
        .max_redirects(0)
        .http_status_as_error(false);
    // A server on this machine is asked directly, whatever proxy the environment names.
    let local = uri.host().is_some_and(|host| matches!(host, "localhost" | "[::1]") || host.starts_with("127."));
    let agent: Agent = if local { config.proxy(None).build() } else { config.build() }.into();
    let mut answer = agent.get(uri).call().map_err(|error| format!("no answer: {error}"))?;
    match answer.status().as_u16() {
        200 => {}
        status @ 300..400 => {
            return Err(format!("status {status}: it sends the asker to another address, name that one"));
        }
        status => return Err(format!("status {status} in place of /object_info")),
    }
    let body = answer.body_mut().with_config().limit(MAX_BYTES).lossy_utf8(false);
    body.read_to_string().map_err(|error| format!("its answer cannot be read: {error}"))
}

/// The address of a server alone means its `/object_info`.
fn address(url: &str) -> String {
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    if path.is_empty() { format!("{}/object_info", url.trim_end_matches('/')) } else { url.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(address("http://127.0.0.1:8188"), "http://127.0.0.1:8188/object_info");
        assert_eq!(address("http://127.0.0.1:8188/"), "http://127.0.0.1:8188/object_info");
        assert_eq!(address("https://host/api/object_info"), "https://host/api/object_info");
        assert!(fetch("ftp://host/x").unwrap_err().contains("http://"));
    }
}
