//! `--object-info`: what a server says about its nodes, from a file or from the server that the user names.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;

use crate::catalog::nodes::{Catalog, Stated};
use crate::config::{Config, lies_inside, project_folders};

/// Largest answer that is read, bytes. ComfyUI 0.33.0 alone answers 1.6 MB; hundreds of packs stay below ten times that.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// How long a server may take to accept the connection, and to answer in full.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(30);

/// The catalog that was named on the command line.
///
/// # Errors
/// A sentence about a file or an answer that cannot be used.
pub fn named(named: &str) -> Result<Catalog, String> {
    let text = if is_url(named) { fetch(named) } else { read(Path::new(named)) };
    stated(text).map_err(|error| format!("--object-info: {}: {error}", shown(named)))
}

/// The catalog that the configuration names: a file of the project, never an address.
///
/// # Errors
/// As [`named`].
pub fn configured(config: &Config) -> Result<Catalog, String> {
    let (Some(entry), Some(file)) = (&config.machine.object_info, &config.file) else { return Ok(Catalog::default()) };
    let fault = |error: String| format!("{}: object-info '{entry}': {error}", file.display());
    if is_url(entry) {
        return Err(fault("an address is asked only when --object-info names it".to_owned()));
    }
    let path = config.folder.join(entry);
    let root = project_folders(&config.folder).pop().unwrap_or_default();
    if path.exists() && !lies_inside(&path, &root) {
        return Err(fault("it lies outside the project: name it on the command line".to_owned()));
    }
    stated(read(&path)).map_err(fault)
}

fn stated(text: Result<String, String>) -> Result<Catalog, String> {
    Ok(Catalog::with(Stated::read(text?)?))
}

fn is_url(text: &str) -> bool {
    text.contains("://")
}

/// An address without the name and password that may stand in front of the server, and without a query.
fn shown(named: &str) -> String {
    let (scheme, rest) = named.split_once("://").unwrap_or(("", named));
    if scheme.is_empty() {
        return named.to_owned();
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    let path = rest[end..].split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

fn read(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        return Err("it is a folder".to_owned());
    }
    let mut bytes = Vec::new();
    let limited = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    limited.map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("it is larger than {} MiB", MAX_BYTES >> 20));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

/// Asks a server. Only the named one is contacted: where it sends the asker on is not followed.
fn fetch(url: &str) -> Result<String, String> {
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
        assert_eq!(shown("https://me:secret@host:1/a?token=x"), "https://host:1/a");
        assert_eq!(shown(".comfy/object_info.json"), ".comfy/object_info.json");
        assert!(named("ftp://host/x").unwrap_err().contains("http://"));
    }
}
