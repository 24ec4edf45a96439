//! Benches: variants of one generation, their runs, and what these prove.
//!
//! A [`Record`] holds what was measured and nothing that follows from it; [`Verdict`] is computed from a record alone, so a record that is
//! read again gives the same verdict. Nothing here starts or asks a server: who runs a bench fills [`Measured`] values.

pub mod change;
pub mod compare;
pub mod measured;
pub mod order;
#[cfg(feature = "network")]
pub mod plan;
pub mod record;
pub mod reuse;
pub mod run;
pub mod series;
pub mod stats;
pub mod steps;
pub mod variant;
pub mod verdict;

pub use change::Change;
pub use measured::Measured;
pub use record::Record;
pub use run::{Role, Run};
pub use series::Series;
pub use variant::Variant;
pub use verdict::Verdict;
