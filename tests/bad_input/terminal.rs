//! Untrusted text never reaches a terminal or a log raw, and long lines are never printed whole.
//! [`Folder::run`](super::Folder::run) itself refuses control characters in either stream.

use super::{Folder, workflow};

/// A terminal escape, a title change, a bell, an 8-bit escape and a reversal of the text's direction.
const EVIL: &str = "x\u{1b}[31m\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}y";

#[track_caller]
fn tame(text: &str) {
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{text:?}");
}

#[test]
fn titles_classes_and_file_names_in_a_workflow() {
    let escaped: String = EVIL.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    for from in ["KSampler (Advanced)", "wan2.2_i2v_high_noise_14B_fp8_scaled", "Load CLIP", "\"euler\""] {
        for evil in [EVIL, &escaped] {
            let to = if from.starts_with('"') { format!("\"{evil}\"") } else { evil.to_owned() };
            let text = workflow("\"length\": 81", "\"length\": 80").replace(from, &to);
            let folder = Folder::with("w.json", text);
            for args in [&["check", "w.json"][..], &["check", "w.json", "--output-format", "json"], &["vram", "w.json"]]
            {
                let run = folder.run(&[args, &["--gpu", "RTX 4090"]].concat());
                tame(&(run.out + &run.err));
            }
        }
    }
}

#[test]
fn flags_and_variables_in_a_script() {
    for (name, text) in [
        ("launch.bat", format!("set {EVIL} =1\r\npython main.py --{EVIL} --reserve-vram {EVIL}\r\n")),
        ("launch.sh", format!("export A='{EVIL}'\npython main.py \"--{EVIL}\" --reserve-vram '{EVIL}'\n")),
    ] {
        let run = Folder::with(name, text).check(&["."]);
        assert!(run.out.contains("LAUNCH001"), "{}", run.out);
        tame(&(run.out + &run.err));
    }
}

#[cfg(unix)]
#[test]
fn paths() {
    let name = format!("{EVIL}.json");
    let folder = Folder::with(&name, workflow("\"length\": 81", "\"length\": 80"));
    for run in [folder.check(&[&name]), folder.check(&["."]), folder.run(&["vram", &name, "--gpu", "RTX 4090"])] {
        assert!(run.out.contains("x\\u{1b}[31m"), "{}", run.out);
        tame(&(run.out + &run.err));
    }
    let json = folder.check(&[".", "--output-format", "json"]);
    tame(&json.out);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json.out).unwrap()["summary"]["files"], 1);
}

#[test]
fn arguments() {
    let folder = Folder::with("launch.sh", "python main.py\n");
    for args in [
        &["check", EVIL][..],
        &["check", "--gpu", EVIL],
        &["check", "--vram", EVIL],
        &["check", "--width", EVIL],
        &["check", "--select", EVIL],
        &["check", "--config", EVIL],
        &["check", "--launch", EVIL],
        &["check", "--output", &format!("no/{EVIL}")],
        &["check", "--comfyui", EVIL],
        &["rule", EVIL],
        &["vram", EVIL],
        &[EVIL],
    ] {
        let run = folder.run(args);
        assert_eq!(run.code, Some(2), "{args:?} {}", run.out);
        tame(&run.err);
    }
    folder.write(
        "wanlint.toml",
        format!("[machine]\n\"{}\" = 1\n", EVIL.escape_default().to_string().replace("\\u{1b}", "\\u001b")),
    );
    tame(&folder.check(&["."]).err);
}

#[test]
fn logs_of_build_services_get_no_commands() {
    let name = "::error::owned.json";
    let folder = Folder::with(name, workflow("\"length\": 81", "\"length\": 80").replace("euler", "##[error]owned"));
    for run in
        [folder.check(&["."]), folder.run(&["vram", name, "--gpu", "RTX 4090"]), folder.check(&["::error::gone"])]
    {
        let all = run.out + &run.err;
        assert!(!all.lines().any(|line| line.trim_start().starts_with("::")), "{all}");
        assert!(!all.contains("::error"), "{all}");
    }
}

#[test]
fn a_megabyte_in_one_line() {
    let value: serde_json::Value = serde_json::from_str(&workflow("", "")).unwrap();
    let mut text = value.to_string();
    text.truncate(text.len() - 1);
    text += &format!(",\"1\":{{\"class_type\":\"Note\",\"inputs\":{{\"text\":\"{}\"}}}}", "é ".repeat(350_000));
    text += ",\"2\":{\"class_type\":\"WanImageToVideo\",\"inputs\":{\"width\":832,\"height\":480,\"length\":80,\"batch_size\":1}}}";
    assert!(text.len() > 1 << 20);
    let folder = Folder::with("w.json", &text);
    let run = folder.check(&["w.json", "--select", "WF010"]);
    run.says(0, &["WF010", "\"length\":80", "w.json:1:"]);
    assert!(run.out.len() < 2000, "{} bytes:\n{}", run.out.len(), run.out);
    // The same line, broken at its end.
    folder.write("w.json", &text[..text.len() - 1]);
    let run = folder.check(&["w.json"]);
    run.says(1, &["INPUT001", "'}' is missing"]);
    assert!(run.out.len() < 2000, "{}", run.out.len());
}
