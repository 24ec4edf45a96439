//! WF024, WF025, MODEL017: which expert of Wan 2.2 14B samples, and whether the two belong together.

use std::cell::OnceCell;

use super::siblings::{self, for_task, other_expert};
use crate::catalog::names::{is_wan, lower, words};
use crate::facts::workflow::{Loader, Sampler, SamplerKind};
use crate::finding::Severity;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{Stage, Task, WorkflowView, called, file_of, stage, task, value};
use crate::workflow::graph::Role;

/// WF024: the same expert on both sides of a hand-over, and the other one nowhere.
pub fn same_twice(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    let named = Named::new(view);
    for (first, second) in facts.stages() {
        let (a, b) = (&facts.samplers[first], &facts.samplers[second]);
        let goes_on = value(&a.leftover) == Some(true) && value(&b.add_noise) == Some(false);
        let stops = value(&a.end).zip(value(&a.steps)).is_some_and(|(end, steps)| end < steps);
        let (Some((expert, from, early)), Some((other, to, late))) = (expert(view, a), expert(view, b)) else {
            continue;
        };
        if expert != other || !goes_on || !stops || named.has(opposite(expert)) {
            continue;
        }
        let (before, here) = (view.node(a.node), view.node(b.node));
        let wrong = if expert == Stage::High { to } else { from };
        let fill = [
            ("node", called(&before)),
            ("other", called(&here)),
            ("model", early),
            ("other_model", late),
            ("expert", expert.words().to_owned()),
            ("missing", opposite(expert).words().to_owned()),
        ];
        let finding = sink.fire(rule, view.at(wrong.file.span), &fill).about(view.node(wrong.node));
        finding.relate(view.at_class(a.node), "the first stage").relate(view.at_class(b.node), "the second stage");
        let other = other_expert(wrong.file.value.as_deref().unwrap_or_default());
        if let Some(file) = other.and_then(|name| siblings::loadable(view, wrong, &name)) {
            siblings::offer(view, finding, "expert", wrong, file);
        }
    }
}

/// WF025: one expert for the whole schedule of a clip. The low-noise expert alone gives a clip, if a stiff one: info.
pub fn alone(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let named = Named::new(view);
    for run in view.runs() {
        let [sampler] = run[..] else { continue };
        let Some((expert, loader, model)) = expert(view, sampler) else { continue };
        if !is_whole_clip(view, sampler) || named.has(opposite(expert)) {
            continue;
        }
        let here = view.node(sampler.node);
        let fill = [
            ("node", called(&here)),
            ("model", model),
            ("expert", expert.words().to_owned()),
            ("missing", opposite(expert).words().to_owned()),
        ];
        let finding = sink.fire(rule, view.at(loader.file.span), &fill).about(here);
        finding.relate(view.at_class(sampler.node), "all steps are done here");
        if expert == Stage::Low {
            finding.graded(Severity::Info);
        }
    }
}

/// The whole schedule, from an empty latent of more than one frame.
fn is_whole_clip(view: &WorkflowView, sampler: &Sampler) -> bool {
    let whole = match sampler.kind {
        SamplerKind::KSampler => value(&sampler.denoise).is_some_and(|denoise| denoise > 0.9),
        SamplerKind::KSamplerAdvanced => {
            value(&sampler.start) == Some(0)
                && value(&sampler.end).zip(value(&sampler.steps)).is_some_and(|(end, steps)| end >= steps)
        }
        SamplerKind::Custom | SamplerKind::WanVideo => false,
    };
    let size = view.workflow.facts.direct_size(sampler);
    whole && size.is_some_and(|size| value(&size.length).is_some_and(|length| length > 1))
}

/// MODEL017: the two experts were trained for different tasks.
pub fn other_task(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    for (first, second) in facts.stages() {
        let (a, b) = (&facts.samplers[first], &facts.samplers[second]);
        let (Some((early, from, model)), Some((late, to, other))) = (expert(view, a), expert(view, b)) else {
            continue;
        };
        let Some((this, that)) = tasks_differ(view, (from, &model), (to, &other)).filter(|_| early != late) else {
            continue;
        };
        let fill = [
            ("node", called(&view.node(a.node))),
            ("other", called(&view.node(b.node))),
            ("model", model),
            ("other_model", other),
            ("task", this),
            ("other_task", that),
        ];
        let finding = sink.fire(rule, view.at(to.file.span), &fill).about(view.node(to.node));
        finding.relate(view.at(from.file.span), "the other expert is loaded here");
        let right = wanted(view, a).and_then(|task| {
            let other = |loader: &&'_ Loader| for_task(loader.file.value.as_deref()?, task);
            let (wrong, name) = [from, to].into_iter().find_map(|loader| Some((loader, other(&loader)?)))?;
            Some((wrong, siblings::loadable(view, wrong, &name)?))
        });
        if let Some((wrong, file)) = right {
            siblings::offer(view, finding, "task", wrong, file);
        }
    }
}

/// What the run is for, by the picture that it starts from.
fn wanted(view: &WorkflowView, first: &Sampler) -> Option<Task> {
    let size = view.workflow.facts.sizes.get(first.size?)?;
    match (size.start_image, size.is_hunyuan_latent) {
        (true, _) => Some(Task::I2v),
        (false, true) => Some(Task::T2v),
        _ => None,
    }
}

/// What two files were made for, when that is known to differ: by their input channels, else by their names.
fn tasks_differ(
    view: &WorkflowView,
    (from, model): (&Loader, &str),
    (to, other): (&Loader, &str),
) -> Option<(String, String)> {
    if let (Some(this), Some(that)) = (view.wan_shape(from), view.wan_shape(to)) {
        let channels = |count: u32| format!("{count} input channels");
        return (this.in_dim != that.in_dim).then(|| (channels(this.in_dim), channels(that.in_dim)));
    }
    let (this, that) = (task(model)?, task(other)?);
    (this != that).then(|| (this.words().to_owned(), that.words().to_owned()))
}

/// The expert that a sampler works with, by the name of its file, which must be Wan's.
fn expert<'a>(view: &'a WorkflowView, sampler: &Sampler) -> Option<(Stage, &'a Loader, String)> {
    let loader = view.loader(&sampler.model)?;
    let file = file_of(loader)?;
    Some((stage(&file).filter(|_| is_wan(&file))?, loader, file))
}

fn opposite(stage: Stage) -> Stage {
    match stage {
        Stage::High => Stage::Low,
        Stage::Low => Stage::High,
    }
}

/// The experts whose model files any node names, whatever the node does with them; looked up at the first question.
struct Named<'a> {
    view: &'a WorkflowView<'a>,
    found: OnceCell<Vec<Stage>>,
}

impl<'a> Named<'a> {
    fn new(view: &'a WorkflowView<'a>) -> Self {
        Self { view, found: OnceCell::new() }
    }

    fn has(&self, expert: Stage) -> bool {
        self.found.get_or_init(|| self.experts().collect()).contains(&expert)
    }

    fn experts(&self) -> impl Iterator<Item = Stage> {
        let nodes = self.view.workflow.graph.nodes.iter().filter(|node| node.role != Role::Absent);
        let texts = nodes.flat_map(|node| node.inputs.iter().filter_map(|input| input.value.as_text()));
        let models = texts.filter(|text| text.ends_with(".safetensors") || text.ends_with(".gguf"));
        let is_lora = |text: &str| words(&lower(text)).iter().any(|word| word.contains("lora"));
        models.filter(move |text| !is_lora(text)).filter_map(stage)
    }
}
