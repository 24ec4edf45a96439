//! Nodes of custom packs: what is read of them, and what is not where a pack has moved.

use wanlint::catalog::nodes::Catalog;
use wanlint::facts::workflow::{LoaderKind, SamplerKind, WorkflowFacts, facts};
use wanlint::read::json::JsonDoc;
use wanlint::workflow::convert::{Options, convert};
use wanlint::workflow::format::detect;
use wanlint::workflow::graph::{Graph, Value};

use super::read;

/// WanVideoWrapper: a loader with two LoRAs, a sampler, a decoder, a video. `VALUES` stands for the sampler's values.
fn wrapper(values: &str, more: &str) -> String {
    format!(
        r#"{{"nodes":[
          {{"id":1,"type":"WanVideoLoraSelect","outputs":[{{"type":"WANVIDLORA"}}],"widgets_values":["wan2.1_lightx2v_4step.safetensors",1.0,false,false]}},
          {{"id":2,"type":"WanVideoLoraSelect","inputs":[{{"name":"prev_lora","type":"WANVIDLORA","link":1}}],"outputs":[{{"type":"WANVIDLORA"}}],
            "widgets_values":["style.safetensors",0.5,false,false]}},
          {{"id":3,"type":"WanVideoModelLoader","inputs":[{{"name":"lora","type":"WANVIDLORA","link":2}}],"outputs":[{{"type":"WANVIDEOMODEL"}}],
            "widgets_values":["wan2.1_t2v_14B_fp16.safetensors","fp16_fast","disabled","offload_device","sageattn"]}},
          {{"id":4,"type":"WanVideoEmptyEmbeds","outputs":[{{"type":"WANVIDIMAGE_EMBEDS"}}],"widgets_values":[832,480,81]}},
          {{"id":5,"type":"WanVideoSampler","inputs":[{{"name":"model","type":"WANVIDEOMODEL","link":3}},{{"name":"image_embeds","type":"WANVIDIMAGE_EMBEDS","link":4}}{more}],
            "outputs":[{{"type":"LATENT"}}],"widgets_values":{values}}},
          {{"id":6,"type":"WanVideoVAELoader","outputs":[{{"type":"WANVAE"}}],"widgets_values":["Wan2_1_VAE_bf16.safetensors","bf16"]}},
          {{"id":7,"type":"WanVideoDecode","inputs":[{{"name":"vae","type":"WANVAE","link":5}},{{"name":"samples","type":"LATENT","link":6}}],"outputs":[{{"type":"IMAGE"}}],
            "widgets_values":[false,272,272,144,128,"default"]}},
          {{"id":8,"type":"VHS_VideoCombine","inputs":[{{"name":"images","type":"IMAGE","link":7}}],
            "widgets_values":{{"frame_rate":16,"loop_count":0,"filename_prefix":"a","format":"video/h264-mp4","crf":19,"pingpong":false,"save_output":true,"videopreview":{{}}}}}}],
          "links":[[1,1,0,2,0,"WANVIDLORA"],[2,2,0,3,0,"WANVIDLORA"],[3,3,0,5,0,"WANVIDEOMODEL"],[4,4,0,5,1,"WANVIDIMAGE_EMBEDS"],[5,6,0,7,0,"WANVAE"],
            [6,5,0,7,1,"LATENT"],[7,7,0,8,0,"IMAGE"]]}}"#
    )
}

const NOW: &str = r#"[6,1.0,8.0,1234,"fixed",true,"unipc",0,1.0,false,"comfy",0,-1,false]"#;
/// March 2025: the sampler had no further settings.
const BEFORE: &str = r#"[30,6.0,5.0,1,"randomize",true,"dpm++",0,1.0]"#;

fn of(text: &str) -> WorkflowFacts {
    facts(&read(text).unwrap())
}

