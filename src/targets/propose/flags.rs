//! Flags without which a workflow fits.

use super::{Goal, shown};
use crate::facts::machine::Machine;
use crate::forecast::MemoryFlags;
use crate::targets::fit::{REMOVABLE, Removable};
use crate::targets::{Target, Variant};

/// The flag of a target's starts without which a goal is reached, and all that cost memory where none is enough alone; with what
/// `wanlint vram` shows then. Only where ComfyUI's version is known: a flag that goes may leave older ones open.
pub fn without(target: &Target, machine: &Machine, goal: Goal) -> Option<(Vec<&'static str>, Variant)> {
    let plan = &target.work.as_ref().ok()?.plan;
    machine.comfyui.or(target.known.version)?;
    let present: Vec<&Removable> = REMOVABLE.iter().filter(|one| (one.present)(&target.flags)).collect();
    let mut tries: Vec<&[&Removable]> = present.chunks(1).collect();
    tries.extend((present.len() > 1).then_some(present.as_slice()));
    tries.into_iter().find_map(|tried| {
        let flags = left(&target.flags, tried);
        let sure = target.with(plan, &flags, machine).all(|variant| goal.is_sure(&variant));
        let names = tried.iter().map(|one| one.name).collect();
        sure.then(|| shown(target, plan, &flags, machine)).flatten().map(|variant| (names, variant))
    })
}

fn left(flags: &MemoryFlags, removed: &[&Removable]) -> MemoryFlags {
    let mut flags = flags.clone();
    removed.iter().for_each(|one| (one.remove)(&mut flags));
    flags
}
