//! What the NVIDIA driver says about this machine. Asked lazily, and no driver is no error.

use nvml_wrapper::Nvml;

use super::host::Host;
use super::machine::Detected;
use crate::platform;

const MIB: f64 = 1_048_576.0;

/// A CUDA context with torch's libraries takes this much of a card, MiB. Measured on an H100 (driver 580, torch 2.11 for
/// CUDA 13): 527 for the bare context, 603 after matrix products, convolutions and attention. Other cards differ: a range.
const CONTEXT_MIB: (f64, f64) = (300.0, 800.0);

/// One card as the driver shows it, for `wanlint gpu`.
#[derive(Clone, Debug)]
pub struct Card {
    /// Index.
    pub index: u32,
    /// Name.
    pub name: String,
    /// Compute capability.
    pub compute: Option<(u8, u8)>,
    /// Total, MiB.
    pub total_mib: f64,
    /// Free, MiB.
    pub free_mib: f64,
    /// Used by all programs, MiB.
    pub used_mib: f64,
}

/// The driver's version and its cards; `None` without a driver.
pub fn cards() -> Option<(String, Vec<Card>)> {
    let nvml = Nvml::init().ok()?;
    let driver = nvml.sys_driver_version().unwrap_or_default();
    let count = nvml.device_count().ok()?;
    Some((driver, (0..count).filter_map(|index| card(&nvml, index)).collect()))
}

/// The card of an index (the first by default) in terms of the forecast.
pub fn detect(index: Option<u32>) -> Option<Detected> {
    if !platform::may_have_nvidia() {
        return None;
    }
    let nvml = Nvml::init().ok()?;
    let card = card(&nvml, index.unwrap_or(0))?;
    // The driver keeps a part of its total for itself; CUDA's total is the rest (H100: 81559 - 480 = 81079 MiB).
    let cuda_total = card.free_mib + card.used_mib;
    Some(Detected {
        total_mib: (cuda_total, cuda_total),
        others_mib: (card.used_mib + CONTEXT_MIB.0, card.used_mib + CONTEXT_MIB.1),
        compute: card.compute,
        name: card.name,
        host: host(&nvml),
    })
}

/// A card that is looked at again and again.
#[derive(Debug)]
pub struct Watched {
    nvml: Nvml,
    index: u32,
}

/// The only card of a name; `None` without a driver, without such a card, or with several.
pub fn only(name: &str) -> Option<Watched> {
    if !platform::may_have_nvidia() {
        return None;
    }
    let nvml = Nvml::init().ok()?;
    let is_it =
        |index: &u32| nvml.device_by_index(*index).and_then(|device| device.name()).is_ok_and(|own| own == name);
    let mut found = (0..nvml.device_count().ok()?).filter(is_it);
    let index = found.next()?;
    if found.next().is_some() {
        return None;
    }
    drop(found);
    Some(Watched { nvml, index })
}

impl Watched {
    /// What all programs use of it, MiB.
    pub fn used_mib(&self) -> Option<f64> {
        let memory = self.nvml.device_by_index(self.index).ok()?.memory_info().ok()?;
        Some(memory.used as f64 / MIB)
    }
}

/// A card at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct State {
    /// Degrees Celsius.
    pub temperature: Option<f64>,
    /// Clock of the multiprocessors, MHz.
    pub clock: Option<f64>,
    /// The limit of its power that is in force, W.
    pub power_limit: Option<f64>,
    /// Programs that compute on it.
    pub programs: Option<u32>,
}

impl Watched {
    /// How it is now; what the driver does not tell is left out. Nothing is changed.
    pub fn state(&self) -> Option<State> {
        use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};
        let device = self.nvml.device_by_index(self.index).ok()?;
        Some(State {
            temperature: device.temperature(TemperatureSensor::Gpu).ok().map(f64::from),
            clock: device.clock_info(Clock::SM).ok().map(f64::from),
            power_limit: device.enforced_power_limit().ok().map(|milliwatts| f64::from(milliwatts) / 1000.0),
            programs: device.running_compute_processes_count().ok(),
        })
    }
}

fn host(nvml: &Nvml) -> Host {
    let name = |index: u32| nvml.device_by_index(index).ok()?.name().ok();
    let names = |count: u32| (0..count).map(name).collect::<Option<Vec<String>>>();
    Host { cards: nvml.device_count().ok().and_then(names), driver: nvml.sys_driver_version().ok() }
}

fn card(nvml: &Nvml, index: u32) -> Option<Card> {
    let device = nvml.device_by_index(index).ok()?;
    let memory = device.memory_info().ok()?;
    let compute = device.cuda_compute_capability().ok();
    Some(Card {
        index,
        name: device.name().ok()?,
        compute: compute.map(|cc| (cc.major as u8, cc.minor as u8)),
        total_mib: memory.total as f64 / MIB,
        free_mib: memory.free as f64 / MIB,
        used_mib: memory.used as f64 / MIB,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_is_there_can_be_watched() {
        let Some((_, cards)) = platform::may_have_nvidia().then(cards).flatten() else {
            println!("skipped: no NVIDIA driver");
            return;
        };
        for card in &cards {
            let alone = cards.iter().filter(|other| other.name == card.name).count() == 1;
            let watched = only(&card.name);
            assert_eq!(watched.is_some(), alone, "{}", card.name);
            let used = watched.and_then(|watched| watched.used_mib());
            assert!(used.is_none_or(|used| (used - card.used_mib).abs() < 1024.0), "{used:?} {}", card.used_mib);
            println!("{}: {used:?} of {} MiB used", card.name, card.total_mib);
        }
        assert!(only("no such card").is_none());
    }
}