#[test]
fn the_wrapper_is_a_sampler_with_its_settings() {
    let facts = of(&wrapper(NOW, ""));
    let sampler = &facts.samplers[0];
    assert_eq!((sampler.kind, sampler.step_count()), (SamplerKind::WanVideo, Some(6)));
    assert_eq!(sampler.cfg.as_ref().unwrap().value, Some(1.0));
    assert_eq!(sampler.scheduler.as_ref().unwrap().value.as_deref(), Some("unipc"));
    assert_eq!(sampler.model.shift.field().unwrap().value, Some(8.0));
    assert!(sampler.end.is_none() && sampler.model.certain, "-1 is the end of the schedule");
    let loras: Vec<_> = sampler.model.loras.iter().map(|lora| (lora.node.0, lora.strength.value)).collect();
    assert_eq!(loras, [(0, Some(1.0)), (1, Some(0.5))], "in the order in which they are applied");
    assert_eq!(facts.loader(sampler.model.loader.unwrap()).unwrap().kind, LoaderKind::WanVideoModel);
    assert!(facts.complete && !facts.no_output, "all classes are known, and VHS_VideoCombine is an output");
    assert_eq!((facts.playbacks.len(), facts.playbacks[0].fps.value), (1, Some(16.0)));
    assert_eq!(facts.total_steps, None, "another engine's steps are not ComfyUI's");
    assert_eq!(facts.runs(), [[0]]);
}

#[test]
fn older_files_of_a_pack_are_read_where_their_values_fit() {
    let facts = of(&wrapper(BEFORE, ""));
    assert_eq!(
        facts.samplers[0].step_count(),
        Some(30),
        "what the file does not have yet gets the default, which is all steps"
    );
    assert_eq!(facts.runs(), [[0]]);
    let moved = of(&wrapper(r#"["unipc",30,6.0,5.0,1,"fixed",true]"#, ""));
    assert_eq!(moved.samplers[0].steps.as_ref().and_then(|steps| steps.value), None, "positions mean something else");
    assert_eq!(moved.samplers[0].cfg.as_ref().and_then(|cfg| cfg.value), None);
}

#[test]
fn other_models_on_the_same_video_make_it_uncertain() {
    let text = wrapper(NOW, r#",{"name":"multitalk_embeds","type":"MULTITALK_EMBEDS","link":9}"#)
        .replace(r#"[7,7,0,8,0,"IMAGE"]"#, r#"[7,7,0,8,0,"IMAGE"],[9,4,0,5,2,"MULTITALK_EMBEDS"]"#);
    let facts = of(&text);
    assert!(!facts.samplers[0].model.certain && facts.playbacks.is_empty());
}

fn power(rows: &str) -> String {
    format!(
        r#"{{"nodes":[{{"id":1,"type":"UnetLoaderGGUF","outputs":[{{"type":"MODEL"}}],"widgets_values":["wan2.2_t2v_high_noise_14B_Q4.gguf"]}},
          {{"id":2,"type":"Power Lora Loader (rgthree)","inputs":[{{"name":"model","type":"MODEL","link":1}},{{"name":"clip","type":"CLIP","link":null}}],
            "outputs":[{{"type":"MODEL"}},{{"type":"CLIP"}}],"widgets_values":[{{}},{{"type":"PowerLoraLoaderHeaderWidget"}},{rows},{{}},""]}},
          {{"id":3,"type":"KSampler","inputs":[{{"name":"model","type":"MODEL","link":2}}],"outputs":[{{"type":"LATENT"}}],"widgets_values":[1,"fixed",4,1,"euler","simple",1]}}],
          "links":[[1,1,0,2,0,"MODEL"],[2,2,0,3,0,"MODEL"]]}}"#
    )
}

const ROWS: &str = r#"{"on":true,"lora":"wan\\fast_4steps.safetensors","strength":0.75,"strengthTwo":null},
  {"on":false,"lora":"off.safetensors","strength":1,"strengthTwo":null},{"on":true,"lora":"None","strength":1,"strengthTwo":null},
  {"on":true,"lora":"style.safetensors","strength":1,"strengthTwo":null}"#;

#[test]
fn rows_of_the_power_lora_loader_are_loras() {
    let text = power(ROWS);
    let graph = read(&text).unwrap();
    let facts = facts(&graph);
    let loras = &facts.samplers[0].model.loras;
    let shown: Vec<_> = loras.iter().map(|lora| (lora.file.value.as_deref().unwrap(), lora.strength.value)).collect();
    assert_eq!(shown, [("wan\\fast_4steps.safetensors", Some(0.75)), ("style.safetensors", Some(1.0))]);
    assert_eq!(&text[loras[0].strength.span.range()], "0.75", "a finding points at the row");
    assert_ne!(loras[0].loader, loras[1].loader);
    assert_eq!(facts.loaders.iter().filter(|loader| loader.kind == LoaderKind::Lora).count(), 2);
    assert!(facts.samplers[0].model.certain && facts.samplers[0].model.distilled_lora().is_some());
    let file = graph.input(graph.by_id("2").unwrap(), "lora_4.lora").unwrap();
    assert_eq!(file.value, Value::Text("style.safetensors".into()));
}

#[test]
fn the_power_lora_loader_is_sent_with_its_names() {
    let text = power(ROWS);
    let doc = JsonDoc::parse(&text).unwrap();
    let json = convert(&detect(doc.root(&text).unwrap()), &Catalog::default(), Options::default()).unwrap().json;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let inputs = json["2"]["inputs"].as_object().unwrap();
    let mut names: Vec<_> = inputs.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["PowerLoraLoaderHeaderWidget", "lora_1", "lora_2", "lora_3", "lora_4", "model", "\u{2795} Add Lora"]
    );
    assert_eq!(inputs["lora_2"]["on"], false);
    // The prompt says the same of itself.
    let again = json.to_string();
    let again: Graph = read(&again).unwrap();
    assert_eq!(facts(&again).samplers[0].model.loras.len(), 2);
}

