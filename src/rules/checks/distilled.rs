//! WF027, WF028, WF029, MODEL004: distilled LoRAs and the steps and guidance that go with them.

use std::cell::{LazyCell, OnceCell};

use crate::catalog::names::{self, is_distilled, stage};
use crate::facts::workflow::{LoraUse, Sampler};
use crate::finding::{Finding, Severity};
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, span, value, wan_shape};
use crate::span::Span;
use crate::workflow::graph::{Mode, NodeIx};

/// Steps in all up to which a base model without guidance gives nothing usable.
const TOO_FEW: u32 = 8;
/// Steps from which a distilled LoRA gains nothing; official workflows use 3 to 10.
const TOO_MANY: i64 = 16;
/// Steps in all up to which both stages need the LoRA.
const FEW: u32 = 10;
/// Guidance up to which a base model is hardly guided.
const UNGUIDED: f64 = 1.5;

/// WF027: a base model is asked for what only a distilled one can do.
pub fn base_in_few_steps(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let (idle, hooked) = (OnceCell::new(), LazyCell::new(|| is_hooked(view)));
    for run in view.runs() {
        let Some(steps) = steps_of(&run).filter(|steps| (1..=TOO_FEW).contains(steps)) else { continue };
        let (Some(first), true) = (run.first(), run.iter().all(|sampler| is_bare(view, sampler))) else { continue };
        let Some(file) = view.file(&first.model).filter(|_| is_whole(first)) else { continue };
        if *hooked {
            return;
        }
        let cfg = value(&first.cfg).unwrap_or_default();
        let here = view.node(first.node);
        let fill = [
            ("node", called(&here)),
            ("steps", steps.to_string()),
            ("cfg", cfg.to_string()),
            ("model", file.to_owned()),
        ];
        let finding = sink.fire(rule, view.at(span(&first.steps)), &fill).about(here);
        for &node in idle.get_or_init(|| idle_loras(view)) {
            finding.relate(view.at_class(node), "this LoRA is switched off");
        }
    }
}

/// True for a workflow in which a LoRA is brought in with the prompts: hooks do that past the model.
fn is_hooked(view: &WorkflowView) -> bool {
    let graph = &view.workflow.graph;
    graph.real().any(|node| graph.class(node).contains("Hook") && graph.class(node).contains("Lora"))
}

/// Steps that the samplers do together, when all are known.
fn steps_of(run: &[&Sampler]) -> Option<u32> {
    run.iter().try_fold(0, |sum: u32, sampler| Some(sum.saturating_add(sampler.step_count()?)))
}

/// A file that the catalogue knows as a base model, and whose header does not say otherwise, no LoRA of any name, no patch of unknown effect, no guidance.
fn is_bare(view: &WorkflowView, sampler: &Sampler) -> bool {
    let base = view.file(&sampler.model).is_some_and(|file| wan_shape(file).is_some() && !is_distilled(file));
    let base = base && view.shape_of(&sampler.model).is_some();
    let unguided = value(&sampler.cfg).is_some_and(|cfg| cfg <= UNGUIDED);
    base && unguided && sampler.model.certain && sampler.model.active_loras().next().is_none()
}

/// From the first step on, not a refining pass.
fn is_whole(sampler: &Sampler) -> bool {
    let from_start = sampler.start.as_ref().is_none_or(|start| start.value == Some(0));
    from_start && sampler.denoise.as_ref().is_none_or(|denoise| denoise.value.is_some_and(|value| value > 0.99))
}

/// Distilled LoRAs that are bypassed, or left in the graph at strength 0.
fn idle_loras(view: &WorkflowView) -> Vec<NodeIx> {
    let graph = &view.workflow.graph;
    let bypassed = graph.indices().filter(|&node| {
        let off = graph.get(node).is_some_and(|node| node.mode != Mode::Active && node.class.contains("Lora"));
        let name = graph.input(node, "lora_name").and_then(|input| input.value.as_text());
        off && name.is_some_and(is_distilled)
    });
    let chains = view.workflow.facts.samplers.iter().flat_map(|sampler| &sampler.model.loras);
    let zero = chains.filter(|lora| lora.strength.value == Some(0.0)).map(|lora| lora.node);
    bypassed.chain(zero).collect()
}

/// A sampler with a distilled LoRA of at least this strength, and the LoRA with its strength.
fn with_lora(sampler: &Sampler, least: f64) -> Option<(&LoraUse, f64)> {
    let lora = sampler.model.distilled_lora()?;
    lora.strength.value.filter(|strength| *strength >= least).map(|strength| (lora, strength))
}

/// Other families have LoRAs of such names too; what is known about steps and guidance is known of Wan.
fn is_wan(view: &WorkflowView, sampler: &Sampler) -> bool {
    view.file(&sampler.model).is_some_and(names::is_wan)
}

/// WF028: many steps with weights that were made for a few.
pub fn many_steps(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for run in view.runs() {
        let slow = run.iter().filter_map(|sampler| {
            let steps = value(&sampler.steps).filter(|steps| *steps >= TOO_MANY && is_wan(view, sampler))?;
            let (lora, _) = with_lora(sampler, 0.5)?;
            Some((*sampler, lora, steps.to_string()))
        });
        let slow: Vec<_> = slow.collect();
        let few = slow.first().and_then(|(_, lora, _)| few_steps(lora.file.value.as_deref()?));
        if let Some(finding) = report(view, rule, slow, |sampler| span(&sampler.steps), sink)
            && let Some((few, acts)) = few.and_then(|few| Some((few, shortened(view, &run, few)?)))
        {
            finding.offer("few", acts, &[("few", few.to_string())]);
        }
    }
}

