//! A record of a run for people: how it ended, and the forecast beside what was measured.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::safe;
use crate::text::gib;

/// The word in the member `kind` by which a record is known.
pub const KIND: &str = "wanlint run";

/// The record that a text is; `None` where it is none.
pub fn read(text: &str) -> Option<Value> {
    let record: Value = serde_json::from_str(text).ok()?;
    (record["kind"] == KIND).then_some(record)
}

/// What others held when the prompt was sent, MiB, and the card.
///
/// # Errors
/// Why the record does not tell: half a sentence.
pub fn held_mib(record: &Value) -> Result<(f64, Option<&str>), &'static str> {
    let vram = &record["measured"]["vram"];
    let held = vram["others_at_start_mib"].as_f64().filter(|held| held.is_finite() && *held >= 0.0);
    Ok((held.ok_or("the run was not on a card that was looked at")?, record["machine"]["gpu"].as_str()))
}

/// The report.
pub fn text(record: &Value) -> String {
    let mut out = String::new();
    let text = |value: &Value| safe::line(value.as_str().unwrap_or("unknown"));
    let (server, prompt) = (&record["server"], &record["prompt"]);
    let _ = writeln!(out, "prompt {} of {}", text(&prompt["id"]), text(&record["workflow"]));
    let _ = writeln!(out, "  sha256 {}, sent {}", text(&prompt["sha256"]), text(&record["begun"]));
    let _ = writeln!(out, "  ComfyUI {} at {}", text(&server["comfyui"]), text(&server["address"]));
    for change in list(&record["changes"]) {
        let (node, input) = (text(&change["node"]), text(&change["input"]));
        let _ = writeln!(
            out,
            "  {}: node {node}, {input} = {}",
            text(&change["flag"]),
            safe::line(&change["after"].to_string())
        );
    }
    let seconds = record["measured"]["seconds"].as_f64().unwrap_or_default();
    let end = &record["result"];
    let why = end["message"].as_str().filter(|why| !why.is_empty()).map(|why| format!(": {}", safe::plain(why)));
    let _ = writeln!(out, "  {} after {seconds:.1} s{}", text(&end["end"]), why.unwrap_or_default());
    for output in list(&record["outputs"]) {
        let _ = writeln!(out, "  output: {} ({} bytes)", text(&output["path"]), output["bytes"]);
    }
    compared(&mut out, record);
    out
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The forecast beside what was measured, as far as there are both.
fn compared(out: &mut String, record: &Value) {
    let (forecast, measured) = (&record["forecasts"][0], &record["measured"]);
    let mut rows: Vec<(String, String, String)> = Vec::new();
    rows.extend(memory(forecast, &measured["vram"]));
    rows.extend(loads(forecast, measured));
    rows.extend(times(forecast, measured));
    if rows.is_empty() {
        let why = if forecast.is_null() { "nothing was forecast" } else { "nothing was measured" };
        let _ = writeln!(out, "  no comparison with the forecast: {why}");
        return;
    }
    let widest = |column: fn(&(String, String, String)) -> &str, head: &str| {
        rows.iter().map(|row| column(row).chars().count()).max().unwrap_or_default().max(head.len())
    };
    let (first, second) = (widest(|row| &row.0, ""), widest(|row| &row.1, "forecast"));
    let _ = writeln!(out, "\n  {:first$}  {:second$}  measured", "", "forecast");
    for (what, was, is) in &rows {
        let _ = writeln!(out, "  {what:first$}  {was:second$}  {is}");
    }
    if exceeds(forecast, &measured["vram"]) {
        let _ = writeln!(out, "  {CACHE}");
    }
}

/// Why the driver sees more than is needed. Measured: ComfyUI 0.3.64, torch 2.11, Wan 14B at 832x480x81.
const CACHE: &str = "the forecast's peak is what is needed; the card's is what is taken, with blocks that torch's allocator keeps unused and gives back \
                     when memory runs short (1.3 to 2.2 GiB on an H100)";

/// More was seen in use than was forecast.
fn exceeds(forecast: &Value, vram: &Value) -> bool {
    peak(forecast).zip(vram["peak_mib"].as_f64()).is_some_and(|(forecast, seen)| seen > forecast)
}

/// The most that was forecast to be in use of the card, MiB: ours and what others hold.
fn peak(forecast: &Value) -> Option<f64> {
    let ours = forecast["peak_mib"].as_f64()?;
    Some(ours + forecast["machine"]["used_by_others_mib"].as_f64()?)
}

const NONE: &str = "-";

fn memory(forecast: &Value, vram: &Value) -> Vec<(String, String, String)> {
    let mib = |value: &Value| value.as_f64();
    if vram.is_null() {
        return Vec::new();
    }
    let range = [0, 1].map(|at| mib(&forecast["ranges"]["used_by_others_mib"][at]));
    let others = match range {
        [Some(low), Some(high)] if low == high => format!("{low:.0} MiB"),
        [Some(low), Some(high)] => format!("{low:.0}..{high:.0} MiB"),
        _ => NONE.to_owned(),
    };
    let held = mib(&vram["others_at_start_mib"]).map_or(NONE.to_owned(), |mib| format!("{mib:.0} MiB"));
    let peak = peak(forecast).map_or(NONE.to_owned(), gib);
    let by = if vram["by"] == "driver" { "driver" } else { "server, seldom asked" };
    let seen = mib(&vram["peak_mib"]).map_or(NONE.to_owned(), |mib| format!("{} ({by})", gib(mib)));
    vec![("held by others".to_owned(), others, held), ("peak of the card".to_owned(), peak, seen)]
}

/// Loads by the class that ComfyUI logs, the first forecast with the first logged.
fn loads(forecast: &Value, measured: &Value) -> Vec<(String, String, String)> {
    let amount = |load: &Value| {
        let mib = |key: &str| load[key].as_f64();
        let off = mib("offloaded_mib").filter(|off| *off > 0.0).map(|off| format!(", {off:.2} offloaded"));
        let loaded = mib("loaded_mib").map(|loaded| format!(" {loaded:.2} MiB")).unwrap_or_default();
        format!("{}{loaded}{}", safe::line(load["load"].as_str().unwrap_or_default()), off.unwrap_or_default())
    };
    let mut logged: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for load in list(&measured["loads"]) {
        logged.entry(load["model"].as_str().unwrap_or_default()).or_default().push(load);
    }
    let mut rows = Vec::new();
    let expected = list(&forecast["phases"]).iter().filter(|phase| !phase["log_line"].is_null());
    for phase in expected {
        let model = phase["model"].as_str().unwrap_or_default();
        let found = logged.get_mut(model).filter(|loads| !loads.is_empty()).map(|loads| loads.remove(0));
        let what = format!("{} {}", phase["name"].as_str().unwrap_or_default(), safe::line(model));
        rows.push((what, amount(phase), found.map_or(NONE.to_owned(), amount)));
    }
    if list(&measured["loads"]).is_empty() { Vec::new() } else { rows }
}

fn times(forecast: &Value, measured: &Value) -> Vec<(String, String, String)> {
    let nodes = list(&measured["nodes"]).iter().filter(|node| node["seconds_per_step"].is_number());
    let row = |node: &Value| {
        let id = node["node"].as_str().unwrap_or_default();
        let phase = list(&forecast["phases"]).iter().find(|phase| phase["node"] == node["node"]);
        let expected = phase.map(|phase| &phase["step_seconds"]["expected"]);
        let expected = expected.and_then(|range| Some((range[0].as_f64()?, range[1].as_f64()?)));
        let expected = expected.map_or(NONE.to_owned(), |(low, high)| format!("{low:.1}..{high:.1} s"));
        let seconds = node["seconds_per_step"].as_f64().unwrap_or_default();
        let kind = node["type"].as_str().unwrap_or_default();
        (format!("step of node {} {}", safe::line(id), safe::line(kind)), expected, format!("{seconds:.2} s"))
    };
    nodes.map(row).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn both_sides_stand_beside_each_other() {
        let record = json!({
            "workflow": "w.json", "prompt": {"id": "p", "sha256": "00"}, "begun": "2026-11-25T14:40:00Z",
            "server": {"address": "http://127.0.0.1:8188", "comfyui": "0.3.70"},
            "result": {"end": "success", "message": ""},
            "forecasts": [{"peak_mib": 20000.0, "machine": {"used_by_others_mib": 1650.0}, "ranges": {"used_by_others_mib": [1400.0, 1900.0]},
                "phases": [{"name": "sample", "node": "86", "model": "WAN21", "load": "partial", "loaded_mib": 11575.79, "offloaded_mib": 2053.29,
                    "log_line": "x", "step_seconds": {"expected": [33.0, 42.0]}}]}],
            "measured": {"seconds": 63.2, "vram": {"others_at_start_mib": 1636.0, "peak_mib": 21504.0, "by": "driver"},
                "loads": [{"model": "WAN21", "load": "partial", "loaded_mib": 11575.8, "offloaded_mib": 2053.28}],
                "nodes": [{"node": "86", "type": "KSamplerAdvanced", "seconds_per_step": 36.14}]}
        });
        let text = super::text(&record);
        for line in [
            "held by others                    1400..1900 MiB                          1636 MiB",
            "peak of the card                  21.1 GiB                                21.0 GiB (driver)",
            "sample WAN21                      partial 11575.79 MiB, 2053.29 offloaded  partial 11575.80 MiB, 2053.28 offloaded",
            "step of node 86 KSamplerAdvanced  33.0..42.0 s                            36.14 s",
        ] {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.lines().any(|shown| words(shown) == words(line)), "{line}\n{text}");
        }
        assert!(!text.contains(super::CACHE));
        // More than the 21650 MiB of the forecast: what torch keeps is not what is needed.
        let mut more = record.clone();
        more["measured"]["vram"]["peak_mib"] = json!(23500.0);
        let text = super::text(&more);
        assert!(text.contains("peak of the card") && text.contains(super::CACHE), "{text}");
        assert!(super::text(&json!({"result": {}})).contains("nothing was forecast"));
    }
}
