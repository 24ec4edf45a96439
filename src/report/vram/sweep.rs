//! A sweep as a table, as CSV or as JSON. Rows are written as they are computed: there may be a million.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::safe;
use super::values::{launch, workflow};
use crate::forecast::sweep::{Axes, Point, Row, Sweep};
use crate::forecast::time::Known;
use crate::forecast::{Work, reserve_default};
use crate::outcome::Outcome;
use crate::targets::Target;
use crate::text::rounded;

/// Formats of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table.
    Text,
    /// Comma-separated values, one line a point.
    Csv,
    /// One object a target.
    Json,
}

/// A target whose points are written.
struct Swept<'a> {
    target: &'a Target,
    outcome: &'a Outcome,
    sweep: Sweep<'a>,
    axes: &'a Axes,
}

/// One line of a sweep with everything filled in.
struct Line {
    width: u32,
    height: u32,
    frames: u32,
    batch: u32,
    cfg: Option<f64>,
    reserve_mib: f64,
    row: Row,
}

/// Sweeps all targets.
///
/// # Errors
/// When the report cannot be written.
pub fn write(
    out: &mut dyn Write,
    format: Format,
    (outcome, known): (&Outcome, Option<&Known>),
    axes: &Axes,
) -> io::Result<()> {
    if format == Format::Csv {
        writeln!(out, "workflow,launch,{}", COLUMNS.join(","))?;
    }
    let mut between = if format == Format::Json { "[\n" } else { "" };
    for target in &outcome.targets {
        let Some(sweep) = target.sweep(&outcome.files, &outcome.machine, known) else {
            if format == Format::Text {
                writeln!(out, "{}\n  not forecast", safe::line(&target.name(&outcome.files)))?;
            }
            continue;
        };
        out.write_all(between.as_bytes())?;
        let swept = Swept { target, outcome, sweep, axes };
        match format {
            Format::Text => table(out, swept)?,
            Format::Csv => csv(out, swept)?,
            Format::Json => objects(out, swept)?,
        }
        between = match format {
            Format::Text => "\n",
            Format::Csv => "",
            Format::Json => ",\n",
        };
    }
    match (format, between) {
        (Format::Json, "[\n") => writeln!(out, "[]"),
        (Format::Json, _) => writeln!(out, "\n]"),
        _ => Ok(()),
    }
}

impl Swept<'_> {
    fn lines(&mut self) -> impl Iterator<Item = Line> {
        (0..self.axes.count()).map(|number| line(&mut self.sweep, &self.axes.point(number)))
    }
}

fn line(sweep: &mut Sweep<'_>, point: &Point) -> Line {
    let row = sweep.at(point);
    let setting = sweep.setting();
    let default = reserve_default(setting.os, setting.total_mib, setting.version);
    let sampled = sweep.plan().steps.iter().find(|step| step.work == Work::Sample);
    let side = |of: fn(&crate::forecast::Step) -> u32| sampled.map_or(0, of);
    Line {
        width: side(|step| step.width),
        height: side(|step| step.height),
        frames: side(|step| step.frames),
        batch: side(|step| step.batch),
        cfg: sampled.and_then(|step| step.cfg),
        reserve_mib: setting.flags.reserve_gib.map_or(default, |gib| gib * 1024.0),
        row,
    }
}

/// Both ends, the smaller first; one number where they round to the same.
fn range(one: Option<f64>, other: Option<f64>) -> String {
    let ends = one.zip(other).map(|(one, other)| (one.min(other), one.max(other))).unzip();
    match ends {
        (Some(low), Some(high)) if format!("{low:.0}") == format!("{high:.0}") => format!("{low:.0}"),
        (Some(low), Some(high)) => format!("{low:.0}..{high:.0}"),
        _ => "unknown".to_owned(),
    }
}

