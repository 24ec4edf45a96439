//! LOG001, LOG002: loads that get worse from run to run, and loads that are not as forecast.

use crate::compare::{Cause, Comparison, DRIFT_MIB, Explanation, Place, Verdict};
use crate::facts::log::{ModelLoad, Run, Session};
use crate::finding::Severity;
use crate::read::log::Loaded;
use crate::report::log::cause;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LogView;
use crate::text::mib_range;

/// How near two falls of usable memory lie when others caused both, MiB.
const SAME_FALL_MIB: f64 = 32.0;

/// How far weights of one model may differ between a complete and a partial line: parameters that cannot be streamed.
const SAME_WEIGHTS_MIB: f64 = 4.0;

/// LOG001: usable memory shrinks.
pub fn shrinking(view: &LogView, rule: &'static Rule, sink: &mut Sink) {
    for session in &view.logged.facts.sessions {
        for series in series(session) {
            let Some(&(first, last)) = series.fallen().as_ref() else { continue };
            if others_left(session, first, last) {
                continue;
            }
            let severity = match series.is_same_size(first, last) {
                Some(true) => rule.severity,
                Some(false) => continue,
                None => Severity::Info,
            };
            let (before, after) = (first.load(), last.load());
            let partial = after.load.how == Loaded::Partially && before.load.how == Loaded::Completely;
            let number = |load: &ModelLoad| format!("{:.2}", load.load.usable.unwrap_or_default());
            let fall = before.load.usable.unwrap_or_default() - after.load.usable.unwrap_or_default();
            let fill = [
                ("model", after.class.clone().unwrap_or_else(|| "the model".to_owned())),
                ("before", number(before)),
                ("after", number(after)),
                ("fall", format!("{fall:.0}")),
                ("first", (first.run_index + 1).to_string()),
                ("last", (last.run_index + 1).to_string()),
                ("split", if partial { " and it no longer loads completely" } else { "" }.to_owned()),
                ("if", if severity == Severity::Info { ", if both runs are of one size" } else { "" }.to_owned()),
            ];
            let finding = sink.fire(rule, view.at(after.span), &fill);
            finding.relate(view.at(before.span), "what it had at first").graded(severity);
        }
    }
}

/// A load of a run that samples.
#[derive(Clone, Copy)]
struct Sampled<'a> {
    run_index: usize,
    run: &'a Run,
    load: usize,
}

/// The same load of one run after another.
struct Series<'a> {
    ordinal: usize,
    loads: Vec<Sampled<'a>>,
}

impl<'a> Sampled<'a> {
    fn load(&self) -> &'a ModelLoad {
        &self.run.loads[self.load]
    }

    fn fall_to(&self, last: &Self) -> Option<f64> {
        Some(self.load().load.usable? - last.load().load.usable?)
    }

    fn steps(&self) -> Option<u32> {
        self.run.bar_after(self.load)?.what.steps.map(|(_, all)| all)
    }

    fn is_like(&self, other: &Self) -> bool {
        let (one, two) = (self.load(), other.load());
        one.class == two.class && self.steps() == other.steps() && same_weights(one, two)
    }

    /// The first load of a VAE behind it that has a budget.
    fn vae(&self) -> Option<f64> {
        let behind = self.run.loads.iter().skip(self.load + 1);
        behind
            .filter(|load| load.class.as_deref().is_some_and(|class| class.contains("VAE")))
            .find_map(|load| load.load.usable)
    }
}

fn series(session: &Session) -> Vec<Series<'_>> {
    let mut all: Vec<Series> = Vec::new();
    for (run_index, run) in session.runs.iter().enumerate() {
        let sampled = (0..run.loads.len()).filter(|load| run.bar_after(*load).is_some());
        let sampled =
            sampled.map(|load| Sampled { run_index, run, load }).filter(|one| one.load().load.usable.is_some());
        for (ordinal, one) in sampled.enumerate() {
            let like = |series: &&mut Series| {
                series.ordinal == ordinal && series.loads.first().is_some_and(|first| first.is_like(&one))
            };
            match all.iter_mut().find(like) {
                Some(series) => series.loads.push(one),
                None => all.push(Series { ordinal, loads: vec![one] }),
            }
        }
    }
    all
}

impl<'a> Series<'a> {
    /// The first load, and the last one when it has fallen.
    fn fallen(&self) -> Option<(Sampled<'a>, Sampled<'a>)> {
        let (first, last) = (*self.loads.first()?, *self.loads.last()?);
        let fall = first.fall_to(&last)?;
        let split = first.load().load.how == Loaded::Completely && last.load().load.how == Loaded::Partially;
        (fall > DRIFT_MIB || (split && fall > 0.0)).then_some((first, last))
    }

    /// Whether both runs are of one size: what others take is missing for the VAE as well, to the MiB, and what a larger size takes is not,
    /// because the VAE's estimate grows otherwise. `None`: no line tells.
    fn is_same_size(&self, first: Sampled, last: Sampled) -> Option<bool> {
        let whole = |one: Sampled| one.load().load.how == Loaded::Completely;
        if !whole(first) || !whole(last) {
            return None;
        }
        let fall = first.fall_to(&last)?;
        Some(((first.vae()? - last.vae()?) - fall).abs() <= SAME_FALL_MIB)
    }
}

