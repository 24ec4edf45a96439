//! What a text inside a media file may hold: nothing of it is obeyed, and no key in it is repeated.

use proptest::prelude::*;

use super::build;
use super::runs::{Folder, png, wanlint};

/// A terminal escape, a bell, an 8-bit escape and a reversal of the text's direction.
const EVIL: &str = "x\u{1b}[31m\u{7}\u{9b}2J\u{202e}y";

/// Everything that commands print about a file, each with what was asked.
fn printed(path: &str) -> Vec<(String, String)> {
    let facts = ["--isolated", "--no-detect", "--gpu", "RTX 4090", "--os", "windows"];
    let runs = [
        vec!["check", path],
        vec!["check", path, "--output-format", "concise"],
        vec!["check", path, "--output-format", "json"],
        vec!["check", path, "--show-facts"],
        vec!["vram", path],
    ];
    let runs = runs.into_iter();
    runs.map(|args| {
        let (_, out, err) = wanlint(&[args.as_slice(), &facts].concat());
        (args.join(" "), out + &err)
    })
    .collect()
}

/// A workflow about which much is said, with a text in place of another.
fn prompt(from: &str, to: &str) -> String {
    let base = std::fs::read_to_string("fixtures/rules/base/two-pass.api.json").unwrap();
    let base = base.replace("\"length\": 81", "\"length\": 80").replace("\"euler\"", "\"no_such_sampler\"");
    assert!(base.contains(from), "{from}");
    base.replace(from, to)
}

/// Places in that workflow that messages, excerpts and forecasts repeat.
const PLACES: [&str; 7] = [
    "KSampler (Advanced)",
    "KSamplerAdvanced",
    "wan2.2_i2v_high_noise_14B_fp8_scaled",
    "WanImageToVideo",
    "no_such_sampler",
    "umt5_xxl_fp8_e4m3fn_scaled",
    "wan_2.1_vae",
];

#[test]
fn control_characters_are_shown_as_what_they_are() {
    let escaped: String = EVIL.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    for place in PLACES {
        for evil in [EVIL, &escaped] {
            let folder = Folder::new(&[("clip.png", &png(&[("prompt", &prompt(place, evil))]))]);
            for (asked, text) in printed(folder.path("clip.png").to_str().unwrap()) {
                let raw = text.chars().find(|letter| letter.is_control() && *letter != '\n' || *letter == '\u{202e}');
                assert_eq!(raw, None, "{place} in {asked}: {text:?}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn build_logs_are_given_no_commands() {
    let prompt = prompt("no_such_sampler", "\\n::error::owned\\n##[error]owned");
    let folder = Folder::new(&[("::error::x.png", &png(&[("prompt", &prompt)]))]);
    // The name alone: a folder in front of it would hide what is at the start of a line.
    let run = |args: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_wanlint"))
            .args(args)
            .args(["::error::x.png", "--gpu", "RTX 4090", "--isolated"])
            .current_dir(folder.path(""))
            .output()
            .unwrap();
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat()
    };
    for args in [&["check"][..], &["check", "--output-format", "concise"], &["check", "--show-files"], &["vram"]] {
        let text = run(args);
        assert!(text.contains("x.png") && !text.contains("::error") && !text.contains("##[error"), "{args:?}: {text}");
    }
}

#[test]
fn a_key_in_a_prompt_is_found_and_not_repeated() {
    let key = "hf_aB3dE5gH7jK9mN1pQ3sT5vX7z";
    let text = format!(r#"{{"5": {{"class_type": "Upload", "inputs": {{"api_key": "{key}", "text": "by {key}"}}}}}}"#);
    for (name, _, bytes) in build::all(&[("prompt", &text)]) {
        let folder = Folder::new(&[(name, &bytes)]);
        let report = folder.json(&[name], &["--select", "SEC007"]);
        assert_eq!(report["findings"][0]["code"], "SEC007", "{name}: {report:#}");
        for (asked, text) in printed(folder.path(name).to_str().unwrap()) {
            assert!(!text.contains("dE5gH7"), "{asked}: {text}");
        }
    }
    // Cut off behind the key: what is shown around the fault is masked too.
    let folder = Folder::new(&[("half.png", &png(&[("prompt", &text[..text.len() - 40])]))]);
    for (asked, text) in printed(folder.path("half.png").to_str().unwrap()) {
        assert!(!text.contains("dE5gH7"), "{asked}: {text}");
    }
}

/// A key by its shape, or a value that only its name gives away.
fn key() -> impl Strategy<Value = String> {
    prop_oneof!["hf_[a-zA-Z0-9]{34}", "sk-[a-zA-Z0-9]{40}", "ghp_[a-zA-Z0-9]{36}", "AIza[a-zA-Z0-9]{35}"]
}

/// The part of a key that no report may show.
fn hidden(key: &str) -> &str {
    &key[key.len() - 12..]
}

#[track_caller]
fn silent_about(secret: &str, path: &str) -> Result<(), TestCaseError> {
    for (asked, text) in printed(path) {
        prop_assert!(!text.contains(secret), "{} in {}: {}", secret, asked, text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn no_key_is_repeated_wherever_it_stands(key in key(), place in 0..PLACES.len()) {
        let text = prompt(PLACES[place], &format!("by {key}"));
        let folder = Folder::new(&[("clip.png", &png(&[("prompt", &text)])), ("w.json", text.as_bytes())]);
        silent_about(hidden(&key), folder.path("clip.png").to_str().unwrap())?;
        silent_about(hidden(&key), folder.path("w.json").to_str().unwrap())?;
    }

    #[test]
    fn no_key_in_a_path_is_repeated(key in key()) {
        let name = format!("{key}.png");
        let folder = Folder::new(&[(&name, &png(&[("prompt", &prompt("", ""))]))]);
        silent_about(hidden(&key), folder.path(&name).to_str().unwrap())?;
    }

    #[test]
    fn no_value_of_a_key_input_is_repeated(
        name in "(api_key|civitai_token|password|client_secret)",
        value in "[a-z]{3}[a-z0-9]{14,24}",
    ) {
        let input = format!("\"length\": 80, \"{name}\": \"{value}\"");
        let text = prompt("\"length\": 80", &input);
        let one_line = serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string();
        for text in [text, one_line] {
            let folder = Folder::new(&[("clip.png", &png(&[("prompt", &text)])), ("w.json", text.as_bytes())]);
            silent_about(hidden(&value), folder.path("clip.png").to_str().unwrap())?;
            silent_about(hidden(&value), folder.path("w.json").to_str().unwrap())?;
        }
    }

    #[test]
    fn no_key_in_a_script_is_repeated(
        name in "(HF_TOKEN|CIVITAI_API_KEY|DB_PASSWORD)",
        value in "[a-z]{3}[a-z0-9]{14,24}",
        key in key(),
    ) {
        let batch = format!("set {name}={value}\r\nset X={key} \r\npython ComfyUI\\main.py --hf-token {value} --{key} --listen={key}\r\n");
        let shell = format!("export {name}='{value}'\nX = {key}\npython ComfyUI/main.py --api-key={value} --port {key} --{key}\n");
        let folder = Folder::new(&[("launch.bat", batch.as_bytes()), ("launch.sh", shell.as_bytes())]);
        for script in ["launch.bat", "launch.sh"] {
            silent_about(hidden(&value), folder.path(script).to_str().unwrap())?;
            silent_about(hidden(&key), folder.path(script).to_str().unwrap())?;
        }
    }
}
