//! `--statistics`: how often each rule fired.

use std::collections::BTreeMap;
use std::io;

use super::{Report, summary};
use crate::outcome::Outcome;

/// Counts instead of findings.
#[derive(Clone, Copy, Debug)]
pub struct Statistics;

impl Report for Statistics {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for finding in &outcome.findings {
            *counts.entry((finding.rule.code, finding.rule.name)).or_default() += 1;
        }
        let mut rows: Vec<_> = counts.into_iter().collect();
        rows.sort_by_key(|&((code, _), count)| (std::cmp::Reverse(count), code));
        for ((code, name), count) in rows {
            writeln!(out, "{count:5} {code:9} {name}")?;
        }
        out.write_all(summary::text(outcome).as_bytes())
    }
}
