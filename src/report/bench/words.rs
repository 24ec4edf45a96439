//! What a verdict says, in sentences.

use super::cells::{percent_range, range, seconds};
use super::safe;
use crate::bench::compare::{Answer, Estimate, Method, Reason};
use crate::bench::measured::Load;
use crate::bench::run::End;
use crate::bench::series::{LeftOut, Why};
use crate::bench::stats::quotient::Quotient;
use crate::bench::verdict::earned::{Cost, Earned};
use crate::bench::verdict::loads::LoadChange;
use crate::bench::verdict::physics::Contradiction;
use crate::bench::verdict::{Against, Summary};
use crate::bench::{Record, Verdict};
use crate::compare::Proven;
use crate::report::summary::counted;

/// A drift is told from this chance on.
const DRIFT_CHANCE: f64 = 0.01;

/// Everything about a variant.
pub(super) fn sentences(record: &Record, summary: &Summary) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(why) = &summary.skipped {
        all.push(format!("Not run: {}", safe::line(why)));
    }
    all.extend(summary.beaten.iter().map(contradiction));
    all.extend(summary.left_out.iter().map(|left| left_out(record, left)));
    if let Some(against) = summary.against.as_ref().filter(|_| summary.skipped.is_none()) {
        all.push(whole(record, summary, against));
        all.extend(against.step.as_ref().and_then(|step| steady(step, "a steady step")));
        all.extend(against.beginning.as_ref().and_then(beginning));
        all.extend(against.earned.as_ref().map(earned).into_iter().flatten());
        all.extend(against.loads.iter().flat_map(load));
        all.extend(against.physics.iter().map(contradiction));
        all.extend(against.whole.as_ref().and_then(drift));
    }
    all
}

fn left_out(record: &Record, left: &LeftOut) -> String {
    let took =
        record.runs.get(left.order).and_then(|run| run.measured.seconds).map(|took| format!(" of {}", seconds(took)));
    let why = match &left.why {
        Why::End(End::Interrupted) => "it was interrupted".to_owned(),
        Why::End(End::Failed) => "it failed".to_owned(),
        Why::End(_) => "nobody knows how it ended".to_owned(),
        Why::NoTime => "nobody noted how long it took".to_owned(),
        Why::Cached(node) => format!("node {} did not run, its result came from ComfyUI's cache", safe::line(node)),
        Why::Repeated => "the same prompt had run on this server before, so it came from ComfyUI's cache".to_owned(),
    };
    format!("Run {}{} does not count: {why}.", left.order + 1, took.unwrap_or_default())
}

fn whole(record: &Record, summary: &Summary, against: &Against) -> String {
    let Some(found) = &against.whole else {
        return match summary.seconds.is_empty() {
            true => "Not measured: no run of it counts.".to_owned(),
            false => "Nothing to hold it against: no run of the baseline counts.".to_owned(),
        };
    };
    let both = format!("{} against {}", seconds(found.variant), seconds(found.baseline));
    match found.answer {
        Answer::Nothing(Reason::OneAfterTheOther) => format!(
            "Nothing is proven by {both}: all runs of one side lie behind those of the other, and a card that gets warm would look the same. \
             Mix them."
        ),
        Answer::Nothing(_) => format!(
            "Nothing is proven by {both}: {}. One run shows no spread, and without a spread no difference means anything; \
             five rounds of both would tell.",
            single(record, summary, found)
        ),
        Answer::NoDifference => no_difference(found, &both),
        Answer::Slower | Answer::Faster => {
            let word = if found.answer == Answer::Slower { "Slower" } else { "Faster" };
            let by = found.difference.map(range).unwrap_or_default();
            let share = found.ratio.map(|ratio| format!(", {}", percent_range(ratio))).unwrap_or_default();
            format!("{word}: {both}, {by}{share}, {}.", how(found))
        }
    }
}

/// `one run each`, or how many there are.
fn single(record: &Record, summary: &Summary, _: &Estimate) -> String {
    let baseline = crate::bench::Series::of(record, &record.baseline).counted.len();
    match (summary.seconds.len(), baseline) {
        (1, 1) => "one measured run each".to_owned(),
        (own, base) => format!("{} of it, {} of the baseline", counted(own, "measured run"), base),
    }
}

fn how(found: &Estimate) -> String {
    match found.method {
        Method::Rounds => format!("95 % interval over {}", counted(found.rounds as usize, "round")),
        Method::Course => "95 % interval beside a smooth course over the order of runs".to_owned(),
    }
}

