//! MODEL019, 020, 021: files that are damaged, that are no weights at all, or that are pickles. Asked of files that were named
//! and of those that a workflow loads.

use crate::facts::models::{Lookup, Model};
use crate::facts::versions::Version;
use crate::facts::workflow::{Loader, LoaderKind};
use crate::finding::{Location, NodeRef, Severity};
use crate::project::Content;
use crate::read::weights::{Fault, Format};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{FileView, WorkflowView, file_of, node_ref};
use crate::span::Span;

/// From here on torch has what ComfyUI needs to read pickles without running them (ComfyUI `comfy/utils.py`, 0.3.64).
const SAFE_TORCH: Version = Version::new(2, 4, 0);

/// MODEL019: the end is missing, or the header contradicts itself.
pub fn damaged(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    faults(view, rule, sink, |fault| match fault {
        Fault::Truncated { .. } | Fault::Broken(_) => Some(Severity::Error),
        // The reader of safetensors refuses what goes on behind the end, ComfyUI's own of 0.16 and later does not.
        Fault::TooLong { .. } => Some(Severity::Warning),
        Fault::Empty | Fault::LfsPointer { .. } | Fault::WebPage | Fault::Limit(_) => None,
    });
}

/// MODEL020: a pointer, a web page, or nothing.
pub fn stand_in(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    faults(view, rule, sink, |fault| {
        matches!(fault, Fault::Empty | Fault::LfsPointer { .. } | Fault::WebPage).then_some(Severity::Error)
    });
}

fn faults(view: &FileView, rule: &'static Rule, sink: &mut Sink, grade: impl Fn(&Fault) -> Option<Severity>) {
    for (model, place, node) in opened(view, rule, sink) {
        let Ok(file) = &model.file else { continue };
        let Some((fault, severity)) = file.fault.as_ref().and_then(|fault| Some((fault, grade(fault)?))) else {
            continue;
        };
        let fill = [("file", model.shown_path()), ("fault", fault.to_string()), ("bytes", file.bytes.to_string())];
        sink.fire(rule, place, &fill).graded(severity).node = node;
    }
}

type Opened = (std::sync::Arc<Model>, Location, Option<NodeRef>);

/// The model files that a file is or loads, with the place that names them.
fn opened(view: &FileView, rule: &'static Rule, sink: &mut Sink) -> Vec<Opened> {
    match &view.file.content {
        Content::Model(model) => vec![(std::sync::Arc::clone(model), view.at(Span::default()), None)],
        Content::Workflow(workflow) => {
            let mut found = Vec::new();
            for loader in &workflow.facts.loaders {
                match view.models.of(&workflow.graph, loader) {
                    Lookup::Found(model) => {
                        found.push((model, view.at(loader.file.span), Some(node_ref(workflow, loader.node))));
                    }
                    Lookup::Unknown if is_model(loader) => sink.not_checked(rule, Need::Models),
                    _ => {}
                }
            }
            found
        }
        _ => Vec::new(),
    }
}

fn is_model(loader: &Loader) -> bool {
    loader.file.value.as_deref().is_some_and(|name| Format::of_name(name).is_some())
}

/// MODEL021: by name, since that decides how ComfyUI reads it. Upscalers and audio encoders mostly come as pickles.
pub fn pickle(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for loader in &view.workflow.facts.loaders {
        if matches!(loader.kind, LoaderKind::Upscaler | LoaderKind::AudioEncoder) {
            continue;
        }
        let Some(file) = file_of(loader).filter(|file| Format::of_name(file) == Some(Format::Pickle)) else { continue };
        let unsafe_torch = view.of.machine.torch.is_some_and(|torch| torch < SAFE_TORCH);
        let severity = if unsafe_torch { Severity::Warning } else { Severity::Info };
        let how =
            if unsafe_torch { "and this torch lets it run code" } else { "which a torch before 2.4 lets run code" };
        let fill = [("file", file), ("how", how.to_owned())];
        sink.fire(rule, view.at(loader.file.span), &fill).about(view.node(loader.node)).graded(severity);
    }
}