fn table(out: &mut dyn Write, mut swept: Swept<'_>) -> io::Result<()> {
    writeln!(out, "{}", safe::line(&swept.target.name(&swept.outcome.files)))?;
    writeln!(
        out,
        "{:>5} {:>6} {:>6} {:>5} {:>5} {:>11}  {:<20} {:>15} {:>17} {:>13}  a step, s",
        "width",
        "height",
        "frames",
        "batch",
        "cfg",
        "reserve MiB",
        "verdict",
        "peak MiB",
        "headroom MiB",
        "streamed MiB",
    )?;
    for line in swept.lines() {
        let Row { verdict: (best, worst), peak_mib: peak, headroom_mib: headroom, streamed_mib: streamed, .. } =
            line.row;
        let verdict =
            if best == worst { best.name().to_owned() } else { format!("{} to {}", best.name(), worst.name()) };
        let cfg = line.cfg.map_or("?".to_owned(), |cfg| cfg.to_string());
        let step = match (line.row.expected, line.row.limit) {
            (Some((low, high)), _) => format!("{low:.1} to {high:.1}"),
            (None, Some(limit)) => format!("over {limit:.1}"),
            _ => String::new(),
        };
        let text = format!(
            "{:>5} {:>6} {:>6} {:>5} {:>5} {:>11.0}  {:<20} {:>15} {:>17} {:>13}  {}",
            line.width,
            line.height,
            line.frames,
            line.batch,
            cfg,
            line.reserve_mib,
            verdict,
            range(peak.0, peak.1),
            range(headroom.1, headroom.0),
            range(Some(streamed.0), Some(streamed.1)),
            step,
        );
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

const COLUMNS: [&str; 17] = [
    "width",
    "height",
    "frames",
    "batch",
    "cfg",
    "reserve_mib",
    "verdict_best",
    "verdict_worst",
    "peak_mib_best",
    "peak_mib_worst",
    "headroom_mib_best",
    "headroom_mib_worst",
    "streamed_mib_best",
    "streamed_mib_worst",
    "step_limit_seconds",
    "step_seconds_low",
    "step_seconds_high",
];

/// The values of a line in the order of [`COLUMNS`].
fn values(line: &Line) -> [Value; 17] {
    let number = |value: Option<f64>| value.map_or(Value::Null, |value| json!(rounded(value)));
    let row = &line.row;
    [
        json!(line.width),
        json!(line.height),
        json!(line.frames),
        json!(line.batch),
        line.cfg.map_or(Value::Null, |cfg| json!(cfg)),
        number(Some(line.reserve_mib)),
        json!(row.verdict.0.name()),
        json!(row.verdict.1.name()),
        number(row.peak_mib.0),
        number(row.peak_mib.1),
        number(row.headroom_mib.0),
        number(row.headroom_mib.1),
        number(Some(row.streamed_mib.0)),
        number(Some(row.streamed_mib.1)),
        number(row.limit),
        number(row.expected.map(|(low, _)| low)),
        number(row.expected.map(|(_, high)| high)),
    ]
}

fn csv(out: &mut dyn Write, mut swept: Swept<'_>) -> io::Result<()> {
    let Swept { target, outcome, .. } = swept;
    let names =
        format!("{},{}", field(&workflow(target, outcome)), field(&launch(target, outcome).unwrap_or_default()));
    for line in swept.lines() {
        write!(out, "{names}")?;
        for value in values(&line) {
            match value {
                Value::Null => write!(out, ",")?,
                Value::String(word) => write!(out, ",{word}")?,
                other => write!(out, ",{other}")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A field of CSV: quoted where it must be, and where a spreadsheet would take it for a formula.
fn field(text: &str) -> String {
    let text = safe::line(text);
    let formula = text.starts_with(['=', '+', '-', '@']);
    if formula || text.contains([',', '"']) {
        format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
    } else {
        text
    }
}

fn objects(out: &mut dyn Write, mut swept: Swept<'_>) -> io::Result<()> {
    let Swept { target, outcome, .. } = swept;
    let text = |text: &str| safe::json(&Value::from(safe::line(text)).to_string());
    let launch = launch(target, outcome).map_or("null".to_owned(), |launch| text(&launch));
    write!(
        out,
        "{{\"schema\": 1, \"workflow\": {}, \"launch\": {launch}, \"points\": [",
        text(&workflow(target, outcome))
    )?;
    for (number, line) in swept.lines().enumerate() {
        let row: serde_json::Map<String, Value> =
            COLUMNS.iter().map(|name| (*name).to_owned()).zip(values(&line)).collect();
        write!(out, "{}\n  {}", if number > 0 { "," } else { "" }, Value::Object(row))?;
    }
    write!(out, "\n]}}")
}
