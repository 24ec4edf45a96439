//! Workflows as people change them, each judged by hand: which codes a sceptical user would accept.

use serde_json::{Value, json};

use super::{NOTHING, codes, lint_text, repository};

/// What is set: `node.input` and its value as JSON.
type Edit = (&'static str, &'static str);

/// Base workflow, edits, codes.
#[rustfmt::skip]
const CASES: &[(&str, &[Edit], &[&str])] = &[
    // Files in folders, other people's names.
    ("two-pass", &[("95.unet_name", r#""Wan2.2\\high.safetensors""#), ("96.unet_name", r#""Wan2.2\\low.safetensors""#)], &[]),
    ("two-pass", &[("95.unet_name", r#""Wan2.2\\low.safetensors""#), ("96.unet_name", r#""Wan2.2\\high.safetensors""#)], &["MODEL002", "WF023"]),
    ("two-pass", &[("95.unet_name", r#""low\\a.safetensors""#), ("96.unet_name", r#""high\\b.safetensors""#)], &[]),
    ("two-pass", &[("95.unet_name", r#""I2V/Wan2_2-I2V-A14B-HIGH_fp8_e4m3fn_scaled_KJ.safetensors""#), ("96.unet_name", r#""I2V/Wan2_2-I2V-A14B-LOW_fp8_e4m3fn_scaled_KJ.safetensors""#)], &[]),
    ("two-pass", &[("95.unet_name", r#""Wan22-HighLow-AIO.safetensors""#)], &[]),
    ("two-pass", &[("95.unet_name", r#""my_rescaled_bf16.safetensors""#), ("95.weight_dtype", r#""fp8_e4m3fn""#)], &[]),
    ("two-pass", &[("95.unet_name", r#""wan2.2_i2v_high_noise_14B_fp16.safetensors""#), ("95.weight_dtype", r#""fp8_e4m3fn_fast""#)], &[]),
    ("two-pass", &[("90.vae_name", r#""Wan2.2\\wan_2.1_vae.safetensors""#)], &[]),
    ("two-pass", &[("90.vae_name", r#""taew2_1.safetensors""#)], &[]),
    ("two-pass", &[("90.vae_name", r#""wan22_14B_vae.safetensors""#)], &[]),
    ("ti2v-5b", &[("39.vae_name", r#""Wan2_2_VAE_bf16.safetensors""#)], &[]),
    ("ti2v-5b", &[("37.unet_name", r#""FastWan2_2-TI2V-5B-FullAttn_bf16.safetensors""#)], &[]),
    // LoRAs: adjectives, strength 0, a chain of three with one wrong.
    ("two-pass", &[("101.lora_name", r#""low_light_cinematic.safetensors""#), ("102.lora_name", r#""high_quality_style.safetensors""#)], &[]),
    ("two-pass", &[("101.lora_name", r#""lightx2v_T2V_low_rank16.safetensors""#)], &[]),
    ("two-pass", &[("102.lora_name", r#""x_high_noise.safetensors""#), ("102.strength_model", "0")], &["MODEL004", "MODEL007"]),
    ("two-pass", &[("101.model", r#"["200", 0]"#), ("200", r#"["LoraLoaderModelOnly", {"model": ["201", 0], "lora_name": "slow_glow.safetensors", "strength_model": 0.5}]"#), ("201", r#"["LoraLoaderModelOnly", {"model": ["95", 0], "lora_name": "style_HighNoise.safetensors", "strength_model": 1}]"#)], &[]),
    ("two-pass", &[("101.model", r#"["200", 0]"#), ("200", r#"["LoraLoaderModelOnly", {"model": ["201", 0], "lora_name": "slow_glow.safetensors", "strength_model": 0.5}]"#), ("201", r#"["LoraLoaderModelOnly", {"model": ["95", 0], "lora_name": "style_LowNoise.safetensors", "strength_model": 1}]"#)], &["MODEL002"]),
    // Stages: refining, three samplers, an upscaling in between, steps from primitives.
    ("two-pass", &[("86.steps", "20"), ("86.end_at_step", "20"), ("86.return_with_leftover_noise", r#""disable""#), ("85.steps", "20"), ("85.start_at_step", "14"), ("85.end_at_step", "20"), ("85.add_noise", r#""enable""#)], &["WF028"]),
    ("two-pass", &[("86.end_at_step", "10000"), ("85.add_noise", r#""enable""#)], &[]),
    ("two-pass", &[("86.steps", "6"), ("85.steps", "6"), ("85.start_at_step", "4"), ("85.end_at_step", "6"), ("85.latent_image", r#"["300", 0]"#), ("300", r#"["KSamplerAdvanced", {"model": ["104", 0], "add_noise": "disable", "noise_seed": 0, "steps": 6, "cfg": 1, "sampler_name": "euler", "scheduler": "simple", "positive": ["98", 0], "negative": ["98", 1], "latent_image": ["86", 0], "start_at_step": 2, "end_at_step": 4, "return_with_leftover_noise": "enable"}]"#)], &[]),
    ("two-pass", &[("85.latent_image", r#"["500", 0]"#), ("85.add_noise", r#""enable""#), ("500", r#"["LatentUpscaleBy", {"samples": ["86", 0], "upscale_method": "bislerp", "scale_by": 1.5}]"#)], &[]),
    ("two-pass", &[("86.steps", r#"["400", 0]"#), ("85.steps", r#"["400", 0]"#), ("86.end_at_step", r#"["401", 0]"#), ("85.start_at_step", r#"["401", 0]"#), ("85.end_at_step", "8"), ("400", r#"["PrimitiveInt", {"value": 8}]"#), ("401", r#"["PrimitiveInt", {"value": 4}]"#)], &[]),
    ("two-pass", &[("86.steps", r#"["400", 0]"#), ("85.steps", r#"["400", 0]"#), ("86.end_at_step", r#"["401", 0]"#), ("85.start_at_step", "5"), ("85.end_at_step", "8"), ("400", r#"["PrimitiveInt", {"value": 8}]"#), ("401", r#"["PrimitiveInt", {"value": 4}]"#)], &["WF020"]),
    ("two-pass", &[("86.steps", r#"["400", 0]"#), ("85.start_at_step", r#"["401", 0]"#), ("400", r#"["INTConstant", {"value": 8}]"#), ("401", r#"["SimpleMath+", {"value": "a/2", "a": ["400", 0]}]"#)], &[]),
    ("two-pass", &[("85.start_at_step", "4"), ("86.end_at_step", "4"), ("85.steps", "6"), ("86.steps", "6")], &["WF016"]),
    // Three stages, the first with guidance and without the LoRA: a known recipe.
    ("two-pass", &[("86.start_at_step", "2"), ("86.end_at_step", "4"), ("86.add_noise", r#""disable""#), ("86.steps", "8"), ("85.steps", "8"), ("85.start_at_step", "4"), ("85.end_at_step", "8"), ("86.latent_image", r#"["300", 0]"#), ("300", r#"["KSamplerAdvanced", {"model": ["301", 0], "add_noise": "enable", "noise_seed": 0, "steps": 8, "cfg": 3.5, "sampler_name": "euler", "scheduler": "simple", "positive": ["98", 0], "negative": ["98", 1], "latent_image": ["98", 2], "start_at_step": 0, "end_at_step": 2, "return_with_leftover_noise": "enable"}]"#), ("301", r#"["ModelSamplingSD3", {"model": ["95", 0], "shift": 5}]"#)], &[]),
    // LoRAs that are not read: of a custom node (one without rows has none), of a file that was trained just now, brought in with the prompts.
    ("two-pass", &[("101", r#"["Power Lora Loader (rgthree)", {"model": ["95", 0], "lora_1": {"on": true, "lora": "x.safetensors", "strength": 1}}]"#), ("102", r#"["Power Lora Loader (rgthree)", {"model": ["96", 0]}]"#)], &[]),
    ("two-pass", &[("101", r#"["Power Lora Loader (rgthree)", {"model": ["95", 0]}]"#), ("102", r#"["Power Lora Loader (rgthree)", {"model": ["96", 0]}]"#), ("104.shift", "12")], &["WF021", "WF027"]),
    ("two-pass", &[("101", r#"["LoraModelLoader", {"model": ["95", 0], "lora": ["200", 0], "strength_model": 1}]"#), ("102", r#"["LoraModelLoader", {"model": ["96", 0], "lora": ["200", 0], "strength_model": 1}]"#), ("200", r#"["SomeLoraSource", {}]"#)], &[]),
    ("two-pass", &[("103.model", r#"["96", 0]"#), ("104.model", r#"["95", 0]"#), ("200", r#"["CreateHookLoraModelOnly", {"lora_name": "x.safetensors", "strength_model": 1}]"#)], &[]),
    // Sizes: numbers of other types, one frame, another family of models.
    ("two-pass", &[("98.width", "832.0"), ("98.length", r#""81""#)], &[]),
    ("two-pass", &[("98.length", "80.0")], &["WF010"]),
    ("two-pass", &[("98.width", "720"), ("98.height", "1280")], &[]),
    ("t2v", &[("40.length", "1")], &["WF040"]),
    ("t2v", &[("37.unet_name", r#""hunyuan_video_t2v_720p_bf16.safetensors""#), ("40.width", "856"), ("40.length", "129")], &[]),
];

#[test]
fn edited_workflows_are_judged_as_by_hand() {
    for (base, edits, expected) in CASES {
        let outcome = lint_text("workflow.json", &edited(base, edits), NOTHING);
        assert!(outcome.files[0].workflow().is_some(), "{edits:?}");
        // That an edit leaves a node behind is said as well.
        let mut codes = codes(&outcome);
        codes.retain(|code| *code != "WF057" || expected.contains(code));
        assert_eq!(codes, *expected, "{base} {edits:?}");
    }
}

/// In the saved format a bypassed LoRA is not applied; the same one switched on is.
#[test]
fn a_bypassed_lora_is_not_judged() {
    let ui = include_str!("../workflow/small.ui.json").replace("four.safetensors", "style_low_noise.safetensors");
    // Its sampler's negative prompt is muted, which the video at the end cannot do without.
    assert_eq!(codes(&lint_text("workflow.json", &ui, NOTHING)), ["WF059"]);
    let bypassed = r#""type":"LoraLoaderModelOnly","mode":4"#;
    assert!(ui.contains(bypassed));
    let active = ui.replace(bypassed, r#""type":"LoraLoaderModelOnly","mode":0"#);
    assert_eq!(codes(&lint_text("workflow.json", &active, NOTHING)), ["MODEL002", "WF059"]);
}

/// `node.input` sets an input, `node` adds a node from its class and its inputs.
fn edited(base: &str, edits: &[Edit]) -> String {
    let path = repository().join(format!("fixtures/rules/base/{base}.api.json"));
    let mut graph: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (key, text) in edits {
        let value: Value = serde_json::from_str(text).unwrap();
        match key.split_once('.') {
            Some((node, input)) => graph[node]["inputs"][input] = value,
            None => graph[*key] = json!({ "class_type": value[0], "inputs": value[1] }),
        }
    }
    graph.to_string()
}
