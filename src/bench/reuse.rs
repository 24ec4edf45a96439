//! What other commands take from the record of a bench.

use super::measured::Node;
use super::record::Record;
use super::series::Series;
use super::stats::{mean, median};
use super::steps;
use crate::forecast::time::Known;

/// A known run for `wanlint vram --known`: the steady step of the baseline's first sampler whose size and guidance are known.
///
/// # Errors
/// Half a sentence that says what the record lacks.
pub fn known(record: &Record) -> Result<Known, &'static str> {
    let baseline = record.baseline().ok_or("it has no baseline")?;
    let series = Series::of(record, &baseline.name);
    let phases = baseline.forecast["phases"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_phase = |phase: &serde_json::Value| {
        let node = phase["node"].as_str().filter(|_| phase["name"] == "sample")?;
        let limit = baseline.limits.iter().find(|limit| limit.node == node)?;
        let own = |measured: &super::Measured| {
            let found: Option<&Node> = measured.nodes.iter().find(|other| other.node == node);
            found.and_then(|node| steps::split(&node.steps)).map(|split| split.steady)
        };
        let side = |name: &str| u32::try_from(phase[name].as_u64()?).ok().filter(|side| *side > 0);
        Some(Known {
            width: side("width")?,
            height: side("height")?,
            frames: side("frames")?,
            cfg: Some(limit.cfg?),
            seconds: mean(&series.values(own)).filter(|seconds| *seconds > 0.0)?,
        })
    };
    phases
        .iter()
        .find_map(of_phase)
        .ok_or("no measured run of its baseline has steps of a sampler whose size and guidance are known")
}

/// What other programs and the CUDA context held before its runs, MiB, in the middle of all, and the card.
///
/// # Errors
/// Half a sentence that says what the record lacks.
pub fn held_mib(record: &Record) -> Result<(f64, Option<&str>), &'static str> {
    let all: Vec<f64> = record.runs.iter().filter_map(|run| run.measured.vram.as_ref()?.others_at_start_mib).collect();
    Ok((median(&all).ok_or("no run was on a card that was looked at")?, record.machine.gpu.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measured::{Measured, Vram};
    use crate::bench::run::{End, Role, Run};
    use crate::bench::variant::{Limit, Variant};

    fn record(cfg: Option<f64>, steps: &[f64]) -> Record {
        let variant = Variant {
            name: "baseline".into(),
            forecast: serde_json::json!({"phases": [{"name": "vae-encode", "node": "1"},
                {"name": "sample", "node": "3", "width": 832, "height": 480, "frames": 81}]}),
            limits: vec![Limit { node: "3".into(), cfg, ..Limit::default() }],
            ..Variant::default()
        };
        let mut record = Record::new("w.json".into(), vec![variant]);
        let node = Node { node: "3".into(), steps: steps.to_vec(), ..Node::default() };
        let vram = Vram { others_at_start_mib: Some(1500.0), ..Vram::default() };
        record.runs.push(Run {
            variant: "baseline".into(),
            role: Role::Measured,
            round: Some(0),
            server: None,
            begun: None,
            seed: None,
            sha256: None,
            end: End::Success,
            message: String::new(),
            measured: Measured { seconds: Some(60.0), nodes: vec![node], vram: Some(vram), ..Measured::default() },
        });
        record
    }

    #[test]
    fn a_steady_step_is_a_known_run() {
        let found = known(&record(Some(1.0), &[30.0, 12.4, 12.5, 12.3])).unwrap();
        assert_eq!((found.width, found.height, found.frames, found.cfg), (832, 480, 81, Some(1.0)));
        assert!((found.seconds - 12.4).abs() < 1e-9);
        assert!(known(&record(None, &[30.0, 12.4])).is_err() && known(&record(Some(1.0), &[30.0])).is_err());
    }

    #[test]
    fn others_are_known_where_a_card_was_looked_at() {
        assert_eq!(held_mib(&record(None, &[])).unwrap().0, 1500.0);
        assert!(held_mib(&Record::default()).is_err());
    }
}
