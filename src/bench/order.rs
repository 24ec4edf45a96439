//! In which order the runs of a bench are made.

use super::run::Role;

/// A start of a server and the runs on it, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The variant whose start it is.
    pub start: usize,
    /// The runs.
    pub slots: Vec<Slot>,
}

/// A run to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Which variant.
    pub variant: usize,
    /// What for.
    pub role: Role,
    /// In which round.
    pub round: Option<u32>,
}

/// How many runs of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Measured runs of each variant.
    pub rounds: u32,
    /// Warm-ups of each variant, or of each server; as many as make sense where it is left out.
    pub warm_ups: Option<u32>,
    /// Chooses which way the first round goes.
    pub seed: u64,
}

/// On one server all variants take turns: one run of each in a round, one round forward and the next one backward, so that what gets
/// slower by and by makes no variant slower than another. Only the first run of all is cold.
pub fn on_one_server(variants: &[usize], counts: Counts) -> Vec<Block> {
    let Some(&first) = variants.first() else { return Vec::new() };
    let slot = |variant, role, round| Slot { variant, role, round };
    let mut slots = vec![slot(first, Role::Cold, None)];
    let warm_ups = variants.iter().flat_map(|&variant| {
        // The cold run is the first warm-up of the variant that makes it.
        let more = counts.warm_ups.unwrap_or(u32::from(variant != first));
        (0..more).map(move |_| slot(variant, Role::WarmUp, None))
    });
    slots.extend(warm_ups);
    for round in 0..counts.rounds {
        slots.extend(turned(variants, round, counts.seed).map(|variant| slot(variant, Role::Measured, Some(round))));
    }
    vec![Block { start: first, slots }]
}

/// Where variants need servers of their own each is started anew in every round, in turned order: a cold run, then a measured one.
pub fn on_servers(variants: &[usize], counts: Counts) -> Vec<Block> {
    let block = |round, variant| {
        let slot = |role| Slot { variant, role, round: Some(round) };
        let warm_ups = (0..counts.warm_ups.unwrap_or(0)).map(|_| slot(Role::WarmUp));
        let slots = std::iter::once(slot(Role::Cold)).chain(warm_ups).chain([slot(Role::Measured)]).collect();
        Block { start: variant, slots }
    };
    let round = |round| turned(variants, round, counts.seed).map(move |variant| block(round, variant));
    (0..counts.rounds).flat_map(round).collect()
}

/// Forward in one round, backward in the next.
fn turned(variants: &[usize], round: u32, seed: u64) -> impl Iterator<Item = usize> + use<> {
    let mut all = variants.to_vec();
    if (u64::from(round) + seed) % 2 == 1 {
        all.reverse();
    }
    all.into_iter()
}

/// Runs in all.
pub fn runs(blocks: &[Block]) -> usize {
    blocks.iter().map(|block| block.slots.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: Counts = Counts { rounds: 4, warm_ups: None, seed: 0 };

    #[test]
    fn each_variant_is_first_as_often_as_last() {
        let [block] = on_one_server(&[0, 2, 3], COUNTS).try_into().unwrap();
        let measured: Vec<usize> =
            block.slots.iter().filter(|slot| slot.role == Role::Measured).map(|slot| slot.variant).collect();
        assert_eq!(measured, [0, 2, 3, 3, 2, 0, 0, 2, 3, 3, 2, 0]);
        let before: Vec<(usize, Role)> = block.slots.iter().take(3).map(|slot| (slot.variant, slot.role)).collect();
        assert_eq!(before, [(0, Role::Cold), (2, Role::WarmUp), (3, Role::WarmUp)]);
        let backward = on_one_server(&[0, 1], Counts { seed: 1, ..COUNTS });
        assert_eq!(backward[0].slots.iter().find(|slot| slot.role == Role::Measured).unwrap().variant, 1);
        assert_eq!(on_one_server(&[], COUNTS), []);
    }

    #[test]
    fn every_server_has_its_cold_run() {
        let blocks = on_servers(&[0, 1], COUNTS);
        assert_eq!((blocks.len(), runs(&blocks)), (8, 16));
        assert!(blocks.iter().all(|block| block.slots[0].role == Role::Cold && block.slots[0].variant == block.start));
        let starts: Vec<usize> = blocks.iter().map(|block| block.start).collect();
        assert_eq!(starts, [0, 1, 1, 0, 0, 1, 1, 0]);
    }
}