/// The number of steps that the name of a distilled LoRA says: as a word, or as one of lightx2v's, which all are made for four.
fn few_steps(file: &str) -> Option<i64> {
    let name = names::lower(file);
    let words = names::words(&name);
    let steps = words.iter().find_map(|word| word.strip_suffix("steps").or_else(|| word.strip_suffix("step")));
    let four = || words.contains(&"lightx2v").then_some(4);
    steps.and_then(|count| count.parse().ok()).or_else(four).filter(|steps| (2..=8).contains(steps))
}

/// All samplers of a run with fewer steps, divided as before, and without guidance; `None` where not all of them have the LoRA, or
/// one would be left without a step.
fn shortened(view: &WorkflowView, run: &[&Sampler], few: i64) -> Option<Vec<Act>> {
    let mut acts = Vec::new();
    for sampler in run {
        let steps = value(&sampler.steps)?;
        let whole = sampler.denoise.as_ref().is_none_or(|denoise| denoise.value == Some(1.0));
        with_lora(sampler, 0.5).filter(|_| whole && run.iter().all(|other| value(&other.steps) == Some(steps)))?;
        let share = |step: i64| (step * few + steps / 2) / steps;
        let (start, end) = (value(&sampler.start).unwrap_or(0), value(&sampler.end).unwrap_or(steps));
        let last = if end < steps { share(end) } else { few };
        if share(start) >= last {
            return None;
        }
        let mut set = |place: Span, number: i64| acts.push(Act::At(Verb::Replace, view.at(place), number.to_string()));
        set(span(&sampler.steps), few);
        if value(&sampler.start).is_some_and(|start| start > 0) {
            set(span(&sampler.start), share(start));
        }
        if value(&sampler.end).is_some_and(|end| end <= steps) {
            set(span(&sampler.end), last);
        }
        if value(&sampler.cfg).is_some_and(|cfg| cfg != 1.0) {
            set(span(&sampler.cfg), 1);
        }
    }
    Some(acts)
}

/// WF029: guidance with weights that were made for none. A little guidance on such weights is a known recipe: info.
pub fn high_cfg(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for run in view.runs() {
        let guided = run.iter().filter_map(|sampler| {
            let cfg = value(&sampler.cfg).filter(|cfg| *cfg > 2.0 && is_wan(view, sampler))?;
            let (lora, _) = with_lora(sampler, 0.9)?;
            Some((*sampler, lora, cfg.to_string()))
        });
        let guided: Vec<_> = guided.collect();
        let strong = guided.iter().any(|(sampler, ..)| value(&sampler.cfg).is_some_and(|cfg| cfg >= 3.0));
        let set = |place| Act::At(Verb::Replace, view.at(place), "1".to_owned());
        let acts = guided.iter().map(|(sampler, ..)| set(span(&sampler.cfg))).collect();
        if let Some(finding) = report(view, rule, guided, |sampler| span(&sampler.cfg), sink) {
            finding.offer("cfg-one", acts, &[]);
            if !strong {
                finding.graded(Severity::Info);
            }
        }
    }
}

/// One finding for the samplers of a run: at the first, the others and the LoRAs beside it.
fn report<'s>(
    view: &WorkflowView,
    rule: &'static Rule,
    found: Vec<(&Sampler, &LoraUse, String)>,
    place: impl Fn(&Sampler) -> Span,
    sink: &'s mut Sink,
) -> Option<&'s mut Finding> {
    let (sampler, lora, shown) = found.first()?;
    let here = view.node(sampler.node);
    let file = lora.file.value.clone().unwrap_or_default();
    let fill = [("node", called(&here)), ("value", shown.clone()), ("lora", file)];
    let finding = sink.fire(rule, view.at(place(sampler)), &fill).about(here);
    for (other, ..) in found.iter().skip(1) {
        finding.relate(view.at(place(other)), format!("{} does the same", called(&view.node(other.node))));
    }
    finding.relate(view.at(lora.file.span), "the LoRA is loaded here");
    Some(finding)
}

/// MODEL004: one of the two experts works without the LoRA that the other has.
pub fn one_stage_only(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let hooked = LazyCell::new(|| is_hooked(view));
    for run in view.runs() {
        if steps_of(&run).is_none_or(|steps| steps > FEW) {
            continue;
        }
        let Some(lora) = run.iter().find_map(|sampler| with_lora(sampler, 0.5)).map(|(lora, _)| lora) else { continue };
        if *hooked {
            return;
        }
        for sampler in run.iter().filter(|sampler| is_bare(view, sampler)) {
            let Some(file) = view.file(&sampler.model).filter(|file| stage(file).is_some()) else { continue };
            let (here, with) = (view.node(sampler.node), lora.file.value.clone().unwrap_or_default());
            let fill = [
                ("node", called(&here)),
                ("model", file.to_owned()),
                ("lora", with),
                ("steps", sampler.step_count().unwrap_or_default().to_string()),
                ("cfg", value(&sampler.cfg).unwrap_or_default().to_string()),
            ];
            let loader = view.loader(&sampler.model).map(|loader| loader.file.span).unwrap_or_default();
            sink.fire(rule, view.at(loader), &fill)
                .about(here)
                .relate(view.at(lora.file.span), "the other stage has its LoRA here");
        }
    }
}
