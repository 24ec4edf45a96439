//! LAUNCH017 and 048: flags whose sense depends on how much system memory there is.

use std::collections::BTreeMap;

use crate::facts::versions::Version;
use crate::finding::Location;
use crate::forecast::modules::Tree;
use crate::forecast::sizes::{Layout, MIB};
use crate::forecast::{Os, Plan, Setting};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::ProjectView;
use crate::targets::Target;
use crate::text::gib;

/// What system, browser and ComfyUI itself take besides models, MiB.
const REST_MIB: f64 = 8192.0;

/// `--cache-none` although all models fit into memory with 30 % to spare.
pub fn cache_none(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let fits = |ram: f64, sizes: &[f64]| ram >= 1.3 * sizes.iter().sum::<f64>() + REST_MIB;
    judge(view, "--cache-none", fits, rule, sink);
}

/// `--disable-mmap` where a file is read whole beside the model that is made from it, and there is little memory.
pub fn no_mmap(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let tight = |ram: f64, sizes: &[f64]| ram < 2.0 * sizes.iter().copied().fold(0.0, f64::max) + 2.0 * REST_MIB;
    judge(view, "--disable-mmap", tight, rule, sink);
}

fn judge(view: &ProjectView, name: &str, claim: impl Fn(f64, &[f64]) -> bool, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets {
        let starts: Vec<_> =
            target.starts(view.files).filter_map(|(place, launch)| Some((place, launch.flag(name)?))).collect();
        if starts.is_empty() {
            continue;
        }
        let sizes = sizes(target);
        if sizes.is_empty() {
            continue;
        }
        let Some(ram) = view.machine.ram_mib else {
            sink.not_checked(rule, Need::Ram);
            continue;
        };
        for (place, flag) in starts.into_iter().filter(|_| claim(ram, &sizes)) {
            let fill = [
                ("flag", name.to_owned()),
                ("ram", gib(ram)),
                ("models", gib(sizes.iter().sum())),
                ("largest", gib(sizes.iter().copied().fold(0.0, f64::max))),
            ];
            let location = Location { file: place.0, span: flag.whole };
            sink.fire(rule, location, &fill).in_target(target.name_on(view.files, &[place]), place.1);
        }
    }
}

/// The sizes of the models of a workflow, each file once, MiB. Versions and cards move them by a few MiB only.
pub(super) fn sizes(target: &Target) -> Vec<f64> {
    target.work.as_ref().map_or_else(|_| Vec::new(), |work| sizes_of(&work.plan))
}

/// As [`sizes`], for some work.
pub(super) fn sizes_of(plan: &Plan) -> Vec<f64> {
    let usual = Setting::new(Version::new(0, 3, 70), Os::Linux, 24_576.0, 0.0);
    let mut sizes = BTreeMap::new();
    for step in &plan.steps {
        let tree = Tree::of(&step.model.spec.kind);
        let size = Layout::of(&step.model, &usual).model_size(&tree) as f64 / MIB;
        sizes.insert(step.model.file.as_str(), size);
    }
    sizes.into_values().collect()
}
