//! Documents become facts: what is true about a launch, a workflow, a machine. Every fact remembers its span.

pub mod allow;
pub mod checkout;
pub mod host;
pub mod image;
pub mod launch;
mod loaded;
pub mod log;
pub mod machine;
pub mod models;
pub mod nvml;
pub mod os;
pub mod packages;
pub mod structure;
pub mod versions;
pub mod work;
pub mod workflow;
pub mod wrapper;
