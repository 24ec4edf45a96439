//! WF021, WF026, WF045: the noise level at which one stage hands over to the next.

use crate::facts::workflow::{Field, Sampler, Shift};
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{Stage, Task, WorkflowView, called, channels, span, stage, task, value};
use crate::span::Span;

/// Difference of noise levels that is not worth a word: two schedulers place the same step a little apart.
const SLACK: f64 = 0.02;

/// Two stages of a Wan model, where the second goes on with the noise that the first leaves.
struct HandOver<'a> {
    a: &'a Sampler,
    b: &'a Sampler,
    /// Noise level at which the first ends, and at which the second starts.
    levels: (f64, f64),
}

/// What makes two stages divide the schedule differently.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The same schedule, cut at different steps: WF020.
    Steps,
    /// A shift node on one stage only: WF045.
    LoneShift,
    /// Steps, scheduler or shift differ: WF021.
    Settings,
}

/// WF021: the stages have other settings, so the levels differ.
pub fn levels_differ(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for over in hand_overs(view).filter(HandOver::jumps) {
        if over.cause() != Cause::Settings {
            continue;
        }
        let finding = fire(view, rule, &over, span(&over.b.start), sink);
        for (mine, theirs, what) in over.differences() {
            finding.relate(view.at(theirs), format!("{what} of the first stage"));
            finding.relate(view.at(mine), format!("{what} of the second stage"));
        }
        if let Some(acts) = over.adopted(view) {
            finding.offer("first", acts, &[]);
        }
    }
}

/// WF045: one stage has a shift node and the other has none.
pub fn lone_shift(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for over in hand_overs(view).filter(HandOver::jumps) {
        if over.cause() != Cause::LoneShift {
            continue;
        }
        let shift = over.a.model.shift.field().or_else(|| over.b.model.shift.field());
        let Some(place) = shift.map(|field| field.span) else { continue };
        fire(view, rule, &over, place, sink);
    }
}

fn fire<'s>(
    view: &WorkflowView,
    rule: &'static Rule,
    over: &HandOver,
    place: Span,
    sink: &'s mut Sink,
) -> &'s mut crate::finding::Finding {
    let (before, here) = (view.node(over.a.node), view.node(over.b.node));
    let shift = over.a.model.shift.field().or_else(|| over.b.model.shift.field());
    let without = if over.a.model.shift == Shift::Model { over.a } else { over.b };
    let fill = [
        ("node", called(&before)),
        ("other", called(&here)),
        ("from", format!("{:.2}", over.levels.0)),
        ("to", format!("{:.2}", over.levels.1)),
        ("what", over.differences().iter().map(|(.., what)| over.shown(what)).collect::<Vec<_>>().join(" and ")),
        ("shift", shift.and_then(|field| field.value).unwrap_or_default().to_string()),
        ("without", called(&view.node(without.node))),
    ];
    sink.fire(rule, view.at(place), &fill).about(here)
}

/// WF026: levels at which the experts of Wan 2.2 were trained to hand over, and how far off is worth a word.
const BOUNDARIES: [(Task, f64); 2] = [(Task::T2v, 0.875), (Task::I2v, 0.9)];
const FAR: (f64, f64) = (0.7, 0.97);

/// WF026: the experts change places far from the level they were trained for. Few-step runs have no step near it.
pub fn far_boundary(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for over in hand_overs(view) {
        let file = |sampler: &Sampler| view.file(&sampler.model).map(str::to_owned);
        let (Some(high), Some(low)) = (file(over.a), file(over.b)) else { continue };
        let pair = (stage(&high), stage(&low)) == (Some(Stage::High), Some(Stage::Low));
        let trained = BOUNDARIES.iter().find(|(known, _)| task(&high) == Some(*known) && task(&low) == Some(*known));
        let (Some((_, trained)), true) = (trained, pair) else { continue };
        let few = value(&over.a.steps).is_none_or(|steps| steps < 10) || over.a.model.active_loras().next().is_some();
        let level = over.levels.0;
        if few || over.jumps() || (FAR.0..=FAR.1).contains(&level) {
            continue;
        }
        let (before, here) = (view.node(over.a.node), view.node(over.b.node));
        let fill = [
            ("node", called(&before)),
            ("other", called(&here)),
            ("level", format!("{level:.2}")),
            ("trained", trained.to_string()),
            ("end", value(&over.a.end).unwrap_or_default().to_string()),
            ("steps", value(&over.a.steps).unwrap_or_default().to_string()),
        ];
        let finding = sink.fire(rule, view.at(span(&over.a.end)), &fill).about(before);
        finding.relate(view.at(span(&over.b.start)), "the low-noise expert starts here");
    }
}

