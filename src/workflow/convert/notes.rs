//! What a prompt does not carry over, in words.

use super::super::everywhere::Broadcast;
use super::super::ui::{Flat, Raw};
use crate::catalog::nodes::NodeSpec;
use crate::span::Span;

/// About a file name.
pub(super) const DATE: &str =
    "%date:...% stays as it is written, so that the same file gives the same prompt every day";

/// Inputs whose value the browser makes when the prompt is queued.
const CAPTURED: [&str; 3] = ["AUDIO_RECORD", "LOAD_3D", "WEBCAM"];

/// The extension "Use Everywhere" sends to inputs, and the file does not say to which.
pub(super) fn everywhere(senders: &[Broadcast], flat: &Flat<'_>) -> Option<(Span, String)> {
    let unsaid = |sender: &&Broadcast| !flat.sheet_of(sender.node.0).links.has_noted();
    let sender = senders.iter().find(unsaid)?;
    let words =
        "the extension Use Everywhere adds links only when the browser queues the workflow: they are missing here";
    Some((sender.span, words.to_owned()))
}

/// What a node loses.
pub(super) fn node(raw: &Raw<'_>, id: &str, spec: Option<&NodeSpec>) -> Option<(Span, String)> {
    let class = &raw.class;
    let words = match spec {
        Some(spec) => {
            let captured = spec.widgets.iter().find(|widget| CAPTURED.contains(&widget.kind_name()))?;
            format!("node {id}: the browser makes '{}' of {class} when it queues the workflow", captured.name)
        }
        None => {
            let count = raw.values.map_or(0, |values| values.items().count());
            let lost = if count == 1 { "its value is".to_owned() } else { format!("its {count} values are") };
            (count > 0).then(|| {
                format!(
                    "node {id}: {class} is not in the catalog and the file does not name its inputs, so {lost} left out: \
                     state the classes of your server with --object-info"
                )
            })?
        }
    };
    Some((raw.class_span, words))
}