fn no_difference(found: &Estimate, both: &str) -> String {
    let interval = found.difference.map(|found| format!(", {}", range(found))).unwrap_or_default();
    let least = found.least_shown.map(|least| {
        let share = least / found.baseline * 100.0;
        format!(" A difference of {} ({share:.1} %) would have shown four times out of five.", seconds(least))
    });
    let more = match found.rounds_needed {
        Some(rounds) if rounds <= found.rounds => String::new(),
        Some(rounds) => format!(
            " If the difference is what was seen, {} in all would show it: {} more.",
            counted(rounds as usize, "round"),
            rounds - found.rounds
        ),
        None => {
            " If the difference is what was seen, more than a thousand rounds would be needed to show it.".to_owned()
        }
    };
    format!("No difference measured: {both}{interval}, {}.{}{more}", how(found), least.unwrap_or_default())
}

fn steady(found: &Estimate, what: &str) -> Option<String> {
    let both = format!("{:.2} s against {:.2} s", found.variant, found.baseline);
    match found.answer {
        Answer::Nothing(_) => Some(format!("Of {what} nothing is proven either: {both}.")),
        Answer::NoDifference => Some(format!("No difference measured in {what}: {both}{}.", interval(found))),
        Answer::Slower => Some(format!("Longer: {what}, {both}{}.", interval(found))),
        Answer::Faster => Some(format!("Shorter: {what}, {both}{}.", interval(found))),
    }
}

fn interval(found: &Estimate) -> String {
    let difference = found.difference.map(|found| format!(", {}", range(found))).unwrap_or_default();
    let ratio = found.ratio.filter(|_| found.answer != Answer::NoDifference);
    format!("{difference}{}", ratio.map(|ratio| format!(", {}", percent_range(ratio))).unwrap_or_default())
}

/// What a run takes at its beginning beyond steady steps, where the sides differ in it.
fn beginning(found: &Estimate) -> Option<String> {
    let word = match found.answer {
        Answer::Slower => "more",
        Answer::Faster => "less",
        _ => return None,
    };
    Some(format!(
        "The first step of a run takes {} beyond a steady one, {word} than the {} of the baseline{}: loading, compiling, tuning.",
        seconds(found.variant),
        seconds(found.baseline),
        found.difference.map(|found| format!(" by {}", range(found))).unwrap_or_default()
    ))
}

fn earned(found: &Earned) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(cost) = &found.each_run {
        all.push(format!(
            "Each run begins with {} more and gains {} with every step: {}.",
            seconds(cost.seconds),
            seconds(found.gain),
            break_even(cost)
        ));
    }
    if let Some(cost) = &found.first_run {
        all.push(format!(
            "The first run of a server begins with {} more once (seen in {}): {}.",
            seconds(cost.seconds),
            counted(cost.count, "start"),
            break_even(cost)
        ));
    }
    if let Some(runs) = found.runs {
        all.push(format!(
            "Its longer cold run is earned back after about {} warm runs of this length.",
            runs.ceil().max(1.0)
        ));
    }
    all
}

fn break_even(cost: &Cost) -> String {
    let from = |steps: f64| format!("{}", steps.max(0.0).floor() as u64 + 1);
    match cost.steps {
        Quotient::Bounded(found) => format!(
            "slower for {} steps, faster from {} steps on (95 % interval: from {} to {})",
            found.value.max(0.0).floor() as u64,
            from(found.value),
            from(found.low),
            from(found.high)
        ),
        Quotient::AtLeast { value, low } => format!(
            "faster from about {} steps on, not before {}, and perhaps never: the gain may be nothing",
            from(value),
            from(low)
        ),
        Quotient::Guess(value) => {
            format!("earned back after about {} steps, measured too seldom for an interval", from(value))
        }
        Quotient::Unknown => "when that is earned back cannot be told from these runs".to_owned(),
    }
}

fn load(found: &LoadChange) -> Vec<String> {
    let mut all = vec![format!(
        "{} was loaded otherwise: {}, in the baseline {}.",
        safe::line(&found.model),
        amount(&found.after),
        amount(&found.before)
    )];
    let moved = found.after.usable_mib.zip(found.before.usable_mib).map(|(after, before)| after - before);
    let acts = |moved: Option<f64>| moved.is_some_and(|moved| moved != 0.0);
    let (by, not_by): (Vec<_>, Vec<_>) = found.causes.iter().partition(|cause| acts(cause.usable_mib));
    let changes = |causes: &[&crate::bench::verdict::loads::Cause]| {
        let words: Vec<String> = causes.iter().map(|cause| safe::line(&cause.change)).collect();
        words.join(", ")
    };
    if let Some(moved) = moved.filter(|_| !by.is_empty()) {
        let shares: Vec<String> = by
            .iter()
            .map(|cause| format!("{:+.2} MiB by {}", cause.usable_mib.unwrap_or_default(), safe::line(&cause.change)))
            .collect();
        let rest =
            found.rest_mib.map(|rest| format!(", {rest:+.2} MiB by what other programs held")).unwrap_or_default();
        let except =
            if not_by.is_empty() { String::new() } else { format!(" {} does nothing to it.", changes(&not_by)) };
        all.push(format!("Usable changed by {moved:+.2} MiB: {}{rest}, by the forecast.{except}", shares.join(", ")));
    } else if !found.causes.is_empty() {
        all.push(format!("The forecast knows no reason for that among {}.", changes(&not_by)));
    }
    all
}

