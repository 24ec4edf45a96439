//! WanVideoWrapper: which blocks stay, from the API form and from the browser's.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::near;

fn graph() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/base/wrapper.api.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The forecast of a graph as JSON, or what the text report says instead.
fn vram(graph: &Value) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("w.json"), graph.to_string()).unwrap();
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
        command.args(["vram", "w.json", "--no-detect", "--gpu", "RTX 4090", "--os", "linux", "--comfyui", "0.3.70"]);
        let output = command.args(more).current_dir(folder.path()).env_clear().output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    match serde_json::from_str::<Value>(&run(&["--output-format", "json"])).unwrap() {
        Value::Array(none) if none.is_empty() => Err(run(&[])),
        value => Ok(value),
    }
}

fn swapped(graph: &Value) -> f64 {
    vram(graph).unwrap()["phases"][0]["offloaded_mib"].as_f64().unwrap()
}

#[test]
fn stated_blocks_stay_in_system_memory() {
    // Eight matrices of 5120 x 5120 and two of 5120 x 13824, biases and norms, in 16 bit.
    let weights = 8 * 5120 * 5120 + 2 * 5120 * 13824;
    let rest = 8 * 5120 + 5120 + 13824 + 4 * 5120 + 2 * 5120;
    let block = f64::from(2 * (weights + rest)) / 1_048_576.0;
    let mut graph = graph();
    near(swapped(&graph), 20.0 * block, 0.1);
    graph["39"]["inputs"]["blocks_to_swap"] = json!(48);
    near(swapped(&graph), 40.0 * block, 0.1);
    graph["39"]["inputs"]["offload_txt_emb"] = json!(true);
    near(swapped(&graph), 40.0 * block + 90.0, 1.0);
    // Quantised while loading: the matrices take one byte, the rest two.
    graph["22"]["inputs"]["quantization"] = json!("fp8_e4m3fn");
    graph["39"]["inputs"]["offload_txt_emb"] = json!(false);
    near(swapped(&graph), 40.0 * f64::from(weights + 2 * rest) / 1_048_576.0, 0.1);
    graph["22"]["inputs"].as_object_mut().unwrap().remove("block_swap_args");
    let phase = &vram(&graph).unwrap()["phases"][0];
    assert_eq!((&phase["load"], &phase["offloaded_mib"]), (&json!("complete"), &json!(0.0)));
}

#[test]
fn batched_guidance_doubles_the_work() {
    let mut graph = graph();
    let activation = |graph: &Value| vram(graph).unwrap()["phases"][0]["activation_mib"].as_f64().unwrap();
    let single = activation(&graph);
    graph["27"]["inputs"]["batched_cfg"] = json!(true);
    assert!(activation(&graph) > 1.9 * single);
    graph["27"]["inputs"]["cfg"] = json!(1.0);
    near(activation(&graph), single, 0.1);
}

#[test]
fn what_is_not_modelled_is_said() {
    for (node, input, value, words) in [
        ("27", "context_options", json!(["99", 0]), "context_options of WanVideoSampler: not modelled"),
        ("22", "vram_management_args", json!(["99", 0]), "vram_management_args of WanVideoModelLoader: not modelled"),
        ("22", "base_precision", json!("fp32"), "base_precision fp32 of WanVideoModelLoader: not modelled"),
        ("22", "model", json!("wan2.1_t2v_14B_Q8_0.gguf"), "GGUF weights in WanVideoWrapper are not modelled"),
        ("39", "blocks_to_swap", json!(["99", 0]), "the blocks_to_swap of WanVideoBlockSwap is not known"),
        ("37", "num_frames", json!(["99", 0]), "the number of frames of node 27 is not known"),
        ("22", "block_swap_args", json!(["99", 0]), "Mystery as block swap settings: not modelled"),
    ] {
        let mut graph = graph();
        graph[node]["inputs"][input] = value;
        graph["99"] = json!({ "class_type": "Mystery", "inputs": {} });
        let text = vram(&graph).unwrap_err();
        assert!(text.contains(words), "{input}: {text}");
    }
    let mut graph = graph();
    graph["27"]["class_type"] = json!("WanVideoSamplerv2");
    assert!(vram(&graph).unwrap_err().contains("WanVideoSamplerv2 of WanVideoWrapper: not modelled"));
}

#[test]
fn the_browser_form_gives_the_same() {
    let node = |id: u32, class: &str, inputs: Value, outputs: Value, widgets: Value| {
        json!({ "id": id, "type": class, "pos": [0, 0], "size": [1, 1], "flags": {}, "order": id, "mode": 0,
                "inputs": inputs, "outputs": outputs, "properties": {}, "widgets_values": widgets })
    };
    let input = |name: &str, kind: &str, link: u32| json!([{ "name": name, "type": kind, "link": link }]);
    let output = |name: &str, kind: &str, link: u32| json!([{ "name": name, "type": kind, "links": [link] }]);
    let sampler_inputs = json!([
        { "name": "model", "type": "WANVIDEOMODEL", "link": 2 },
        { "name": "image_embeds", "type": "WANVIDIMAGE_EMBEDS", "link": 3 },
    ]);
    let ui = json!({
        "last_node_id": 9, "last_link_id": 9, "version": 0.4, "config": {}, "extra": {}, "groups": [],
        "nodes": [
            node(1, "WanVideoBlockSwap", json!([]), output("block_swap_args", "BLOCKSWAPARGS", 1), json!([20, false, false])),
            node(2, "WanVideoModelLoader", input("block_swap_args", "BLOCKSWAPARGS", 1), output("model", "WANVIDEOMODEL", 2),
                 json!(["wan2.1_t2v_14B_fp16.safetensors", "fp16", "disabled", "offload_device", "sdpa"])),
            node(3, "WanVideoEmptyEmbeds", json!([]), output("image_embeds", "WANVIDIMAGE_EMBEDS", 3), json!([832, 480, 81])),
            node(4, "WanVideoSampler", sampler_inputs, json!([]), json!([30, 6.0, 5.0, 1, "fixed", true, "unipc", 0])),
        ],
        "links": [
            [1, 1, 0, 2, 0, "BLOCKSWAPARGS"], [2, 2, 0, 4, 0, "WANVIDEOMODEL"], [3, 3, 0, 4, 1, "WANVIDIMAGE_EMBEDS"],
        ],
    });
    let (ui, api) = (vram(&ui).unwrap(), vram(&graph()).unwrap());
    for key in ["offloaded_mib", "activation_mib", "peak_mib", "width", "frames", "forward_batch"] {
        assert_eq!(ui["phases"][0][key], api["phases"][0][key], "{key}");
    }
}
