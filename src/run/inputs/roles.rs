//! Where the value of a role goes.

use super::text::{Side, texts};
use super::{Prompt, Role, Slot, find};
use crate::facts::workflow::{Field, Sampler, SamplerKind};
use crate::workflow::graph::{NodeIx, Value};
use crate::workflow::resolve::{Resolved, resolve, source};

/// The inputs that must get the value, and those that it is written into.
type Slots = (Vec<Slot>, Vec<Slot>);

/// The places of a role; `sets` are the inputs that get a value of their own by name.
pub(super) fn slots(prompt: &Prompt<'_>, role: Role, sets: &[Slot]) -> Result<Slots, String> {
    let reach = reach(prompt, role)?;
    let some = !reach.is_empty();
    let free: Vec<Slot> = reach.into_iter().filter(|slot| !sets.contains(slot)).collect();
    let write = written(prompt, role, &free)?;
    let (given, write): (Vec<Slot>, Vec<Slot>) = write.into_iter().partition(|slot| sets.contains(slot));
    let flag = role.flag();
    if write.is_empty() && (some && free.is_empty() || !given.is_empty()) {
        return Err(format!("{flag}: --set gives it already"));
    }
    if write.is_empty() {
        return Err(format!("{flag}: {}", nothing(role)));
    }
    if write.len() > 1 && !together(prompt, role, &free) {
        let choices = prompt.choices(&write);
        return Err(format!("{flag}: {} inputs could be meant, name them one by one: {choices}", write.len()));
    }
    if role == Role::Steps {
        one_schedule(prompt, sets)?;
    }
    Ok((free, write))
}

/// The places of a role at one node.
pub(super) fn slots_at(prompt: &Prompt<'_>, role: Role, name: &str) -> Result<Slots, String> {
    let flag = role.flag();
    let node = find::node(prompt, name);
    let node = node.map_err(|several| several.unwrap_or_else(|| find::no_node(prompt, name)));
    let node = node.map_err(|why| format!("{flag}: {why}"))?;
    let own: Vec<Slot> = reach(prompt, role)?.into_iter().filter(|(at, _)| *at == node).collect();
    match own.is_empty() {
        true => Err(format!("{flag}: {} is not such a node", prompt.called(node))),
        false => Ok((own.clone(), written(prompt, role, &own)?)),
    }
}

fn nothing(role: Role) -> &'static str {
    match role {
        Role::Prompt | Role::Negative => "no text that wanlint can follow leads into that side of a sampler",
        Role::Seed => "no node of the prompt has a seed that adds noise",
        Role::Width | Role::Height => "no node of the prompt states the size of what is sampled",
        Role::Frames => "no node of the prompt states a number of frames",
        Role::Batch => "no node of the prompt states a batch size",
        Role::Cfg => "no sampler of the prompt has a cfg",
        Role::Steps => "no sampler of the prompt has steps",
        Role::Fps => "no node of the prompt writes a video at a rate",
        Role::Image => "the prompt has no LoadImage node",
    }
}

/// The inputs that a role is about.
fn reach(prompt: &Prompt<'_>, role: Role) -> Result<Vec<Slot>, String> {
    Ok(match role {
        Role::Prompt => sides(prompt, Side::Positive)?,
        Role::Negative => sides(prompt, Side::Negative)?,
        Role::Seed => seeds(prompt),
        Role::Width => sizes(prompt, &["width"]),
        Role::Height => sizes(prompt, &["height"]),
        Role::Frames => sizes(prompt, &["length", "video_frames"]),
        Role::Batch => sizes(prompt, &["batch_size"]),
        Role::Cfg => samplers(prompt, |prompt, sampler| behind(prompt, sampler, &["guider"], &["cfg", "cfg_conds"])),
        Role::Steps => samplers(prompt, |prompt, sampler| behind(prompt, sampler, &["sigmas"], &["steps"])),
        Role::Fps => {
            prompt.facts.fps.iter().filter_map(|one| first(prompt, one.node, &["fps", "frame_rate"])).collect()
        }
        Role::Image => {
            let loads = prompt.facts.order.iter().filter(|&&node| prompt.graph.class(node) == "LoadImage");
            loads.map(|&node| (node, "image".to_owned())).collect()
        }
    })
}

fn sides(prompt: &Prompt<'_>, side: Side) -> Result<Vec<Slot>, String> {
    let flag = if side == Side::Positive { Role::Prompt.flag() } else { Role::Negative.flag() };
    texts(prompt, side).map_err(|node| {
        format!("{flag}: the text cannot be followed behind {}: name it with --set NODE.input=...", prompt.called(node))
    })
}

/// The first of some inputs that the node has, or that its class takes.
fn first(prompt: &Prompt<'_>, node: NodeIx, names: &[&str]) -> Option<Slot> {
    let known = |name: &&&str| {
        let spec = prompt.graph.spec(node);
        prompt.graph.input(node, name).is_some() || spec.is_some_and(|spec| spec.widget(name).is_some())
    };
    names.iter().find(known).map(|name| (node, (*name).to_owned()))
}

