//! ENV010-014: options of torch's allocator.

use crate::facts::launch::EnvVar;
use crate::facts::machine::TorchBuild;
use crate::facts::versions::Version;
use crate::finding::Severity;
use crate::fix::{Act, Verb};
use crate::read::script::Dialect;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::LaunchView;

/// The variable and its newer name.
const NAMES: [&str; 2] = ["PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF"];

/// The torch that brought the newer name.
const RENAMED: Version = Version::new(2, 9, 0);

/// Options that torch has or had.
const KEYS: [&str; 19] = [
    "backend",
    "max_split_size_mb",
    "max_non_split_rounding_mb",
    "garbage_collection_threshold",
    "roundup_power2_divisions",
    "roundup_bypass_threshold_mb",
    "expandable_segments",
    "release_lock_on_cudamalloc",
    "release_lock_on_hipmalloc",
    "pinned_use_cuda_host_register",
    "pinned_use_hip_host_register",
    "pinned_num_register_threads",
    "pinned_use_background_threads",
    "pinned_reserve_segment_size_mb",
    "graph_capture_record_stream_reuse",
    "per_process_memory_fraction",
    "throw_on_cudamalloc_oom",
    "large_segment_size_mb",
    "use_async_allocator",
];

/// Options of the native allocator that the asynchronous one has no use for.
const NATIVE: [&str; 5] = [
    "max_split_size_mb",
    "max_non_split_rounding_mb",
    "garbage_collection_threshold",
    "roundup_power2_divisions",
    "roundup_bypass_threshold_mb",
];

/// ENV010.
pub fn expandable(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    idle(view, rule, sink, |key, value| key == "expandable_segments" && value == "True");
}

/// ENV011.
pub fn native_options(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    idle(view, rule, sink, |key, _| NATIVE.contains(&key));
}

/// ENV014.
pub fn native_backend(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    idle(view, rule, sink, |key, value| key == "backend" && value == "native");
}

/// ENV012: text that torch refuses.
pub fn invalid(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for var in variables(view) {
        let text = var.value.text.trim();
        // Quotes in a batch value are another rule's.
        let text = if view.launch.dialect == Dialect::Batch { text.trim_matches('"') } else { text };
        for (part, fault) in options(text).filter_map(|part| Some((part, fault(part)?))) {
            let fill = [("name", var.name.text.clone()), ("option", part.to_owned()), ("fault", fault.to_owned())];
            let finding = sink.fire(rule, view.at(var.span), &fill);
            if let Some(mended) = mended(text) {
                let act = Act::At(Verb::SetVariable, view.at(var.span), mended.clone());
                finding.offer("normalise", vec![act], &[("name", var.name.text.clone()), ("value", mended)]);
            }
            // A torch newer than the table may have it.
            if fault == UNKNOWN {
                finding.graded(Severity::Warning);
            }
        }
    }
}

/// ENV013: both names.
pub fn both_names(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let [Some(old), Some(new)] = NAMES.map(|name| view.launch.env(name)) else { return };
    match view.of.machine.torch {
        Some(torch) if torch >= RENAMED => {
            let finding = sink.fire(rule, view.at(new.span), &[]);
            finding.relate(view.at(old.span), "the older name is set here");
            // Which of two different lists is wanted nobody knows.
            if new.value.known && old.value.known && new.value.text == old.value.text {
                let act = Act::At(Verb::RemoveVariable, view.at(new.span), String::new());
                finding.offer("keep-old", vec![act], &[]);
            }
        }
        Some(_) => {}
        None => sink.not_checked(rule, Need::Torch),
    }
}

/// The options as torch writes them; `None` when it would still refuse something.
fn mended(text: &str) -> Option<String> {
    let bare = text.replace(['"', '\''], "").replace(';', ",");
    let part = |part: &str| {
        let (key, value) = part.split_once(':').or_else(|| part.split_once('='))?;
        let value = match value.trim() {
            value if value.eq_ignore_ascii_case("true") => "True",
            value if value.eq_ignore_ascii_case("false") => "False",
            value => value,
        };
        let part = format!("{}:{value}", key.trim());
        fault(&part).is_none().then_some(part)
    };
    let parts = options(&bare).map(part).collect::<Option<Vec<String>>>()?;
    (!parts.is_empty()).then(|| parts.join(","))
}

