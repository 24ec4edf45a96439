//! Partial loads against the log, and replays of the algorithm.

use wanlint::forecast::load;
use wanlint::forecast::plan::Patched;
use wanlint::forecast::setting::VramMode;
use wanlint::forecast::{ModelUse, Plan, Work, forecast};

use super::{I2V_HIGH, T2V21, VAE, near, rtx5090, spec, step};

#[test]
fn founding_partial_load_to_the_last_digit() {
    let model = ModelUse::new(I2V_HIGH, spec(I2V_HIGH));
    let split = load::split(&model, &rtx5090("0.3.70", 0.0), 11329.26);
    near(split.loaded, 11329.2505, 0.00005);
    near(split.offloaded, 2299.8249, 0.00005);
    assert_eq!(split.modules_out, 251);
    let (low, high) = (
        load::split(&model, &rtx5090("0.3.70", 0.0), 11329.2551),
        load::split(&model, &rtx5090("0.3.70", 0.0), 11329.2602),
    );
    assert_eq!((low.loaded, high.loaded), (split.loaded, split.loaded));
}

#[test]
fn everything_offloaded_with_a_lora() {
    // PR #12557: 13629.87 MB offloaded, 885.23 MB buffer reserved.
    let mut model = ModelUse::new(T2V21, spec(T2V21));
    (model.loras, model.patched) = (1, Patched::Everything);
    let split = load::split(&model, &rtx5090("0.12.0", 0.0), 0.0);
    near(split.loaded, 0.0, 0.0);
    near(split.offloaded, 13629.8698, 0.00005);
    near(split.buffer, 885.2287, 0.00005);
}

#[test]
fn replays_by_offload_cost() {
    let model = ModelUse::new(I2V_HIGH, spec(I2V_HIGH));
    for (usable, loaded, offloaded, buffer) in
        [(11329.26, 11204.23, 2427.19, 125.03), (6000.0, 5874.96, 7756.45, 125.03)]
    {
        let split = load::split(&model, &rtx5090("0.4.0", 0.0), usable);
        near(split.loaded, loaded, 0.01);
        near(split.offloaded, offloaded, 0.01);
        near(split.buffer, buffer, 0.01);
    }
}

#[test]
fn vae_at_the_floor() {
    // QwenImageLoraLoader #18: "128.00 MB usable, 128.00 MB loaded, 114.00 MB offloaded".
    let split = load::split(&ModelUse::new(VAE, spec(VAE)), &rtx5090("0.3.70", 0.0), 128.0);
    near(split.loaded, 128.0, 0.01);
    near(split.offloaded, 114.0, 0.01);
}

#[test]
fn vae22_offloaded_whole() {
    // A public log: "0.00 MB loaded, 1344.02 MB offloaded, 162.01 MB buffer reserved".
    let vae = "wan2.2_vae.safetensors";
    let split = load::split(&ModelUse::new(vae, spec(vae)), &rtx5090("0.4.0", 0.0), 0.0);
    near(split.offloaded, 1344.02, 0.005);
    near(split.buffer, 162.01, 0.005);
}

#[test]
fn novram_streams_everything() {
    let mut setting = rtx5090("0.4.0", 1636.15);
    setting.flags.vram = VramMode::No;
    let result = forecast(&Plan { steps: vec![step(Work::Sample, I2V_HIGH, 832, 480, 81)] }, &setting);
    let line = result.phases[0].log_line.clone().unwrap();
    assert!(line.starts_with("loaded partially; 0.00 MB usable, 0.00 MB loaded, 13631.42 MB offloaded"), "{line}");
}

#[test]
fn unloading_for_a_decode_is_logged_with_its_figures() {
    let steps =
        vec![step(Work::Sample, super::I2V_HIGH, 832, 1216, 81), step(Work::VaeDecode, super::VAE, 1280, 1280, 81)];
    let lines =
        |release| forecast(&Plan { steps: steps.clone() }, &rtx5090(release, 1636.15)).phases[1].unload_lines.clone();
    assert_eq!(lines("0.3.68"), Vec::<String>::new());
    let [old] = lines("0.3.75").try_into().unwrap();
    let [new] = lines("0.4.0").try_into().unwrap();
    assert_eq!(old, "loaded partially: 8126.26 MB loaded, lowvram patches: 0");
    // 13631.42 MiB in all. What is freed covers the buffer of a partial load (125.03, as in the replays), too.
    assert_eq!(
        new,
        "Unloaded partially: 5653.96 MB freed, 7977.46 MB remains loaded, 125.03 MB buffer reserved, lowvram patches: 0"
    );
    // want = 1.1 x 242.03 + estimate + reserve; free beside the whole model is 17339.
    let short =
        1.1 * 242.03 + 7000.0 * 160.0 * 160.0 * 64.0 * 2.0 / 1_048_576.0 + 700.0 - (32606.5625 - 1636.15 - 13633.8);
    assert!((short + 125.03..short + 125.03 + 70.0).contains(&5653.96), "{short}");
}
