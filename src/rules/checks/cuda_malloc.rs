//! LAUNCH053, GPU011: --cuda-malloc where it is the default already, and on cards that ComfyUI keeps from it.

use crate::facts::launch::Flag;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::LaunchView;

/// Parts of the names of cards for which ComfyUI does not choose cudaMallocAsync: those of `cuda_malloc.py`, the same in
/// 0.3.64, 0.3.75, 0.29.0 and 0.33.0. All but the last two are older than CUDA 13 allows.
const KEPT_FROM_IT: [&str; 41] = [
    "GeForce GTX TITAN X",
    "GeForce GTX 980",
    "GeForce GTX 970",
    "GeForce GTX 960",
    "GeForce GTX 950",
    "GeForce 945M",
    "GeForce 940M",
    "GeForce 930M",
    "GeForce 920M",
    "GeForce 910M",
    "GeForce GTX 750",
    "GeForce GTX 745",
    "Quadro K620",
    "Quadro K1200",
    "Quadro K2200",
    "Quadro M500",
    "Quadro M520",
    "Quadro M600",
    "Quadro M620",
    "Quadro M1000",
    "Quadro M1200",
    "Quadro M2000",
    "Quadro M2200",
    "Quadro M3000",
    "Quadro M4000",
    "Quadro M5000",
    "Quadro M5500",
    "Quadro M6000",
    "GeForce MX110",
    "GeForce MX130",
    "GeForce 830M",
    "GeForce 840M",
    "GeForce GTX 850M",
    "GeForce GTX 860M",
    "Tesla M4",
    "Tesla M6",
    "Tesla M10",
    "Tesla M40",
    "Tesla M60",
    "GeForce GTX 1650",
    "GeForce GTX 1630",
];

/// The entries of the list that torch for CUDA 13 still runs on.
const TURING: [&str; 2] = ["GeForce GTX 1650", "GeForce GTX 1630"];

/// LAUNCH053: the flag repeats the default.
pub fn redundant(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let Some(flag) = asked(view).filter(|_| view.launch.flag("--fast").is_none()) else { return };
    match &view.of.machine.gpu {
        None => sink.not_checked(rule, Need::Gpu),
        Some(_) if listed(view).is_some() => {}
        Some(gpu) => {
            let fill = [("flag", "--cuda-malloc".to_owned()), ("gpu", gpu.clone())];
            sink.fire(rule, view.at(flag.whole), &fill);
        }
    }
}

/// GPU011: the flag overrules ComfyUI's list.
pub fn overrules_list(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let machine = view.of.machine;
    let Some(flag) = asked(view) else { return };
    if machine.gpu.is_none() && machine.host.cards.is_none() {
        return sink.not_checked(rule, Need::Gpu);
    }
    let Some(gpu) = listed(view) else { return };
    let turing = TURING.iter().any(|part| gpu.contains(part));
    match machine.cuda13 {
        // Then ComfyUI chooses the allocator itself, whatever the list says.
        Some(true) => {}
        None if turing => sink.not_checked(rule, Need::TorchBuild),
        _ => drop(sink.fire(rule, view.at(flag.whole), &[("gpu", gpu)])),
    }
}

fn asked<'a>(view: &'a LaunchView) -> Option<&'a Flag> {
    view.launch.flag("--cuda-malloc").filter(|_| view.launch.flag("--disable-cuda-malloc").is_none())
}

/// A card of the machine that stands in the list: ComfyUI looks at all of them, whichever is used.
fn listed(view: &LaunchView) -> Option<String> {
    let machine = view.of.machine;
    let names = machine.gpu.iter().chain(machine.host.cards.iter().flatten());
    let mut names = names.filter(|name| KEPT_FROM_IT.iter().any(|part| name.contains(part)));
    names.next().cloned()
}
