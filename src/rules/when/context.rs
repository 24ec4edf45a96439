//! The context in which a condition holds: system, card, versions.

use super::super::When;
use super::super::sink::Need;
use super::super::view::LaunchView;
use crate::facts::machine::Machine;
use crate::facts::versions::Version;

/// The first torch that runs on cards of compute capability 12.0 (they need CUDA 12.8).
const TORCH_OF_BLACKWELL: Version = Version::new(2, 7, 0);

/// The stated system, else the one that the script's kind tells.
pub(super) fn os_holds(when: &When, view: &LaunchView) -> Result<bool, Need> {
    let Some(wanted) = when.os else { return Ok(true) };
    let os = view.of.machine.os.or(view.launch.os).ok_or(Need::Os)?;
    Ok(os == wanted)
}

pub(super) fn context(when: &When, machine: &Machine, comfyui: Option<Version>) -> Result<bool, Need> {
    let nvidia = if when.nvidia { machine.gpu.as_ref().map(|_| true).ok_or(Need::Gpu)? } else { true };
    let comfyui = match when.comfyui {
        Some(range) => in_range(range, comfyui.ok_or(Need::Comfyui)?),
        None => true,
    };
    let torch = match when.torch {
        Some(range) => torch_in_range(range, machine)?,
        None => true,
    };
    Ok(nvidia && comfyui && torch)
}

/// A card that needs a newer torch than the range asks for answers the question without a stated version.
fn torch_in_range(range: &str, machine: &Machine) -> Result<bool, Need> {
    match (machine.torch, machine.compute) {
        (Some(version), _) => Ok(in_range(range, version)),
        (None, Some(compute)) if compute >= (12, 0) && range.starts_with('>') => {
            if in_range(range, TORCH_OF_BLACKWELL) { Ok(true) } else { Err(Need::Torch) }
        }
        (None, Some(compute)) if compute >= (12, 0) && below(range, TORCH_OF_BLACKWELL) => Ok(false),
        _ => Err(Need::Torch),
    }
}

/// True for `<2.7.0` and a version from 2.7.0 on.
fn below(range: &str, version: Version) -> bool {
    range.starts_with('<') && !range.contains(',') && !in_range(range, version)
}

/// `<0.22.0`, `>=2.0`, `=0.3.70`; several parts joined by commas must all hold.
pub fn in_range(range: &str, version: Version) -> bool {
    range.split(',').all(|part| {
        let part = part.trim();
        let number = part.trim_start_matches(['<', '>', '=']);
        let Ok(limit) = number.trim().parse::<Version>() else { return false };
        match &part[..part.len() - number.len()] {
            "<" => version < limit,
            "<=" => version <= limit,
            ">" => version > limit,
            ">=" => version >= limit,
            _ => version == limit,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert!(in_range(">=0.3.68, <0.22.0", Version::new(0, 3, 70)));
        assert!(!in_range("<0.22.0", Version::new(0, 22, 0)));
    }
}
