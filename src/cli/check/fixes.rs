//! The modes of `wanlint check` that change files: write, show, or print a diff.

use std::path::PathBuf;

use clap::Args;

use super::output::OutputFlags;
use super::{Arguments, writing};
use crate::config::Config;
use crate::fix::allow::{self, Allowed};
use crate::fix::engine::{self, Fixed, Gate, Permit};
use crate::fix::write;
use crate::outcome::{Outcome, Repair};
use crate::report::format::Format;
use crate::report::summary;
use crate::rules::select::Selection;
use crate::{Options, check};

/// What is mended.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fixes")]
pub(super) struct FixFlags {
    /// Mend what is certain: the generation stays the one that the server would have made
    #[arg(long)]
    fix: bool,
    /// With --fix, --diff or --show-fixes: also what changes the result, or guesses what was meant
    #[arg(long)]
    unsafe_fixes: bool,
    /// As --fix, without a report; the exit code is 0 unless a fix could not be written
    #[arg(long, conflicts_with = "diff")]
    pub(super) fix_only: bool,
    /// Allow what is still found: comments in scripts, entries in workflows, else in wanlint.toml
    #[arg(long, value_name = "REASON", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    add_allow: Option<String>,
    /// Print what --fix (or --add-allow) would change as a diff for `git apply`, and write nothing
    #[arg(long)]
    diff: bool,
    /// Name every fix that is made (without --fix: would be) or held back, and why
    #[arg(long)]
    show_fixes: bool,
    /// Only the fixes of these rules: codes, prefixes or names
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    fixable: Vec<String>,
    /// Not the fixes of these rules
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    unfixable: Vec<String>,
}

impl FixFlags {
    /// True when a flag asks for changes, made or shown.
    pub(super) fn asked(&self) -> bool {
        self.mends() || self.add_allow.is_some()
    }

    /// True when a flag asks for fixes. What --add-allow is shown or written with it is no fix.
    fn mends(&self) -> bool {
        self.fix || self.fix_only || (self.add_allow.is_none() && (self.diff || self.show_fixes))
    }

    fn writes(&self) -> bool {
        (self.fix || self.fix_only || self.add_allow.is_some()) && !self.diff
    }

    /// The reason that suppressions get, when they are asked for.
    fn reason(&self) -> Option<&str> {
        let given = self.add_allow.as_deref()?.trim();
        Some(if given.is_empty() { allow::REASON } else { given })
    }

