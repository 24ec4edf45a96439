//! The choices that the conditions of a script leave, and which of them can be made together.

use std::collections::BTreeSet;

use crate::read::route::Branch;
use crate::read::script::Dialect;

/// Deepest nesting of branches that is followed.
const MAX_DEPTH: usize = 50;

/// One condition that may hold.
#[derive(Clone, Debug)]
struct Choice {
    /// The branch that is taken then; `None` when the condition skips one (`[ -n "$X" ] || X=1`).
    branch: Option<u32>,
    fork: u32,
    inside: Option<u32>,
    /// The condition, for people.
    text: String,
    /// What it asks about: names of variables.
    names: BTreeSet<String>,
}

/// A branch that is taken while no condition holds.
#[derive(Clone, Copy, Debug)]
struct Otherwise {
    branch: u32,
    fork: u32,
    inside: Option<u32>,
}

/// All choices of a script.
#[derive(Debug, Default)]
pub(super) struct Choices {
    list: Vec<Choice>,
    /// The branches of `else`.
    otherwise: Vec<Otherwise>,
}

impl Choices {
    /// The choices in front of an offset.
    pub fn of(branches: &[Branch], (text, dialect): (&str, Dialect), end: u32) -> Self {
        let mut found = Self::default();
        let mut branches: Vec<&Branch> = branches.iter().filter(|branch| branch.at.start < end).collect();
        branches.sort_by_key(|branch| branch.at.start);
        for branch in branches {
            let skips = branch.otherwise && !branch.text.is_empty();
            if branch.otherwise {
                found.otherwise.push(Otherwise { branch: branch.at.start, fork: branch.fork, inside: branch.inside });
            }
            if (skips || !branch.otherwise) && !found.list.iter().any(|known| known.is(branch)) {
                found.list.push(Choice {
                    branch: (!skips).then_some(branch.at.start),
                    fork: branch.fork,
                    inside: branch.inside,
                    text: shown(branch, text),
                    names: names(&branch.text, dialect),
                });
            }
        }
        found
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The branches that are taken when these conditions hold and no others.
    pub fn taken(&self, chosen: &BTreeSet<usize>) -> BTreeSet<u32> {
        let chosen: Vec<&Choice> = chosen.iter().filter_map(|&index| self.list.get(index)).collect();
        let free = |fork: u32| chosen.iter().all(|choice| choice.fork != fork);
        let otherwise = self.otherwise.iter().filter(|other| free(other.fork)).map(|other| other.branch);
        otherwise.chain(chosen.iter().filter_map(|choice| choice.branch)).collect()
    }

    /// These choices with those that they bring along: the branches around them, and the same condition elsewhere. `None` when
    /// they exclude each other, or when nobody can say that they do not.
    pub fn joined(&self, wanted: &[usize]) -> Option<BTreeSet<usize>> {
        let mut all: BTreeSet<usize> = wanted.iter().copied().collect();
        for &index in wanted {
            self.around(index, &mut all);
        }
        for (index, choice) in self.list.iter().enumerate() {
            if all.iter().any(|&other| self.list[other].text == choice.text) {
                all.insert(index);
            }
        }
        let list: Vec<usize> = all.iter().copied().collect();
        let pairs =
            list.iter().enumerate().flat_map(|(at, &left)| list[at + 1..].iter().map(move |&right| (left, right)));
        pairs.into_iter().all(|(left, right)| self.agree(left, right)).then_some(all)
    }

    /// Adds the choices whose branches lie around one.
    fn around(&self, index: usize, all: &mut BTreeSet<usize>) {
        let mut inside = self.list[index].inside;
        // Branches that come out of variables may claim to lie in each other.
        for _ in 0..MAX_DEPTH {
            let Some(start) = inside else { return };
            let outer = self.list.iter().position(|choice| choice.branch == Some(start));
            let otherwise = || self.otherwise.iter().find(|other| other.branch == start)?.inside;
            inside = outer.map_or_else(otherwise, |outer| {
                all.insert(outer);
                self.list[outer].inside
            });
        }
    }

    /// True when both can hold in one run: they stand in different places and ask about different things, or one stands in the
    /// branch of the other.
    fn agree(&self, left: usize, right: usize) -> bool {
        let (one, other) = (&self.list[left], &self.list[right]);
        let nested = |inner: usize, outer: usize| {
            let mut around = BTreeSet::new();
            self.around(inner, &mut around);
            around.contains(&outer)
        };
        one.text == other.text
            || (one.fork != other.fork
                && (one.names.is_disjoint(&other.names) || nested(left, right) || nested(right, left)))
    }

    /// Which of some choices a run makes when `holds` tells whether a condition holds; `None` where it does not tell.
    pub fn made(&self, among: &BTreeSet<usize>, holds: impl Fn(&str) -> Option<bool>) -> Option<BTreeSet<usize>> {
        let mut made = BTreeSet::new();
        for &index in among {
            let choice = self.list.get(index)?;
            let reached = choice.inside.is_none_or(|branch| self.taken(&made).contains(&branch));
            // Of several branches of one `if` the first whose condition holds is taken.
            let free = made.iter().all(|&other| self.list[other].fork != choice.fork);
            if reached && free && holds(&choice.text)? {
                made.insert(index);
            }
        }
        Some(made)
    }

    /// The conditions in words.
    pub fn all_of(&self, chosen: &BTreeSet<usize>) -> String {
        let mut texts: Vec<&str> = Vec::new();
        for choice in chosen.iter().filter_map(|&index| self.list.get(index)) {
            if !texts.contains(&choice.text.as_str()) {
                texts.push(&choice.text);
            }
        }
        texts.join(" and ")
    }
}

impl Choice {
    fn is(&self, branch: &Branch) -> bool {
        self.fork == branch.fork && (self.branch == Some(branch.at.start) || self.branch.is_none())
    }
}

fn shown(branch: &Branch, text: &str) -> String {
    if !branch.text.is_empty() {
        return branch.text.clone();
    }
    let before = text.as_bytes().get(..branch.at.start as usize).unwrap_or_default();
    format!("the condition in line {} holds", memchr::memchr_iter(b'\n', before).count() + 1)
}

/// The variables that a condition names; all its words when it names none.
fn names(text: &str, dialect: Dialect) -> BTreeSet<String> {
    let python = dialect == Dialect::Python;
    let text = if python { without_strings(text) } else { text.to_owned() };
    let letter = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut words: Vec<(Option<char>, &str)> = Vec::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(letter) {
        let before = rest[..start].chars().next_back();
        let end = rest[start..].find(|c| !letter(c)).map_or(rest.len(), |end| start + end);
        words.push((before, &rest[start..end]));
        rest = &rest[end..];
    }
    let marked = |before: Option<char>| python || before.is_some_and(|sign| "$%!{:".contains(sign));
    let lower = |(_, word): &(Option<char>, &str)| word.to_lowercase();
    let common = |word: &String| !["not", "and", "or", "in", "is", "none", "true", "false"].contains(&word.as_str());
    let variables: BTreeSet<String> =
        words.iter().filter(|(before, _)| marked(*before)).map(lower).filter(common).collect();
    if variables.is_empty() { words.iter().map(lower).filter(|word| word.len() > 2).collect() } else { variables }
}

/// Python text without the letters in quotes.
fn without_strings(text: &str) -> String {
    let mut quote = None;
    text.chars()
        .map(|c| match quote {
            Some(sign) => {
                if c == sign {
                    quote = None;
                }
                ' '
            }
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                ' '
            }
            None => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn names_of(text: &str, dialect: Dialect) -> Vec<String> {
        names(text, dialect).into_iter().collect()
    }

    #[test]
    fn conditions_name_variables() {
        assert_eq!(names_of("\"%1\"==\"low\"", Dialect::Batch), ["1"]);
        assert_eq!(names_of("[ \"${MODE:-x}\" = low ]", Dialect::Shell), ["mode"]);
        assert_eq!(names_of("$args.Count -gt 1", Dialect::PowerShell), ["args.count"]);
        assert_eq!(names_of("args.low and not 'x.y'", Dialect::Python), ["args.low"]);
        assert_eq!(names_of("exist models.txt", Dialect::Batch), ["exist", "models.txt"]);
    }

    #[test]
    fn what_asks_about_the_same_is_not_combined() {
        let branch = |start: u32, text: &str| Branch::on(Span::new(start, start + 1), text, start, None);
        let branches = [branch(1, "$A = 1"), branch(2, "$A = 2"), branch(3, "$B"), branch(4, "$A = 1")];
        let choices = Choices::of(&branches, ("", Dialect::Shell), 9);
        assert_eq!(choices.joined(&[0, 1]), None);
        assert_eq!(choices.joined(&[0, 2]), Some(BTreeSet::from([0, 2, 3])));
        assert_eq!(choices.all_of(&BTreeSet::from([0, 2, 3])), "$A = 1 and $B");
        let made =
            |true_ones: &[&str]| choices.made(&BTreeSet::from([0, 1, 2]), |text| Some(true_ones.contains(&text)));
        assert_eq!(made(&["$A = 2"]), Some(BTreeSet::from([1])));
        assert_eq!(made(&[]), Some(BTreeSet::new()));
        assert_eq!(choices.made(&BTreeSet::from([0, 1]), |_| None), None);
    }
}
