//! The PowerShell reader and the launches in what it read.

#![no_main]

#[path = "../../tests/hostile/inside.rs"]
mod inside;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| inside::check("launch.ps1".as_ref(), wanlint::discover::Kind::Script(wanlint::read::script::Dialect::PowerShell), bytes));
