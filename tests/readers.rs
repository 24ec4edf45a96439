//! The script readers: words and spans per construct, launch facts of realistic launchers, no panic on any input.

#[path = "readers/batch.rs"]
mod batch;
#[path = "readers/compose.rs"]
mod compose;
#[path = "readers/described.rs"]
mod described;
#[path = "readers/dockerfile.rs"]
mod dockerfile;
#[path = "readers/dotenv.rs"]
mod dotenv;
#[path = "readers/launches.rs"]
mod launches;
#[path = "readers/log.rs"]
mod log;
#[path = "readers/notebook.rs"]
mod notebook;
#[path = "readers/paths.rs"]
mod paths;
#[path = "readers/powershell.rs"]
mod powershell;
#[path = "readers/properties.rs"]
mod properties;
#[path = "readers/python.rs"]
mod python;
#[path = "readers/service.rs"]
mod service;
#[path = "readers/shell.rs"]
mod shell;
#[path = "readers/started.rs"]
mod started;
#[path = "readers/support.rs"]
mod support;
