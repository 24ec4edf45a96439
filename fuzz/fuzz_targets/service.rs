//! The systemd unit reader and the launches in what it read.

#![no_main]

#[path = "../../tests/hostile/inside.rs"]
mod inside;

use libfuzzer_sys::fuzz_target;
use wanlint::discover::Kind;
use wanlint::read::script::Dialect;

fuzz_target!(|bytes: &[u8]| inside::check("comfyui.service".as_ref(), Kind::Script(Dialect::Service), bytes));
