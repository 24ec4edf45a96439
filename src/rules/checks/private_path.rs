//! SEC012: a person's name in the paths of a workflow.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::WorkflowView;

/// Names of accounts that are nobody's: containers and rented machines.
const SHARED: [&str; 7] = ["user", "username", "ubuntu", "root", "public", "you", "comfyui"];

/// One finding for a workflow, at the first such path.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let graph = &view.workflow.graph;
    let inputs = graph.indices().filter_map(|index| Some((index, graph.get(index)?)));
    let all = inputs.flat_map(|(index, node)| node.inputs.iter().map(move |input| (index, input)));
    let mut private = all.filter(|(_, input)| input.value.as_text().is_some_and(names_a_person));
    if let Some((index, input)) = private.next() {
        let fill = [("input", input.name.to_string()), ("count", (1 + private.count()).to_string())];
        sink.fire(rule, view.at(input.span), &fill).about(view.node(index));
    }
}

/// Longest path of Linux, bytes.
const LONGEST_PATH: usize = 4096;

/// `C:\Users\Jane\...`, `/home/jane/...`, as the whole text: a prompt may speak of anything.
fn names_a_person(text: &str) -> bool {
    text.len() <= LONGEST_PATH && account(text.trim()).is_some_and(|name| !is_shared(name))
}

/// The folder below the homes.
fn account(path: &str) -> Option<&str> {
    let slash = ['/', '\\'];
    let path = path.get(1..).and_then(|rest| rest.strip_prefix(':')).unwrap_or(path);
    let (root, rest) = path.strip_prefix(slash)?.split_once(slash)?;
    let home = ["users", "home"].iter().any(|home| root.eq_ignore_ascii_case(home));
    rest.split_once(slash).map(|(name, _)| name).filter(|_| home)
}

fn is_shared(name: &str) -> bool {
    name.is_empty() || SHARED.iter().any(|shared| shared.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::names_a_person;

    #[test]
    fn only_whole_paths_below_a_home() {
        assert!(names_a_person("C:\\Users\\Jane\\clips\\a.mp4") && names_a_person("/home/jane/x.png"));
        for text in ["clips/a.mp4", "/home/user/x.png", "a house in /home/jane/ style", "C:\\ComfyUI\\x", ""] {
            assert!(!names_a_person(text), "{text}");
        }
    }
}
