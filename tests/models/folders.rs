//! Where model files are looked for: stated folders, those of a checkout, `extra_model_paths.yaml`; never outside them.

use super::files::{Model, Wan};
use super::room::Room;

const HIGH: &str = "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors";

/// A small stand-in that is told apart by its name in the facts.
fn model() -> Model {
    Wan { dim: 128, ffn: 256, layers: 2, ..Wan::I2V_14B }.plain("F16")
}

const FOUND: &str = "Wan 2.2 i2v of width 128";

#[test]
fn stated_folders_by_flag_variable_and_configuration() {
    let room = Room::new();
    room.workflow("two-pass", &[]);
    model().write(&room.path("away/models/diffusion_models").join(HIGH));
    let facts = |args: &[&str], variables: &[(&str, &str)]| {
        let (code, text) = room.run_with(&[&["check", "w.json", "--show-facts"], args].concat(), variables);
        assert_eq!(code, 0, "{text}");
        text
    };
    let away = room.path("away/models").display().to_string();
    let comfy = room.path("away").display().to_string();
    assert!(!facts(&[], &[]).contains("file ="), "nobody stated where models are");
    let text = facts(&["--models", &away], &[]);
    assert!(text.contains(FOUND) && text.contains("file = not found in 2 folders"), "{text}");
    assert!(facts(&["--models", &comfy], &[]).contains(FOUND), "the folder that holds models");
    assert!(facts(&[], &[("WANLINT_MODELS", &away)]).contains(FOUND));
    let (code, text) = room.run(&["check", "w.json", "--models", "nowhere"]);
    assert!(code == 2 && text.contains("--models: no such folder: nowhere"), "{text}");
    room.write("repo/wanlint.toml", "[machine]\nmodels = ['models', 'not/here']\n");
    model().write(&room.path("repo/models/unet").join(HIGH));
    assert!(facts(&[], &[]).contains("models/unet/wan2.2"));
    room.write("repo/wanlint.toml", "[machine]\nmodels = ['../away/models']\n");
    let (code, text) = room.run(&["check", "w.json"]);
    assert!(code == 2 && text.contains("lies outside the project"), "{text}");
}

#[test]
fn names_with_folders_and_either_slash() {
    let room = Room::new();
    model().write(&room.path("models/diffusion_models/wan/2.2/x.safetensors"));
    for name in ["wan/2.2/x.safetensors", "wan\\2.2\\x.safetensors"] {
        room.workflow("two-pass", &[("95.unet_name", name)]);
        let (_, text) = room.run(&["check", "w.json", "--show-facts", "--models", "../models"]);
        assert!(text.contains(FOUND), "{name}: {text}");
    }
    room.workflow("two-pass", &[("95.unet_name", "../../../models/diffusion_models/wan/2.2/x.safetensors")]);
    let (_, text) = room.run(&["check", "w.json", "--show-facts", "--models", "../models"]);
    assert!(!text.contains(FOUND), "{text}");
}

#[test]
fn a_checkout_brings_its_folders_and_its_extra_paths() {
    let room = Room::new();
    room.workflow("two-pass", &[]);
    room.write("repo/start.sh", "python ComfyUI/main.py\n");
    room.write("repo/ComfyUI/comfyui_version.py", "__version__ = \"0.3.70\"\n");
    room.write(
        "repo/ComfyUI/extra_model_paths.yaml",
        "mine:\n  base_path: ../shelf\n  unet: |\n    empty\n    big\n  vae: v\n",
    );
    model().write(&room.path("repo/shelf/big").join(HIGH));
    let (_, text) = room.run(&["check", "--show-facts"]);
    assert!(text.contains("shelf/big/wan2.2") && text.contains(FOUND), "{text}");
    assert!(!text.contains("not found in"), "folders that nobody stated may not be all: {text}");
    model().write(&room.path("repo/ComfyUI/models/unet").join(HIGH));
    let (_, text) = room.run(&["check", "--show-facts"]);
    assert!(text.contains("ComfyUI/models/unet/wan2.2"), "the usual folders come first: {text}");
    room.write("repo/ComfyUI/extra_model_paths.yaml", "mine:\n  is_default: true\n  diffusion_models: ../shelf/big\n");
    let (_, text) = room.run(&["check", "--show-facts"]);
    assert!(text.contains("shelf/big/wan2.2"), "but for defaults: {text}");
}

