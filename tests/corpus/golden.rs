//! API prompts that the real frontend made of official templates: the same silence, and a forecast or a stated gap for Wan.

use std::path::Path;

use wanlint::forecast::{Phase, Work};
use wanlint::outcome::Outcome;
use wanlint::targets::Target;

use super::{Allowed, NOTHING, RTX_4090, RTX_5090, alarms, judged, lint, print_counts, shared, staged};

/// Prompts on record.
const PROMPTS: usize = 367;

/// Width, height, frames.
type Size = (u32, u32, u32);

/// From the table of official Wan templates, which another program measured: the file, size and frames of each sampling.
#[rustfmt::skip]
const EXPECTED: [(&str, &[&str], Size); 10] = [
    ("image_to_video_wan", &["wan2.1_i2v_480p_14B_fp16"], (512, 512, 33)),
    ("video_wan2.1_fun_camera_v1.1_14B", &["wan2.1_fun_camera_v1.1_14B_bf16"], (512, 512, 81)),
    ("video_wan2_2_14B_flf2v", &["wan2.2_i2v_high_noise_14B_fp8_scaled", "wan2.2_i2v_low_noise_14B_fp8_scaled"], (640, 640, 81)),
    ("video_wan2_2_14B_fun_camera", &["wan2.2_fun_camera_high_noise_14B_fp8_scaled", "wan2.2_fun_camera_low_noise_14B_fp8_scaled"], (720, 720, 81)),
    ("video_wan2_2_14B_i2v", &["wan2.2_i2v_high_noise_14B_fp8_scaled", "wan2.2_i2v_low_noise_14B_fp8_scaled"], (640, 640, 81)),
    ("video_wan2_2_14B_t2v", &["wan2.2_t2v_high_noise_14B_fp8_scaled", "wan2.2_t2v_low_noise_14B_fp8_scaled"], (640, 640, 81)),
    ("video_wan2_2_5B_ti2v", &["wan2.2_ti2v_5B_fp16"], (1280, 704, 121)),
    ("video_wan_vace_14B_t2v", &["wan2.1_vace_14B_fp16"], (1280, 720, 81)),
    ("wan2.1_flf2v_720_f16", &["wan2.1_flf2v_720p_14B_fp16"], (720, 1280, 33)),
    ("wan2.1_fun_inp", &["wan2.1_fun_inp_1.3B_bf16"], (480, 768, 81)),
];

/// Templates that ask for a ComfyUI after 0.33.0 or were saved by one, without a trace in the recordings' index: their nodes have
/// inputs and choices that 0.33.0, which made the prompts, does not.
const NEWER: [(&str, &str); 7] = [
    ("api_bytedance_vcube_video_enhance", "WF006"),
    ("image_ming_image_01_design_t2i", "WF058"),
    ("image_moss_image_base_t2i", "WF006"),
    ("image_moss_image_base_t2i", "WF058"),
    ("image_moss_image_t2i", "WF006"),
    ("image_moss_image_t2i", "WF058"),
    ("video_ltx2_3_ia2v", "WF006"),
];

