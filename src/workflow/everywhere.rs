//! "Use Everywhere" (cg-use-everywhere): nodes that give what they get to inputs without a link, when the browser queues the
//! workflow. The file holds no such link, newer ones note them down (`extra.ue_links`, read with the other links).
//!
//! Sources: cg-use-everywhere 7.8 and 5.0, `js/use_everywhere_classes.js`, `js/use_everywhere_nodes.js`, `js/ue_properties.js`. Which
//! of several senders wins, groups, colours and priorities are left out: they only make a node send to fewer inputs.

use super::bypass::compatible;
use super::graph::{Graph, Node, NodeIx};
use crate::span::Span;

/// A node that sends.
#[derive(Clone, Debug)]
pub struct Broadcast {
    /// The node.
    pub node: NodeIx,
    /// Its place, for messages.
    pub span: Span,
    /// The types that it sends; `*` where one is not known.
    pub kinds: Vec<String>,
    /// What the title of the other node must match.
    pub title: Pattern,
    /// What the name of the input must match.
    pub input: Pattern,
}

/// True for the extension's own nodes: they are in every prompt, and nothing takes anything from them.
pub fn is_own(class: &str) -> bool {
    ["Anything Everywhere", "Prompts Everywhere", "Seed Everywhere"].iter().any(|own| class.starts_with(own))
}

/// A regular expression of the browser, as far as it is understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Pattern {
    /// It may match anything: there is none, or it is more than words.
    #[default]
    Any,
    /// It matches a text that has one of these words in it.
    Words(Vec<String>),
}

impl Pattern {
    /// Reads an expression: letters, digits, blanks and `_`, parted by `|`, are understood.
    pub fn read(text: &str) -> Self {
        let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '_' | '|');
        match text.chars().all(plain) && !text.split('|').any(str::is_empty) {
            true => Self::Words(text.split('|').map(str::to_owned).collect()),
            false => Self::Any,
        }
    }

    fn may_match(&self, text: Option<&str>) -> bool {
        match (self, text) {
            (Self::Words(words), Some(text)) => words.iter().any(|word| text.contains(word)),
            _ => true,
        }
    }
}

impl Broadcast {
    /// True when it could send a value of this type to an input. A node without a title is called as the browser calls it.
    fn may_reach(&self, node: &Node, input: &str, kind: &str) -> bool {
        self.kinds.iter().any(|sent| compatible(sent, kind))
            && self.input.may_match(Some(input))
            && self.title.may_match(node.title.as_deref())
    }
}

impl Graph {
    /// True when an input without a link may get one as the workflow is queued. `kind` is the type that it takes, empty where
    /// that is not known.
    pub fn may_be_sent(&self, node: NodeIx, input: &str, kind: &str) -> bool {
        let Some(found) = self.get(node) else { return false };
        let others = self.everywhere.iter().filter(|sender| sender.node != node);
        others.into_iter().any(|sender| sender.may_reach(found, input, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn words_are_understood_and_nothing_else() {
        assert!(
            !Pattern::read("seed|noise").may_match(Some("steps"))
                && Pattern::read("seed").may_match(Some("noise_seed"))
        );
        assert!(Pattern::read("seed").may_match(None), "the browser's title is not known");
        for other in ["", ".*", "^prompt", "a||b", "seed$", "(a)"] {
            assert_eq!(Pattern::read(other), Pattern::Any, "{other}");
        }
    }
}
