//! The reader of settings: ComfyUI-Manager's `config.ini` and `.wslconfig`.

#![no_main]

#[path = "../../tests/hostile/inside.rs"]
mod inside;

use libfuzzer_sys::fuzz_target;
use wanlint::discover::Kind;

fuzz_target!(|bytes: &[u8]| inside::check("__manager/config.ini".as_ref(), Kind::Settings, bytes));
