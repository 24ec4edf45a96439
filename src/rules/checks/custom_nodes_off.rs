//! LAUNCH047: a start without custom nodes beside a workflow that has some.

use crate::finding::Location;
use crate::project::WorkflowFile;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{ProjectView, called, node_ref};
use crate::workflow::graph::NodeIx;

/// Beginnings of class names that are surely not core, and the pack that brings them.
const PACKS: [(&str, &str); 8] = [
    ("CLIPLoaderGGUF", "ComfyUI-GGUF"),
    ("DualCLIPLoaderGGUF", "ComfyUI-GGUF"),
    ("LoadWanVideo", "ComfyUI-WanVideoWrapper"),
    ("PathchSageAttentionKJ", "ComfyUI-KJNodes"),
    ("TorchCompileModelWanVideo", "ComfyUI-KJNodes"),
    ("UnetLoaderGGUF", "ComfyUI-GGUF"),
    ("VHS_", "ComfyUI-VideoHelperSuite"),
    ("WanVideoModelLoader", "ComfyUI-WanVideoWrapper"),
];

/// Silent with any whitelist: folders can have any name.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets {
        let Some(workflow) = view.files[target.workflow].workflow() else { continue };
        let Some((node, pack)) = custom(workflow) else { continue };
        for (place, launch) in target.starts(view.files) {
            let Some(flag) = launch.flag("--disable-all-custom-nodes") else { continue };
            if launch.flag("--whitelist-custom-nodes").is_some() || launch.unknown_args {
                continue;
            }
            let who = node_ref(workflow, node);
            let fill = [
                ("flag", flag.written.clone()),
                ("node", called(&who)),
                ("class", who.class.clone()),
                ("pack", pack.to_owned()),
            ];
            let span = workflow.graph.get(node).map(|node| node.class_span).unwrap_or_default();
            let location = Location { file: place.0, span: flag.whole };
            let finding = sink.fire(rule, location, &fill);
            finding.relate(Location { file: target.workflow, span }, "this node is not ComfyUI's own");
            finding.in_target(target.name_on(view.files, &[place]), place.1);
        }
    }
}

/// The first node that runs and that a known pack brings.
fn custom(workflow: &WorkflowFile) -> Option<(NodeIx, &'static str)> {
    workflow.facts.order.iter().find_map(|&node| {
        let class = workflow.graph.class(node);
        let pack = PACKS.iter().find(|(start, _)| class.starts_with(start))?;
        Some((node, pack.1))
    })
}
