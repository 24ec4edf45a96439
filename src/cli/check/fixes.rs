//! The modes of `wanlint check` that mend: write, show, or print a diff.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Arguments, Format, OutputFlags};
use crate::cli::facts::folder_of;
use crate::config::Config;
use crate::discover::Kind;
use crate::fix::diff::{self, Diff};
use crate::fix::engine::{self, Fixed, Gate, Note, Permit};
use crate::fix::write;
use crate::outcome::{Outcome, Repair};
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
    /// Print what --fix would change as a diff for `git apply`, and write nothing
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
    /// True when a flag asks for fixes, made or shown.
    pub(super) fn asked(&self) -> bool {
        self.fix || self.fix_only || self.diff || self.show_fixes
    }

    fn writes(&self) -> bool {
        (self.fix || self.fix_only) && !self.diff
    }

    /// Flags that mean nothing together.
    pub(super) fn check(&self, output: &OutputFlags) -> Result<(), String> {
        if self.unsafe_fixes && !self.asked() {
            return Err("--unsafe-fixes says which fixes: add --fix to make them, --diff or --show-fixes to see them"
                .to_owned());
        }
        if self.diff && output.output.is_none() && output.output_format != Format::Full {
            return Err("--diff prints a diff in place of the report: name a file for the report with -o".to_owned());
        }
        if self.asked() && (output.show_files || output.show_facts) {
            return Err("--show-files and --show-facts change nothing: leave the flags about fixes away".to_owned());
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

/// Makes the fixes, or shows them.
pub(super) fn run(
    arguments: &Arguments,
    mut options: Options,
    permit: &Permit,
    terminal: bool,
) -> Result<Done, String> {
    let flags = &arguments.fixes;
    let mut fixed = engine::run(&mut options, permit)?;
    let (mut out, mut notes, mut unwritten) = (Vec::new(), Vec::new(), false);
    let stdin = options.stdin.clone();
    if flags.diff {
        let diff = diff_of(&fixed, terminal);
        (out, notes) = (diff.bytes, diff.caveats);
    } else if let (true, Some((name, bytes))) = (flags.writes(), stdin) {
        out = fixed.drafts.get(&name).cloned().unwrap_or(bytes);
    } else if flags.writes() {
        clean(&fixed, &options.paths);
        notes = write_all(&mut fixed, &mut options)?;
        unwritten = !notes.is_empty();
        let refused = permit.gate.refused();
        unwritten |= !refused.is_empty();
        notes.extend(refused.into_iter().map(|(path, why)| format!("{} is not written: {why}", path.display())));
    }
    let report = match (flags.diff || flags.fix_only, options.stdin.is_some() && flags.writes()) {
        (true, _) => Report::Nowhere,
        (false, true) => Report::Err,
        (false, false) => Report::Out,
    };
    let outcome = mended(fixed, flags, permit);
    if flags.diff {
        notes.push(summary::fixes(&outcome).trim_start_matches("; ").to_owned());
    }
    Ok(Done { outcome, out, report, notes, unwritten })
}

/// What is reported: the files as they are on disk now.
fn mended(fixed: Fixed, flags: &FixFlags, permit: &Permit) -> Outcome {
    let mut outcome = match fixed.first {
        Some(first) if !flags.writes() => first,
        _ => fixed.outcome,
    };
    outcome.repair = Repair {
        rules: permit.rules.clone(),
        made: Some(fixed.made),
        held_back: fixed.held_back,
        written: flags.writes(),
        shown: flags.show_fixes,
        unsettled: !fixed.settled,
    };
    outcome
}

fn diff_of(fixed: &Fixed, terminal: bool) -> Diff {
    let mut diff = Diff::default();
    for (path, after) in &fixed.drafts {
        let before = fixed.before.get(path).map(Vec::as_slice).unwrap_or_default();
        let old = fixed.first.as_ref().map(|first| secrets(first, path)).unwrap_or_default();
        let secrets = [old, secrets(&fixed.outcome, path)];
        diff.add(&diff::Change { path, before, after, secrets }, terminal);
    }
    diff
}

fn secrets(outcome: &Outcome, path: &Path) -> Vec<Range<usize>> {
    let file = outcome.files.iter().find(|file| file.source.path() == path && file.embedded.is_none());
    file.map_or_else(Vec::new, |file| file.secrets().iter().map(|span| span.range()).collect())
}

/// Removes what killed runs left in the folders that are checked.
fn clean(fixed: &Fixed, paths: &[PathBuf]) {
    let checked = fixed.outcome.files.iter().filter(|file| file.checked && file.kind != Kind::Config);
    let mut folders: BTreeSet<PathBuf> = checked.map(|file| file.folder().to_path_buf()).collect();
    folders.extend(paths.iter().map(|path| folder_of(path)));
    // A link is written where it leads.
    folders.extend(fixed.drafts.keys().filter_map(|path| Some(folder_of(&path.canonicalize().ok()?))));
    folders.iter().for_each(|folder| write::clean(folder));
}

/// Writes every file, those of one fix together; the reasons where that failed. Then the report is about what is on disk.
fn write_all(fixed: &mut Fixed, options: &mut Options) -> Result<Vec<String>, String> {
    let mut failed: Vec<(BTreeSet<PathBuf>, String)> = Vec::new();
    for group in groups(fixed) {
        let change = |path: &'_ PathBuf| {
            let before = fixed.before.get(path).map(Vec::as_slice).unwrap_or_default();
            let (path, after) = fixed.drafts.get_key_value(path)?;
            Some(write::Change { path, before, after })
        };
        let changes: Vec<write::Change> = group.iter().filter_map(change).collect();
        if let Err(why) = write::together(&changes, &options.paths) {
            failed.push((group, why));
        }
    }
    if failed.is_empty() {
        return Ok(Vec::new());
    }
    options.drafts.clear();
    fixed.outcome = check(options)?;
    let lost = |note: &Note| failed.iter().find(|(files, _)| note.files.iter().any(|file| files.contains(file)));
    let (kept, made) = std::mem::take(&mut fixed.made).into_iter().partition(|note| lost(note).is_none());
    let made: Vec<Note> = made;
    let back = made.iter().map(|note| Note { reason: lost(note).map(|(_, why)| why.clone()), ..note.clone() });
    fixed.held_back.extend(back);
    fixed.made = kept;
    Ok(failed.into_iter().map(|(_, why)| format!("not written: {why}")).collect())
}

/// The files that change, in groups that no fix reaches beyond.
fn groups(fixed: &Fixed) -> Vec<BTreeSet<PathBuf>> {
    let mut group_of: BTreeMap<&Path, usize> = BTreeMap::new();
    for (index, path) in fixed.drafts.keys().enumerate() {
        group_of.insert(path, index);
    }
    for note in &fixed.made {
        let ids: BTreeSet<usize> = note.files.iter().filter_map(|file| group_of.get(file.as_path()).copied()).collect();
        let Some(&least) = ids.first() else { continue };
        group_of.values_mut().filter(|id| ids.contains(id)).for_each(|id| *id = least);
    }
    let mut groups: BTreeMap<usize, BTreeSet<PathBuf>> = BTreeMap::new();
    for (path, id) in group_of {
        groups.entry(id).or_default().insert(path.to_path_buf());
    }
    groups.into_values().collect()
}
