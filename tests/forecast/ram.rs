//! System memory for weights and frames.

use wanlint::forecast::setting::Cache;
use wanlint::forecast::{Os, Setting, forecast};

use super::{founding_plan, near, rtx5090};

/// 81 frames of 832x1216 in fp32, MiB.
const FRAMES: f64 = 937.8;
/// Text encoder, VAE, both experts.
const MODELS: [f64; 4] = [6419.48, 242.03, 13629.08, 13629.08];

#[test]
fn what_left_the_card_lies_in_system_memory() {
    let result = forecast(&founding_plan(81), &rtx5090("0.3.70", 1636.15));
    let least: Vec<f64> = result.phases.iter().map(|phase| phase.ram_mib.0).collect();
    near(least[0], 0.0, 3.0);
    near(least[1], FRAMES, 3.0);
    near(least[2], MODELS[0] + MODELS[1], 3.0);
    near(least[3], MODELS[0] + MODELS[1] + MODELS[2], 3.0);
    near(least[4], MODELS[0] + MODELS[2] + FRAMES, 3.0);
    near(result.ram_mib.0, least[4], 3.0);
    near(result.ram_mib.1, MODELS.iter().sum::<f64>() + 2.0 * FRAMES, 3.0);
}

#[test]
fn models_that_may_be_dropped_are_not_counted_as_certain() {
    let with = |release, cache| {
        let mut setting = rtx5090(release, 1636.15);
        (setting.flags.cache, setting.flags.disable_dynamic) = (cache, true);
        forecast(&founding_plan(81), &setting).ram_mib.0
    };
    for cache in [Cache::None, Cache::Lru, Cache::Ram] {
        near(with("0.3.70", cache), FRAMES, 3.0);
    }
    near(with("0.23.0", Cache::Default), FRAMES, 3.0);
    assert!(with("0.22.0", Cache::Default) > 20_000.0);
    assert!(with("0.33.0", Cache::Classic) > 20_000.0 && with("0.3.70", Cache::Default) > 20_000.0);
}

#[test]
fn dynamic_weights_stay_in_their_files_but_for_pinned_copies() {
    let at = |os, release, ram_mib| {
        let setting = Setting { os, ram_mib, ..rtx5090(release, 1636.15) };
        forecast(&founding_plan(81), &setting).ram_mib
    };
    near(at(Os::Linux, "0.33.0", None).0, FRAMES, 1.0);
    near(at(Os::Linux, "0.33.0", None).1, 33922.0 + 2.0 * FRAMES, 5.0);
    near(at(Os::Windows, "0.18.0", Some(32768.0)).1, 0.45 * 32768.0 + 2.0 * FRAMES, 5.0);
    near(at(Os::Windows, "0.19.0", Some(32768.0)).1, 0.40 * 32768.0 + 2.0 * FRAMES, 5.0);
    near(at(Os::Linux, "0.33.0", Some(16384.0)).1, 12288.0 + 2.0 * FRAMES, 5.0);
}
