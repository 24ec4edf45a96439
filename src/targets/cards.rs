//! The forecast on common cards, for when nobody stated one.

use super::Target;
use super::Variant;
use crate::catalog::gpus::{self, Gpu, Match};
use crate::facts::machine::Machine;
use crate::forecast::time::StepTime;

/// Cards that people run Wan on, by memory.
const COMMON: [&str; 7] =
    ["RTX 3060", "RTX 4060 Ti 16GB", "RTX 4070 Ti SUPER", "RTX 5070 Ti", "RTX 3090", "RTX 4090", "RTX 5090"];

/// A target on one card.
#[derive(Debug)]
pub struct OnCard {
    /// The card.
    pub card: Gpu,
    /// Its forecast.
    pub variant: Variant,
    /// The longest step of it, where something is known.
    pub step: Option<StepTime>,
}

impl Target {
    /// The forecast on each common card; empty where the work is not known.
    pub fn on_common_cards(&self, files: &[crate::project::File], machine: &Machine) -> Vec<OnCard> {
        let cards = COMMON.iter().filter_map(|name| match gpus::find(name) {
            Match::One(card) => Some(card),
            _ => None,
        });
        let on = |card: Gpu| {
            let machine = machine.on_card(&card);
            let variant = self.on(&machine)?;
            let times = self.step_times((&variant, &variant.forecast.middle.phases), files, &machine, None);
            let longest = |one: &StepTime, other: &StepTime| {
                let limit = |time: &StepTime| time.limit.unwrap_or_default();
                limit(one).total_cmp(&limit(other))
            };
            Some(OnCard { card, step: times.into_iter().flatten().max_by(longest), variant })
        };
        cards.filter_map(on).collect()
    }
}
