//! ComfyUI's command line flags: what each takes, since when and until when, from `catalog/flags.json`.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer};

use crate::facts::versions::Version;

/// The table was compared with every release up to this one; what came later is known from newer sources by range only.
pub const EXACT_TO: Version = Version::new(0, 33, 0);

/// The `until` of a flag that was gone before the first release: no version ever accepted it.
pub const NEVER: Version = Version::new(0, 0, 0);

/// How many values a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Arity {
    /// A switch: none.
    #[serde(rename = "0")]
    None,
    /// Exactly one.
    #[serde(rename = "1")]
    One,
    /// One or none.
    #[serde(rename = "0..1")]
    Optional,
    /// Any number, none included.
    #[serde(rename = "0..n")]
    Any,
    /// One or more.
    #[serde(rename = "1..n")]
    Some,
}

/// What a value must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    /// Any text.
    #[default]
    Text,
    /// What Python's `int` accepts.
    Int,
    /// What Python's `float` accepts.
    Float,
    /// A folder that exists.
    Dir,
}

/// Where a flag stands in the newest version known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In use.
    #[default]
    Current,
    /// Accepted, another flag is preferred.
    Deprecated,
    /// Accepted, does nothing.
    DeprecatedNoop,
    /// Refused.
    Removed,
}

/// What a flag takes from one version on.
#[derive(Clone, Debug, Deserialize)]
pub struct Shape {
    /// First version with this shape; `None` for the shape that the flag began with.
    #[serde(default, deserialize_with = "version")]
    pub since: Option<Version>,
    /// Number of values.
    pub arity: Arity,
    /// Type of each value.
    #[serde(default, rename = "type")]
    pub value_type: ValueType,
    /// Allowed values; empty when any value will do.
    #[serde(default)]
    pub choices: Vec<&'static str>,
    /// The value that the bare flag stands for.
    #[serde(default)]
    pub bare: Option<&'static str>,
    /// Most values that ComfyUI accepts although argparse takes more.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Only the first value must be one of `choices`.
    #[serde(default)]
    pub first_only: bool,
}

/// One flag.
#[derive(Clone, Debug, Deserialize)]
pub struct FlagSpec {
    /// The whole name, dashes included.
    pub name: &'static str,
    /// What it takes, oldest version first; never empty.
    shapes: Vec<Shape>,
    /// The group of which a command line may hold one member only.
    #[serde(default)]
    pub group: Option<&'static str>,
    /// First version with the flag; `None` when it is older than every release.
    #[serde(default, deserialize_with = "version")]
    pub since: Option<Version>,
    /// True when `since` is only a lower bound.
    #[serde(default)]
    since_inexact: bool,
    /// First version without the flag ([`NEVER`] when no release had it).
    #[serde(default, deserialize_with = "version")]
    pub until: Option<Version>,
    /// First version that accepts the flag and reads it nowhere.
    #[serde(default, deserialize_with = "version")]
    pub idle_since: Option<Version>,
    /// Where it stands now.
    #[serde(default)]
    pub status: Status,
    /// True when every repetition counts; otherwise the last one wins.
    #[serde(default)]
    pub repeats: bool,
    /// The value without the flag, where it is not simply "off".
    #[serde(default)]
    pub default: Option<&'static str>,
    /// Remarks: what replaced it, what changed when.
    #[serde(default)]
    pub notes: Vec<&'static str>,
}

impl FlagSpec {
    /// False when `since` is only a lower bound: the flag came at that version or later.
    pub fn since_exact(&self) -> bool {
        !self.since_inexact
    }

    /// The shapes consistent with what is known: the one of that version, or all of them when it is unknown.
    pub fn shapes(&self, version: Option<Version>) -> &[Shape] {
        let Some(version) = version else { return &self.shapes };
        let later = self.shapes.partition_point(|shape| shape.since.is_none_or(|since| since <= version)).max(1);
        self.shapes.get(later - 1..later).unwrap_or(&self.shapes)
    }

    /// The shape of a version; the newest one when the version is unknown.
    pub fn shape(&self, version: Option<Version>) -> Option<&Shape> {
        self.shapes(version).last()
    }

    /// Whether a version accepts the flag: `None` when that is not known exactly.
    pub fn exists_in(&self, version: Version) -> Option<bool> {
        match (self.since, self.until) {
            (_, Some(until)) if version >= until => Some(false),
            (Some(since), _) if version < since => Some(false),
            (Some(_), _) if self.since_inexact => None,
            _ => Some(true),
        }
    }

    /// What to write instead, in words: the remark of a flag that is no longer current, where it names something else.
    pub fn replacement(&self) -> Option<&'static str> {
        let names_another = |note: &&str| {
            ["replaced by", "renamed to", "use ", "became the default"].iter().any(|word| note.contains(word))
        };
        let mut notes = self.notes.iter().copied().rev().filter(names_another);
        if self.status == Status::Current { None } else { notes.next() }
    }
}

/// The flag of that name, dashes included.
pub fn lookup(name: &str) -> Option<&'static FlagSpec> {
    let table = table();
    table.by_name.get(name).and_then(|&index| table.flags.get(index))
}

