//! WF013, WF014: a latent made for the other kind of Wan model.

use crate::facts::versions::Version;
use crate::facts::workflow::{Sampler, SizeNode};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{WorkflowView, called};

/// Nodes that always make 16 channels with 8 pixels to a cell. Source: ComfyUI comfy_extras/nodes_wan.py and
/// nodes_wanmove.py, 0.3.64 and 0.33.0. The first/last-frame, inpainting and 2.2 control nodes ask the VAE and are fine.
const SIXTEEN: [&str; 11] = [
    "WanAnimateToVideo",
    "WanCameraImageToVideo",
    "WanFunControlToVideo",
    "WanHuMoImageToVideo",
    "WanImageToVideo",
    "WanInfiniteTalkToVideo",
    "WanMoveTrackToVideo",
    "WanPhantomSubjectToVideo",
    "WanSoundImageToVideo",
    "WanTrackToVideo",
    "WanVaceToVideo",
];

/// EmptyHunyuanLatentVideo states its cell size in newer versions, and the sampler then corrects it: not yet in 0.3.75, and
/// surely from 0.29.0 on. What lies between was not looked at.
const NOT_CORRECTED: Version = Version::new(0, 3, 75);
const CORRECTED: Version = Version::new(0, 29, 0);

/// WF013: the 5B model gets a latent of the 14B kind.
pub fn for_14b(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for (sampler, size) in latents(view) {
        let Some(file) = view.file(&sampler.model) else { continue };
        let by_name = || view.channels_of(&sampler.model) == Some(48);
        let plain =
            view.shape_of(&sampler.model).map_or_else(by_name, |shape| (shape.in_dim, shape.out_dim) == (48, 48));
        let fixed = SIXTEEN.binary_search(&size.class.as_str()).is_ok();
        if !plain || !(fixed || size.is_hunyuan_latent) {
            continue;
        }
        match view.of.machine.comfyui {
            None if !fixed => sink.not_checked(rule, Need::Comfyui),
            Some(version) if !fixed && version > NOT_CORRECTED => {
                if version < CORRECTED {
                    sink.not_checked(rule, Need::Era);
                }
            }
            _ => report(view, rule, (sampler, size, file), sink),
        }
    }
}

/// WF014: a 16-channel model gets the latent of the 5B model.
pub fn for_5b(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for (sampler, size) in latents(view) {
        let sixteen = view.channels_of(&sampler.model) == Some(16);
        let Some(file) = view.file(&sampler.model).filter(|_| sixteen) else { continue };
        if size.class == "Wan22ImageToVideoLatent" {
            report(view, rule, (sampler, size, file), sink);
        }
    }
}

fn latents<'a>(view: &'a WorkflowView) -> impl Iterator<Item = (&'a Sampler, &'a SizeNode)> {
    let facts = &view.workflow.facts;
    facts.samplers.iter().filter_map(move |sampler| Some((sampler, facts.direct_size(sampler)?)))
}

fn report(
    view: &WorkflowView,
    rule: &'static Rule,
    (sampler, size, file): (&Sampler, &SizeNode, &str),
    sink: &mut Sink,
) {
    let here = view.node(size.node);
    let shown = |value: Option<i64>, times: i64| value.map(|value| value.saturating_mul(times));
    let area = |mul: i64, div: i64| match (shown(size.width.value, mul), shown(size.height.value, mul)) {
        (Some(width), Some(height)) => format!("{}x{}", width / div, height / div),
        _ => "another size".to_owned(),
    };
    let half = match size.start_image {
        true => "its start image fails, 16 channels where 48 are expected".to_owned(),
        false => format!("{} comes out as {}", area(1, 1), area(1, 2)),
    };
    let fill = [
        ("node", called(&here)),
        ("class", size.class.clone()),
        ("model", file.to_owned()),
        ("size", area(1, 1)),
        ("twice", area(2, 1)),
        ("half", half),
        ("sampler", called(&view.node(sampler.node))),
    ];
    let loader = view.loader(&sampler.model).map(|loader| loader.file.span).unwrap_or_default();
    sink.fire(rule, view.at_class(size.node), &fill).about(here).relate(view.at(loader), "the model is loaded here");
}

#[cfg(test)]
mod tests {
    use super::SIXTEEN;

    #[test]
    fn table_is_sorted_and_names_real_classes() {
        assert!(SIXTEEN.is_sorted());
        assert!(SIXTEEN.iter().all(|class| crate::catalog::nodes::is_known(class)));
    }
}