/// What is true of the prompts: what is true of their templates, and that a file which was saved by another schema than that of
/// the server it was converted with has values in other inputs (`saved_with_other_schema` in the index of the recordings).
fn true_findings(folder: &Path) -> Vec<Allowed> {
    let index = std::fs::read_to_string(folder.join("index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let mut all = judged::allowed();
    all.extend(NEWER.map(|(name, code)| (name.to_owned(), code.to_owned(), "newer than 0.33.0".to_owned())));
    for (name, entry) in index.as_object().unwrap() {
        if entry["saved_with_other_schema"].as_array().is_some_and(|saved| !saved.is_empty()) {
            let codes = ["WF004", "WF006", "WF007", "WF008", "WF058"];
            all.extend(codes.map(|code| (name.clone(), code.to_owned(), "saved by another schema".to_owned())));
        }
    }
    all
}

#[test]
fn nobody_is_warned_about_an_official_prompt() {
    let Some(folder) = shared("golden") else { return };
    let copy = staged(&folder, ".api.json");
    for (title, facts) in [("no facts", NOTHING), ("RTX 5090", RTX_5090), ("RTX 4090", RTX_4090)] {
        let outcome = lint(copy.path(), facts);
        print_counts(title, &outcome);
        assert_eq!(outcome.files.iter().filter(|file| file.workflow().is_some()).count(), PROMPTS, "all are workflows");
        assert_eq!(alarms(&outcome, &true_findings(&folder)), Vec::<String>::new(), "{title}");
    }
}

#[test]
fn wan_prompts_have_a_forecast_or_a_stated_gap() {
    let Some(folder) = shared("golden") else { return };
    let copy = staged(&folder, ".api.json");
    forecasts(copy.path(), 25, 15);
}

/// Lints a folder: of at least `files` workflows that load Wan at least `forecast` must have a forecast, the others a gap.
pub(crate) fn forecasts(folder: &Path, files: usize, forecast: usize) {
    let outcome = lint(folder, RTX_5090);
    let wan: Vec<&Target> = outcome.targets.iter().filter(|target| loads_wan(&outcome, target)).collect();
    for target in &wan {
        println!("{}", row(&outcome, target));
    }
    let found = wan.iter().filter(|target| target.shown().is_some()).count();
    println!("{found} of {} have a forecast", wan.len());
    assert!(wan.len() >= files && found >= forecast, "{found} of {}", wan.len());
    for target in wan {
        match &target.work {
            Ok(_) => assert!(!target.variants.is_empty(), "{}", template(&outcome, target)),
            Err(gap) => assert!(!gap.words.is_empty() && target.variants.is_empty(), "{}", template(&outcome, target)),
        }
    }
}

#[test]
fn known_templates_sample_what_the_table_says() {
    let Some(folder) = shared("golden") else { return };
    let copy = staged(&folder, ".api.json");
    let outcome = lint(copy.path(), RTX_5090);
    for (name, models, size) in EXPECTED {
        let target = outcome.targets.iter().find(|target| template(&outcome, target) == name);
        let variant = target.and_then(Target::shown).unwrap_or_else(|| panic!("{name} has no forecast"));
        let sampled = variant.forecast.middle.phases.iter().filter(|phase| phase.work == Work::Sample);
        let found: Vec<_> = sampled.map(|phase| (stem(phase), (phase.width, phase.height, phase.frames))).collect();
        let expected: Vec<_> = models.iter().map(|model| (*model, size)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

fn stem(phase: &Phase) -> &str {
    phase.file.trim_end_matches(".safetensors")
}

fn template(outcome: &Outcome, target: &Target) -> String {
    let path = outcome.files[target.workflow].source.path();
    path.file_name().unwrap().to_string_lossy().trim_end_matches(".api.json").to_owned()
}

/// A diffusion model of Wan is loaded, whatever the template is called.
fn loads_wan(outcome: &Outcome, target: &Target) -> bool {
    let Some(workflow) = outcome.files[target.workflow].workflow() else { return false };
    let samples = |file: &str| file.starts_with("wan2") || file.starts_with("wan_animate");
    let files = workflow.facts.loaders.iter().filter_map(|loader| loader.file.value.as_deref());
    files.map(str::to_lowercase).any(|file| samples(&file) && !file.contains("vae"))
}

/// `template: verdict, peak` or `template: gap`.
fn row(outcome: &Outcome, target: &Target) -> String {
    let name = template(outcome, target);
    match (&target.work, target.shown()) {
        (Err(gap), _) => format!("{name:50} {:?}: {}", gap.kind, gap.words),
        (_, Some(variant)) => {
            let (best, worst) = (&variant.forecast.best, &variant.forecast.worst);
            format!(
                "{name:50} {:?}, peak {:.0}..{:.0} MiB",
                worst.verdict,
                best.peak_mib.unwrap().min(worst.peak_mib.unwrap()),
                best.peak_mib.unwrap().max(worst.peak_mib.unwrap())
            )
        }
        _ => format!("{name:50} nothing"),
    }
}
