//! The files that ComfyUI 0.3.64 itself saved. They lie beside the repository, and only where the project is developed.

use std::path::{Path, PathBuf};

use wanlint::read::media::{Container, Media};

use super::runs::{Folder, wanlint};
use super::text;

/// The recorded media files; none where they are not at hand, which is said.
fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/comfy-recordings/media");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: the recordings of ComfyUI are not here");
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert_eq!(paths.len(), 9);
    paths
}

#[test]
fn all_nine_hold_both_texts() {
    let mut prompts = std::collections::BTreeSet::new();
    for path in samples() {
        let media = Media::open(&path).unwrap().unwrap();
        assert!(media.fault.is_none(), "{}: {:?}", path.display(), media.fault);
        let prompt: serde_json::Value = serde_json::from_str(text(&media.prompt).unwrap()).unwrap();
        let workflow: serde_json::Value = serde_json::from_str(text(&media.workflow).unwrap()).unwrap();
        assert_eq!(prompt["1"]["class_type"], "EmptyImage", "{}", path.display());
        assert_eq!(workflow["id"], "probe");
        prompts.insert(prompt.to_string());
        let ending = path.extension().unwrap().to_str().unwrap();
        let name = match media.container {
            Container::Ogg => "opus",
            Container::Safetensors => "latent",
            other => other.name(),
        };
        assert_eq!(name, ending);
    }
    assert!(prompts.len() <= 1, "one run made them all");
}

#[test]
fn all_nine_are_converted() {
    for path in samples() {
        let (code, out, err) = wanlint(&["convert", path.to_str().unwrap(), "--isolated"]);
        assert_eq!((code, err.as_str()), (0, ""), "{}", path.display());
        let media = Media::open(&path).unwrap().unwrap();
        let prompt: serde_json::Value = serde_json::from_str(text(&media.prompt).unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), prompt, "{}", path.display());
    }
}

/// What `/history` answered while ComfyUI was recorded.
#[test]
fn recorded_history_is_checked() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/comfy-recordings/01-ok-image.jsonl");
    let Ok(lines) = std::fs::read_to_string(path) else {
        println!("skipped: the recordings of ComfyUI are not here");
        return;
    };
    let entries = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let bodies: Vec<String> = entries
        .filter(|entry| entry["kind"] == "http_response")
        .map(|entry| entry["body"].to_string())
        .filter(|body| body.contains("class_type"))
        .collect();
    assert!(!bodies.is_empty(), "none is in the recording");
    for body in bodies {
        let folder = Folder::new(&[("history.json", body.as_bytes())]);
        let (code, out, err) = folder.check(&["history.json"], &["--show-files"]);
        assert!(code == 0 && out.contains("history.json: workflow, 3 nodes"), "{out}{err}");
    }
}

#[test]
fn all_nine_are_checked() {
    for path in samples() {
        let path = path.to_str().unwrap();
        let (code, out, err) = wanlint(&["check", path, "--no-detect", "--isolated", "--show-files"]);
        assert!(code == 0 && out.contains("(prompt in ") && out.contains("13 nodes"), "{path}: {out}{err}");
        let (code, out, _) = wanlint(&["check", path, "--no-detect", "--isolated", "--quiet"]);
        assert_eq!((code, out.as_str()), (0, ""), "{path}");
    }
    if let Some(folder) = samples().first().and_then(|path| path.parent()?.parent()) {
        let folder = folder.to_str().unwrap();
        let (code, out, err) = wanlint(&["check", "--media", "--no-detect", "--isolated", folder]);
        assert!(code == 0 && out.contains("no findings in 9 files"), "{out}{err}");
    }
}
