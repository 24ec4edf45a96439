//! The text of a new wanlint.toml: what was found, stated or as a comment.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use crate::catalog::gpus::{self, Match};
use crate::facts::launch::Launch;
use crate::outcome::Outcome;
use crate::project::File;

/// Files of one kind that are listed.
const LISTED: usize = 10;

/// What this machine shows.
#[derive(Debug, Default)]
pub(super) struct Here {
    /// The first card: its name and total VRAM for CUDA, MiB.
    pub(super) card: Option<(String, f64)>,
    /// System memory, MiB.
    pub(super) ram_mib: Option<f64>,
}

/// The whole file.
pub(super) fn text(outcome: &Outcome, folder: &Path, here: &Here) -> String {
    let starts = names(outcome, folder, |file| !file.launches().is_empty());
    let flows = names(outcome, folder, |file| file.workflow().is_some());
    let mut out = String::from(
        "# What wanlint cannot read in the files. Everything here is optional; flags, and variables such as WANLINT_GPU, win over it.\n\
         # Written by wanlint @VERSION@.\n\n",
    );
    list(&mut out, "starts of ComfyUI", &starts);
    list(&mut out, "workflows", &flows);
    out += "\n[machine]\n";
    card(&mut out, here);
    memory(&mut out, here);
    versions(&mut out, outcome);
    out += "# models = [\"ComfyUI/models\"]       # inside this project; others: --models or WANLINT_MODELS\n";
    out += "\n[check]\n# fail-on = \"warning\"               # the exit code is 1 from this severity on; else: error\n";
    out += "# exclude = [\"old/\"]                # files that are left out, as in .gitignore\n";
    let start = starts.first().map_or("scripts/launch.sh", String::as_str);
    let flow = flows.first().map_or("workflows/clip.json", String::as_str);
    out += "\n# A workflow goes with the starts under the nearest folder that holds any. Where it goes with another:\n";
    let _ = writeln!(out, "# [[target]]\n# launch = {}\n# workflow = {}", quoted(start), quoted(flow));
    out
}

/// Names relative to the folder, each once. One that cannot stand in a line is left out.
fn names(outcome: &Outcome, folder: &Path, is_one: impl Fn(&File) -> bool) -> Vec<String> {
    let found = outcome.files.iter().filter(|file| file.checked && is_one(file));
    let inside = found.filter_map(|file| {
        let path = file.source.path();
        let parts = path.strip_prefix(folder).unwrap_or(path).components().map(|part| part.as_os_str().to_str());
        Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
    });
    inside.filter(|name| !name.chars().any(char::is_control)).collect::<BTreeSet<_>>().into_iter().collect()
}

fn list(out: &mut String, what: &str, names: &[String]) {
    if names.is_empty() {
        let _ = writeln!(out, "# Found below this folder: no {what}.");
        return;
    }
    let _ = writeln!(out, "# Found below this folder, {what}: {}", names.len());
    names.iter().take(LISTED).for_each(|name| {
        let _ = writeln!(out, "#   {name}");
    });
    if names.len() > LISTED {
        let _ = writeln!(out, "#   and {} more", names.len() - LISTED);
    }
}

/// A card of the catalog is stated by name: its total is known as a range over drivers. Another is stated by its memory.
fn card(out: &mut String, here: &Here) {
    let _ = match &here.card {
        Some((name, _)) if matches!(gpus::find(name), Match::One(_)) => {
            writeln!(out, "# The first card of this machine, as the driver names it.\ngpu = {}", quoted(name))
        }
        Some((name, total)) => {
            let name = crate::report::safe::line(name);
            writeln!(
                out,
                "# The memory of the first card of this machine ({name}), which no table of wanlint has.\nvram = \"{total}MiB\""
            )
        }
        None => writeln!(out, "# gpu = \"RTX 5090\"                  # the card that generations run on"),
    };
}

/// The memory counts where the card is: a machine without one is not where generations run.
fn memory(out: &mut String, here: &Here) {
    let _ = match here.ram_mib.filter(|_| here.card.is_some()) {
        Some(mib) => writeln!(out, "# System memory of this machine.\nram = \"{:.1}GiB\"", mib / 1024.0),
        None => writeln!(out, "# ram = \"64GiB\""),
    };
    *out += "# vram-used = \"1.6GiB\"              # what other programs hold; a usual range is assumed without it\n";
}

/// A version that a checkout states is read anew each time: written down it would grow old.
fn versions(out: &mut String, outcome: &Outcome) {
    let launches = outcome.files.iter().flat_map(|file| file.launches());
    let read: BTreeSet<String> = launches.filter_map(checkout).collect();
    let _ = match read.is_empty() {
        true => writeln!(out, "# comfyui = \"0.3.70\"\n# torch = \"2.9.1+cu130\""),
        false => {
            let read = read.into_iter().collect::<Vec<_>>().join(", ");
            writeln!(
                out,
                "# ComfyUI's version is read from the checkout that the starts name: {read}.\n# torch = \"2.9.1+cu130\""
            )
        }
    };
}

fn checkout(launch: &Launch) -> Option<String> {
    Some(launch.checkout.as_ref()?.version.to_string())
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::facts::machine::Machine;

    fn stated(name: &str) -> Machine {
        let here = Here { card: Some((name.to_owned(), 24_564.5)), ram_mib: Some(65_301.2) };
        let mut text = "[machine]\n".to_owned();
        card(&mut text, &here);
        memory(&mut text, &here);
        let config = Config::parse(Path::new("wanlint.toml"), &text).unwrap();
        Machine::new(&config.machine, |_| None).unwrap()
    }

    #[test]
    fn a_card_is_stated_so_that_it_is_known_again() {
        let known = stated("NVIDIA GeForce RTX 4090");
        assert_eq!((known.gpu.as_deref(), known.stated_total), (Some("NVIDIA GeForce RTX 4090"), None));
        assert_eq!(known.ram_mib, Some(63.8 * 1024.0));
        let other = stated("Some \"Card\"\n9999");
        assert_eq!((other.gpu, other.stated_total), (None, Some((24_564.5, 24_564.5))));
    }

    #[test]
    fn memory_without_a_card_is_not_stated() {
        let mut text = String::new();
        memory(&mut text, &Here { card: None, ram_mib: Some(8192.0) });
        assert!(text.lines().all(|line| line.starts_with('#')), "{text}");
    }
}
