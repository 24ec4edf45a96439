//! What wanlint knows about the world: tables with their sources, embedded from `catalog/` and read only when asked for.

pub mod architectures;
pub mod env;
pub mod flags;
pub mod gpus;
mod lookup;
pub mod memory;
pub mod models;
pub mod named;
pub mod names;
pub mod nodes;
pub mod official;
pub mod precision;
pub mod recipe;
