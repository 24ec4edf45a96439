//! `/queue`: ids alone; the prompts that stand in it, and what their owners sent with them, are passed over.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

/// Ids of the prompts that run and wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Answer")]
pub struct Queue {
    /// The one that runs.
    pub running: Vec<String>,
    /// Those that wait, the next one first.
    pub pending: Vec<String>,
}

impl Queue {
    /// How many run or wait before a prompt that waits; `None`: it does not wait.
    pub fn ahead(&self, id: &str) -> Option<usize> {
        self.pending.iter().position(|other| other == id).map(|place| place + self.running.len())
    }

    /// Whether a prompt runs.
    pub fn runs(&self, id: &str) -> bool {
        self.running.iter().any(|other| other == id)
    }
}

#[derive(Deserialize)]
struct Answer {
    queue_running: Vec<Item>,
    queue_pending: Vec<Item>,
}

impl From<Answer> for Queue {
    fn from(answer: Answer) -> Self {
        let ids = |items: Vec<Item>| items.into_iter().map(|item| item.id).collect();
        let mut pending = answer.queue_pending;
        // The server keeps a heap: the order of its list is not the order of its work.
        pending.sort_by(|one, other| one.number.total_cmp(&other.number));
        Self { running: ids(answer.queue_running), pending: ids(pending) }
    }
}

/// An entry: number, id, prompt, extra data, outputs.
struct Item {
    number: f64,
    id: String,
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Entry)
    }
}

struct Entry;

impl<'de> Visitor<'de> for Entry {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of number, id and prompt")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entry: A) -> Result<Item, A::Error> {
        let missing = |count| serde::de::Error::invalid_length(count, &self);
        let number = entry.next_element()?.ok_or_else(|| missing(0))?;
        let id = entry.next_element()?.ok_or_else(|| missing(1))?;
        while entry.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Item { number, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_the_order_of_work() {
        let text = r#"{"queue_running": [[4, "r", {"1": {}}, {"client_id": "x"}, ["3"]]],
            "queue_pending": [[7, "b", {}, {}, []], [-2, "a", {}, {}, []], [9, "c", {}]]}"#;
        let queue: Queue = serde_json::from_str(text).expect("a queue");
        assert_eq!(queue.pending, ["a", "b", "c"]);
        assert_eq!((queue.ahead("a"), queue.ahead("c"), queue.ahead("r")), (Some(1), Some(3), None));
        assert!(queue.runs("r") && !queue.runs("a"));
        assert!(serde_json::from_str::<Queue>(r#"{"queue_running": [[1]], "queue_pending": []}"#).is_err());
    }
}
