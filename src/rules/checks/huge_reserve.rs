//! LAUNCH019: a reserve that can only be megabytes or a percentage.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// A value that no card of today has: the unit was mistaken whatever the card is, unless a larger card is known.
const IMPOSSIBLE_GIB: f64 = 100.0;

/// Fires when nothing of the known card would be left, or without a card on a value beyond reason.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let Some(flag) = view.launch.flag("--reserve-vram").filter(|flag| flag.known) else { return };
    let Some(value) = flag.value().filter(|word| word.known) else { return };
    let Ok(gib) = value.text.parse::<f64>() else { return };
    let total = view.of.machine.total_mib(view.launch.os).map(|(_, most)| most / 1024.0);
    let limit = total.unwrap_or(IMPOSSIBLE_GIB);
    if gib.is_finite() && gib >= limit {
        let card = total.map_or("no card has that much".to_owned(), |total| format!("the card has {total:.1}"));
        let meant = if gib >= IMPOSSIBLE_GIB { format!("{:.1}", gib / 1024.0) } else { "1".to_owned() };
        let fill = [("flag", flag.written.clone()), ("value", value.text.clone()), ("card", card), ("meant", meant)];
        sink.fire(rule, view.at(flag.whole), &fill);
    }
}
