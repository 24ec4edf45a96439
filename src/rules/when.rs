//! Condition tables: the whole language on a few pages. Three answers: fires, silent, not checked.

mod context;
mod values;

use super::paths;
use super::sink::{Fill, Need, Sink};
use super::view::{FileView, LaunchView, WorkflowView, called};
use super::{How, Other, OtherKind, Rule, Subject, ValueTest, When};
use crate::facts::launch::{EnvVar, Flag, Launch};
use crate::project::ScriptFile;
use crate::read::script::Step;
use crate::redact::masked_under;
use crate::workflow::graph::{NodeIx, Value};
use crate::workflow::resolve::{Resolved, resolve};

pub use context::in_range;
use context::{context, os_holds};
use values::{allowed, off_step, text_holds};
pub use values::{shown, truthy};

/// Asks a rule about the flags of a launch.
pub fn on_launch(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let How::When(when) = rule.how else { return };
    let Subject::Flag(names) = when.subject else { return };
    for name in names {
        let Some(flag) = view.launch.flag(name).filter(|flag| flag_value_holds(when, flag)) else { continue };
        if !others_hold(when, |other| in_launch(view.launch, other)) {
            continue;
        }
        match context(when, view.of.machine, view.comfyui()).and_then(|holds| Ok(holds && os_holds(when, view)?)) {
            Ok(true) => {
                let value = flag.values.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
                let gpu = view.of.machine.gpu.clone().unwrap_or_default();
                let fill = [("flag", (*name).to_owned()), ("value", value), ("gpu", gpu)];
                sink.fire(rule, view.at(flag.whole), &fill);
            }
            Ok(false) => {}
            Err(need) => sink.not_checked(rule, need),
        }
    }
}

/// Asks a rule about the variables that a script sets.
pub fn on_script(view: &FileView, script: &ScriptFile, rule: &'static Rule, sink: &mut Sink) {
    let How::When(when) = rule.how else { return };
    let Subject::Env(names) = when.subject else { return };
    for assign in variables(script).iter().filter(|assign| env_holds(when, names, assign)) {
        match context(when, view.machine, view.machine.comfyui) {
            Ok(true) => {
                let name = assign.name.text.trim_end();
                let fill = [("name", name.to_owned()), ("value", masked_under(name, assign.value.text.trim()))];
                let finding = sink.fire(rule, view.at(assign.span), &fill);
                paths::on_assignment(script, (assign.span, assign.certain), finding);
            }
            Ok(false) => {}
            Err(need) => sink.not_checked(rule, need),
        }
    }
}

/// What a script gives to the programs it starts: its assignments, and those in front of a start.
fn variables(script: &ScriptFile) -> Vec<EnvVar> {
    let assigns = script.script.steps.iter().filter_map(|step| match step {
        Step::Assign(assign) if assign.exported => Some(EnvVar::from(assign)),
        _ => None,
    });
    let mut all: Vec<EnvVar> = assigns.collect();
    for var in script.launches.iter().flat_map(|launch| &launch.env) {
        if all.iter().all(|known| known.span != var.span) {
            all.push(var.clone());
        }
    }
    all
}

/// Asks a rule about the nodes of a workflow.
pub fn on_nodes(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let How::When(when) = rule.how else { return };
    let Subject::Node(classes) = when.subject else { return };
    let graph = &view.workflow.graph;
    for node in graph.real().filter(|&node| classes.contains(&graph.class(node))) {
        if !others_hold(when, |other| graph.real().any(|node| graph.class(node) == other.name)) {
            continue;
        }
        for input in when.inputs {
            if let Err(need) = on_input(view, (when, rule), node, input, sink) {
                sink.not_checked(rule, need);
            }
        }
    }
}

