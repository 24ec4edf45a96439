//! Facts of real API prompts against the table of official Wan templates, which was measured by another program.

use std::path::Path;

use wanlint::facts::workflow::{Field, Frames, LoaderKind, Sampler, SamplerKind, VaeOp, WorkflowFacts, facts};
use wanlint::read::json::JsonDoc;
use wanlint::workflow::graph::Graph;

use super::{files, read, shared};

/// Template, loaders, samplers (model, loras, sampler, scheduler, steps, cfg, range), sizes, frames per second.
#[rustfmt::skip]
const EXPECTED: [(&str, &str); 13] = [
    ("image_to_video_wan", "\
        model wan2.1_i2v_480p_14B_fp16; clip umt5_xxl_fp8_e4m3fn_scaled wan; vae wan_2.1_vae; vision clip_vision_h
        KS wan2.1_i2v_480p_14B_fp16 uni_pc/simple steps 20 cfg 6 at WanImageToVideo 512x512 f=33
        fps 16"),
    ("text_to_video_wan", "\
        model wan2.1_t2v_1.3B_fp16; clip umt5_xxl_fp8_e4m3fn_scaled wan; vae wan_2.1_vae
        KS wan2.1_t2v_1.3B_fp16 uni_pc/simple steps 30 cfg 6 at EmptyHunyuanLatentVideo 832x480 f=33
        fps 16"),
    ("video_wan2_2_14B_i2v", "\
        model wan2.2_i2v_high_noise_14B_fp8_scaled; model wan2.2_i2v_low_noise_14B_fp8_scaled; \
        clip umt5_xxl_fp8_e4m3fn_scaled wan; vae wan_2.1_vae
        KSA wan2.2_i2v_high_noise_14B_fp8_scaled euler/simple steps 20 cfg 3.5 range 0-10 add leave \
        at WanImageToVideo 640x640 f=81
        KSA wan2.2_i2v_low_noise_14B_fp8_scaled euler/simple steps 20 cfg 3.5 range 10-20 at WanImageToVideo 640x640 f=81
        fps 16"),
    ("video_wan2_2_14B_t2v", "\
        model wan2.2_t2v_high_noise_14B_fp8_scaled; model wan2.2_t2v_low_noise_14B_fp8_scaled; \
        clip umt5_xxl_fp8_e4m3fn_scaled wan; vae wan_2.1_vae
        KSA wan2.2_t2v_high_noise_14B_fp8_scaled euler/simple steps 20 cfg 3.5 range 0-10 add leave \
        at EmptyHunyuanLatentVideo 640x640 f=81
        KSA wan2.2_t2v_low_noise_14B_fp8_scaled euler/simple steps 20 cfg 3.5 range 10-20 \
        at EmptyHunyuanLatentVideo 640x640 f=81
        fps 16"),
    ("video_wan2_2_5B_ti2v", "\
        model wan2.2_ti2v_5B_fp16; clip umt5_xxl_fp8_e4m3fn_scaled wan; vae wan2.2_vae
        KS wan2.2_ti2v_5B_fp16 uni_pc/simple steps 20 cfg 5 at Wan22ImageToVideoLatent 1280x704 f=121
        fps 24"),
    ("wan2.1_flf2v_720_f16", "\
        model wan2.1_flf2v_720p_14B_fp16; clip umt5_xxl_fp8_e4m3fn_scaled wan; vae wan_2.1_vae; vision clip_vision_h
        KS wan2.1_flf2v_720p_14B_fp16 uni_pc/simple steps 20 cfg 3 at WanFirstLastFrameToVideo 720x1280 f=33
        fps 16"),
    ("video_wan_vace_14B_t2v", "\
        model wan2.1_vace_14B_fp16; clip umt5_xxl_fp16 wan; vae wan_2.1_vae
        KS wan2.1_vace_14B_fp16+Wan21_CausVid_14B_T2V_lora_rank32@0.7 uni_pc/simple steps 4 cfg 1 \
        at WanVaceToVideo 1280x720 f=81
        fps 16"),
    ("video_wan2_2_14B_flf2v", "\
        model wan2.2_i2v_high_noise_14B_fp8_scaled; model wan2.2_i2v_low_noise_14B_fp8_scaled; \
        clip umt5_xxl_fp8_e4m3fn_scaled wan; vae wan_2.1_vae
        KSA wan2.2_i2v_high_noise_14B_fp8_scaled euler/simple steps 20 cfg 4 range 0-10 add leave \
        at WanFirstLastFrameToVideo 640x640 f=81
        KSA wan2.2_i2v_low_noise_14B_fp8_scaled euler/simple steps 20 cfg 4 range 10-10000 \
        at WanFirstLastFrameToVideo 640x640 f=81
        fps 16"),
    ("wan2.1_fun_inp", "\
        model wan2.1_fun_inp_1.3B_bf16; clip umt5_xxl_fp8_e4m3fn_scaled wan; vae wan_2.1_vae; vision clip_vision_h
        KS wan2.1_fun_inp_1.3B_bf16 uni_pc/simple steps 20 cfg 6 at WanFunInpaintToVideo 480x768 f=81
        fps 16"),
    ("video_wan2.1_fun_camera_v1.1_14B", "\
        model wan2.1_fun_camera_v1.1_14B_bf16; clip umt5_xxl_fp8_e4m3fn_scaled wan; vae wan_2.1_vae; vision clip_vision_h
        KS wan2.1_fun_camera_v1.1_14B_bf16 uni_pc/simple steps 20 cfg 6 at WanCameraImageToVideo 512x512 f=81
        fps 16"),
    ("video_wan2_2_14B_fun_inpaint", "\
        model wan2.2_fun_inpaint_high_noise_14B_fp8_scaled; model wan2.2_fun_inpaint_low_noise_14B_fp8_scaled; \
        clip umt5_xxl_fp8_e4m3fn_scaled wan; vae wan_2.1_vae
        KSA wan2.2_fun_inpaint_high_noise_14B_fp8_scaled+wan2.2_i2v_lightx2v_4steps_lora_v1_high_noise@1 euler/simple \
        steps 4 cfg 1 range 0-2 add leave at WanFunInpaintToVideo 640x640 f=81
        KSA wan2.2_fun_inpaint_low_noise_14B_fp8_scaled+wan2.2_i2v_lightx2v_4steps_lora_v1_low_noise@1 euler/simple \
        steps 4 cfg 1 range 2-4 at WanFunInpaintToVideo 640x640 f=81
        fps 16"),
    ("video_wan2_1_infinitetalk", "\
        model Wan2_1-I2V-14B-480p_fp8_e4m3fn_scaled_KJ; clip umt5_xxl_fp8_e4m3fn_scaled wan; vae Wan2_1_VAE_bf16
        CUSTOM Wan2_1-I2V-14B-480p_fp8_e4m3fn_scaled_KJ+lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16@1 euler/normal steps 6 cfg 1 \
        at WanInfiniteTalkToVideo 832x480 f=81
        fps 25"),
    ("video_wan21_scail2_character_replacement", "\
        model wan2.1_14B_SCAIL_2_fp16; clip umt5_xxl_fp8_e4m3fn_scaled wan; vae Wan2_1_VAE_bf16; vision clip_vision_h
        CUSTOM wan2.1_14B_SCAIL_2_fp16+wan2.1_SCAIL_2_DPO_lora_bf16@1\
        +lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16@0.8 euler/simple steps 6 cfg 1 at WanSCAILToVideo ?x? f=?
        fps ?"),
];

fn show<T: ToString>(field: Option<&Field<T>>) -> String {
    field.and_then(|field| field.value.as_ref()).map_or("?".into(), T::to_string)
}

/// A number without the float noise that the browser stores.
fn number(field: Option<&Field<f64>>) -> String {
    field.and_then(|field| field.value).map_or("?".into(), |value| ((value * 1000.0).round() / 1000.0).to_string())
}

fn file(field: &Field<String>) -> String {
    show(Some(field)).replace(".safetensors", "")
}

/// The table names a thing once where a graph has it twice, and so does this.
fn describe(facts: &WorkflowFacts) -> String {
    let mut lines = vec![loaders(facts).join("; ")];
    lines.extend(facts.samplers.iter().map(|one| sampler(facts, one)));
    lines.extend(facts.fps.iter().map(|one| format!("fps {}", number(Some(&one.fps)))));
    lines.dedup();
    lines.join("\n")
}

fn loaders(facts: &WorkflowFacts) -> Vec<String> {
    let kinds = [
        (LoaderKind::Unet, "model"),
        (LoaderKind::Clip, "clip"),
        (LoaderKind::Vae, "vae"),
        (LoaderKind::ClipVision, "vision"),
    ];
    let mut all = Vec::new();
    for (kind, name) in kinds {
        let mut some: Vec<String> = Vec::new();
        for loader in facts.loaders.iter().filter(|loader| loader.kind == kind) {
            let more =
                if kind == LoaderKind::Clip { format!(" {}", show(loader.clip_type.as_ref())) } else { "".into() };
            some.push(format!("{name} {}{more}", file(&loader.file)));
        }
        some.sort();
        some.dedup();
        all.extend(some);
    }
    all
}

fn sampler(facts: &WorkflowFacts, sampler: &Sampler) -> String {
    let kind = match sampler.kind {
        SamplerKind::KSampler => "KS",
        SamplerKind::KSamplerAdvanced => "KSA",
        SamplerKind::Custom => "CUSTOM",
        SamplerKind::WanVideo => "WRAPPER",
    };
    let chain = &sampler.model;
    let model = chain.loader.and_then(|at| facts.loader(at)).filter(|_| chain.certain);
    let mut text = format!("{kind} {}", model.map_or("?".into(), |loader| file(&loader.file)));
    for lora in &chain.loras {
        text += &format!("+{}@{}", file(&lora.file), number(Some(&lora.strength)));
    }
    text += &format!(" {}/{}", show(sampler.sampler_name.as_ref()), show(sampler.scheduler.as_ref()));
    text += &format!(" steps {} cfg {}", show(sampler.steps.as_ref()), number(sampler.cfg.as_ref()));
    if sampler.kind == SamplerKind::KSamplerAdvanced {
        text += &format!(" range {}-{}", show(sampler.start.as_ref()), show(sampler.end.as_ref()));
        let on = |field: &Option<Field<bool>>| field.as_ref().and_then(|field| field.value) == Some(true);
        text += if on(&sampler.add_noise) { " add" } else { "" };
        text += if on(&sampler.leftover) { " leave" } else { "" };
    }
    let size = sampler.size.map(|at| &facts.sizes[at]);
    let size = size.map(|size| {
        let (width, height) = (show(Some(&size.width)), show(Some(&size.height)));
        format!("{} {width}x{height} f={}", size.class, show(size.length.as_ref()))
    });
    text + " at " + &size.unwrap_or_default()
}

/// The recorded prompt, or else the saved workflow of the templates package where that is at hand.
fn golden(name: &str) -> Option<Graph> {
    let recorded = shared("golden")?.join(format!("{name}.api.json"));
    let saved = std::env::var_os("WANLINT_TEMPLATES").map(|folder| Path::new(&folder).join(format!("{name}.json")));
    let text = std::fs::read_to_string(&recorded).ok().or_else(|| std::fs::read_to_string(saved?).ok());
    if text.is_none() {
        println!("skipped: no golden for {name}");
    }
    Some(read(&text?).unwrap())
}

#[test]
fn official_wan_templates_read_as_the_table_says() {
    let mut faults = Vec::new();
    for (name, expected) in EXPECTED {
        let Some(graph) = golden(name) else { continue };
        let expected = expected.lines().map(str::trim).collect::<Vec<_>>().join("\n");
        let seen = describe(&facts(&graph));
        if seen != expected {
            faults.push(format!("{name}\n{seen}\n--- expected\n{expected}\n"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn stages_vae_and_order() {
    let Some(graph) = golden("video_wan2_2_14B_i2v") else { return };
    let facts = facts(&graph);
    assert_eq!(facts.stages(), [(0, 1)]);
    assert_eq!(facts.total_steps, Some(20));
    assert!(facts.complete);
    assert_eq!(facts.sizes[0].encodes, [Frames::Length], "one picture is padded to the whole length");
    assert_eq!(facts.vae_uses.iter().map(|one| one.op).collect::<Vec<_>>(), [VaeOp::Condition, VaeOp::Decode]);
    assert!(facts.vae_uses.iter().all(|one| one.vae.is_some() && one.size == Some(0)));
    let ran: Vec<&str> = facts.order.iter().map(|&node| graph.class(node)).collect();
    assert!(!ran.contains(&"LoraLoaderModelOnly"), "the branch that the switch does not take does not run");
    let place = |class: &str| ran.iter().position(|&one| one == class).unwrap();
    assert!(place("CLIPTextEncode") < place("WanImageToVideo") && place("WanImageToVideo") < place("KSamplerAdvanced"));
    assert_eq!(ran.last(), Some(&"SaveVideo"));
}

#[test]
fn every_recorded_prompt_gives_facts() {
    let mut count = 0;
    for (folder, ending) in [("golden", ".api.json"), ("seeded-bugs", ".json"), ("golden/edge", ".json")] {
        let Some(folder) = shared(folder) else { continue };
        for path in files(&folder, ending) {
            let Ok(graph) = read(&std::fs::read_to_string(&path).unwrap()) else { continue };
            let facts = facts(&graph);
            assert!(facts.order.len() <= graph.nodes.len(), "{}", path.display());
            let local = graph.nodes.iter().filter(|node| node.class.starts_with("KSampler")).count();
            assert!(local == 0 || facts.samplers.len() <= local + 50, "{}", path.display());
            count += 1;
        }
    }
    println!("{count} workflows read");
}

#[test]
fn seeded_bugs_show_in_the_facts() {
    let Some(folder) = shared("seeded-bugs") else { return };
    let of = |name: &str| facts(&read(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap());
    let second = |facts: &WorkflowFacts| facts.samplers[facts.stages()[0].1].clone();
    assert_eq!(of("23-wan-length-not-4n+1.json").sizes[0].length.as_ref().unwrap().value, Some(80));
    assert_eq!(second(&of("28-wan-step-gap.json")).start.unwrap().value, Some(12));
    assert_eq!(second(&of("29-wan-noise-handoff.json")).add_noise.unwrap().value, Some(true));
    assert_eq!(of("33-wan-second-expert-unused.json").samplers.len(), 1);
    assert!(of("13-no-output-node.json").no_output);
    assert!(of("18-orphan-node.json").loaders.iter().all(|loader| loader.kind != LoaderKind::Lora));
}

#[test]
fn fifty_kilobytes_take_less_than_a_millisecond() {
    let Some(folder) = shared("golden") else { return };
    let text_of = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    let texts: Vec<String> = files(&folder, ".api.json").iter().map(text_of).collect();
    let text = texts.into_iter().min_by_key(|text| text.len().abs_diff(50_000)).unwrap();
    let doc = JsonDoc::parse(&text).unwrap();
    let once = || {
        let start = std::time::Instant::now();
        let graph = Graph::read(doc.root(&text).unwrap()).unwrap();
        let nodes = graph.nodes.len() + facts(&graph).order.len();
        (start.elapsed(), nodes)
    };
    let (best, nodes) = (0..50).map(|_| once()).min().unwrap();
    println!("graph and facts of {} bytes, {nodes} nodes read and run: {best:?}", text.len());
    assert!(cfg!(debug_assertions) || best < std::time::Duration::from_millis(1), "{best:?}");
}
