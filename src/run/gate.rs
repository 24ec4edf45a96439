//! What must not be sent.

use crate::finding::{Finding, Severity};
use crate::forecast::Verdict;
use crate::outcome::Outcome;
use crate::report::summary;
use crate::rules::checks::noticeable_offload;
use crate::targets::Variant;

/// What the user lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A finding at or above it stops the run.
    pub fail_on: Severity,
    /// A forecast that runs out of memory does not stop it, nor do findings about memory.
    pub force: bool,
    /// Nor do weights that are streamed at a cost, or pages in system memory.
    pub allow_offload: bool,
}

/// Why nothing is sent: sentences. None where everything may pass.
pub fn stops(outcome: &Outcome, limits: Limits) -> Vec<String> {
    findings(outcome, limits).into_iter().chain(forecast(outcome, limits)).collect()
}

fn findings(outcome: &Outcome, limits: Limits) -> Option<String> {
    // What the forecast says is judged with the forecast.
    let counts = |finding: &&Finding| !(limits.force && finding.rule.family() == "MEM");
    let bad = outcome.findings.iter().filter(counts).filter(|finding| finding.severity >= limits.fail_on).count();
    let count = summary::counted(bad, "finding");
    (bad > 0).then(|| format!("{count} at or above --fail-on {}", limits.fail_on))
}

/// What holds whatever the facts are that nobody knows exactly, and under all starts that the run may be under.
fn forecast(outcome: &Outcome, limits: Limits) -> Option<String> {
    let variants = || outcome.targets.iter().flat_map(|target| &target.variants);
    let known = !outcome.targets.is_empty() && outcome.targets.iter().all(|target| !target.variants.is_empty());
    let always = |claim: &dyn Fn(&Variant) -> bool| known && variants().all(claim);
    let best = |variant: &Variant| variant.forecast.best.verdict;
    let passes = limits.force || limits.allow_offload;
    if always(&|variant| best(variant) == Verdict::Oom) {
        let why = "it runs out of memory, whatever other programs hold: --force runs it all the same";
        (!limits.force).then(|| why.to_owned())
    } else if !passes && always(&|variant| best(variant) == Verdict::Spills) {
        Some("the driver pages into system memory: --allow-offload runs it all the same".to_owned())
    } else if !passes && always(&|variant| noticeable_offload(&outcome.machine, variant)) {
        Some("streaming weights costs more than 5 % of a step: --allow-offload runs it all the same".to_owned())
    } else {
        None
    }
}
