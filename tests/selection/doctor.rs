//! `wanlint doctor`: what is told, where it comes from, and what is never told.

use std::process::Command;

use serde_json::Value;

use super::Folder;

const WORKFLOW: &str = include_str!("../../fixtures/rules/base/two-pass.api.json");
const SETTINGS: &str = "[machine]\ngpu = \"RTX 4090\"\nram = \"64GiB\"\n[check]\nignore = [\"LAUNCH001\"]\n\
    [[allow]]\nrule = \"LAUNCH002\"\nreason = \"Annabel said so\"\n";

/// A home folder with a project in it.
fn home() -> Folder {
    let prompt = WORKFLOW.replace("\"text\": \"", "\"text\": \"a sunset nobody should read about, ");
    Folder::new(&[
        ("annabel/project/wanlint.toml", SETTINGS),
        ("annabel/project/start.bat", "set HF_TOKEN=hf_abcdefghijklmnopqrstuvwxyzABCDEFGH\r\npython main.py\r\n"),
        ("annabel/project/flow.json", &prompt),
        ("annabel/models/vae/x.txt", ""),
    ])
}

fn doctor(home: &Folder, place: &str, args: &[&str], variables: &[(&str, String)]) -> (Option<i32>, String) {
    let own = home.0.path().join("annabel");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.arg("doctor").args(args).current_dir(home.0.path().join(place)).env_clear();
    command
        .env("HOME", &own)
        .env("USER", "annabel")
        .env("CI", "1")
        .envs(variables.iter().map(|(name, value)| (name, value)));
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code(), text)
}

#[test]
fn every_fact_has_its_source() {
    let home = home();
    let gpu = [("WANLINT_COMFYUI", "0.3.70".to_owned())];
    let (code, text) = doctor(&home, "annabel/project", &["--ram", "32GiB"], &gpu);
    assert_eq!(code, Some(0), "{text}");
    for wanted in [
        &format!("wanlint {} for {} ", env!("CARGO_PKG_VERSION"), std::env::consts::OS),
        "configuration: ./wanlint.toml: machine.gpu, machine.ram, check.ignore, 1 [[allow]]\n",
        "  CI=1\n  WANLINT_COMFYUI=0.3.70\n",
        "device: not looked at (CI is set, or --no-detect)\n",
        "gpu = NVIDIA GeForce RTX 4090  (wanlint.toml)\n",
        "vram = 23827..24564 MiB  (from the catalog)\n",
        "ram = 32.0 GiB  (--ram)\n",
        "comfyui = 0.3.70  (WANLINT_COMFYUI)\n",
        "torch = unknown  (nobody stated it)\n",
        "files: 2 read, 1 starts of ComfyUI, 1 workflows\n  os = windows  (inferred: batch script)\n",
    ] {
        assert!(text.to_lowercase().contains(&wanted.to_lowercase()), "{wanted}\n{text}");
    }
}

#[test]
fn the_same_as_json() {
    let (code, text) = doctor(&home(), "annabel/project", &["--output-format", "json", "--vram-used", "2"], &[]);
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &told["schema"], &told["version"]), (Some(0), &1.into(), &env!("CARGO_PKG_VERSION").into()));
    let fact = |name: &str| told["facts"].as_array().unwrap().iter().find(|fact| fact["name"] == name).unwrap().clone();
    assert_eq!(fact("gpu")["from"], "wanlint.toml");
    assert_eq!(fact("vram-used")["from"], "--vram-used");
    assert_eq!((&fact("torch")["value"], &fact("torch")["from"]), (&Value::Null, &Value::Null));
    assert_eq!(told["project"]["workflows"], 1);
    assert_eq!(told["config"]["says"].as_array().unwrap().len(), 4);
    assert_eq!((&told["device"], &told["errors"]), (&Value::Null, &Value::Array(Vec::new())));
}

#[test]
fn nothing_private_is_told() {
    let home = home();
    let models = home.0.path().join("annabel/models");
    let variables = [
        ("WANLINT_MODELS", format!("{}:/mnt/Annabel/models", models.display())),
        ("WANLINT_API_KEY", "sesame-open-please-now".to_owned()),
        ("HF_TOKEN", "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH".to_owned()),
    ];
    let project = home.0.path().join("annabel/project");
    let project = project.to_str().unwrap();
    for format in ["text", "json"] {
        for config in [SETTINGS, "[machine]\ngpu = \"RTX 4090\"\ntoken = \"hf_abcdefghijklmnopqrstuvwxyzABCDEFGH\"\n"] {
            home.write("annabel/project/wanlint.toml", config);
            let (_, text) = doctor(&home, "", &[project, "--output-format", format], &variables);
            for private in
                ["annabel", "abcdefghij", "open-please", "sunset", "said so", home.0.path().to_str().unwrap()]
            {
                // The temporary folder itself may be named so.
                let told = text.to_lowercase().replace("<user>", "");
                assert!(!told.contains(&private.to_lowercase()), "{private}\n{text}");
            }
            assert!(text.contains("~/project/wanlint.toml"), "{text}");
        }
    }
}

#[test]
fn what_cannot_be_used_is_told_and_exits_with_2() {
    let home = home();
    home.write("annabel/project/wanlint.toml", "[machine]\ngpu = \"RTX 9999 Super\"\n");
    let (code, text) = doctor(&home, "annabel/project", &[], &[]);
    assert_eq!((code, text.contains("facts: cannot be used: --gpu 'RTX 9999 Super'")), (Some(2), true), "{text}");
    home.write("annabel/project/wanlint.toml", "[machine\n");
    let (code, text) = doctor(&home, "annabel/project", &[], &[]);
    assert_eq!((code, text.contains("configuration: cannot be used: ")), (Some(2), true), "{text}");
    assert!(text.starts_with("wanlint ") && text.contains("environment:"), "{text}");
    let (code, _) = doctor(&home, "annabel/project", &["nowhere"], &[]);
    assert_eq!(code, Some(2));
    std::fs::remove_file(home.0.path().join("annabel/project/wanlint.toml")).unwrap();
    let (code, text) = doctor(&home, "annabel/project", &[], &[]);
    assert_eq!((code, text.contains("configuration: none\n")), (Some(0), true), "{text}");
}
