//! ENV023, GPU007: what a start and a workflow that is run with it make together.

use crate::facts::launch::Launch;
use crate::finding::Location;
use crate::project::WorkflowFile;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{ProjectView, called, node_ref};
use crate::rules::when::truthy;
use crate::span::Span;
use crate::targets::{LaunchIx, Target};
use crate::workflow::graph::NodeIx;

/// Variables that forbid the Hugging Face libraries every request.
const OFFLINE: [&str; 2] = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];

/// A start and a workflow.
struct Pair<'a> {
    launch: &'a Launch,
    at: LaunchIx,
    workflow: &'a WorkflowFile,
    target: &'a Target,
}

/// ENV023: nodes that fetch their models, with the libraries told to stay offline.
pub fn offline_download(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for pair in pairs(view) {
        let on = |name: &&str| pair.launch.env(name).filter(|var| var.value.known && truthy(var.value.text.trim()));
        let Some(var) = OFFLINE.iter().find_map(on) else { continue };
        let graph = &pair.workflow.graph;
        let Some(node) = graph.real().find(|&node| graph.class(node).starts_with("DownloadAndLoad")) else { continue };
        report(view, (&pair, rule), (var.span, node), &[("name", var.name.text.clone())], sink);
    }
}

/// GPU007: fp16 accumulation, sage attention and a compiled model at once.
pub fn three_speedups(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for pair in pairs(view) {
        let Some(fast) = pair.launch.flag("--fast") else { continue };
        let half = fast.values.is_empty() || fast.values.iter().any(|word| word.text == "fp16_accumulation");
        let Some(&node) = pair.workflow.facts.compile_nodes.first() else { continue };
        if half && pair.launch.flag("--use-sage-attention").is_some() {
            report(view, (&pair, rule), (fast.whole, node), &[], sink);
        }
    }
}

fn pairs<'a>(view: &'a ProjectView) -> Vec<Pair<'a>> {
    let of = |target: &'a Target| {
        let workflow = view.workflow(target);
        let starts = target.launches.iter().filter_map(move |&(file, index)| {
            let launch = view.files.get(file)?.launches().get(index)?;
            Some(Pair { launch, at: (file, index), workflow: workflow?, target })
        });
        starts.collect::<Vec<_>>()
    };
    view.targets.iter().flat_map(of).collect()
}

fn report(
    view: &ProjectView,
    (pair, rule): (&Pair, &'static Rule),
    (span, node): (Span, NodeIx),
    more: &[(&str, String)],
    sink: &mut Sink,
) {
    let node = node_ref(pair.workflow, node);
    let fill: Vec<(&str, String)> = more.iter().cloned().chain([("node", called(&node))]).collect();
    let finding = sink.fire(rule, Location { file: pair.at.0, span }, &fill);
    finding.in_target(pair.target.name_on(view.files, &[pair.at]), pair.at.1);
}
