//! JSON to graph to facts to plan to forecast.

#![no_main]

#[path = "../../tests/hostile/inside.rs"]
mod inside;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| inside::check("workflow.json".as_ref(), wanlint::discover::Kind::Json, bytes));