const UNKNOWN: &str = "no option of torch has this name";

fn fault(part: &str) -> Option<&'static str> {
    let Some((key, value)) = part.split_once(':') else {
        return Some(if part.contains('=') {
            "torch wants ':' between name and value"
        } else {
            "it has no ':' and value"
        });
    };
    let flag = value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false");
    match () {
        () if key.contains(['"', '\'', ';', '=']) || value.contains(['"', '\'', ';', '=']) => {
            Some("torch separates options by ',' and name and value by ':', without quotes")
        }
        () if !KEYS.contains(&key.trim()) => Some(UNKNOWN),
        () if flag && value != "True" && value != "False" => Some("torch wants True or False with a capital letter"),
        () => None,
    }
}

/// The parts of `a:1,b:[256:1,512:2]`: commas inside brackets separate nothing.
fn options(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |c| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == ',' && depth == 0
    })
    .filter(|part| !part.trim().is_empty())
}

fn variables<'a>(view: &'a LaunchView) -> impl Iterator<Item = &'a EnvVar> {
    NAMES.iter().filter_map(|name| view.launch.env(name)).filter(|var| var.value.known)
}

/// Fires on an option that does nothing beside the asynchronous allocator.
fn idle(view: &LaunchView, rule: &'static Rule, sink: &mut Sink, concerned: impl Fn(&str, &str) -> bool) {
    for var in variables(view) {
        let text = var.value.text.trim();
        let is_idle =
            |part: &&str| part.split_once(':').is_some_and(|(key, value)| concerned(key.trim(), value.trim()));
        let Some(option) = options(text).find(is_idle) else { continue };
        match asynchronous(view) {
            Ok(true) => {
                let fill = [("name", var.name.text.clone()), ("option", option.to_owned())];
                let rest: Vec<&str> = options(text).filter(|part| !is_idle(part)).collect();
                let verb = if rest.is_empty() { Verb::RemoveVariable } else { Verb::SetVariable };
                let without = Act::At(verb, view.at(var.span), rest.join(","));
                let native = Act::At(Verb::AddFlag, view.at(view.launch.span), "--disable-cuda-malloc".to_owned());
                let finding = sink.fire(rule, view.at(var.span), &fill);
                finding.offer("without", vec![without], &fill).offer("native", vec![native], &fill);
            }
            Ok(false) => {}
            Err(need) => sink.not_checked(rule, need),
        }
    }
}

/// Whether ComfyUI chooses cudaMallocAsync: always on NVIDIA with a CUDA build of torch, except on old cards and with
/// `--disable-cuda-malloc`. Any `--fast` may be or hold `autotune`, which keeps it off.
fn asynchronous(view: &LaunchView) -> Result<bool, Need> {
    let has = |flag: &str| view.launch.flag(flag).is_some();
    let machine = view.of.machine;
    if has("--cuda-malloc") {
        return Ok(true);
    }
    if ["--disable-cuda-malloc", "--cpu", "--directml", "--fast"].into_iter().any(has) || view.launch.unknown_args {
        return Ok(false);
    }
    let other = matches!(machine.torch_build, Some(TorchBuild::Cpu | TorchBuild::Other));
    let old = machine.torch.is_some_and(|torch| torch < Version::new(2, 0, 0));
    let gpu = machine.gpu.as_deref().ok_or(Need::Gpu)?;
    // The cards of ComfyUI's list lie below compute capability 7.5 or are called GTX 16...
    let listed = machine.compute.is_none_or(|compute| compute < (7, 5)) || gpu.contains("GTX 16");
    Ok(gpu.contains("NVIDIA") && !other && !old && !listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_their_faults() {
        let list: Vec<&str> = options("backend:native,roundup_power2_divisions:[256:1,512:2],").collect();
        assert_eq!(list, ["backend:native", "roundup_power2_divisions:[256:1,512:2]"]);
        assert!(list.iter().all(|part| fault(part).is_none()));
        assert_eq!(
            mended("'backend=native; expandable_segments:true'").as_deref(),
            Some("backend:native,expandable_segments:True")
        );
        assert!(mended("max_splitsize:128").is_none() && mended("native").is_none() && mended("").is_none());
        for part in ["max_split_size_mb=128", "expandable_segments:true", "\"backend:native\"", "foo:1", "native"] {
            assert!(fault(part).is_some(), "{part}");
        }
    }
}
