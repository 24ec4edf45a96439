//! Documents become facts: what is true about a launch, a workflow, a machine. Every fact remembers its span.

pub mod versions;
