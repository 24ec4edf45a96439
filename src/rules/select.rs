//! `--select`, `--ignore`: rules by code, prefix or name.

use super::{RULES, Rule};
use crate::text::nearest;

/// Which rules count in this run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    select: Vec<String>,
    ignore: Vec<String>,
    extend: Vec<String>,
}

impl Selection {
    /// A selection from lists of codes, prefixes and names; an empty `select` means all rules but those
    /// that are off by default; `extend` adds to either.
    ///
    /// # Errors
    /// A sentence that names the entry no rule answers to, with the nearest name.
    pub fn new(select: &[String], ignore: &[String], extend: &[String]) -> Result<Self, String> {
        for entry in select.iter().chain(ignore).chain(extend) {
            if !RULES.iter().any(|rule| answers(rule, entry)) {
                return Err(unknown(entry));
            }
        }
        Ok(Self { select: select.to_vec(), ignore: ignore.to_vec(), extend: extend.to_vec() })
    }

    /// True when a rule counts.
    pub fn has(&self, rule: &Rule) -> bool {
        let any = |list: &[String]| list.iter().any(|entry| answers(rule, entry));
        let by_name = |entry: &String| entry.eq_ignore_ascii_case(rule.code) || entry == rule.name;
        let wanted = match rule.default {
            true => self.select.is_empty() || any(&self.select) || any(&self.extend),
            false => self.select.iter().chain(&self.extend).any(by_name),
        };
        wanted && !any(&self.ignore)
    }
}

impl Selection {
    /// True when the lists name a rule, whether it is on by default or not: a rule that found something is on.
    pub fn covers(&self, rule: &Rule) -> bool {
        let any = |list: &[String]| list.iter().any(|entry| answers(rule, entry));
        (self.select.is_empty() || any(&self.select)) && !any(&self.ignore)
    }
}

fn answers(rule: &Rule, entry: &str) -> bool {
    let prefix =
        !entry.is_empty() && rule.code.get(..entry.len()).is_some_and(|start| start.eq_ignore_ascii_case(entry));
    entry == "ALL" || rule.name == entry || prefix
}

/// The message for a rule that does not exist.
pub fn unknown(entry: &str) -> String {
    let upper = entry.to_ascii_uppercase();
    let code = nearest(&upper, RULES.iter().map(|rule| rule.code));
    let near = code.or_else(|| nearest(entry, RULES.iter().map(|rule| rule.name)));
    let hint = near.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default();
    format!("no rule is called '{entry}'{hint} ('wanlint rule' lists them)")
}
