//! The lines of the embedded facts: one for each class and form, and one for each list that several classes share.
//!
//! The build step sorts them and makes the table (`build/nodes.rs`): nothing is done at start, and only the lines that are asked
//! for are looked at.

use std::sync::OnceLock;

use super::spec::NodeSpec;
use super::{decode, hash};

include!(concat!(env!("OUT_DIR"), "/nodes.rs"));

static TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/nodes.txt"));

/// The class of each line, decoded at first use.
static SPECS: [OnceLock<Box<NodeSpec>>; LINES.len()] = [const { OnceLock::new() }; LINES.len()];

/// One line.
#[derive(Clone, Copy)]
pub(super) struct Line {
    index: usize,
}

/// All lines, sorted by name.
pub(super) fn all() -> impl Iterator<Item = Line> {
    (0..LINES.len()).map(|index| Line { index })
}

/// The lines of a name: the newest form of a class comes first.
pub(super) fn find(name: &str) -> impl Iterator<Item = Line> + use<> {
    first(name).into_iter().flat_map(Line::forms)
}

fn first(name: &str) -> Option<Line> {
    let mut place = hash::place(name);
    // The table has free places, so that this ends.
    loop {
        let line = Line { index: usize::from(TABLE[place]).checked_sub(1)? };
        if line.name() == name {
            return Some(line);
        }
        place = (place + 1) % hash::PLACES;
    }
}

impl Line {
    /// The name of the class; `#` and a number for a list.
    pub fn name(self) -> &'static str {
        let (start, length) = LINES[self.index];
        TEXT.get(start as usize..start as usize + usize::from(length)).unwrap_or_default()
    }

    /// True for a name, all ASCII, with so many letters or at most two more or less: what [`crate::text::nearest`] looks at.
    pub fn is_about(self, letters: usize) -> bool {
        usize::from(LINES[self.index].1).abs_diff(letters) <= 2
    }

    /// What stands behind the name.
    pub fn rest(self) -> &'static str {
        self.text().split_once('\t').map_or("", |(_, rest)| rest)
    }

    /// The class.
    pub fn spec(self) -> &'static NodeSpec {
        SPECS[self.index].get_or_init(|| Box::new(decode::line(self.text())))
    }

    fn text(self) -> &'static str {
        let rest = TEXT.get(LINES[self.index].0 as usize..).unwrap_or_default();
        memchr::memchr(b'\n', rest.as_bytes()).and_then(|end| rest.get(..end)).unwrap_or(rest)
    }

    /// This line and those behind it with the same name.
    fn forms(self) -> impl Iterator<Item = Self> {
        let name = self.name();
        (self.index..LINES.len()).map(|index| Self { index }).take_while(move |line| line.name() == name)
    }
}
