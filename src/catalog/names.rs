//! What a model file's name says, where the catalogue of files does not know it: only whole words count.

use super::models::{self, DitShape, ModelKind};
use crate::read::script::base_name;

/// A file's name in lower case, to be taken apart by [`words`].
pub fn lower(file: &str) -> String {
    base_name(file).to_lowercase()
}

/// The words of a name in lower case: `wan2.2_i2v_high_noise_14b` has `high`, `flow` does not hold `low`.
pub fn words(lower: &str) -> Vec<&str> {
    // Official names have about ten.
    let mut words = Vec::with_capacity(16);
    words.extend(lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()));
    words
}

/// True for a name with a word that begins with `wan`.
pub fn is_wan(file: &str) -> bool {
    let words = base_name(file).split(|c: char| !c.is_alphanumeric());
    words.into_iter().any(|word| word.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("wan")))
}

/// The two experts of Wan 2.2 14B.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// For the early, noisy steps.
    High,
    /// For the late steps.
    Low,
}

impl Stage {
    /// `high-noise` or `low-noise`.
    pub fn words(self) -> &'static str {
        match self {
            Self::High => "high-noise",
            Self::Low => "low-noise",
        }
    }
}

/// The noise stage that a file name claims: exactly one of `high` and `low`, and as the name of an expert.
pub fn stage(file: &str) -> Option<Stage> {
    let name = lower(file);
    let words = words(&name);
    let has = |stage: &str| {
        words.iter().enumerate().any(|(at, word)| match word.strip_prefix(stage) {
            Some("noise" | "n") => true,
            Some("") => words.get(at + 1).is_none_or(|next| follows_an_expert(next)),
            _ => false,
        })
    };
    match (has("high"), has("low")) {
        (true, false) => Some(Stage::High),
        (false, true) => Some(Stage::Low),
        _ => None,
    }
}

/// What may stand behind `high` or `low` when it names an expert: the end of the name or a technical word. Anything else may
/// make an adjective of it, as in `low_light`, `high_quality` and `low_rank16`.
fn follows_an_expert(word: &str) -> bool {
    const WORDS: [&str; 24] = [
        "noise",
        "model",
        "expert",
        "lora",
        "loras",
        "safetensors",
        "sft",
        "gguf",
        "pt",
        "pth",
        "ckpt",
        "14b",
        "a14b",
        "i2v",
        "t2v",
        "fp8",
        "fp16",
        "bf16",
        "fp32",
        "int8",
        "e4m3fn",
        "e5m2",
        "scaled",
        "kj",
    ];
    let numbered =
        |mark: &str| word.strip_prefix(mark).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let number = word.bytes().all(|byte| byte.is_ascii_digit());
    WORDS.contains(&word) || number || ["v", "q", "e", "wan"].into_iter().any(numbered)
}

/// Latent channels of a Wan diffusion model by its file: from the catalog, else from the size in its name.
pub fn channels(file: &str) -> Option<u32> {
    if let Some(ModelKind::WanDit(shape)) = models::identify(file).map(|spec| spec.kind) {
        return Some(shape.out_dim);
    }
    if !is_wan(file) {
        return None;
    }
    let name = lower(file);
    let words = words(&name);
    let has = |word: &str| words.contains(&word);
    if has("5b") {
        return Some(48);
    }
    (has("14b") || has("a14b") || words.windows(2).any(|pair| pair == ["1", "3b"])).then_some(16)
}

/// What a Wan model was trained to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Text to video: no input channels for a picture.
    T2v,
    /// Image to video: the start picture comes in extra input channels.
    I2v,
}

impl Task {
    /// `text-to-video` or `image-to-video`.
    pub fn words(self) -> &'static str {
        match self {
            Self::T2v => "text-to-video",
            Self::I2v => "image-to-video",
        }
    }
}

/// Words that name another task, or a model that is trained on top of one and may take more inputs.
const OTHER_TASKS: [&str; 25] = [
    "ti2v",
    "s2v",
    "v2v",
    "flf2v",
    "ref2v",
    "vace",
    "fun",
    "animate",
    "camera",
    "control",
    "inpaint",
    "inp",
    "phantom",
    "humo",
    "infinitetalk",
    "multitalk",
    "fantasytalking",
    "ati",
    "recammaster",
    "move",
    "wanmove",
    "scail",
    "dancer",
    "aio",
    "5b",
];

