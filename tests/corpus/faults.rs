//! Faults that people make, as changes of official Wan templates: each row says what is written wrong, what finds it and where, and
//! what its fix comes to.

use wanlint::fix::Grade;

use super::{Facts, NOTHING, RTX_4090, RTX_5090};

/// Node, input, the value as JSON.
pub(crate) type Written = (&'static str, &'static str, &'static str);

pub(crate) type Values = &'static [Written];

/// One row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// The rule that finds it.
    pub(crate) code: &'static str,
    /// What is wrong, in words: with the code it is said of one row only.
    pub(crate) kind: &'static str,
    pub(crate) template: &'static str,
    /// What is written into the template.
    pub(crate) wrong: Values,
    /// The node that it is found at; where a script is at fault, the words in it.
    pub(crate) at: &'static str,
    pub(crate) grade: Grade,
    /// What the fix leaves other than it is in the template; mostly it gives that back.
    pub(crate) after: Values,
    pub(crate) facts: Facts,
    /// A script beside the workflow: its name, its text, and its text after the fix.
    pub(crate) launch: Option<(&'static str, &'static str, &'static str)>,
    /// Model files, in the words of `models/made.rs`.
    pub(crate) models: &'static [(&'static str, &'static str)],
    /// Whether a saved workflow can have it.
    pub(crate) saved: bool,
}

const fn fault(
    code: &'static str,
    kind: &'static str,
    template: &'static str,
    wrong: Values,
    at: &'static str,
) -> Fault {
    let (facts, grade) = (NOTHING, Grade::Unsafe);
    Fault { code, kind, template, wrong, at, grade, after: &[], facts, launch: None, models: &[], saved: true }
}

impl Fault {
    const fn safe(mut self) -> Self {
        self.grade = Grade::Safe;
        self
    }

    const fn after(mut self, after: Values) -> Self {
        self.after = after;
        self
    }

    const fn on(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    const fn beside(mut self, name: &'static str, text: &'static str, mended: &'static str) -> Self {
        self.launch = Some((name, text, mended));
        self
    }

    const fn models(mut self, models: &'static [(&'static str, &'static str)]) -> Self {
        self.models = models;
        self
    }

    const fn prompt_only(mut self) -> Self {
        self.saved = false;
        self
    }
}

const FIRST_LAST: &str = "video_wan2_2_14B_flf2v";
const TI2V: &str = "video_wan2_2_5B_ti2v";
const I2V_21: &str = "image_to_video_wan";
const ALPHA: &str = "video_wan2.1_alpha_t2v_14B";
const INPAINT: &str = "video_wan2_2_14B_fun_inpaint";
const SUBGRAPH: &str = "video_wan2_2_14B_i2v";

const LOW: &str = r#""wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors""#;
const HIGH: &str = r#""wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors""#;
const LORA_LOW: &str = r#""wan2.2_i2v_lightx2v_4steps_lora_v1_low_noise.safetensors""#;
const LORA_HIGH: &str = r#""wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise.safetensors""#;

const LARGE: Values = &[("81", "width", "832"), ("81", "height", "1216")];

const STATIC_5090: Facts = Facts { comfyui: "0.3.70", ..RTX_5090 };
const RTX_3090: Facts = Facts { gpu: "RTX 3090", ..RTX_4090 };
const RTX_3060: Facts = Facts { gpu: "RTX 3060", ram: "128GiB", ..RTX_5090 };
const SMALL: Facts = Facts { vram: "12GiB", os: "linux", comfyui: "0.3.70", ..NOTHING };
const OLD: Facts = Facts { comfyui: "0.3.70", ..NOTHING };
const MUCH_RAM: Facts = Facts { ram: "128GiB", ..NOTHING };

#[rustfmt::skip]
pub(crate) const FAULTS: &[Fault] = &[
    // The size of the latent.
    fault("WF010", "one frame short", FIRST_LAST, &[("81", "length", "80")], "81"),
    fault("WF010", "one frame more", FIRST_LAST, &[("81", "length", "82")], "81"),
    fault("WF010", "two frames short", FIRST_LAST, &[("81", "length", "79")], "81"),
    fault("WF010", "frames of the 5B model", TI2V, &[("55", "length", "120")], "55"),
    fault("WF010", "frames as a power of two", I2V_21, &[("50", "length", "32")], "50"),
    fault("WF010", "frames of an empty latent", ALPHA, &[("40", "length", "34")], "40"),
    fault("WF011", "width of half a block", FIRST_LAST, &[("81", "width", "632")], "81"),
    fault("WF011", "odd width", FIRST_LAST, &[("81", "width", "647")], "81"),
    fault("WF011", "odd height", FIRST_LAST, &[("81", "height", "633")], "81"),
    fault("WF011", "height of half a block", I2V_21, &[("50", "height", "505")], "50"),
    fault("WF011", "width inside a subgraph", SUBGRAPH, &[("129:98", "width", "639")], "129:98"),
    fault("WF012", "width for another VAE", TI2V, &[("55", "width", "1270")], "55"),
    fault("WF012", "height for another VAE", TI2V, &[("55", "height", "700")], "55"),
    fault("WF041", "three clips", FIRST_LAST, &[("81", "batch_size", "3")], "81"),
    fault("WF041", "two clips", I2V_21, &[("50", "batch_size", "2")], "50"),
    // The hand-over between two stages.
    fault("WF017", "noise not kept", FIRST_LAST, &[("84", "return_with_leftover_noise", r#""disable""#)], "84"),
    fault("WF018", "noise again", FIRST_LAST, &[("87", "add_noise", r#""enable""#)], "87"),
    fault("WF019", "no noise", FIRST_LAST, &[("84", "add_noise", r#""disable""#)], "84"),
    fault("WF019", "no noise inside a subgraph", SUBGRAPH, &[("129:86", "add_noise", r#""disable""#)], "129:86"),
    fault("WF020", "steps done twice", FIRST_LAST, &[("87", "start_at_step", "8")], "87"),
    fault("WF020", "steps left out", FIRST_LAST, &[("87", "start_at_step", "12")], "87"),
    fault("WF020", "first stage ends late", INPAINT, &[("96", "end_at_step", "3")], "95")
        .after(&[("96", "end_at_step", "3"), ("95", "start_at_step", "3")]),
    fault("WF023", "experts changed places", FIRST_LAST, &[("76", "unet_name", LOW), ("77", "unet_name", HIGH)], "84"),
    fault("MODEL002", "LoRAs changed places", INPAINT, &[("116", "lora_name", LORA_LOW), ("117", "lora_name", LORA_HIGH)], "116"),
    fault("MODEL002", "LoRAs changed places inside a subgraph", SUBGRAPH, &[("129:131", "value", "true"), ("129:101", "lora_name", LORA_LOW), ("129:102", "lora_name", LORA_HIGH)], "129:101")
        .after(&[("129:131", "value", "true")]),
    // Sampling.
    fault("WF029", "guidance beside a distilled LoRA", INPAINT, &[("96", "cfg", "3.5"), ("95", "cfg", "3.5")], "96")
        .after(&[("96", "cfg", "1.0"), ("95", "cfg", "1.0")]),
    fault("WF029", "full guidance beside a distilled LoRA", INPAINT, &[("96", "cfg", "6"), ("95", "cfg", "6")], "96"),
    fault("WF031", "guidance 0 for none", INPAINT, &[("95", "cfg", "0")], "95"),
    fault("WF031", "guidance below 1", INPAINT, &[("96", "cfg", "0.8"), ("95", "cfg", "0.8")], "96")
        .after(&[("96", "cfg", "1.0"), ("95", "cfg", "1.0")]),
    fault("WF042", "no denoise at all", TI2V, &[("3", "denoise", "0")], "3"),
    fault("WF042", "half a denoise", I2V_21, &[("3", "denoise", "0.5")], "3").after(&[("3", "denoise", "1.0")]),
    fault("WF043", "karras in two stages", FIRST_LAST, &[("84", "scheduler", r#""karras""#), ("87", "scheduler", r#""karras""#)], "84"),
    fault("WF043", "karras", TI2V, &[("3", "scheduler", r#""karras""#)], "3"),
    fault("WF043", "exponential", I2V_21, &[("3", "scheduler", r#""exponential""#)], "3"),
    // Files and how they are loaded.
    fault("WF032", "type of another T5", FIRST_LAST, &[("72", "type", r#""sd3""#)], "72"),
    fault("WF032", "type by default", FIRST_LAST, &[("72", "type", r#""stable_diffusion""#)], "72"),
    fault("WF032", "type of another model", TI2V, &[("38", "type", r#""flux""#)], "38"),
    fault("WF032", "type inside a subgraph", SUBGRAPH, &[("129:84", "type", r#""sd3""#)], "129:84"),
    fault("MODEL009", "scaled file made plain", FIRST_LAST, &[("76", "weight_dtype", r#""fp8_e4m3fn""#)], "76"),
    fault("MODEL009", "scaled file made coarser", FIRST_LAST, &[("77", "weight_dtype", r#""fp8_e5m2""#)], "77"),
    fault("MODEL009", "scaled file made fast", FIRST_LAST, &[("77", "weight_dtype", r#""fp8_e4m3fn_fast""#)], "77"),
    fault("MODEL009", "scaled file in a subgraph", SUBGRAPH, &[("129:95", "weight_dtype", r#""fp8_e4m3fn""#)], "129:95"),
    fault("MODEL011", "fast where nothing is", I2V_21, &[("37", "weight_dtype", r#""fp8_e4m3fn_fast""#)], "37")
        .safe().on(RTX_3090).after(&[("37", "weight_dtype", r#""fp8_e4m3fn""#)]),
    fault("MODEL015", "16 bit beside fp8", ALPHA, &[("37", "unet_name", r#""wan2.1_t2v_14B_fp16.safetensors""#)], "37")
        .on(RTX_4090).models(&[("diffusion_models/wan2.1_t2v_14B_fp16.safetensors", "wan t2v-14B F16"), ("diffusion_models/wan2.1_t2v_14B_fp8_scaled.safetensors", "scaled t2v-14B")]),
    fault("MODEL001", "VAE of the 5B model", FIRST_LAST, &[("79", "vae_name", r#""wan2.2_vae.safetensors""#)], "79"),
    fault("MODEL001", "VAE of the 14B models", TI2V, &[("39", "vae_name", r#""wan_2.1_vae.safetensors""#)], "39"),
    fault("MODEL017", "expert of another task", FIRST_LAST, &[("77", "unet_name", r#""wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors""#)], "77"),
    fault("MODEL022", "text encoder of 16 bit", FIRST_LAST, &[("72", "clip_name", r#""umt5_xxl_fp16.safetensors""#)], "72").on(SMALL),
    fault("WF009", "file in another folder", ALPHA, &[], "37").on(RTX_4090)
        .after(&[("37", "unet_name", r#""wan/wan2.1_t2v_14B_fp8_scaled.safetensors""#)])
        .models(&[
            ("diffusion_models/wan/wan2.1_t2v_14B_fp8_scaled.safetensors", "scaled t2v-14B"),
            ("text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors", "umt5 scaled"),
            ("loras/wan_alpha_2.1_rgba_lora.safetensors", "lora t2v-14B lora_unet_"),
            ("vae/wan_alpha_2.1_vae_rgb_channel.safetensors", "vae-2.1"),
            ("vae/wan_alpha_2.1_vae_alpha_channel.safetensors", "vae-2.1"),
        ]),
    fault("WF024", "the same expert twice", FIRST_LAST, &[("77", "unet_name", HIGH)], "77"),
    fault("WF006", "choice misspelt", TI2V, &[("3", "sampler_name", r#""uni-pc""#)], "3"),
    fault("WF006", "guidance over the limit", I2V_21, &[("3", "cfg", "600")], "3").after(&[("3", "cfg", "100")]),
    fault("WF021", "other steps in the second stage", FIRST_LAST, &[("87", "steps", "30")], "87"),
    fault("WF021", "other scheduler in the second stage", INPAINT, &[("95", "scheduler", r#""normal""#)], "95"),
    fault("WF021", "other shift in the second stage", FIRST_LAST, &[("74", "shift", "5")], "87")
        .after(&[("74", "shift", "8.000000000000002")]),
    fault("WF028", "many steps of a distilled model", INPAINT, &[("96", "steps", "20"), ("96", "end_at_step", "10"), ("95", "steps", "20"), ("95", "start_at_step", "10"), ("95", "end_at_step", "20")], "96"),
    fault("WF055", "saved outside", FIRST_LAST, &[("83", "filename_prefix", r#""../../video/ComfyUI""#)], "83"),
    // The clip.
    fault("WF037", "too fast", FIRST_LAST, &[("86", "fps", "24")], "86"),
    fault("WF037", "twice as fast", FIRST_LAST, &[("86", "fps", "30")], "86"),
    fault("WF037", "too slow", TI2V, &[("57", "fps", "16")], "57"),
    fault("WF037", "24 for a model of 16", I2V_21, &[("55", "fps", "24")], "55"),
    // The form.
    fault("WF064", "id of a link as a number", FIRST_LAST, &[("84", "model", "[73, 0]")], "84")
        .safe().prompt_only().after(&[("84", "model", r#"["73", 0]"#)]),
    // The start beside the template.
    fault("LAUNCH011", "everything held on the card", FIRST_LAST, LARGE, "--highvram")
        .safe().on(STATIC_5090).after(LARGE).beside("start.sh", "python main.py --highvram --listen 127.0.0.1\n", "python main.py --listen 127.0.0.1\n"),
    fault("LAUNCH012", "everything computed on the card", ALPHA, &[("40", "width", "1280"), ("40", "height", "720"), ("40", "length", "81")], "--gpu-only")
        .on(RTX_4090).after(&[("40", "width", "1280"), ("40", "height", "720"), ("40", "length", "81")])
        .beside("start.sh", "python main.py --gpu-only\n", "python main.py\n"),
    fault("LAUNCH013", "nothing kept on the card", FIRST_LAST, &[], "--novram")
        .on(STATIC_5090).beside("start.bat", "python main.py --novram", "python main.py"),
    fault("LAUNCH015", "on the CPU", I2V_21, &[], "--cpu").beside("start.bat", "python main.py --cpu", "python main.py"),
    fault("LAUNCH016", "models unloaded after each step", FIRST_LAST, &[], "--disable-smart-memory")
        .beside("start.sh", "python main.py --disable-smart-memory\n", "python main.py\n"),
    fault("LAUNCH017", "nothing cached", FIRST_LAST, &[], "--cache-none")
        .safe().on(MUCH_RAM).beside("start.bat", "python main.py ^\r\n  --cache-none ^\r\n  --port 8190\r\n", "python main.py ^\r\n  --port 8190\r\n"),
    fault("LAUNCH018", "reserve for nothing", FIRST_LAST, LARGE, "--reserve-vram 4")
        .safe().on(STATIC_5090).after(LARGE).beside("start.bat", "python main.py --reserve-vram 4", "python main.py --reserve-vram 1.7"),
    fault("LAUNCH019", "reserve larger than the card", FIRST_LAST, &[], "--reserve-vram 600")
        .beside("start.sh", "python main.py --reserve-vram 600\n", "python main.py\n"),
    fault("LAUNCH024", "weights of 32 bit", I2V_21, &[], "--force-fp32")
        .beside("start.sh", "python main.py --force-fp32\n", "python main.py\n"),
    fault("LAUNCH025", "16 bit made of scaled files", FIRST_LAST, &[], "--fp16-unet")
        .on(OLD).beside("start.bat", "python main.py --fp16-unet", "python main.py"),
    fault("LAUNCH026", "VAE of 16 bit", FIRST_LAST, &[], "--fp16-vae")
        .on(RTX_4090).beside("start.sh", "python main.py \\\n  --fp16-vae\n", "python main.py\n"),
    fault("LAUNCH028", "decoded on the CPU", TI2V, &[], "\"--cpu-vae\"")
        .beside("start.py", "import subprocess\nsubprocess.run([\"python\", \"main.py\", \"--cpu-vae\"])\n", "import subprocess\nsubprocess.run([\"python\", \"main.py\"])\n"),
    fault("PERF015", "read from disk at every step", SUBGRAPH, &[], "--fast-disk")
        .safe().on(RTX_3060).beside("start.bat", "python main.py --fast-disk", "python main.py"),
];