/// Models that were loaded only since the first load and may lie on the card still: together they hold what is missing. ComfyUI takes a model
/// off the card when its place is needed, and not before.
fn others_left(session: &Session, first: Sampled, last: Sampled) -> bool {
    let of =
        |runs: std::ops::RangeInclusive<usize>| session.runs.get(runs).into_iter().flatten().flat_map(|run| &run.loads);
    let start = first.load().span.start;
    let before: Vec<&ModelLoad> = of(0..=first.run_index).filter(|load| load.span.start <= start).collect();
    let known = |load: &ModelLoad| before.iter().any(|other| other.class == load.class && same_weights(other, load));
    let new = of(first.run_index..=last.run_index).filter(|load| load.span.start < last.load().span.start);
    let held: f64 = new.filter(|load| !known(load)).filter_map(|load| load.load.loaded).sum();
    first.fall_to(&last).is_some_and(|fall| fall <= held + SAME_FALL_MIB)
}

fn same_weights(one: &ModelLoad, two: &ModelLoad) -> bool {
    one.weights().zip(two.weights()).is_some_and(|(one, two)| (one - two).abs() <= SAME_WEIGHTS_MIB)
}

/// LOG002: the log does not follow from the start that it is said to come from.
pub fn differs(view: &LogView, rule: &'static Rule, sink: &mut Sink) {
    if let Some(need) = view.logged.missing() {
        sink.not_checked(rule, need);
    }
    for (session, comparison) in view.logged.sessions() {
        let Some((comparison, _)) = comparison else { continue };
        let Some(first) = comparison.explanations.first() else { continue };
        let Some((place, reason)) = reason(comparison, first, session) else { continue };
        let fill = [("start", cause(first)), ("reason", reason)];
        // Loads of other models in the compared runs: the workflow may not be the one that ran.
        let certain = comparison.certain && comparison.strangers.is_empty();
        let severity = if certain { rule.severity } else { Severity::Info };
        sink.fire(rule, view.at(load_at(session, place).span), &fill).graded(severity);
    }
}

fn load_at(session: &Session, place: Place) -> &ModelLoad {
    &session.runs[place.run].loads[place.load]
}

/// What does not follow, and what would explain it; `None` when all follows, or nothing can be said.
fn reason(found: &Comparison, first: &Explanation, session: &Session) -> Option<(Place, String)> {
    let best = found.explained();
    let is_start = |explanation: &Explanation| matches!(explanation.cause, Cause::Start(_));
    if best.is_some_and(|best| is_start(best) && best.verdict == Verdict::Fits) {
        return None;
    }
    if let Verdict::Weights(place) = first.verdict {
        let weights = load_at(session, place).weights()?;
        let known = found.explanations.iter().find(|one| matches!(one.cause, Cause::Weights(_)));
        let known = known.map(|known| format!("; they are so with {}", cause(known))).unwrap_or_default();
        return Some((
            place,
            format!("{weights:.2} MiB of weights logged are not those of the workflow's file{known}"),
        ));
    }
    let anchor = found.anchor?;
    if first.verdict == Verdict::Wording {
        return Some((anchor, "that release does not write such lines".to_owned()));
    }
    // Usable falls one to one with what others hold at every line, so the line that people see the fault in may stand for all.
    let split = found.lines.iter().map(|line| line.place).find(|place| {
        let load = &load_at(session, *place).load;
        load.how == Loaded::Partially && load.usable.is_some_and(|usable| usable > 128.0)
    });
    let place = split.unwrap_or(anchor);
    let logged = load_at(session, place).load.usable?;
    let expected = first.others_mib.map(|held| (logged + held - found.usual.1, logged + held - found.usual.0));
    let expected = expected.map(|range| format!(", {} forecast", mib_range(range))).unwrap_or_default();
    let what = format!("{logged:.2} MiB usable logged{expected}");
    let why = match best {
        Some(best) => {
            let held = best.others_mib.unwrap_or_default();
            let alone = matches!(best.verdict, Verdict::Unusual(_)) && is_start(best);
            match alone {
                true => format!("it takes {held:.0} MiB held by others, usual are {}", mib_range(found.usual)),
                false => {
                    let rivals = rivals(found, best);
                    format!("{} explains it, with {held:.0} MiB held by others{rivals}", cause(best))
                }
            }
        }
        None => "no single reserve, attention, length, size or amount held by others explains all lines".to_owned(),
    };
    Some((place, format!("{what}; {why}")))
}

/// What would explain the lines as well: nothing in the log tells it apart.
fn rivals(found: &Comparison, best: &Explanation) -> String {
    let fits = |other: &&Explanation| other.verdict == Verdict::Fits && other.cause != best.cause;
    let rivals: Vec<String> = found.explanations.iter().filter(fits).map(cause).collect();
    if rivals.is_empty() { String::new() } else { format!("; so would {}", rivals.join(", or ")) }
}