fn amount(load: &Load) -> String {
    let mut parts = vec![match load.load.as_str() {
        "complete" => "completely".to_owned(),
        "partial" => "partially".to_owned(),
        other => safe::line(other),
    }];
    parts.extend(load.usable_mib.filter(|mib| *mib < 1e12).map(|mib| format!("{mib:.2} MiB usable")));
    parts.extend(load.offloaded_mib.filter(|mib| *mib > 0.0).map(|mib| format!("{mib:.2} MiB offloaded")));
    parts.join(", ")
}

fn contradiction(found: &Contradiction) -> String {
    match found {
        Contradiction::SeveralChanges(changes) => format!(
            "{} things were changed at once ({}): what is seen may come from any of them. A variant with one change each would part them.",
            changes.len(),
            safe::line(&changes.join(", "))
        ),
        Contradiction::AsIfCold { longer, cold } => format!(
            "It took {} more than the baseline, and a cold run of the baseline takes {} more than a warm one: was this a first run?",
            seconds(*longer),
            seconds(*cold)
        ),
        Contradiction::OnceOrAlways { seconds: more, steps } => format!(
            "{} more in a bar of {} is an ordinary cost of a first step (compile, autotune, loading) as well as a slower step: a bar this \
             short cannot tell. Run it again in the same server: what happens once is gone then, a slower step stays.",
            seconds(*more),
            counted(*steps as usize, "step")
        ),
        Contradiction::NotEveryStep { longer, steps, whole: (whole, cold), left, rest } => format!(
            "Not every step was {} longer: {} of that length would leave {} of the {} {} for all else, which takes {} in the baseline. \
             So it was paid in a part of them, as a cost of the beginning is.",
            seconds(*longer),
            counted(*steps as usize, "step"),
            seconds(*left),
            seconds(*whole),
            if *cold { "of the cold run" } else { "of the measured run" },
            seconds(*rest)
        ),
        Contradiction::Streaming { more_mib, at_most, longer } => format!(
            "{more_mib:.0} MiB more in system memory cost at most {} a step, even at 3 GB/s; a step is at least {} longer. Streaming weights is \
             not what makes it slow.",
            seconds(*at_most),
            seconds(*longer)
        ),
        Contradiction::Step { node, seconds: took, proven, limit } => {
            let node = safe::line(node);
            let means = match proven {
                Proven::Impossible => {
                    "dense attention at this size is not possible on this card in that time: less was computed, or results came from a step cache"
                }
                Proven::FasterAttention => {
                    "no 16-bit attention on this card is that fast: a low-precision, sparse or cached path is active, or less was computed"
                }
                _ => "not everything ran in 16 bit",
            };
            format!(
                "A step of node {node} took {} at most, and the bound on this card is {}: {means}.",
                seconds(*took),
                seconds(*limit)
            )
        }
    }
}

fn drift(found: &Estimate) -> Option<String> {
    let drift = found.drift.filter(|drift| drift.chance < DRIFT_CHANCE)?;
    let share = drift.whole / found.baseline * 100.0;
    let kept_out = match found.answer {
        Answer::Nothing(_) => "",
        _ => " The order of runs keeps that out of the difference.",
    };
    Some(format!(
        "Runs of both sides got {} by {} ({:.1} %) from the first to the last: the card or the machine drifts.{kept_out}",
        if drift.whole > 0.0 { "longer" } else { "shorter" },
        seconds(drift.whole.abs()),
        share.abs()
    ))
}

/// What is to be said of the whole.
pub(super) fn notes(_: &Record, verdict: &Verdict) -> Vec<String> {
    let answered = |summary: &&Summary| {
        summary.against.as_ref().is_some_and(|against| !matches!(against.answer, Answer::Nothing(_)))
    };
    let compared = verdict.variants.iter().filter(answered).count();
    let mut all = Vec::new();
    if compared > 1 {
        let luck = (1.0 - 0.95_f64.powi(i32::try_from(compared).unwrap_or(i32::MAX))) * 100.0;
        all.push(format!(
            "{compared} comparisons at 95 % each: the chance that at least one difference is luck, if there is none, is {luck:.0} %."
        ));
    }
    if verdict.variants.iter().any(|summary| summary.step.is_none() && summary.bar.is_some()) {
        all.push(
            "A bar counts the time of the host: its first step holds what happens once, and up to three quarters of the last step may fall \
             behind its end."
                .to_owned(),
        );
    }
    all
}
