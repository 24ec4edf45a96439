//! `--object-info`: what a server says about its nodes, from a file or from the server that the user names.

#[cfg_attr(not(feature = "network"), path = "object_info/no_fetch.rs")]
mod fetch;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::catalog::nodes::{Catalog, Stated};
use crate::config::{Config, lies_inside, project_folders};

/// Largest answer that is read, bytes. ComfyUI 0.33.0 alone answers 1.6 MB; hundreds of packs stay below ten times that.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The catalog that was named on the command line.
///
/// # Errors
/// A sentence about a file or an answer that cannot be used.
pub fn named(named: &str) -> Result<Catalog, String> {
    let text = if is_url(named) { fetch::fetch(named) } else { read(Path::new(named)) };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_addresses_are_not_shown() {
        assert_eq!(shown("https://me:secret@host:1/a?token=x"), "https://host:1/a");
        assert_eq!(shown(".comfy/object_info.json"), ".comfy/object_info.json");
    }
}
