//! LOG003: steps that the card cannot have done as assumed.

use crate::compare::{Proven, Timed};
use crate::forecast::time::{How, Kernel};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::LogView;

/// LOG003: a bar outside the bounds.
pub fn outside(view: &LogView, rule: &'static Rule, sink: &mut Sink) {
    if !view.logged.outcome.targets.is_empty() && view.logged.outcome.machine.gpu.is_none() {
        sink.not_checked(rule, Need::Gpu);
    }
    for (time, how) in view.logged.steps.iter().flatten() {
        let Some(reason) = reason(time, how) else { continue };
        let fill = [("seconds", format!("{:.2}", time.shown)), ("steps", time.steps.to_string()), ("reason", reason)];
        sink.fire(rule, view.at(time.span), &fill);
    }
}

/// What is proven against what was assumed; `None` when both agree.
fn reason(time: &Timed, how: &How) -> Option<String> {
    let most = format!("at most {:.1} s if the bar ended before the card did", time.at_most);
    let fast = how.fp8 || how.accumulates_16bit || how.attention != Kernel::Full;
    match time.proven {
        Proven::Impossible => Some(format!(
            "{most}, and the card's fastest format needs {:.1} s for dense attention at this size: the log, the size, the steps or a cache do not \
             match",
            time.limits.dense
        )),
        Proven::FasterAttention if how.attention == Kernel::Full => Some(format!(
            "{most}, and 16-bit attention alone takes {:.1} s on this card: a low-precision, sparse or cached path is active, or less was computed \
             (size, frames, skipped steps)",
            time.limits.attention
        )),
        Proven::NotAll16Bit if !fast => Some(format!(
            "{most}, and everything in 16 bit with 32-bit accumulation takes {:.1} s: a faster path than assumed is active",
            time.limits.sixteen
        )),
        Proven::Slow => Some(format!(
            "{:.1} s are the most that is expected: VRAM paged into system memory, an attention that fell back, guidance switched on, a first run that \
             compiled, a power limit, or paging from disk, in this order",
            time.expected.unwrap_or_default()
        )),
        _ => None,
    }
}
