//! GPU001, GPU002, GPU004: a torch that was not built for the card.

use crate::facts::machine::{Machine, TorchBuild};
use crate::facts::versions::Version;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::LaunchView;

/// The first torch with kernels for compute capability 12.0, and the CUDA it needs.
const FIRST_FOR_BLACKWELL: (Version, u32) = (Version::new(2, 7, 0), 128);
/// The first CUDA whose wheels leave out cards below compute capability 7.5.
const CUDA_WITHOUT_VOLTA: u32 = 130;

/// Cards of compute capability 12 with an older torch.
pub fn too_old(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    decide(view, rule, sink, |machine| {
        if machine.compute.ok_or(Need::Gpu)? < (12, 0) {
            return Ok(false);
        }
        let (version, cuda) = FIRST_FOR_BLACKWELL;
        if machine.torch.ok_or(Need::Torch)? < version {
            return Ok(true);
        }
        Ok(matches!(machine.torch_build.ok_or(Need::TorchBuild)?, TorchBuild::Cuda(built) if built < cuda))
    });
}

/// Cards before Turing with a torch for CUDA 13.
pub fn too_new(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    decide(view, rule, sink, |machine| {
        if machine.compute.ok_or(Need::Gpu)? >= (7, 5) {
            return Ok(false);
        }
        Ok(matches!(build(machine)?, TorchBuild::Cuda(built) if built >= CUDA_WITHOUT_VOLTA))
    });
}

/// A torch for the processor alone.
pub fn cpu_only(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    // More arguments than are seen here may hold --cpu.
    if !view.launch.unknown_args {
        decide(view, rule, sink, |machine| Ok(build(machine)? == TorchBuild::Cpu));
    }
}

fn build(machine: &Machine) -> Result<TorchBuild, Need> {
    machine.torch.ok_or(Need::Torch)?;
    machine.torch_build.ok_or(Need::TorchBuild)
}

fn decide(view: &LaunchView, rule: &'static Rule, sink: &mut Sink, holds: impl Fn(&Machine) -> Result<bool, Need>) {
    let machine = view.of.machine;
    if ["--cpu", "--directml"].iter().any(|flag| view.launch.flag(flag).is_some()) {
        return;
    }
    match holds(machine) {
        Ok(true) => {
            let torch = machine.torch.map_or_else(String::new, |version| version.to_string());
            let tag = match machine.torch_build {
                Some(TorchBuild::Cuda(number)) => format!("+cu{number}"),
                Some(TorchBuild::Cpu) => "+cpu".to_owned(),
                _ => String::new(),
            };
            let gpu = machine.gpu.clone().unwrap_or_default();
            sink.fire(rule, view.at(view.launch.main.span), &[("torch", torch + &tag), ("gpu", gpu)]);
        }
        Ok(false) => {}
        Err(need) => sink.not_checked(rule, need),
    }
}
