//! WF055: names of saved files that lead out of the output folder.

use crate::facts::os::Os;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{WorkflowView, called};
use crate::workflow::graph::Value;
use crate::workflow::resolve::{Resolved, resolve};

/// Asks every node that saves under a `filename_prefix`.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let graph = &view.workflow.graph;
    for node in graph.real().filter(|&node| graph.spec(node).is_some_and(|spec| spec.output_node)) {
        let Resolved::Known { value: Value::Text(prefix), span, .. } = resolve(graph, node, "filename_prefix") else {
            continue;
        };
        match leaves(&prefix, view.of.machine.os) {
            Some(true) => {
                let named = view.node(node);
                let fill = [("node", called(&named)), ("value", prefix.clone())];
                let finding = sink.fire(rule, view.at(span), &fill).about(named);
                if let Some(inside) = inside(&prefix, view.of.machine.os) {
                    let act = Act::At(Verb::Replace, view.at(span), inside.to_owned());
                    finding.offer("inside", vec![act], &[("prefix", inside.to_owned())]);
                }
            }
            Some(false) => {}
            None => sink.not_checked(rule, Need::Os),
        }
    }
}

/// Whether a prefix leads out of the folder; `None` when that depends on the system. An absolute path may lie inside the output
/// folder, whose place is not known, when it names one.
fn leaves(prefix: &str, os: Option<Os>) -> Option<bool> {
    let slashes = climbs(prefix) || absolute(prefix);
    let windows = prefix.replace('\\', "/");
    let drive = windows.get(1..3) == Some(":/") && !windows.to_ascii_lowercase().contains("output");
    let on_windows = climbs(&windows) || absolute(&windows) || drive;
    match os {
        _ if slashes == on_windows => Some(slashes),
        Some(Os::Windows) => Some(on_windows),
        Some(_) => Some(slashes),
        None => None,
    }
}

/// What is left of a prefix without the part that leads out of the folder; `None` when that is no name.
fn inside(prefix: &str, os: Option<Os>) -> Option<&str> {
    let slashes: &[char] = if os == Some(Os::Windows) { &['/', '\\'] } else { &['/'] };
    let rest = match prefix.get(1..3) {
        Some(":/" | ":\\") if os == Some(Os::Windows) => &prefix[3..],
        _ => prefix,
    };
    let (mut depth, mut left, mut at) = (0, rest, 0);
    for part in rest.split(slashes) {
        at += part.len() + 1;
        depth += match part {
            ".." => -1,
            "" | "." => 0,
            _ => 1,
        };
        if depth < 0 {
            (depth, left) = (0, rest.get(at..)?);
        }
    }
    let left = left.trim_start_matches(slashes);
    (!left.is_empty() && !left.ends_with(slashes)).then_some(left)
}

fn absolute(prefix: &str) -> bool {
    prefix.starts_with('/') && !prefix.to_ascii_lowercase().contains("output")
}

/// More steps up than down.
fn climbs(prefix: &str) -> bool {
    let mut depth = 0;
    prefix.split('/').any(|part| {
        depth += match part {
            ".." => -1,
            "" | "." => 0,
            _ => 1,
        };
        depth < 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leaves_the_folder() {
        for out in ["../x", "a/../../x", "/tmp/x"] {
            assert_eq!(leaves(out, None), Some(true), "{out}");
        }
        for (out, left) in
            [("../x", Some("x")), ("a/../../b/c", Some("b/c")), ("/tmp/x", Some("tmp/x")), ("../../", None)]
        {
            assert_eq!(inside(out, None), left, "{out}");
        }
        assert_eq!(inside("..\\..\\x", Some(Os::Windows)), Some("x"));
        assert_eq!(inside("D:\\a\\x", Some(Os::Windows)), Some("a\\x"));
        for inside in ["a/b", "a/../b", "%date:yyyy-MM-dd%/x", "..x", "clips/./x", "/srv/ComfyUI/output/x"] {
            assert_eq!(leaves(inside, None), Some(false), "{inside}");
        }
        for (windows, inside) in [("..\\x", true), ("C:\\clips\\x", true)] {
            assert_eq!(leaves(windows, None), None, "{windows}");
            assert_eq!(leaves(windows, Some(Os::Windows)), Some(inside));
            assert_eq!(leaves(windows, Some(Os::Linux)), Some(false));
        }
    }
}