#[test]
fn rows_that_are_not_read_leave_the_weights_unknown() {
    let api = r#"{"1":{"class_type":"UNETLoader","inputs":{"unet_name":"a.safetensors","weight_dtype":"default"}},
      "2":{"class_type":"Power Lora Loader (rgthree)","inputs":{"model":["1",0],"LORA_1":["9",0]}},
      "3":{"class_type":"KSampler","inputs":{"model":["2",0],"steps":4,"cfg":1}},"9":{"class_type":"Other","inputs":{}}}"#;
    let facts = of(api);
    assert!(!facts.samplers[0].model.certain && facts.samplers[0].model.schedule_certain);
}

/// Loaders, what stands between, and a sampler; `between` is node 9.
fn behind(between: &str) -> String {
    format!(
        r#"{{"1":{{"class_type":"UNETLoader","inputs":{{"unet_name":"a.safetensors","weight_dtype":"default"}}}},
          "2":{{"class_type":"UnetLoaderGGUF","inputs":{{"unet_name":"b.gguf"}}}},
          "3":{{"class_type":"easy int","inputs":{{"value":6}}}},
          "4":{{"class_type":"Unseen","inputs":{{}}}},
          "8":{{"class_type":"Context (rgthree)","inputs":{{"model":["1",0]}}}},
          "9":{between},
          "10":{{"class_type":"KSampler","inputs":{{"model":["9",SLOT],"steps":["3",0],"cfg":1}}}},
          "11":{{"class_type":"SaveLatent","inputs":{{"samples":["10",0],"filename_prefix":"a"}}}}}}"#
    )
}

