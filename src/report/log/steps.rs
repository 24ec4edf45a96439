//! What the length of logged steps proves, in words.

use std::fmt::Write as _;

use super::{line_of, load_at};
use crate::compare::{Proven, Timed};
use crate::facts::log::Session;
use crate::logged::Logged;
use crate::report::summary::counted;

/// What the length of a step proves and what it cannot.
pub(super) fn step_times(out: &mut String, logged: &Logged, session: &Session, time: &Timed) {
    let Timed { shown, steps, at_most, limits, .. } = time;
    let line = line_of(logged, time.span);
    let _ = writeln!(out, "    {line:>5}  {shown:.2} s a step over {}", counted(*steps as usize, "step"));
    if time.proven == Proven::Nothing {
        out.push_str("           proves nothing: a bar counts the host's time, which may run ahead of the card by most of a step\n");
        return;
    }
    let _ = writeln!(
        out,
        "           really {at_most:.1} s at most (the bar may end before the card does); on this card attention in 16 bit takes {:.1} s at least,\n           \
         everything in 16 bit {:.1} s, everything in its fastest format {:.1} s",
        limits.attention, limits.sixteen, limits.dense
    );
    let _ = writeln!(out, "           {}", proven(time));
    if let Some(streaming) = time.streaming {
        let offloaded = load_at(session, time.place).load.offloaded.unwrap_or_default();
        let verdict =
            if streaming < 0.05 * shown { ": the offload does not explain the length of the step" } else { "" };
        let _ = writeln!(out, "           streaming {offloaded:.2} MiB adds {streaming:.2} s at most{verdict}");
    }
    if *steps < 4 {
        let _ = writeln!(
            out,
            "           so few steps cannot tell a long step from what is paid once (compiling, loading, patching), guidance switched on (twice \
             the\n           time) or another way of attention: run it again unchanged, and what is paid once is gone"
        );
    }
}

/// The claim that the bounds allow.
pub(super) fn proven(time: &Timed) -> &'static str {
    match time.proven {
        Proven::Nothing => "",
        Proven::Impossible => {
            "impossible for dense attention at this size: the log, the size, the steps or a cache do not match"
        }
        Proven::FasterAttention => {
            "proven: faster than 16-bit attention, so a low-precision, sparse or cached path is active, or less was computed"
        }
        Proven::NotAll16Bit if time.shown < time.limits.attention => {
            "proven: not everything ran in 16 bit with 32-bit accumulation; not proven, only likely: attention faster than 16 bit"
        }
        Proven::NotAll16Bit => "proven: not everything ran in 16 bit with 32-bit accumulation",
        Proven::Within => "breaks no bound: all of it can have run in 16 bit",
        Proven::Slow => "much longer than expected",
    }
}
