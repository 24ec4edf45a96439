//! The runs of a log as they were: loads, steps, memory that ran out.

use std::fmt::Write as _;

use super::line_of;
use crate::facts::log::{ModelLoad, Run};
use crate::logged::Logged;
use crate::read::log::{Figure, Loaded, OutOfMemory};
use crate::report::safe;
use crate::report::summary::counted;

pub(super) fn one_run(out: &mut String, logged: &Logged, index: usize, run: &Run) {
    let at = run.prompt.map(|span| format!(", line {}", line_of(logged, span))).unwrap_or_default();
    let seconds = run.seconds.map(|(seconds, _)| format!(": {seconds:.2} seconds")).unwrap_or_default();
    let _ = writeln!(out, "  run {}{at}{seconds}", index + 1);
    for (place, load) in run.loads.iter().enumerate() {
        let steps = run.bar_after(place).map(|bar| steps(&bar.what)).unwrap_or_default();
        let _ = writeln!(out, "    {:>5}  {}{steps}", line_of(logged, load.span), loaded(load));
    }
    for bar in run.bars.iter().filter(|bar| bar.load.is_none()) {
        let _ = writeln!(out, "    {:>5}  no load before it{}", line_of(logged, bar.span), steps(&bar.what));
    }
    for error in &run.errors {
        let _ = writeln!(out, "    {:>5}  out of memory{}", line_of(logged, error.span), figures(&error.what));
    }
    for span in &run.tiled {
        let _ = writeln!(out, "    {:>5}  VAE tried again in tiles", line_of(logged, *span));
    }
}

fn steps(bar: &crate::read::log::Bar) -> String {
    match (bar.steps, bar.seconds) {
        (Some((done, all)), Some(seconds)) if done < all => format!("; {done} of {all} steps at {seconds:.2} s"),
        (Some((_, all)), Some(seconds)) => format!("; {} at {seconds:.2} s", counted(all as usize, "step")),
        (None, Some(seconds)) => format!("; steps at {seconds:.2} s"),
        (_, None) => "; no step was done".to_owned(),
    }
}

fn loaded(found: &ModelLoad) -> String {
    let load = &found.load;
    let class = found.class.as_deref().map_or("a model".to_owned(), safe::line);
    let mib =
        |value: Option<f64>, words: &str| value.map(|value| format!(", {value:.2} MiB {words}")).unwrap_or_default();
    let how = match load.how {
        Loaded::Completely => "completely",
        Loaded::Partially => "partially",
        Loaded::Dynamic => "dynamic",
        Loaded::Lowvram => "in lowvram mode",
    };
    let staged = if load.how == Loaded::Dynamic { "staged" } else { "loaded" };
    let budget = if load.unlimited { ", no budget".to_owned() } else { mib(load.usable, "usable") };
    format!(
        "{class} {how}{}{}{}{budget}",
        mib(load.loaded, staged),
        mib(load.offloaded, "offloaded"),
        mib(load.buffer, "buffer"),
    )
}

fn figures(error: &OutOfMemory) -> String {
    let names = [
        (Figure::Requested, "asked for"),
        (Figure::Free, "free"),
        (Figure::Allocated, "handed out by torch"),
        (Figure::Unallocated, "held idle by torch"),
        (Figure::InUse, "in use by this process"),
        (Figure::Total, "on the card"),
    ];
    let found = names.iter().filter_map(|(figure, words)| Some(format!("{:.2} MiB {words}", error.get(*figure)?)));
    let others = error.others().map(|mib| format!("about {mib:.0} MiB held by other processes"));
    let found: Vec<String> = found.chain(others).collect();
    if found.is_empty() { String::new() } else { format!(": {}", found.join(", ")) }
}
