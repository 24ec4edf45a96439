//! Links: the output must exist and give what the input takes.

use super::{Judge, Kind};
use crate::workflow::graph::NodeIx;

/// Types whose values only another node can make. For others a value in the prompt may be meant.
const OBJECTS: [&str; 34] = [
    "MODEL",
    "CLIP",
    "VAE",
    "CONDITIONING",
    "LATENT",
    "IMAGE",
    "MASK",
    "AUDIO",
    "VIDEO",
    "CLIP_VISION",
    "CLIP_VISION_OUTPUT",
    "CONTROL_NET",
    "STYLE_MODEL",
    "GLIGEN",
    "UPSCALE_MODEL",
    "LATENT_UPSCALE_MODEL",
    "SAMPLER",
    "SIGMAS",
    "NOISE",
    "GUIDER",
    "AUDIO_ENCODER",
    "AUDIO_ENCODER_OUTPUT",
    "MODEL_PATCH",
    "MESH",
    "VOXEL",
    "HOOKS",
    "HOOK_KEYFRAMES",
    "LATENT_OPERATION",
    "PHOTOMAKER",
    "TRACKS",
    "LORA_MODEL",
    "WAN_CAMERA_EMBEDDING",
    "SPLAT",
    "POSE_KEYPOINT",
];

impl Judge<'_> {
    /// What is wrong with a link to an output, for an input of this type.
    pub(super) fn link(&self, from: NodeIx, slot: u32, wants: &'static str) -> Option<Kind> {
        let spec = self.spec(from).filter(|spec| self.is_judged(from, spec))?;
        let Some(&gives) = spec.outputs.get(slot as usize) else {
            // What another release has was made for that one, and messages speak of the newest form.
            let newest = self.graph.spec(from).is_some_and(|spec| (slot as usize) < spec.outputs.len());
            return (!newest).then_some(Kind::NoOutput { from, slot });
        };
        (!fits(gives, wants)).then_some(Kind::Type { from, slot, gives, wants })
    }
}

/// `validate_node_input`: equal, or lists with a type in common. What stands for any type passes, and combos are left to the
/// server: whether a text may feed one depends on the release.
pub(super) fn fits(gives: &str, wants: &str) -> bool {
    let any = |kind: &str| matches!(kind, "*" | "" | "COMFY_MATCHTYPE_V3" | "COMBO" | "COMFY_DYNAMICCOMBO_V3");
    gives == wants
        || gives.split(',').any(|one| any(one.trim()))
        || wants.split(',').any(|one| any(one.trim()))
        || gives.split(',').any(|one| wants.split(',').any(|two| one.trim() == two.trim()))
}

/// True when nothing that can be written in a prompt is of this type.
pub(super) fn needs_link(wants: &str) -> bool {
    wants.split(',').all(|kind| OBJECTS.contains(&kind.trim()))
}

#[cfg(test)]
mod tests {
    use super::{fits, needs_link};

    #[test]
    fn types_are_compared_as_the_server_does() {
        assert!(fits("INT", "FLOAT,INT") && fits("*", "VAE") && fits("INT,FLOAT", "FLOAT") && fits("IMAGE", "*"));
        assert!(!fits("INT", "FLOAT") && !fits("image", "IMAGE") && !fits("MODEL", "CLIP"));
        assert!(needs_link("MODEL") && needs_link("IMAGE,MASK"));
        assert!(!needs_link("INT") && !needs_link("*") && !needs_link("IMAGE,FLOAT"));
    }
}
