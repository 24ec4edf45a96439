//! The safetensors header: any bytes have an answer, and a file without a fault has no more tensors' bytes than it has bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wanlint::read::weights::{Format, read_bytes};

fuzz_target!(|bytes: &[u8]| {
    for whole in [bytes.len() as u64, 1 << 40] {
        let file = read_bytes(bytes, whole, Format::Safetensors);
        if let (Some(weights), None) = (&file.weights, &file.fault) {
            assert!(file.format != Format::Safetensors || weights.bytes() <= whole);
            assert!(weights.tensors.windows(2).all(|pair| pair[0].name < pair[1].name));
        }
    }
});
