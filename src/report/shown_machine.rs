//! The facts about the machine, as `--show-facts` and `wanlint doctor` list them.

use crate::facts::machine::Machine;
use crate::text::{gib, mib_range};

/// A fact: its value, and where it comes from when there is one.
#[derive(Debug)]
pub struct Fact {
    /// As its flag is called.
    pub name: &'static str,
    /// `None` while nobody knows.
    pub value: Option<String>,
    /// `stated` stands for a flag, an environment variable or wanlint.toml.
    pub origin: &'static str,
}

/// Every fact about the machine.
pub fn facts(machine: &Machine) -> Vec<Fact> {
    let origin = machine.origin.name();
    let fact = |name, value, origin| Fact { name, value, origin };
    let compute = machine.compute.map(|(major, minor)| format!("{major}.{minor}"));
    let total = if machine.stated_total.is_some() { origin } else { "from the catalog" };
    let others = if machine.stated_others.is_some() { "stated or detected" } else { "usual for the system" };
    let mut facts = vec![
        fact("gpu", machine.gpu.clone(), origin),
        fact("compute", compute, "from the catalog or the driver"),
        fact("vram", machine.total_mib(machine.os).map(mib_range), total),
        fact("vram-used", machine.has_gpu().then(|| mib_range(machine.others_mib(machine.os))), others),
        fact("ram", machine.ram_mib.map(gib), "stated"),
        fact("os", machine.os.map(|os| os.to_string()), "stated"),
        fact("comfyui", machine.comfyui.map(|version| version.to_string()), "stated"),
        fact("nodes", Some(machine.catalog.described()), "of ComfyUI 0.3.64 and 0.33.0 unless stated"),
        fact("torch", machine.torch.map(|version| version.to_string()), "stated"),
    ];
    let cards = machine.host.cards.as_ref().map(|cards| cards.join(", "));
    let host = [("cards", cards), ("driver", machine.host.driver.clone())];
    facts.extend(
        host.into_iter()
            .filter(|(_, value)| value.is_some())
            .map(|(name, value)| fact(name, value, "stated or detected")),
    );
    facts
}