    /// Flags that mean nothing together.
    pub(super) fn check(&self, output: &OutputFlags, distrusts: Option<&str>) -> Result<(), String> {
        if let (Some(_), Some(flag)) = (self.reason(), distrusts) {
            return Err(format!("--add-allow does not go with {flag}: what it writes would have no effect"));
        }
        if self.reason().is_some_and(|reason| reason.contains(char::is_control)) {
            return Err("--add-allow: the reason is one line of text".to_owned());
        }
        if self.unsafe_fixes && !self.mends() {
            return Err("--unsafe-fixes says which fixes: add --fix to make them, --diff or --show-fixes to see them"
                .to_owned());
        }
        if self.diff && output.output.is_none() && output.output_format != Format::Full {
            return Err("--diff prints a diff in place of the report: name a file for the report with -o".to_owned());
        }
        if self.asked() && (output.show_files || output.show_facts) {
            return Err(
                "--show-files and --show-facts change nothing: leave the flags about fixes and --add-allow away"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// Where the report goes when `-o` names no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// Standard output, as always.
    Out,
    /// Standard error: the text from standard input comes back on standard output.
    Err,
    /// Nowhere: a diff takes its place, or nobody wants it.
    Nowhere,
}

/// What a run came to.
pub(super) struct Done {
    pub(super) outcome: Outcome,
    /// What standard output gets in front of a report.
    pub(super) out: Vec<u8>,
    pub(super) report: Report,
    /// Lines for standard error.
    pub(super) notes: Vec<String>,
    /// A fix could not be written.
    pub(super) unwritten: bool,
}

impl Done {
    /// A check without fixes.
    pub(super) fn plain(mut outcome: Outcome, rules: Selection) -> Self {
        outcome.repair.rules = rules;
        Self { outcome, out: Vec::new(), report: Report::Out, notes: Vec::new(), unwritten: false }
    }
}

/// What may be mended. A flag wins over the configuration.
pub(super) fn permit(arguments: &Arguments, config: &Config) -> Result<Permit, String> {
    let (flags, file) = (&arguments.fixes, &config.check);
    let either = |flag: &Vec<String>, file: &Vec<String>| if flag.is_empty() { file.clone() } else { flag.clone() };
    let (fixable, unfixable) = (either(&flags.fixable, &file.fixable), either(&flags.unfixable, &file.unfixable));
    let (paths, stdin) = (arguments.paths.clone(), arguments.paths == [PathBuf::from("-")]);
    let gate = Gate::new(move |path| if stdin { Ok(()) } else { write::target(path, &paths).map(drop) });
    let rules = Selection::new(&fixable, &unfixable, &[])?;
    Ok(Permit { unsafe_too: flags.unsafe_fixes || file.unsafe_fixes, rules, gate })
}

/// Makes the changes, or shows them.
pub(super) fn run(
    arguments: &Arguments,
    mut options: Options,
    permit: &Permit,
    terminal: bool,
) -> Result<Done, String> {
    let (flags, config) = (&arguments.fixes, options.config.clone());
    let mut fixed = if flags.mends() { engine::run(&mut options, permit)? } else { Fixed::untouched(check(&options)?) };
    let wanted = flags.reason().map(|reason| allow::Wanted { reason, gate: &permit.gate });
    let mut allowed = wanted.map(|wanted| allow::add(&mut options, &mut fixed, &wanted)).transpose()?;
    let (mut out, mut notes, mut unwritten) = (Vec::new(), Vec::new(), false);
    let stdin = options.stdin.clone();
    if flags.diff {
        let diff = writing::diff(&fixed, terminal);
        (out, notes) = (diff.bytes, diff.caveats);
    } else if let (true, Some((name, bytes))) = (flags.writes(), stdin) {
        out = fixed.drafts.get(&name).cloned().unwrap_or(bytes);
    } else if flags.writes() {
        writing::clean(&fixed, &options.paths);
        notes = writing::all(&mut fixed, &mut allowed, &mut options, config)?;
        let refused = permit.gate.refused();
        notes.extend(refused.into_iter().map(|(path, why)| format!("{} is not written: {why}", path.display())));
        unwritten = !notes.is_empty();
    }
    let left =
        allowed.iter().flat_map(|allowed| &allowed.left).filter(|note| !notes.iter().any(|line| note.says(line)));
    let left: Vec<String> = left.map(summary::left).collect();
    notes.extend(left);
    let report = match (flags.diff || flags.fix_only, options.stdin.is_some() && flags.writes()) {
        (true, _) => Report::Nowhere,
        (false, true) => Report::Err,
        (false, false) => Report::Out,
    };
    let outcome = mended(fixed, allowed, flags, permit);
    if flags.diff {
        notes.push(summary::fixes(&outcome).trim_start_matches("; ").to_owned());
    }
    Ok(Done { outcome, out, report, notes, unwritten })
}

/// What is reported: the files as they are on disk now.
fn mended(fixed: Fixed, allowed: Option<Allowed>, flags: &FixFlags, permit: &Permit) -> Outcome {
    let mut outcome = match fixed.first {
        Some(first) if !flags.writes() => first,
        _ => fixed.outcome,
    };
    outcome.repair = Repair {
        rules: permit.rules.clone(),
        allowed,
        made: flags.mends().then_some(fixed.made),
        held_back: fixed.held_back,
        written: flags.writes(),
        shown: flags.show_fixes,
        unsettled: !fixed.settled,
    };
    outcome
}
