//! WF065: alternatives of which the browser takes one at random.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called};

/// Asks every text that the browser rewrites before it sends the workflow.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let graph = &view.workflow.graph;
    let reach = &view.validation().reach;
    for node in graph.real().filter(|&node| reach.runs(node)) {
        let widgets =
            graph.spec(node).into_iter().flat_map(|spec| &spec.widgets).filter(|widget| widget.dynamic_prompts);
        for input in widgets.filter_map(|widget| graph.input(node, widget.name)) {
            // A value that a subgraph instance holds is sent as it stands.
            let hosted = input.from.is_some_and(|from| graph.subgraph(from).is_some());
            if let Some(choice) = input.value.as_text().filter(|_| !hosted).and_then(alternatives) {
                let named = view.node(node);
                let fill = [("node", called(&named)), ("input", input.name.to_string()), ("choice", choice)];
                sink.fire(rule, view.at(input.span), &fill).about(named);
            }
        }
    }
}

/// The first `{a|b}`, cut to a readable length. A backslash in front of a brace or bar makes it a plain letter.
fn alternatives(text: &str) -> Option<String> {
    let mut open: Option<usize> = None;
    let (mut bar, mut escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => (open, bar) = (Some(at), false),
            '|' => bar = true,
            '}' => {
                if let Some(start) = open.take().filter(|_| bar) {
                    let choice = &text[start + 1..at];
                    return Some(choice.chars().take(60).collect());
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::alternatives;

    #[test]
    fn braces_with_a_bar() {
        assert_eq!(alternatives("a {red|blue} car").as_deref(), Some("red|blue"));
        for plain in ["a {red} car", "a | b", "{\"a\": 1}", "\\{a|b\\}", "{a} | {b}", "{a", "a|b}"] {
            assert_eq!(alternatives(plain), None, "{plain}");
        }
    }
}
