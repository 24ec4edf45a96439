//! WF039, WF041: clips longer than the model was trained for, and several at once.

use std::collections::HashSet;

use crate::facts::workflow::{Sampler, SizeNode};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, span, task, value};

/// Longest clips that are no matter of doubt: half as long again as what the models were trained on (81 and 121 frames).
const LONGEST: [(u32, i64, i64); 2] = [(16, 81, 121), (48, 121, 181)];

/// WF039: by far longer than trained, in one piece.
pub fn too_long(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    let mut seen = HashSet::new();
    for sampler in &facts.samplers {
        let Some(size) = facts.direct_size(sampler) else { continue };
        let Some((file, length)) = view.file(&sampler.model).zip(value(&size.length)) else { continue };
        let channels = view.channels_of(&sampler.model);
        let Some((_, trained, longest)) = LONGEST.iter().find(|(count, ..)| channels == Some(*count)) else {
            continue;
        };
        if length <= *longest || !in_one_piece(view, sampler, size, file) || !seen.insert(size.node) {
            continue;
        }
        let here = view.node(size.node);
        let fill = [
            ("node", called(&here)),
            ("value", length.to_string()),
            ("trained", trained.to_string()),
            ("model", file.to_owned()),
        ];
        sink.fire(rule, view.at(span(&size.length)), &fill).about(here);
    }
}

/// A text- or image-to-video model (the 5B model is both), all frames at once: no node that slides a window over them.
fn in_one_piece(view: &WorkflowView, sampler: &Sampler, size: &SizeNode, file: &str) -> bool {
    let plain = matches!(
        size.class.as_str(),
        "WanImageToVideo" | "WanFirstLastFrameToVideo" | "EmptyHunyuanLatentVideo" | "Wan22ImageToVideoLatent"
    );
    let graph = &view.workflow.graph;
    let windows = sampler.model.others.iter().any(|&node| graph.class(node).contains("Context"));
    let task = task(file).is_some() || view.channels_of(&sampler.model) == Some(48);
    plain && task && sampler.model.certain && !windows
}

/// WF041: several clips in one latent.
pub fn several(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for size in &view.workflow.facts.sizes {
        let (Some(batch), Some(length)) = (value(&size.batch), value(&size.length)) else { continue };
        let video = size.is_wan || size.class.contains("Video");
        if batch < 2 || length < 2 || !video {
            continue;
        }
        let here = view.node(size.node);
        let fill = [("node", called(&here)), ("value", batch.to_string()), ("length", length.to_string())];
        sink.fire(rule, view.at(span(&size.batch)), &fill).about(here);
    }
}