fn on_input(
    view: &WorkflowView,
    (when, rule): (&When, &'static Rule),
    node: NodeIx,
    input: &str,
    sink: &mut Sink,
) -> Result<(), Need> {
    let Resolved::Known { value, span, .. } = resolve(&view.workflow.graph, node, input) else {
        // Computed when the workflow runs, or not there: unknown never fires.
        return Ok(());
    };
    let Some(other) = node_value_holds(view, when, node, &value) else { return Ok(()) };
    if let Some(wanted) = when.channels
        && view.channels_at(node) != Some(wanted)
    {
        return Ok(());
    }
    if let Some(wanted) = when.quantised
        && quantised(view, node)? != wanted
    {
        return Ok(());
    }
    if !context(when, view.of.machine, view.of.machine.comfyui)? {
        return Ok(());
    }
    let who = view.node(node);
    let (nearest, below) = allowed(when, &value);
    let fill: Fill = &[
        ("node", called(&who)),
        ("class", who.class.clone()),
        ("input", input.to_owned()),
        ("value", shown(&value)),
        ("other", other),
        ("nearest", nearest),
        ("below", below),
        ("model", view.model_file(node).unwrap_or_default()),
    ];
    sink.fire(rule, view.at(span), fill).about(who);
    Ok(())
}

fn flag_value_holds(when: &When, flag: &Flag) -> bool {
    if let Some(ValueTest::Bare(wanted)) = when.value {
        return flag.known && flag.values.is_empty() == wanted;
    }
    let text = flag.values.first().map_or("", |word| word.text.as_str());
    let known = flag.values.iter().all(|word| word.known);
    when.value.as_ref().is_none_or(|test| known && text_holds(test, text))
}

fn env_holds(when: &When, names: &[&str], assign: &EnvVar) -> bool {
    let name = assign.name.text.as_str();
    let named = names.iter().any(|wanted| *wanted == "*" || wanted.eq_ignore_ascii_case(name.trim_end()));
    let blank = !when.blank_end || name.ends_with([' ', '\t']);
    let value = when.value.as_ref().is_none_or(|test| assign.value.known && text_holds(test, assign.value.text.trim()));
    named && blank && value && assign.name.known
}

/// `Some` when the value test holds; the text is the other input's value where the test compares with one.
fn node_value_holds(view: &WorkflowView, when: &When, node: NodeIx, value: &Value) -> Option<String> {
    let Some(test) = &when.value else { return Some(String::new()) };
    if let ValueTest::AtLeastInput(other) = test {
        let Resolved::Known { value: limit, .. } = resolve(&view.workflow.graph, node, other) else { return None };
        return (value.to_i64()? >= limit.to_i64()?).then(|| shown(&limit));
    }
    let holds = match test {
        ValueTest::OffStep { step, from } => off_step(value.to_i64()?, *step, *from),
        _ => text_holds(test, &shown(value)),
    };
    holds.then(String::new)
}

/// Whether the file that a loader node loads carries its own scales: by its header where that is at hand, else by its name.
fn quantised(view: &WorkflowView, node: NodeIx) -> Result<bool, Need> {
    let lookup = view.workflow.facts.loader_at(node).map(|loader| view.lookup(loader));
    if let Some(model) = lookup.as_ref().and_then(|lookup| lookup.recognised()) {
        return Ok(model.identity.quant.has_scales());
    }
    let file = view.model_file(node).ok_or(Need::Value)?;
    let name = super::view::lower(&file);
    let words = super::view::words(&name);
    let marks = ["scaled", "int8", "nvfp4", "mxfp8", "svdq"];
    if words.iter().any(|word| marks.contains(word)) {
        return Ok(true);
    }
    crate::catalog::models::identify(&file).map(|_| false).ok_or(Need::Model)
}

fn others_hold(when: &When, holds: impl Fn(&Other) -> bool) -> bool {
    when.with.iter().all(&holds) && !when.without.iter().any(holds)
}

fn in_launch(launch: &Launch, other: &Other) -> bool {
    match other.kind {
        OtherKind::Flag => launch.flag(other.name).is_some_and(|flag| {
            // `--fast` alone switches every choice on.
            other.value.is_none_or(|value| flag.values.is_empty() || flag.values.iter().any(|word| word.text == value))
        }),
        OtherKind::Env => launch
            .env
            .iter()
            .any(|var| var.name.text == other.name && other.value.is_none_or(|value| var.value.text == value)),
        OtherKind::Node => false,
    }
}
