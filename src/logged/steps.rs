//! The steps of a log beside what the card can do.

use crate::catalog::gpus::{self, Gpu, Match};
use crate::compare::{Cause, Comparison, Line, StepKnown, Timed, timed};
use crate::facts::log::Session;
use crate::facts::machine::Machine;
use crate::forecast::Step;
use crate::forecast::time::{How, Kernel, limits, step_time};
use crate::outcome::Outcome;
use crate::targets::Target;

/// Bars of a session's compared loads, each with what is known about its step. Bars of loads whose passes are not known are left out.
/// Nothing where the lines follow from other work only: what was computed is then not known.
pub fn steps(session: &Session, found: &Comparison, (outcome, machine): (&Outcome, &Machine)) -> Vec<(Timed, How)> {
    if found.explained().is_some_and(|best| best.cause.is_work()) {
        return Vec::new();
    }
    let Some(card) = card(machine) else { return Vec::new() };
    let Some(target) = target(found, outcome) else { return Vec::new() };
    found.lines.iter().filter_map(|line| one(session, line, (target, &card), outcome)).collect()
}

fn card(machine: &Machine) -> Option<Gpu> {
    match gpus::find(machine.gpu.as_deref()?) {
        Match::One(card) => Some(card),
        _ => None,
    }
}

/// The target whose start explains the log, else the first.
fn target<'a>(found: &Comparison, outcome: &'a Outcome) -> Option<&'a Target> {
    let start = found.explained().and_then(|best| match &best.cause {
        Cause::Start(name) => Some(name),
        _ => None,
    });
    let named = |target: &&Target| start.is_some_and(|name| *name == target.starts_in_words(&outcome.files));
    outcome.targets.iter().find(named).or(outcome.targets.first())
}

fn one(session: &Session, line: &Line, (target, card): (&Target, &Gpu), outcome: &Outcome) -> Option<(Timed, How)> {
    let run = session.runs.get(line.place.run)?;
    let bar = run.bar_after(line.place.load)?;
    let step = of_phase(line, target)?;
    let mut how = target.how(step, target.shown()?, &outcome.files, card)?;
    how.attention = attention(session).unwrap_or(how.attention);
    if how.changed.is_some() {
        return None;
    }
    let forwards = f64::from(how.passes(step.cfg)?) * f64::from(how.calls?);
    let offloaded_mib = run.loads.get(line.place.load)?.load.offloaded.unwrap_or_default();
    let expected = step_time(step, &line.phase, card, &how, None).and_then(|time| time.expected);
    let known = StepKnown {
        limits: limits(step, card)?,
        forwards,
        offloaded_mib,
        expected: expected.map(|(_, longest)| longest),
    };
    Some((timed(line.place, (&bar.what, bar.span), known)?, how))
}

fn of_phase<'a>(line: &Line, target: &'a Target) -> Option<&'a Step> {
    let steps = &target.work.as_ref().ok()?.plan.steps;
    steps.iter().find(|step| step.node == line.phase.node && step.work == line.phase.work)
}

/// What the log says about attention wins over flags: a package may be missing, or a node may have changed it.
fn attention(session: &Session) -> Option<Kernel> {
    let (name, _) = session.start.attention.as_ref()?;
    Some(match name.as_str() {
        "pytorch" | "xformers" | "Flash" | "flash" => Kernel::Full,
        name if name.contains("sage") => Kernel::Sage,
        _ => Kernel::Unknown,
    })
}
