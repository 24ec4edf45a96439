//! In which precision ComfyUI computes a family of models, by the name of the file.

use crate::read::script::base_name;

/// True for a diffusion model whose family ComfyUI runs in bf16 or fp32 and never, of itself, in fp16. False for all others,
/// also for those that nobody looked up.
///
/// Source: `supported_inference_dtypes` of `GenmoMochi`, `LTXV` (and `LTXAV`, which inherits it), `HunyuanVideo` and `QwenImage`
/// in ComfyUI `comfy/supported_models.py`, the same in 0.3.64, 0.3.75, 0.29.0 and 0.33.0. HunyuanVideo 1.5 lists fp16.
pub fn is_without_fp16(file: &str) -> bool {
    let name = base_name(file).to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        ["mochi" | "ltxv", ..] | ["ltx", "video", ..] => true,
        ["ltx", "2", next, ..] => *next != "5",
        ["hunyuan", "video", next, ..] => !matches!(*next, "1" | "15"),
        ["qwen", "image", next, ..] => *next != "2",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_without_fp16;

    #[test]
    fn families_by_name() {
        for file in [
            "ltx-video-2b-v0.9.5.safetensors",
            "LTX\\ltx-2-19b-dev-fp8.safetensors",
            "hunyuan_video_t2v_720p_bf16.safetensors",
            "qwen_image_edit_2511_bf16.safetensors",
            "mochi_preview_bf16.safetensors",
        ] {
            assert!(is_without_fp16(file), "{file}");
        }
        for file in [
            "wan2.2_i2v_high_noise_14B_fp16.safetensors",
            "hunyuanvideo1.5_720p_t2v_fp16.safetensors",
            "hunyuan_video_1.5_720p.safetensors",
            "ltx-2.5-22b-distilled.safetensors",
            "qwen_image_2.1_int8.safetensors",
            "my_mochi_merge.safetensors",
            "",
        ] {
            assert!(!is_without_fp16(file), "{file}");
        }
    }
}
