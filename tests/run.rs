//! The run room: starts of servers and their processes; the client against a server of our own, which replays recorded sessions and
//! goes wrong on purpose. Recordings are read from `WANLINT_SHARED` or `../shared`.
#![cfg(feature = "network")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "run/answers.rs"]
mod answers;
#[path = "run/bench.rs"]
mod bench;
#[path = "run/binary.rs"]
mod binary;
#[path = "run/bringing.rs"]
mod bringing;
#[path = "run/command.rs"]
mod command;
#[path = "run/every_refusal.rs"]
mod every_refusal;
#[path = "run/oom.rs"]
mod oom;
#[cfg(unix)]
#[path = "run/process.rs"]
mod process;
#[cfg(unix)]
#[path = "run/real.rs"]
mod real;
#[cfg(unix)]
#[path = "run/real_prompts.rs"]
mod real_prompts;
#[path = "run/refusals.rs"]
mod refusals;
#[path = "run/stand_in/mod.rs"]
mod stand_in;
#[path = "run/watching.rs"]
mod watching;
