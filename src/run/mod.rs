//! Execution: the server, the prompt that goes to it, what it answers and what it makes. Nothing here prints: what happens is told to the caller.

pub mod address;
pub mod command;
pub mod event;
pub mod fault;
pub mod followed;
pub mod gate;
pub mod history;
pub mod http;
pub mod inputs;
pub mod live;
pub mod loads;
pub mod oom;
pub mod outputs;
pub mod process;
pub mod prompt;
pub mod record;
pub mod refusal;
pub mod sample;
pub mod server;
pub mod socket;
pub mod stop;
pub mod times;
pub mod verify;
pub mod watch;
