//! Explanations of a log, in words.

use super::{line_of, load_at};
use crate::compare::{Cause, Comparison, Explanation, Place, Verdict};
use crate::facts::log::Session;
use crate::logged::Logged;
use crate::read::log::Loaded;
use crate::report::safe;
use crate::text::mib_range;

/// `--reserve-vram 4 (4096 MiB): others held 1882.69 MiB, as usual (1400..1900 MiB)`.
pub(super) fn explained(found: &Explanation, comparison: &Comparison, logged: &Logged, session: &Session) -> String {
    let cause = cause(found);
    let held = found.others_mib.map(|held| amount(held, comparison)).unwrap_or_default();
    let usual = mib_range(comparison.usual);
    let line = |place: Place| line_of(logged, load_at(session, place).span);
    let verdict = match &found.verdict {
        Verdict::Fits if found.cause.is_work() => {
            format!("that would have to be so: then all lines follow, and others held {held} (usual {usual})")
        }
        Verdict::Fits => format!("fits: others held {held} (usual {usual})"),
        Verdict::Unusual(off) if *off > 0.0 => {
            format!("only if others held {held}, {off:.0} MiB more than usual ({usual})")
        }
        Verdict::Unusual(off) => format!("only if others held {held}, {:.0} MiB less than usual ({usual})", -off),
        Verdict::Impossible => format!("impossible: others would have held {held}"),
        Verdict::NoAmount => "impossible: no amount held by others gives that line".to_owned(),
        Verdict::NoLine if is_dynamic(session) => {
            "not tested: dynamic VRAM has no budget and logs none, so what others held cannot be solved from these lines".to_owned()
        }
        Verdict::NoLine => "not tested: no line of the log tells how much was usable".to_owned(),
        Verdict::Misses(off, place) => format!("excluded: line {} would be off by {off:+.2} MiB", line(*place)),
        Verdict::Wording => "excluded: that release does not write such lines".to_owned(),
        Verdict::Weights(place) => {
            format!("excluded: the weights of line {} are not those of the workflow's file", line(*place))
        }
    };
    format!("{cause}: {verdict}")
}

fn is_dynamic(session: &Session) -> bool {
    session.runs.iter().flat_map(|run| &run.loads).any(|load| load.load.how == Loaded::Dynamic)
}

/// The log prints the total without decimals: then what others held has none either.
pub(super) fn amount(held: f64, comparison: &Comparison) -> String {
    if comparison.exact { format!("{held:.2} MiB") } else { format!("{held:.0} MiB") }
}

/// What is supposed, in words.
pub fn cause(found: &Explanation) -> String {
    let reserve = format!("{:.0} MiB", found.reserve_mib);
    match &found.cause {
        Cause::Start(name) => format!("{} with a reserve of {reserve}", safe::line(name)),
        Cause::DefaultReserve => format!("the default reserve of {reserve}"),
        Cause::Reserve(gib) => format!("--reserve-vram {gib} ({reserve})"),
        Cause::System(os) => format!("a start on {os} (reserve {reserve})"),
        Cause::Attention => "split or quad attention (an estimate 7.5 times as large)".to_owned(),
        Cause::OldEstimate => "the larger estimate of ComfyUI before 0.3.60".to_owned(),
        Cause::Frames { stated, least, most, best } if least == most => format!("{best} frames instead of {stated}"),
        Cause::Frames { stated, least, most, .. } => format!("{least} to {most} frames instead of {stated}"),
        Cause::Size { stated, least, most, best } if least == most => {
            format!("a size of {} instead of {}", size(*best), size(*stated))
        }
        Cause::Size { stated, least, most, .. } => {
            format!("a size from {} to {} instead of {}", size(*least), size(*most), size(*stated))
        }
        Cause::Weights(changes) => {
            let changes = changes.iter().map(|(file, word)| format!("{} {word}", safe::line(file)));
            format!("other weights: {}", changes.collect::<Vec<_>>().join(", "))
        }
    }
}

fn size((width, height): (u32, u32)) -> String {
    format!("{width}x{height}")
}
