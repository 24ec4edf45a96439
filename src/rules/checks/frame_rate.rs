//! WF037, WF038, WF040: the rate at which the frames of a Wan model play, and videos of a single frame.

use crate::facts::workflow::{Playback, Sampler};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, span, task, value};

/// Makers of frames that follow a sound, at the rate of the model that hears it and not at that of the file.
const BY_SOUND: [&str; 3] = ["WanHuMoImageToVideo", "WanInfiniteTalkToVideo", "WanSoundImageToVideo"];

/// Frames per second that a plain Wan model makes: 24 for the 5B model, 16 for all others.
fn rate(view: &WorkflowView, sampler: &Sampler, file: &str) -> Option<f64> {
    let size = sampler.size.and_then(|size| view.workflow.facts.sizes.get(size));
    if size.is_some_and(|size| BY_SOUND.contains(&size.class.as_str())) {
        return None;
    }
    match view.channels_of(&sampler.model)? {
        48 => Some(24.0),
        _ if task(file).is_some() => Some(16.0),
        _ => None,
    }
}

/// A video of a plain Wan model: how it plays, the sampler, the file and its rate.
fn videos<'a>(view: &'a WorkflowView) -> impl Iterator<Item = (&'a Playback, &'a Sampler, &'a str, f64)> {
    let facts = &view.workflow.facts;
    facts.playbacks.iter().filter_map(|playback| {
        let sampler = facts.samplers.get(playback.sampler)?;
        let file = view.file(&sampler.model)?;
        Some((playback, sampler, file, rate(view, sampler, file)?))
    })
}

/// WF038: more frames, played at the rate of the few.
pub fn slowed_down(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for (playback, _, file, rate) in videos(view) {
        let Some((first, factor)) = playback.interpolations.first().zip(playback.factor()) else { continue };
        if factor < 2 || playback.fps.value != Some(rate) {
            continue;
        }
        let (here, between) = (view.node(playback.node), view.node(first.0));
        let fill = [
            ("node", called(&here)),
            ("other", called(&between)),
            ("value", rate.to_string()),
            ("factor", factor.to_string()),
            ("wanted", (rate * factor as f64).to_string()),
            ("model", file.to_owned()),
        ];
        sink.fire(rule, view.at(playback.fps.span), &fill)
            .about(here)
            .relate(view.at(first.1.span), "frames are put in between here");
    }
}

/// WF037: another rate than that of the model, with no frames put in between.
pub fn other_rate(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for (playback, _, file, rate) in videos(view) {
        let Some(fps) = playback.fps.value.filter(|fps| *fps > 0.0) else { continue };
        if !playback.interpolations.is_empty() || (fps - rate).abs() < 0.5 {
            continue;
        }
        let here = view.node(playback.node);
        let fill = [
            ("node", called(&here)),
            ("value", fps.to_string()),
            ("wanted", rate.to_string()),
            ("speed", format!("{:.2}", fps / rate)),
            ("model", file.to_owned()),
        ];
        sink.fire(rule, view.at(playback.fps.span), &fill).about(here);
    }
}

/// WF040: up to four frames are one latent frame, and that is one picture.
pub fn single_frame(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    for (playback, sampler, ..) in videos(view) {
        let Some(size) = sampler.size.and_then(|size| facts.sizes.get(size)) else { continue };
        let Some(length) = value(&size.length).filter(|length| (1..5).contains(length)) else { continue };
        let (here, video) = (view.node(size.node), view.node(playback.node));
        let fill = [("node", called(&here)), ("video", called(&video)), ("value", length.to_string())];
        sink.fire(rule, view.at(span(&size.length)), &fill)
            .about(here)
            .relate(view.at_class(playback.node), "a video is made of it here");
    }
}
