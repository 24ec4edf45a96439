//! What memory rules offer: changes that make a workflow fit, each with the forecast that `wanlint vram` shows after it.

use crate::finding::{Finding, Location};
use crate::fix::{Act, Verb};
use crate::rules::view::ProjectView;
use crate::targets::propose::{self, Goal, Proposal, Seeker};
use crate::targets::{Target, Variant};

/// The changes of one workflow, sought once for all of its targets.
pub(super) struct Proposals<'a> {
    view: &'a ProjectView<'a>,
    workflow: Vec<Change>,
}

/// A change of the workflow, as a rule's file names it.
struct Change {
    name: &'static str,
    /// It may be made where the finding weighs enough.
    made: bool,
    fill: (&'static str, String),
    proposal: Proposal,
}

impl<'a> Proposals<'a> {
    /// Seeks them for the targets that do not fit.
    pub(super) fn new(view: &'a ProjectView<'a>, targets: &[&Target], goal: Goal) -> Self {
        let workflow = targets.first().and_then(|target| view.workflow(target));
        let seek = |workflow| Seeker { workflow, targets, machine: view.machine, models: view.models };
        let workflow = workflow.map(|workflow| changes(&seek(workflow), goal)).unwrap_or_default();
        Self { view, workflow }
    }

    /// Offers them at the finding about a target, which by itself asks for a goal. Where a flag less is enough, no clip need change; a finding that does not weigh
    /// enough is no reason to change anything: all is only shown then.
    pub(super) fn offer(&self, finding: &mut Finding, (target, goal): (&Target, Goal), weighs: bool) {
        if flags(self.view, target, goal, (finding, weighs)) {
            return;
        }
        for change in &self.workflow {
            let what = (change.name, change.fill.clone());
            change_of(self.view, target, what, &change.proposal, (finding, weighs && change.made));
        }
    }
}

/// Offers the fix `flag`: the starts of a target without what keeps it from a goal. True when there is one.
pub(super) fn flags(view: &ProjectView, target: &Target, goal: Goal, (finding, made): (&mut Finding, bool)) -> bool {
    let found = propose::without(target, view.machine, goal)
        .and_then(|(names, variant)| Some((removal(view, target, &names)?, names, variant)));
    let Some((acts, names, variant)) = found else { return false };
    put(finding, ("flag", acts), ("flag", names.join(" and ")), &variant, made);
    true
}

/// Offers a change of a target's workflow under the name of a fix, with what is filled into its title.
pub(super) fn change_of(
    view: &ProjectView,
    target: &Target,
    (name, what): (&str, (&str, String)),
    proposal: &Proposal,
    (finding, made): (&mut Finding, bool),
) {
    if let Some(variant) = proposal.on(target, view.machine) {
        put(finding, (name, acts(target, proposal)), what, &variant, made);
    }
}

/// What is written into the workflow.
pub(super) fn acts(target: &Target, proposal: &Proposal) -> Vec<Act> {
    let write = |(span, text): &(_, String)| {
        Act::At(Verb::Replace, Location { file: target.workflow, span: *span }, text.clone())
    };
    proposal.texts.iter().map(write).collect()
}

fn put(finding: &mut Finding, (name, acts): (&str, Vec<Act>), what: (&str, String), variant: &Variant, made: bool) {
    let fill = [what, ("then", variant.forecast.in_short())];
    match made {
        true => finding.offer(name, acts, &fill),
        false => finding.show(name, acts, &fill),
    };
}

/// The best first: a smaller file keeps the clip as it is.
fn changes(seeker: &Seeker, goal: Goal) -> Vec<Change> {
    let files = seeker.smaller_files(goal).map(|(files, proposal)| {
        let name = if files.present { "files" } else { "other-files" };
        Change { name, made: files.present, fill: ("files", files.names.join(" and ")), proposal }
    });
    let (mut present, absent): (Vec<Change>, Vec<Change>) = files.into_iter().partition(|change| change.made);
    present.extend(lengths(seeker, goal));
    present.extend(absent);
    present.extend(seeker.smaller(goal).map(|((width, height), proposal)| Change {
        name: "size",
        made: false,
        fill: ("size", format!("{width}x{height}")),
        proposal,
    }));
    present
}

/// The most frames that run, and the most with all weights on the card. Less than half of a clip is another clip: it is only shown.
fn lengths(seeker: &Seeker, goal: Goal) -> Vec<Change> {
    let goals = if goal == Goal::Fits { vec![goal] } else { vec![goal, Goal::Fits] };
    let mut found: Vec<(u32, Proposal)> = goals.into_iter().filter_map(|goal| seeker.shorter(goal)).collect();
    found.dedup_by_key(|(frames, _)| *frames);
    let before = seeker.frames().unwrap_or_default();
    let change = |(at, (frames, proposal)): (usize, (u32, Proposal))| {
        let made = at == 0 && u64::from(frames) * 2 >= u64::from(before);
        Change { name: "frames", made, fill: ("frames", format!("{frames} frames, not {before}")), proposal }
    };
    found.into_iter().enumerate().map(change).collect()
}

/// Every start of the target without the flags; `None` where some start has one twice, or from elsewhere.
fn removal(view: &ProjectView, target: &Target, names: &[&str]) -> Option<Vec<Act>> {
    let mut acts = Vec::new();
    for ((file, _), launch) in target.starts(view.files) {
        for name in names {
            let mut flags = launch.flags.iter().filter(|flag| flag.name == Some(name));
            let (flag, None) = (flags.next()?, flags.next()) else { return None };
            let act = Act::At(Verb::RemoveFlag, Location { file, span: flag.whole }, String::new());
            if !acts.contains(&act) {
                acts.push(act);
            }
        }
    }
    (!acts.is_empty()).then_some(acts)
}
