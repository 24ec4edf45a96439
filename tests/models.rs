//! Model files: readers of their headers, where they are looked for, what follows for the forecast and the rules. All files
//! are made here: a header, and behind it a hole of the right size.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop the process")]

#[path = "models/broken.rs"]
mod broken;
#[path = "models/checkpoints.rs"]
mod checkpoints;
#[path = "models/families.rs"]
mod families;
#[path = "models/files.rs"]
mod files;
#[path = "models/folders.rs"]
mod folders;
#[path = "models/forecast.rs"]
mod forecast;
#[path = "models/identity.rs"]
mod identity;
#[path = "models/listed.rs"]
mod listed;
#[path = "models/names.rs"]
mod names;
#[path = "models/properties.rs"]
mod properties;
#[path = "models/room.rs"]
mod room;
#[path = "models/rules.rs"]
mod rules;