#[test]
fn flags_of_a_start_name_folders() {
    let room = Room::new();
    room.workflow("two-pass", &[]);
    model().write(&room.path("repo/base/models/diffusion_models").join(HIGH));
    room.write("repo/start.sh", "python main.py --base-directory base\n");
    assert!(room.run(&["check", "--show-facts"]).1.contains("base/models/diffusion_models/wan2.2"));
    room.write("repo/conf/paths.yaml", "a:\n  base_path: ../base/models\n  diffusion_models: diffusion_models\n");
    room.write("repo/start.sh", "python main.py --extra-model-paths-config conf/paths.yaml\n");
    assert!(room.run(&["check", "--show-facts"]).1.contains(FOUND));
}

#[test]
fn extra_paths_that_lead_out_are_not_read_and_make_absence_uncertain() {
    let room = Room::new();
    room.workflow("two-pass", &[]);
    room.write("repo/start.sh", "python ComfyUI/main.py\n");
    room.write("repo/ComfyUI/comfyui_version.py", "__version__ = \"0.3.70\"\n");
    let away = room.path("away");
    room.write("repo/ComfyUI/extra_model_paths.yaml", &format!("a:\n  diffusion_models: {}\n", away.display()));
    model().write(&away.join(HIGH));
    std::fs::create_dir_all(room.path("repo/models/loras")).unwrap();
    let (_, text) = room.run(&["check", "--show-facts", "--models", "models"]);
    assert!(!text.contains(FOUND), "{text}");
    // LoRAs, encoder and VAE are missing for certain; both experts may lie where nothing is read.
    let unet: Vec<&str> = text.lines().skip_while(|line| !line.contains("Unet = ")).skip(1).take(1).collect();
    assert!(!unet[0].contains("not found"), "{text}");
    assert!(text.contains("not found in"), "{text}");
    let (_, text) = room.run(&["check", "--show-facts", "--models", &away.display().to_string()]);
    assert!(text.contains(FOUND), "what the user states may be read: {text}");
}

#[test]
fn folders_of_another_machine_make_absence_uncertain() {
    for base in ["D:/models", "~/models", "$HOME/models", "%USERPROFILE%\\models", "../../../nowhere"] {
        let room = Room::new();
        room.workflow("two-pass", &[]);
        room.write("repo/start.sh", "python ComfyUI/main.py\n");
        room.write("repo/ComfyUI/comfyui_version.py", "__version__ = \"0.3.70\"\n");
        room.write("repo/ComfyUI/extra_model_paths.yaml", &format!("a:\n  base_path: '{base}'\n  unet: unet\n"));
        std::fs::create_dir_all(room.path("repo/models/loras")).unwrap();
        let (_, text) = room.run(&["check", "--models", "models", "--output-format", "concise"]);
        assert!(!text.contains("wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors is not in"), "{base}: {text}");
        assert!(text.contains("wan_2.1_vae.safetensors is not in"), "{base}: {text}");
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_the_stated_folders_are_not_followed() {
    let room = Room::new();
    room.workflow("two-pass", &[]);
    model().write(&room.path("away").join(HIGH));
    std::fs::create_dir_all(room.path("repo/models/diffusion_models")).unwrap();
    std::os::unix::fs::symlink(room.path("away").join(HIGH), room.path("repo/models/diffusion_models").join(HIGH))
        .unwrap();
    let (_, text) = room.run(&["check", "w.json", "--show-facts", "--models", "models"]);
    assert!(!text.contains(FOUND), "{text}");
    let (_, text) = room.run(&["check", "w.json", "--show-facts", "--models", "models", "--models", "../away"]);
    assert!(text.contains(FOUND), "{text}");
}

#[test]
fn a_file_that_was_named_shows_what_it_is() {
    let room = Room::new();
    Wan::I2V_14B.scaled("F16", 1, false).write(&room.path("repo/a.safetensors"));
    let (code, text) = room.run(&["check", "a.safetensors", "--show-facts"]);
    assert_eq!(code, 0, "{text}");
    for part in ["safetensors, Wan 2.2 i2v 14B, fp8_scaled", "fp8_e4m3fn = 407 tensors", "size = "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (code, text) = room.run(&["check", "a.safetensors"]);
    assert!(code == 0 && text.contains("1 file"), "{text}");
    let (_, text) = room.run(&["check", ".", "--show-files"]);
    assert!(!text.contains("a.safetensors"), "model files are not met while walking: {text}");
    assert_eq!(room.run(&["check", "b.safetensors"]).0, 2);
}