/// The task that the name of a Wan model or LoRA claims: exactly one of `t2v` and `i2v`, and no other.
pub fn task(file: &str) -> Option<Task> {
    let name = lower(file);
    let words = words(&name);
    let has = |task: &str| words.contains(&task);
    let claimed = match (has("t2v"), has("i2v")) {
        (true, false) => Task::T2v,
        (false, true) => Task::I2v,
        _ => return None,
    };
    (!OTHER_TASKS.iter().any(|other| has(other))).then_some(claimed)
}

/// Major and minor version of Wan that a name claims: `wan2.2_…`, `Wan2_1-…`, `Wan22…`. Exactly one.
pub fn wan_version(file: &str) -> Option<(u32, u32)> {
    let joined = words(&lower(file)).join(".").replace("wan.", "wan");
    let says = |dotted: &str, short: &str| joined.contains(dotted) || joined.contains(short);
    match (says("wan2.1", "wan21"), says("wan2.2", "wan22")) {
        (true, false) => Some((2, 1)),
        (false, true) => Some((2, 2)),
        _ => None,
    }
}

/// Words that tell the form of a file and nothing about its weights.
const FORMS: [&str; 22] = [
    "a14b",
    "bf16",
    "e4m3fn",
    "e5m2",
    "f16",
    "f32",
    "fp16",
    "fp32",
    "fp8",
    "gguf",
    "high",
    "highnoise",
    "k",
    "kj",
    "l",
    "low",
    "lownoise",
    "m",
    "noise",
    "s",
    "safetensors",
    "scaled",
];

