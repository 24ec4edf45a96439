//! WF009: a model file that a node names is in none of the folders where ComfyUI looks for it.

use super::{siblings, wrong_values};
use crate::catalog::official;
use crate::facts::models::Lookup;
use crate::facts::models::folders::places;
use crate::facts::workflow::{Field, Loader};
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::WorkflowView;

/// A stated server says itself which files it has. Else only folders that the user stated are known to be all there are.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let server = view.workflow.graph.catalog().server().is_some();
    if server && wrong_values::no_file(view, rule, sink) {
        return;
    }
    let models = view.of.models;
    if !models.is_stated() {
        if !server && !view.workflow.facts.loaders.is_empty() {
            sink.not_checked(rule, Need::Models);
        }
        return;
    }
    for loader in &view.workflow.facts.loaders {
        for field in std::iter::once(&loader.file).chain(&loader.more_files) {
            one(view, loader, field, rule, sink);
        }
    }
}

fn one(view: &WorkflowView, loader: &Loader, field: &Field<String>, rule: &'static Rule, sink: &mut Sink) {
    let Some(name) = &field.value else { return };
    let kinds = places(loader.kind, view.workflow.graph.class(loader.node));
    match view.of.models.find(kinds, name) {
        Lookup::Missing { folders } => {
            let near = view.of.models.near(kinds, name);
            let count = if folders == 1 { "the folder".to_owned() } else { format!("any of the {folders} folders") };
            let fill = [
                ("file", name.clone()),
                ("folders", count),
                ("kind", kinds.join(" and ")),
                ("remedy", remedy(view, kinds, (name, near.as_deref()))),
            ];
            let finding = sink.fire(rule, view.at(field.span), &fill).about(view.node(loader.node));
            if let Some(near) = near.and_then(|near| siblings::as_listed(view.of.machine.os, near, name)) {
                let load = Act::At(Verb::Replace, view.at(field.span), near.clone());
                finding.offer("near", vec![load], &[("file", near)]);
            }
        }
        Lookup::Unknown if view.of.models.hides(kinds) => sink.not_checked(rule, Need::Models),
        Lookup::Unknown | Lookup::Found(_) => {}
    }
}

/// The name that was most likely meant, or where the workflow says the file comes from.
fn remedy(view: &WorkflowView, kinds: &[&str], (name, near): (&str, Option<&str>)) -> String {
    if let Some(near) = near {
        return format!("There is {near}: write that name.");
    }
    let link = view.of.file.model_links().get(crate::read::script::base_name(name));
    let official = link.and_then(|link| link.directory.as_deref()).or_else(|| official::folder(name));
    let folder = official.unwrap_or(kinds.first().copied().unwrap_or("models"));
    match link {
        Some(link) => {
            format!("The workflow itself says where it comes from: {} (put it into models/{folder}).", link.url)
        }
        None if official.is_some() && !kinds.contains(&folder) => {
            format!("The official file of that name belongs into models/{folder}, where another loader looks.")
        }
        None => format!("Put it into models/{folder}, or choose a file that is there."),
    }
}