fn hand_overs<'a>(view: &'a WorkflowView) -> impl Iterator<Item = HandOver<'a>> {
    let facts = &view.workflow.facts;
    facts.stages().into_iter().filter_map(|(first, second)| {
        let (a, b) = (&facts.samplers[first], &facts.samplers[second]);
        let wan = |sampler: &Sampler| view.file(&sampler.model).and_then(channels);
        let (end, start) = (value(&a.end)?, value(&b.start)?);
        let goes_on = value(&a.leftover)? && !value(&b.add_noise)?;
        let inside = end < value(&a.steps)? && start > 0 && start < value(&b.steps)? && end > value(&a.start)?;
        let same = wan(a).is_some() && wan(a) == wan(b);
        let levels = (a.wan_noise(end)?, b.wan_noise(start)?);
        (goes_on && inside && same).then_some(HandOver { a, b, levels })
    })
}

impl HandOver<'_> {
    fn jumps(&self) -> bool {
        (self.levels.0 - self.levels.1).abs() > SLACK
    }

    fn cause(&self) -> Cause {
        let nodes = [&self.a.model.shift, &self.b.model.shift];
        let alone = nodes.iter().filter(|shift| ***shift == Shift::Model).count() == 1;
        let others = self.differences().iter().any(|(.., what)| *what != SHIFT);
        match (alone && self.shifts_differ(), others) {
            (true, false) => Cause::LoneShift,
            _ if self.differences().is_empty() => Cause::Steps,
            _ => Cause::Settings,
        }
    }

    /// A setting with its value in the first and in the second stage.
    fn shown(&self, what: &str) -> String {
        let of = |sampler: &Sampler| match what {
            SHIFT => sampler.model.wan_shift().map(|shift| shift.to_string()),
            "steps" => value(&sampler.steps).map(|steps| steps.to_string()),
            "scheduler" => text(&sampler.scheduler).map(str::to_owned),
            _ => text(&sampler.sampler_name).map(str::to_owned),
        };
        match (of(self.a), of(self.b)) {
            (Some(first), Some(second)) => format!("{what} ({first} and {second})"),
            _ => what.to_owned(),
        }
    }

    fn shifts_differ(&self) -> bool {
        match (self.a.model.wan_shift(), self.b.model.wan_shift()) {
            // An official template has 8.000000000000002 beside 8.
            (Some(first), Some(second)) => (first - second).abs() > 1e-6,
            (first, second) => first != second,
        }
    }

    /// Place in the second stage, place in the first, and the name of each setting that differs.
    fn differences(&self) -> Vec<(Span, Span, &'static str)> {
        let (a, b) = (self.a, self.b);
        let mut found = Vec::new();
        if value(&a.steps) != value(&b.steps) {
            found.push((span(&b.steps), span(&a.steps), "steps"));
        }
        if text(&a.scheduler) != text(&b.scheduler) {
            found.push((span(&b.scheduler), span(&a.scheduler), "scheduler"));
        }
        if text(&a.sampler_name) != text(&b.sampler_name) {
            found.push((span(&b.sampler_name), span(&a.sampler_name), "sampler"));
        }
        if let (true, Some(mine), Some(theirs)) = (self.shifts_differ(), b.model.shift.field(), a.model.shift.field()) {
            found.push((mine.span, theirs.span, SHIFT));
        }
        found
    }
}

impl HandOver<'_> {
    /// The settings of the first stage written at the second one, which then starts where the first ends; `None` where it would end
    /// elsewhere than before, or one of the two has no shift node.
    fn adopted(&self, view: &WorkflowView) -> Option<Vec<Act>> {
        let (a, b) = (self.a, self.b);
        let (mut acts, (steps, end)) = (Vec::new(), (value(&a.steps)?, value(&a.end)?));
        let mut set = |place: Span, text: String| acts.push(Act::At(Verb::Replace, view.at(place), text));
        for (place, _, what) in self.differences() {
            let text = match what {
                "steps" => steps.to_string(),
                "scheduler" => text(&a.scheduler)?.to_owned(),
                "sampler" => text(&a.sampler_name)?.to_owned(),
                _ => a.model.wan_shift()?.to_string(),
            };
            set(place, text);
        }
        if value(&b.start) != Some(end) {
            set(span(&b.start), end.to_string());
        }
        let (old, last) = (value(&b.steps)?, value(&b.end)?);
        let whole = last >= old && last >= steps;
        let paired = !self.shifts_differ() || a.model.shift.field().is_some() && b.model.shift.field().is_some();
        (paired && (old == steps || whole)).then_some(acts)
    }
}

const SHIFT: &str = "shift";

fn text(field: &Option<Field<String>>) -> Option<&str> {
    field.as_ref().and_then(|field| field.value.as_deref())
}