/// The sizes that are sampled; all sizes where no sampler tells.
fn sizes(prompt: &Prompt<'_>, names: &[&str]) -> Vec<Slot> {
    let facts = &prompt.facts;
    let sampled = |at: &usize| facts.samplers.iter().any(|sampler| sampler.size == Some(*at));
    let any = (0..facts.sizes.len()).any(|at| sampled(&at));
    let counted = facts.sizes.iter().enumerate().filter(|(at, _)| !any || sampled(at));
    counted.filter_map(|(_, size)| first(prompt, size.node, names)).collect()
}

fn samplers(prompt: &Prompt<'_>, slot: impl Fn(&Prompt<'_>, &Sampler) -> Option<Slot>) -> Vec<Slot> {
    prompt.facts.samplers.iter().filter_map(|sampler| slot(prompt, sampler)).collect()
}

/// An input of the sampler, or of the node that it takes its guider or its schedule from.
fn behind(prompt: &Prompt<'_>, sampler: &Sampler, through: &[&str], names: &[&str]) -> Option<Slot> {
    first(prompt, sampler.node, names).or_else(|| {
        let mut node = through.iter().find_map(|input| source(&prompt.graph, sampler.node, input))?.0;
        if prompt.graph.class(node) == "SplitSigmas" {
            node = source(&prompt.graph, node, "sigmas")?.0;
        }
        first(prompt, node, names)
    })
}

/// Seeds that are used: a sampler that adds no noise has one that says nothing.
fn seeds(prompt: &Prompt<'_>) -> Vec<Slot> {
    let silent = |node: NodeIx| {
        let sampler = prompt.facts.samplers.iter().find(|sampler| sampler.node == node);
        let off = |sampler: &Sampler| sampler.add_noise.as_ref().is_some_and(|noise| noise.value == Some(false));
        sampler.is_some_and(|sampler| sampler.kind == SamplerKind::KSamplerAdvanced && off(sampler))
    };
    let nodes = prompt.facts.order.iter().filter(|&&node| !silent(node));
    let seed = |&node: &NodeIx| first(prompt, node, &["seed", "noise_seed"]);
    let is_seed = |(node, input): &Slot| match prompt.graph.input(*node, input).map(|input| &input.value) {
        Some(Value::Int(_) | Value::Float(_) | Value::Link { .. }) => true,
        Some(_) => false,
        None => prompt.graph.spec(*node).and_then(|spec| spec.widget(input)).is_some_and(|widget| widget.control),
    };
    nodes.filter_map(seed).filter(is_seed).collect()
}

/// Where the values of some inputs are written, each place once.
fn written(prompt: &Prompt<'_>, role: Role, reach: &[Slot]) -> Result<Vec<Slot>, String> {
    let mut places: Vec<Slot> = Vec::new();
    for (node, input) in reach {
        let place = holder(prompt, *node, input).ok_or_else(|| {
            let called = prompt.called(*node);
            format!("{}: {input} of {called} comes from a node whose result only the run tells", role.flag())
        })?;
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}

/// The input that holds the literal which an input gets.
fn holder(prompt: &Prompt<'_>, node: NodeIx, input: &str) -> Option<Slot> {
    match resolve(&prompt.graph, node, input) {
        Resolved::Known { span, path, .. } => {
            let at = path.last().copied().unwrap_or(node);
            let own = prompt.graph.get(at)?.inputs.iter().find(|own| own.span == span && own.value.is_literal());
            let same = || (at == node && prompt.graph.input(node, input).is_none()).then(|| (node, input.to_owned()));
            own.map(|own| (at, own.name.to_string())).or_else(same)
        }
        Resolved::Absent => Some((node, input.to_owned())),
        Resolved::Unknown => None,
    }
}

/// Several inputs get the same value where they belong to the stages of one sampling and hold the same now.
fn together(prompt: &Prompt<'_>, role: Role, reach: &[Slot]) -> bool {
    let values: Vec<_> =
        reach.iter().map(|(node, input)| resolve(&prompt.graph, *node, input).value().cloned()).collect();
    let alike = values.windows(2).all(|pair| pair[0] == pair[1]);
    matches!(role, Role::Cfg | Role::Steps) && alike && prompt.facts.runs().len() == 1
}

/// Stages that hand over at a step of the old schedule would no longer do so at the same noise: that step must be given as well.
fn one_schedule(prompt: &Prompt<'_>, sets: &[Slot]) -> Result<(), String> {
    let mut open: Vec<Slot> = Vec::new();
    for sampler in &prompt.facts.samplers {
        let steps = sampler.steps.as_ref().and_then(|steps| steps.value).unwrap_or(i64::MAX);
        let bounds = [&sampler.start, &sampler.end].into_iter().flatten();
        let inner = bounds.filter(|bound| bound.value.is_some_and(|at| 0 < at && at < steps));
        open.extend(inner.filter_map(|bound| of_field(prompt, bound)).filter(|place| !sets.contains(place)));
    }
    open.sort();
    open.dedup();
    match open.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "--steps: the stages hand over at a step of the old schedule, say where they do in the new one: {}",
            prompt.choices(&open)
        )),
    }
}

fn of_field<T>(prompt: &Prompt<'_>, field: &Field<T>) -> Option<Slot> {
    let mut inputs = prompt.graph.get(field.node)?.inputs.iter();
    let own = inputs.find(|input| input.span == field.span && input.value.is_literal())?;
    Some((field.node, own.name.to_string()))
}