#[test]
fn switches_and_bundles_are_followed_where_it_is_sure() {
    let cases = [
        // The first input that gets something, in the order of the prompt.
        (r#"{"class_type":"Any Switch (rgthree)","inputs":{"any_02":["2",0],"any_01":["1",0]}}"#, 0, Some("b.gguf")),
        (
            r#"{"class_type":"Any Switch (rgthree)","inputs":{"any_01":null,"any_02":["1",0]}}"#,
            0,
            Some("a.safetensors"),
        ),
        // What nobody has seen may give None, and then the next one counts.
        (r#"{"class_type":"Any Switch (rgthree)","inputs":{"any_01":["4",0],"any_02":["1",0]}}"#, 0, None),
        (
            r#"{"class_type":"LazySwitchKJ","inputs":{"switch":true,"on_false":["1",0],"on_true":["2",0]}}"#,
            0,
            Some("b.gguf"),
        ),
        (
            r#"{"class_type":"easy ifElse","inputs":{"boolean":false,"on_true":["2",0],"on_false":["1",0]}}"#,
            0,
            Some("a.safetensors"),
        ),
        (r#"{"class_type":"easy ifElse","inputs":{"boolean":["4",0],"on_true":["2",0],"on_false":["1",0]}}"#, 0, None),
        (
            r#"{"class_type":"easy anythingIndexSwitch","inputs":{"index":1,"value0":["1",0],"value1":["2",0]}}"#,
            0,
            Some("b.gguf"),
        ),
        // A part of a bundle: its own input, else that of the bundle below.
        (r#"{"class_type":"Context Big (rgthree)","inputs":{"base_ctx":["8",0]}}"#, 1, Some("a.safetensors")),
        (r#"{"class_type":"Context Big (rgthree)","inputs":{"base_ctx":["8",0],"model":["2",0]}}"#, 1, Some("b.gguf")),
        (r#"{"class_type":"Context Big (rgthree)","inputs":{"base_ctx":["8",0],"model":["4",0]}}"#, 1, None),
        (r#"{"class_type":"Context Big (rgthree)","inputs":{"base_ctx":["9",0]}}"#, 1, None),
        // KJNodes' loader is ComfyUI's own as long as it loads one file as it is.
        (
            r#"{"class_type":"DiffusionModelLoaderKJ","inputs":{"model_name":"k.safetensors","weight_dtype":"default"}}"#,
            0,
            Some("k.safetensors"),
        ),
        (
            r#"{"class_type":"DiffusionModelLoaderKJ","inputs":{"model_name":"k.safetensors","weight_dtype":"fp16"}}"#,
            0,
            None,
        ),
        (
            r#"{"class_type":"DiffusionModelLoaderKJ","inputs":{"model_name":"k.safetensors","weight_dtype":"default","extra_state_dict":["4",0]}}"#,
            0,
            None,
        ),
    ];
    for (between, slot, file) in cases {
        let facts = of(&behind(between).replace("SLOT", &slot.to_string()));
        let sampler = &facts.samplers[0];
        let loader = sampler.model.loader.and_then(|loader| facts.loader(loader));
        assert_eq!(loader.and_then(|loader| loader.file.value.as_deref()), file, "{between}");
        assert_eq!((sampler.model.certain, sampler.step_count()), (file.is_some(), Some(6)), "{between}");
    }
}

/// A muted loader gives nothing: the browser leaves its link out, and the next input is taken.
#[test]
fn a_switch_passes_over_what_is_muted() {
    let text = r#"{"nodes":[
      {"id":1,"type":"UNETLoader","mode":2,"outputs":[{"type":"MODEL"}],"widgets_values":["a.safetensors","default"]},
      {"id":2,"type":"UnetLoaderGGUF","outputs":[{"type":"MODEL"}],"widgets_values":["b.gguf"]},
      {"id":3,"type":"Any Switch (rgthree)","inputs":[{"name":"any_01","type":"MODEL","link":1},{"name":"any_02","type":"MODEL","link":2}],"outputs":[{"type":"MODEL"}]},
      {"id":4,"type":"KSampler","inputs":[{"name":"model","type":"MODEL","link":3}],"outputs":[{"type":"LATENT"}],"widgets_values":[1,"fixed",4,1,"euler","simple",1]}],
      "links":[[1,1,0,3,0,"MODEL"],[2,2,0,3,1,"MODEL"],[3,3,0,4,0,"MODEL"]]}"#;
    let facts = of(text);
    let loader = facts.loader(facts.samplers[0].model.loader.unwrap()).unwrap();
    assert_eq!(loader.file.value.as_deref(), Some("b.gguf"));
}
