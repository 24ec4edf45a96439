//! The rules about model files on the real binary: what they say, and when they hold their tongue.

use serde_json::json;

use super::files::{Model, Wan, sparse, umt5};
use super::room::Room;

#[test]
fn a_missing_file_is_named_with_the_address_that_the_workflow_carries() {
    let room = Room::new();
    let node = json!({
        "id": 1, "type": "UNETLoader", "pos": [0, 0], "size": [1, 1], "flags": {}, "order": 0, "mode": 0, "inputs": [],
        "outputs": [{ "name": "MODEL", "type": "MODEL", "links": [] }],
        "properties": { "models": [{
            "name": "mine.safetensors", "url": "https://example.org/mine.safetensors", "directory": "diffusion_models"
        }] },
        "widgets_values": ["mine.safetensors", "default"]
    });
    let workflow = json!({ "last_node_id": 1, "last_link_id": 0, "nodes": [node], "links": [], "version": 0.4 });
    room.write("repo/w.json", &workflow.to_string());
    std::fs::create_dir_all(room.path("models/diffusion_models")).unwrap();
    let (code, text) = room.run(&["check", "w.json", "--models", "../models", "--output-format", "json"]);
    assert_eq!(code, 1);
    assert!(text.contains("WF009") && text.contains("https://example.org/mine.safetensors"), "{text}");
    assert!(text.contains("models/diffusion_models"), "{text}");
}

#[test]
fn a_name_in_another_folder_or_case_is_proposed() {
    let room = Room::new();
    room.workflow("t2v", &[("37.unet_name", "WAN\\Mine.safetensors")]);
    Wan::T2V_1_3B.plain("F16").write(&room.path("models/unet/wan/sub/mine.safetensors"));
    let (_, text) = room.run(&["check", "w.json", "--models", "../models", "--output-format", "concise"]);
    assert!(text.contains("WF009"), "{text}");
    let (_, text) = room.run(&["check", "w.json", "--models", "../models", "--output-format", "json"]);
    assert!(text.contains("There is wan/sub/mine.safetensors: write that name."), "{text}");
}

#[test]
fn nothing_is_missing_where_nobody_stated_folders() {
    let room = Room::new();
    room.workflow("t2v", &[]);
    let (_, text) = room.run(&["check", "w.json"]);
    assert!(!text.contains("error[WF009]"), "{text}");
    assert!(text.contains("WF009") && text.contains("--models ComfyUI/models"), "it is listed as not checked: {text}");
    // A checkout without models in a repository: its folders are no statement.
    room.write("repo/start.sh", "python ComfyUI/main.py\n");
    room.write("repo/ComfyUI/comfyui_version.py", "__version__ = \"0.3.70\"\n");
    room.write("repo/ComfyUI/models/vae/put_vae_here", "");
    assert!(!room.run(&["check", "."]).1.contains("error[WF009]"));
}

#[test]
fn an_official_file_in_another_loader_is_told_where_it_belongs() {
    let room = Room::new();
    room.workflow("t2v", &[("37.unet_name", "wan_2.1_vae.safetensors"), ("39.vae_name", "umt5_xxl_fp16.safetensors")]);
    std::fs::create_dir_all(room.path("models/vae")).unwrap();
    let (_, text) = room.run(&["check", "w.json", "--models", "../models", "--output-format", "json"]);
    for folder in ["vae", "text_encoders"] {
        let help = format!("The official file of that name belongs into models/{folder}, where another loader looks.");
        assert!(text.contains(&help), "{text}");
    }
}

#[test]
fn a_header_beyond_the_limit_is_said_not_to_be_read() {
    let room = Room::new();
    sparse(&room.path("repo/a.safetensors"), &(50_u64 << 20).to_le_bytes(), 60 << 20);
    let (code, text) = room.run(&["check", "a.safetensors", "--output-format", "concise"]);
    assert!(code == 2 && text.contains("INPUT003") && text.contains("its header has 50 MiB"), "{text}");
}

#[test]
fn a_named_file_is_judged_without_a_workflow() {
    let room = Room::new();
    let (header, whole) = Wan::T2V_1_3B.plain("F16").header();
    sparse(&room.path("repo/cut.safetensors"), &header, whole - 4096);
    room.write("repo/pointer.safetensors", "version https://git-lfs.github.com/spec/v1\nsize 2838303560\n");
    umt5("F16", true).write(&room.path("repo/whole.safetensors"));
    let codes = |file: &str| {
        let (code, text) = room.run(&["check", file, "--output-format", "concise"]);
        (code, text)
    };
    let (code, text) = codes("cut.safetensors");
    assert!(code == 1 && text.contains("MODEL019") && text.contains("its end is missing"), "{text}");
    let (code, text) = codes("pointer.safetensors");
    assert!(code == 1 && text.contains("MODEL020") && text.contains("2838303560 bytes"), "{text}");
    assert_eq!(codes("whole.safetensors").0, 0);
    let (_, text) = room.run(&["check", "whole.safetensors", "--show-facts"]);
    assert!(text.contains("umt5-xxl") && text.contains("loaded = 6419.48 MiB  (as ComfyUI 0.3.70 logs it)"), "{text}");
}

#[test]
fn names_inside_a_file_cannot_write_to_the_terminal() {
    let room = Room::new();
    let nasty = "\u{1b}[31m::error::x\u{7}";
    let json = format!("{{\"{}\":{{\"dtype\":\"{nasty}\",\"shape\":[1],\"data_offsets\":[0,1]}}}}", "a".repeat(10));
    let escaped = json.replace('\u{1b}', "\\u001b").replace('\u{7}', "\\u0007");
    let mut content = (escaped.len() as u64).to_le_bytes().to_vec();
    content.extend(escaped.as_bytes());
    sparse(&room.path("repo/a.safetensors"), &content, content.len() as u64 + 1);
    for format in ["full", "concise", "json"] {
        let (code, text) = room.run(&["check", "a.safetensors", "--output-format", format]);
        assert!(code == 1 && !text.contains('\u{1b}') && !text.contains('\u{7}'), "{text:?}");
    }
    let (_, text) = room.run(&["check", "a.safetensors", "--show-facts"]);
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let metadata = Model::default().note("a\u{1b}b", "\u{1b}").with("x\u{1b}", "F16", &[1]);
    metadata.write(&room.path("repo/b.safetensors"));
    assert!(!room.run(&["check", "b.safetensors", "--show-facts"]).1.contains('\u{1b}'));
}
