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
        let fill = [("input", input.name.clone()), ("count", (1 + private.count()).to_string())];
        sink.fire(rule, view.at(input.span), &fill).about(view.node(index));
    }
}

/// Longest path of Linux, bytes.
const LONGEST_PATH: usize = 4096;

/// `C:\Users\Jane\...`, `/home/jane/...`, as the whole text: a prompt may speak of anything.
fn names_a_person(text: &str) -> bool {
    if text.len() > LONGEST_PATH {
        return false;
    }
    let path = text.trim().replace('\\', "/").to_ascii_lowercase();
    let path = path.get(1..).filter(|rest| rest.starts_with(":/")).map_or(path.as_str(), |rest| &rest[1..]);
    let rest = ["/users/", "/home/"].iter().find_map(|root| path.strip_prefix(root));
    rest.and_then(|rest| rest.split_once('/')).is_some_and(|(name, _)| !name.is_empty() && !SHARED.contains(&name))
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
