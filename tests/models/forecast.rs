//! Headers in place of names: the sizes that ComfyUI logs, and which weights the LoRAs patch.

use super::files::{Wan, umt5};
use super::room::Room;

const HIGH: &str = "models/diffusion_models/wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors";
const CARD: [&str; 10] = [
    "--gpu",
    "RTX 5090",
    "--vram",
    "32606.5625MiB",
    "--vram-used",
    "1636.15MiB",
    "--os",
    "windows",
    "--models",
    "../models",
];

fn vram(room: &Room, more: &[&str]) -> String {
    room.run(&[&["vram", "w.json", "--no-detect"], &CARD[..], more].concat()).1
}

/// The line of the first sampling phase.
fn logged(text: &str) -> String {
    let line = text.lines().skip_while(|line| !line.contains("  sample ")).nth(1).unwrap_or_default();
    line.trim().to_owned()
}

#[test]
fn a_file_of_any_name_has_the_size_that_the_log_shows() {
    // Wan 2.2 i2v fp8_scaled: 13629.08 by the old rule (founding log), 13631.42 from 0.4.0; Wan 2.1 t2v with the marker of two
    // elements 13629.87 from 0.4.0 (ComfyUI PR 12557). 16 bit: 27251 MB staged for i2v (issue 14300), 27251.50 loaded whole.
    for (model, release, loaded) in [
        (Wan::I2V_14B.scaled("F16", 1, false), "0.3.70", "13629.08"),
        (Wan::I2V_14B.scaled("F16", 1, false), "0.4.0", "13631.42"),
        (Wan::T2V_14B.scaled("F16", 2, false), "0.4.0", "13629.87"),
    ] {
        let room = Room::new();
        room.workflow("two-pass", &[("95.unet_name", "mine.safetensors")]);
        model.write(&room.path("models/diffusion_models/mine.safetensors"));
        let text = vram(&room, &["--comfyui", release]);
        assert!(logged(&text).contains(&format!("{loaded} MB loaded")), "{release}: {text}");
    }
}

#[test]
fn scales_in_the_blocks_alone_make_the_rest_larger() {
    let size = |inside: bool, release: &str| {
        let room = Room::new();
        room.workflow("two-pass", &[("95.unet_name", "mine.safetensors")]);
        Wan::I2V_14B.scaled("BF16", 1, inside).write(&room.path("models/diffusion_models/mine.safetensors"));
        let text = vram(&room, &["--comfyui", release]);
        let line = logged(&text);
        let end = line.find(" MB loaded").unwrap_or_else(|| panic!("{text}"));
        line[..end].rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    // Six Linears outside the blocks: 232.2 million weights of one more byte each, without 6 x 31 bytes of scales.
    let dim = 5120.0;
    let outside = 4096.0 * dim + dim * dim + 256.0 * dim + dim * dim + dim * 6.0 * dim + dim * 64.0;
    let expected = (outside - 6.0 * 31.0) / 1_048_576.0;
    assert!((size(true, "0.4.0") - size(false, "0.4.0") - expected).abs() < 0.011);
    // Up to 0.3.77 every Linear was created in 8 bits.
    assert!((size(true, "0.3.70") - size(false, "0.3.70")).abs() < 0.001);
}

#[test]
fn patched_weights_are_read_from_the_loras() {
    let room = Room::new();
    room.workflow("two-pass", &[]);
    // A reserve that leaves a part of the weights outside.
    room.write("repo/start.bat", "python main.py --reserve-vram 12\r\n");
    let with = |prefix: &str| {
        for stage in ["high", "low"] {
            let name = format!("models/loras/wan2.2_i2v_lightx2v_4steps_lora_v1_{stage}_noise.safetensors");
            Wan::I2V_14B.lora(64, prefix, ["lora_down", "lora_up"]).write(&room.path(&name));
        }
        vram(&room, &["--comfyui", "0.3.70"])
    };
    std::fs::create_dir_all(room.path("models/loras")).unwrap();
    let assumed = vram(&room, &["--comfyui", "0.3.70"]);
    assert!(assumed.contains("is assumed, not read"), "{assumed}");
    let read = with("diffusion_model.");
    assert!(!read.contains("is assumed, not read"), "{read}");
    let patches = |text: &str| logged(text).rsplit("lowvram patches: ").next().unwrap().to_owned();
    assert_eq!(patches(&read), patches(&assumed), "the official LoRAs patch the Linears of the blocks");
    assert_eq!(patches(&with("transformer.")), "0", "ComfyUI knows no such names for Wan");
}

#[test]
fn a_header_outranks_the_name() {
    let room = Room::new();
    room.workflow("two-pass", &[]);
    Wan::I2V_14B.plain("F16").write(&room.path(HIGH));
    umt5("F16", false).write(&room.path("models/text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors"));
    let text = vram(&room, &["--comfyui", "0.3.70"]);
    assert!(text.contains("weights 10835.4"), "umt5 in 16 bit: {text}");
    assert!(logged(&text).contains("14960.57 MB loaded, 12292.40 MB offloaded"), "{text}");
    let named = Room::new();
    named.workflow("two-pass", &[("95.unet_name", "wan2.2_i2v_high_noise_14B_fp16.safetensors")]);
    std::fs::create_dir_all(named.path("models")).unwrap();
    assert_eq!(logged(&text), logged(&vram(&named, &["--comfyui", "0.3.70"])), "as the official name says");
    // A pointer says nothing about the model, its name still does.
    room.write(HIGH, "version https://git-lfs.github.com/spec/v1\nsize 14\n");
    assert!(vram(&room, &["--comfyui", "0.3.70"]).contains("weights 13629.08"));
    // Modules that are not modelled: no forecast rather than a wrong one.
    let more = Wan::I2V_14B.plain("F16").with("adapter.weight", "F16", &[64, 64]);
    more.write(&room.path(HIGH));
    let text = vram(&room, &["--comfyui", "0.3.70"]);
    assert!(text.contains("holds Wan 2.2 i2v 14B, whose modules are not modelled"), "{text}");
}
