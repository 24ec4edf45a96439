//! Execution: the server, the prompt that goes to it, what it answers and what it makes. Nothing here prints: what happens is told to the caller.

pub mod prompt;