/// All flags that begin with `prefix`, by name. Flags that no release had are left out.
pub fn by_prefix(prefix: &str) -> Vec<&'static FlagSpec> {
    let flags = all();
    let first = flags.partition_point(|flag| flag.name < prefix);
    flags[first..]
        .iter()
        .take_while(|flag| flag.name.starts_with(prefix))
        .filter(|flag| flag.until != Some(NEVER))
        .collect()
}

/// The members of an exclusive group that a version accepts (or may accept); all of them when the version is unknown.
pub fn group_members(group: &str, version: Option<Version>) -> Vec<&'static FlagSpec> {
    let there = |flag: &&FlagSpec| version.is_none_or(|version| flag.exists_in(version) != Some(false));
    all().iter().filter(|flag| flag.group == Some(group)).filter(there).collect()
}

/// The known flag nearest to a misspelt one: at most two letters inserted, deleted or replaced.
pub fn nearest(name: &str) -> Option<&'static str> {
    let near = |flag: &&'static FlagSpec| flag.until != Some(NEVER);
    nearest_of(&name.to_ascii_lowercase(), all().iter().filter(near).map(|flag| flag.name))
}

/// The candidate nearest to `word` within two edits; none when two are equally near.
pub fn nearest_of(word: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let mut best = None;
    for candidate in candidates.filter(|candidate| candidate.len().abs_diff(word.len()) <= 2) {
        let distance = distance(word.as_bytes(), candidate.as_bytes());
        match best {
            Some((least, _)) if least < distance => {}
            Some((least, _)) if least == distance => best = Some((distance, None)),
            _ => best = Some((distance, Some(candidate))),
        }
    }
    best.filter(|&(distance, _)| distance <= 2).and_then(|(_, candidate)| candidate)
}

/// All flags, by name.
pub fn all() -> &'static [FlagSpec] {
    &table().flags
}

/// Levenshtein distance in bytes.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replace = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[derive(Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Table {
    flags: Vec<FlagSpec>,
    #[serde(skip)]
    by_name: HashMap<&'static str, usize>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        // The tests below hold that the embedded text is readable, so the default is never used.
        let mut table: Table = serde_json::from_str(include_str!("../../catalog/flags.json")).unwrap_or_default();
        table.by_name = table.flags.iter().enumerate().map(|(index, flag)| (flag.name, index)).collect();
        table
    })
}

fn version<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Version>, D::Error> {
    let text = <&str>::deserialize(input)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Version> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn the_table_is_whole_and_sorted() {
        assert!(all().len() > 120);
        assert!(all().is_sorted_by(|a, b| a.name < b.name));
        for flag in all() {
            assert!(flag.name.starts_with("--") && !flag.shapes.is_empty(), "{}", flag.name);
            assert!(flag.shapes.iter().skip(1).is_sorted_by_key(|shape| shape.since), "{}", flag.name);
        }
    }

    #[test]
    fn shapes_follow_versions() {
        let fast = lookup("--fast").unwrap();
        assert_eq!(fast.shape(at("0.3.0")).unwrap().arity, Arity::None);
        assert!(fast.shape(at("0.3.68")).unwrap().choices.contains(&"pinned_memory"));
        assert!(!fast.shape(None).unwrap().choices.contains(&"pinned_memory"));
        assert_eq!(lookup("--cuda-device").unwrap().shape(at("0.3.0")).unwrap().value_type, ValueType::Int);
        assert_eq!(lookup("--user-directory").unwrap().shape(None).unwrap().value_type, ValueType::Dir);
    }

    #[test]
    fn flags_come_and_go() {
        let exists = |name: &str, version: &str| lookup(name).unwrap().exists_in(version.parse().unwrap());
        assert_eq!(exists("--normalvram", "0.21.1"), Some(true));
        assert_eq!(exists("--normalvram", "0.22.0"), Some(false));
        assert_eq!(exists("--offline", "0.33.0"), Some(false));
        assert_eq!(exists("--offline", "0.34.0"), None);
        assert_eq!(exists("--cors", "0.0.1"), Some(false));
        assert_eq!(exists("--cache-ram", "0.3.67"), Some(false));
        assert_eq!(lookup("--cors").unwrap().replacement(), Some("renamed to --enable-cors-header"));
    }

    #[test]
    fn prefixes_groups_and_typing_errors() {
        assert_eq!(by_prefix("--reserve").len(), 1);
        assert!(by_prefix("--use-").len() > 3);
        assert!(by_prefix("--cors").is_empty());
        let names = |version| -> Vec<_> { group_members("vram", version).iter().map(|flag| flag.name).collect() };
        assert!(names(None).contains(&"--normalvram"));
        assert!(!names(at("0.33.0")).contains(&"--normalvram"));
        assert_eq!(nearest("--use-sage-atention"), Some("--use-sage-attention"));
        assert_eq!(nearest("--reserve-wram"), Some("--reserve-vram"));
        assert_eq!(nearest("--something-else"), None);
    }
}