/// The transformer of a plain Wan model, t2v or i2v, that somebody stored in another form: `Wan2.2-I2V-A14B-HighNoise-Q4_K_M.gguf`.
/// Every word must be known: one more makes it a merge or a model of its own, and then nothing is known about it.
pub fn plain_wan(file: &str) -> Option<DitShape> {
    let (task, version, name) = (task(file)?, wan_version(file)?, lower(file));
    let words = words(&name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let quant = |word: &str| word.starts_with('q') && word[1..].bytes().all(|byte| byte.is_ascii_digit());
    let known = |word: &&str| {
        let own = ["wan", "wan2", "wan21", "wan22", "14b", "3b", "t2v", "i2v", "480p", "720p"].contains(word);
        own || FORMS.contains(word) || quant(word) || word.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !words.iter().all(known) {
        return None;
    }
    let large = has(&["14b", "a14b"]);
    match (task, version, large, has(&["3b"])) {
        (Task::T2v, _, true, false) => Some(DitShape::B14),
        (Task::T2v, (2, 1), false, true) => Some(DitShape::B1_3),
        (Task::I2v, version, true, false) => Some(DitShape { in_dim: 36, img_emb: version == (2, 1), ..DitShape::B14 }),
        _ => None,
    }
}

/// True for a name that says the weights are distilled to a few steps without guidance: the published LoRAs of lightx2v,
/// Lightning and CausVid, and names with a number of steps.
pub fn is_distilled(file: &str) -> bool {
    words(&lower(file)).iter().any(|word| {
        let known = ["lightx2v", "lightning", "causvid", "fastwan"].iter().any(|mark| word.starts_with(mark));
        let steps = word.strip_suffix("steps").or_else(|| word.strip_suffix("step"));
        known || word.starts_with("distill") || steps.is_some_and(|count| matches!(count, "2" | "4" | "6" | "8"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_words_of_the_name() {
        assert_eq!(stage("Wan2.2/wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors"), Some(Stage::High));
        assert_eq!(stage("Wan22_LowNoise.safetensors"), Some(Stage::Low));
        assert_eq!(stage("wan22-lownoise-q8.gguf"), Some(Stage::Low));
        assert_eq!(stage("slow_motion_glow.safetensors"), None);
        assert_eq!(stage("high_v1_and_low_v1.safetensors"), None);
        assert_eq!(stage("Wan2_2-I2V-A14B-HIGH_fp8_e4m3fn_scaled_KJ.safetensors"), Some(Stage::High));
        assert_eq!(stage("wan2.2-i2v-high-Q8_0.gguf"), Some(Stage::High));
        assert_eq!(stage("Wan2.2\\low.safetensors"), Some(Stage::Low));
    }

    #[test]
    fn adjectives_name_no_stage() {
        for file in
            ["low_light_film", "high_quality_wan22", "detail-low-res-fix", "lightx2v_low_rank16", "high_heels_v2"]
        {
            assert_eq!(stage(&format!("{file}.safetensors")), None, "{file}");
        }
    }

    #[test]
    fn channels_by_name() {
        assert_eq!(channels("wan2.2_ti2v_5B_fp16.safetensors"), Some(48));
        assert_eq!(channels("Wan2_2-T2V-A14B-LOW_fp8_KJ.safetensors"), Some(16));
        assert_eq!(channels("my_wan2.1_14B_merge.safetensors"), Some(16));
        assert_eq!(channels("flux1-dev.safetensors"), None);
    }

    #[test]
    fn tasks_are_words_and_only_one() {
        for (file, expected) in [
            ("wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors", Some(Task::I2v)),
            ("Wan2.2-T2V-A14B-LowNoise-Q4_K_M.gguf", Some(Task::T2v)),
            ("wan2.2_ti2v_5B_fp16.safetensors", None),
            ("wan2.1_vace_14B_fp16.safetensors", None),
            ("Wan2.1_T2V_14B_FusionX_VACE.safetensors", None),
            ("Wan2_1-I2V-ATI-14B_fp8_e4m3fn.safetensors", None),
            ("wan_t2v_i2v_merge.safetensors", None),
            ("smoothMix_wan22I2V.safetensors", None),
        ] {
            assert_eq!(task(file), expected, "{file}");
        }
    }

    #[test]
    fn distilled_by_their_published_names() {
        for file in [
            "wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise.safetensors",
            "lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors",
            "Wan21_CausVid_14B_T2V_lora_rank32.safetensors",
            "Wan2.2-Lightning_T2V-A14B-4steps-lora_HIGH_fp16.safetensors",
            "my-8step-lora.safetensors",
        ] {
            assert!(is_distilled(file), "{file}");
        }
        for file in ["wan2.2_i2v_low_noise_14B_fp16.safetensors", "steps_of_stone.safetensors", "highlight.safetensors"]
        {
            assert!(!is_distilled(file), "{file}");
        }
    }

    #[test]
    fn plain_models_in_other_forms() {
        let i2v = DitShape { in_dim: 36, ..DitShape::B14 };
        for (file, expected) in [
            ("Wan2.2-I2V-A14B-HighNoise-Q4_K_M.gguf", Some(i2v)),
            ("Wan2_2-I2V-A14B-LOW_fp8_e4m3fn_scaled_KJ.safetensors", Some(i2v)),
            ("wan2.1-i2v-14b-480p-Q8_0.gguf", Some(DitShape { img_emb: true, ..i2v })),
            ("wan2.1_t2v_1.3B-Q8_0.gguf", Some(DitShape::B1_3)),
            ("Wan2.2-T2V-A14B-LowNoise-Q5_K_S.gguf", Some(DitShape::B14)),
            ("Wan2.2-I2V-A14B-HighNoise-lightx2v-Q4_K_M.gguf", None),
            ("Wan2_1-I2V-ATI-14B_fp8_e4m3fn.safetensors", None),
            ("my_wan2.1_14B_t2v_merge.safetensors", None),
            ("wan2.1_vace_14B-Q4_K_M.gguf", None),
        ] {
            assert_eq!(plain_wan(file), expected, "{file}");
        }
    }

    #[test]
    fn versions_by_name() {
        assert_eq!(wan_version("Wan2_2-I2V-A14B-HIGH.safetensors"), Some((2, 2)));
        assert_eq!(wan_version("wan2.1_t2v_1.3B_fp16.safetensors"), Some((2, 1)));
        assert_eq!(wan_version("Wan21_CausVid_14B.safetensors"), Some((2, 1)));
        assert_eq!(wan_version("lightx2v_I2V_14B_480p.safetensors"), None);
        assert_eq!(wan_version("wan2.1_to_wan2.2.safetensors"), None);
    }
}
