//! The script readers: words and spans per construct, launch facts of realistic launchers, no panic on any input.

#[path = "readers/batch.rs"]
mod batch;
#[path = "readers/launches.rs"]
mod launches;
#[path = "readers/properties.rs"]
mod properties;
#[path = "readers/shell.rs"]
mod shell;
#[path = "readers/support.rs"]
mod support;
