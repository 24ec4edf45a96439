//! Docker compose files: what each service starts, in which environment, and what its container gets from the machine.
//!
//! Followed: anchors, aliases, merge keys, `${X:-default}` (the default, not known), `entrypoint` and `command` as text or list,
//! `sh -c`. A service that only sets variables (images that take `CLI_ARGS`) gives a command without words. Not followed:
//! `extends`, `include`, several files together, env files.

mod service;
mod tree;
mod value;

use saphyr_parser::{Event, Parser};

use super::script::{Dialect, Script};
use tree::Tree;

/// Largest file that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Most services of one file, and most entries over all of them: aliases make small files large.
const MAX_SERVICES: usize = 256;
const MAX_ENTRIES: usize = 20_000;

/// True when two texts hold the same YAML: they may differ in comments and blanks.
pub fn alike(one: &str, other: &str) -> bool {
    let events = |text| Parser::new_from_str(text).map(|event| event.map(|(event, _)| event));
    let all = |text| events(text).collect::<Result<Vec<Event<'_>>, _>>().ok();
    all(one).zip(all(other)).is_some_and(|(one, other)| one == other)
}

/// Reads a compose file. Every text gives a script; places that could not be followed are listed in it.
pub fn read(text: &str) -> Script {
    if text.len() > MAX_BYTES {
        return Script::unreadable(Dialect::Compose, text, "compose files beyond 1 MiB are not read");
    }
    let mut script = Script::new(Dialect::Compose);
    let tree = Tree::read(text);
    if let Some((_, services)) = tree.root().and_then(|root| tree.get(root, "services")) {
        let mut left = MAX_ENTRIES;
        for (name, span, id) in tree.entries(services).into_iter().take(MAX_SERVICES) {
            let size = service::size(&tree, id);
            let Some(rest) = left.checked_sub(size) else { break };
            left = rest;
            let (container, steps) = service::read(&tree, name, span, id);
            script.containers.push(container);
            script.steps.extend(steps);
        }
    }
    script.unread.extend(tree.fault);
    script
}
