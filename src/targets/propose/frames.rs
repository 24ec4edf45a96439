//! Fewer frames, written where the length is.

use super::{Goal, Proposal, Seeker, sampled};
use crate::forecast::fit::{is_video, largest_frames_of};
use crate::forecast::{Plan, Step, Work};
use crate::span::Span;

/// Fewer frames than this are a picture.
const LEAST: u32 = 5;

impl Seeker<'_> {
    /// Frames of the video as it is.
    pub fn frames(&self) -> Option<u32> {
        video(self.plan()?).map(|step| step.frames)
    }

    /// The most frames (4n + 1) with which a goal is reached, fewer than now.
    pub fn shorter(&self, goal: Goal) -> Option<(u32, Proposal)> {
        let (plan, what_if) = (self.plan()?, self.what_if());
        let before = video(plan)?.frames;
        if what_if.frames.is_some() || before <= LEAST {
            return None;
        }
        let places = self.lengths(plan, before)?;
        let frames = largest_frames_of(plan, before - 1, self.reaches(goal)).filter(|&frames| frames >= LEAST)?;
        let mut facts = self.workflow.facts.clone();
        for length in facts.sizes.iter_mut().filter_map(|size| size.length.as_mut()) {
            if places.contains(&length.span) {
                length.value = Some(i64::from(frames));
            }
        }
        let texts = places.into_iter().map(|place| (place, frames.to_string())).collect();
        let proposal = self.proposal(texts, &facts, &what_if)?;
        self.is_sure(&proposal, goal).then_some((frames, proposal))
    }

    /// Where the length of everything that is sampled is written.
    fn lengths(&self, plan: &Plan, before: u32) -> Option<Vec<Span>> {
        let mut places = Vec::new();
        for step in plan.steps.iter().filter(|step| step.work == Work::Sample) {
            let length = sampled(self.workflow, step)?.1.length.as_ref()?;
            (length.value == Some(i64::from(before))).then_some(())?;
            if !places.contains(&length.span) {
                places.push(length.span);
            }
        }
        Some(places)
    }
}

/// A step that stands for all others that have the length of the video: `None` where they differ in size, or where some model is
/// none of Wan's, whose lengths are 4n + 1.
pub(super) fn video(plan: &Plan) -> Option<&Step> {
    let mut steps = plan.steps.iter().filter(|step| is_video(step));
    let first = steps.next()?;
    let size = |step: &Step| (step.width, step.height, step.frames);
    let wan = |step: &Step| step.work != Work::Sample || step.model.spec.kind.wan().is_some();
    (wan(first) && steps.all(|step| wan(step) && size(step) == size(first))).then_some(first)
}
