//! What would make a workflow fit, in words and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::safe;
use crate::forecast::RangedForecast;
use crate::targets::fit::{Change, Fit, Way};
use crate::text::{gib_range, rounded};

/// Lines under a forecast.
pub fn text(out: &mut String, fit: Option<&Fit>) {
    let Some(fit) = fit else {
        out.push_str("\n  what fits: unknown, because the forecast is\n");
        return;
    };
    let already = if fit.as_it_is { "; it does as it is" } else { "" };
    let _ = writeln!(out, "\n  what fits, with all sampled weights on the card{already}:");
    if fit.ways.is_empty() {
        out.push_str("    nothing that was tried: no length, size, flag, file or card of the catalog\n");
    }
    for way in &fit.ways {
        let _ = writeln!(out, "    {}", in_words(way));
    }
}

/// `certain: 85 frames; peak 21.7 GiB, headroom 8.2 GiB`.
pub fn in_words(way: &Way) -> String {
    format!("{} {}; {}", if way.certain { "certain:" } else { "may fit:" }, change(&way.change), figures(&way.forecast))
}

/// The change in words.
pub fn change(change: &Change) -> String {
    match change {
        Change::Frames(frames) => format!("{frames} frames"),
        Change::Size(width, height) => format!("{width}x{height}"),
        Change::Without(flags) => format!("without {}", flags.join(" and ")),
        Change::Files(files) => {
            let one = |(from, to): &(String, String)| {
                let base = |path: &str| safe::line(crate::read::script::base_name(path));
                format!("{} instead of {}", base(to), base(from))
            };
            files.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Change::Card(size, names) => format!("a card of {:.0} GB: {}", size / 1024.0, names.join(", ")),
    }
}

/// `peak 21.7 GiB, headroom 8.2 GiB`.
pub fn figures(forecast: &RangedForecast) -> String {
    let (best, worst) = (&forecast.best, &forecast.worst);
    let range = |one: Option<f64>, other: Option<f64>| one.zip(other).map_or("unknown".to_owned(), gib_range);
    format!("peak {}, headroom {}", range(best.peak_mib, worst.peak_mib), range(worst.headroom_mib, best.headroom_mib))
}

/// The ways as a list.
pub fn value(fit: Option<&Fit>) -> Value {
    fit.map_or(
        Value::Null,
        |fit| json!({ "as_it_is": fit.as_it_is, "ways": fit.ways.iter().map(way).collect::<Vec<_>>() }),
    )
}

fn way(way: &Way) -> Value {
    let (best, worst) = (&way.forecast.best, &way.forecast.worst);
    let change = match &way.change {
        Change::Frames(frames) => json!({ "frames": frames }),
        Change::Size(width, height) => json!({ "width": width, "height": height }),
        Change::Without(flags) => json!({ "without": flags }),
        Change::Files(files) => {
            let pairs = files.iter().map(|(from, to)| json!({ "from": safe::line(from), "to": safe::line(to) }));
            json!({ "files": pairs.collect::<Vec<_>>() })
        }
        Change::Card(size, names) => json!({ "vram_mib": size, "cards": names }),
    };
    json!({
        "change": change,
        "certain": way.certain,
        "peak_mib": [best.peak_mib.map(rounded), worst.peak_mib.map(rounded)],
        "headroom_mib": [worst.headroom_mib.map(rounded), best.headroom_mib.map(rounded)],
    })
}
