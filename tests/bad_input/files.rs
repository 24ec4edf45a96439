//! Paths and files: missing, empty, broken, huge, deep, of other kinds and encodings.

use super::{Folder, workflow};

#[test]
fn paths_that_lead_nowhere() {
    let folder = Folder::new();
    folder.check(&["no/such.json"]).refuses(&["no such file or folder", "no/such.json"]);
    folder.check(&["."]).refuses(&["nothing to check in .", ".bat", ".json"]);
    folder.check(&[""]).refuses(&["a value is required"]);
    folder.run(&["vram", "no.json"]).refuses(&["no.json"]);
    folder.write("notes.txt", "python main.py");
    folder.check(&["notes.txt"]).refuses(&["notes.txt", ".bat, .cmd, .sh", ".json"]);
    folder.write("launch.sh", "python main.py\n");
    folder.check(&["launch.sh", "gone.sh"]).refuses(&["gone.sh"]);
    folder.check(&["launch.sh", "--launch", "gone.bat"]).refuses(&["gone.bat"]);
    folder.run(&["vram", "launch.sh"]).refuses(&["no workflow to forecast"]);
}

#[test]
fn half_a_script() {
    for (name, text) in [
        ("launch.bat", "@echo off\r\nif exist venv (\r\n  python main.py --normalvram ^"),
        ("launch.bat", "set \"X=1\r\npython main.py \"--listen"),
        ("launch.sh", "python main.py --listen \\"),
        ("launch.sh", "if true; then\n  python main.py \"--listen"),
        ("launch.sh", "cat <<EOF\npython main.py\n"),
    ] {
        let run = Folder::with(name, text).check(&["."]);
        assert!(matches!(run.code, Some(0 | 1)), "{text:?}: {}", run.err);
    }
    Folder::with("launch.bat", "").check(&["."]).refuses(&["nothing to check"]);
    let unclosed = Folder::with("launch.sh", "python main.py \"--listen\n");
    unclosed.check(&["."]).says(1, &["INPUT001", "launch.sh:1:"]);
}

#[test]
fn broken_json() {
    let folder =
        Folder::with("w.json", "{\n  \"3\": {\"class_type\": \"KSampler\", \"inputs\": {\"steps\": 20,}}\n}\n");
    for path in ["w.json", "."] {
        folder.check(&[path]).says(1, &["error[INPUT001]", "w.json:2:", "a comma before the closing bracket"]);
        folder.check(&[path, "--exit-zero"]).says(0, &["INPUT001"]);
    }
    folder.run(&["vram", "w.json"]).refuses(&["a comma before the closing bracket"]);
    let cut = Folder::with("w.json", workflow("", "").trim_end().trim_end_matches('}'));
    cut.check(&["w.json"]).says(1, &["INPUT001", "the file ends inside the object that opens on line 1"]);
}

#[test]
fn other_json() {
    let folder = Folder::with("package.json", "{\"name\": \"x\"}");
    folder.check(&["package.json"]).says(1, &["INPUT001", "not a ComfyUI workflow", "class_type"]);
    folder.check(&["."]).refuses(&["nothing to check"]);
    folder.write("package.json", "{\"name\": ");
    folder.check(&["."]).refuses(&["nothing to check"]);
    folder.check(&["package.json"]).says(1, &["INPUT001"]);
}

#[test]
fn a_file_beyond_the_limit() {
    let folder = Folder::with("huge.json", "");
    // Sparse: 100 MiB that take no room.
    let file = std::fs::File::options().write(true).open(folder.0.path().join("huge.json")).unwrap();
    file.set_len(100 << 20).unwrap();
    // Met while walking it is a finding; named it is a path that cannot be read, which outranks findings.
    folder.check(&["."]).says(0, &["warning[INPUT003]", "100 MiB", "64 MiB"]);
    folder.check(&[".", "--fail-on", "warning"]).says(1, &["INPUT003"]);
    folder.check(&["huge.json"]).says(2, &["INPUT003", "100 MiB", "64 MiB"]);
    folder.check(&["huge.json", "--exit-zero"]).says(2, &["INPUT003"]);
    folder.run(&["vram", "huge.json"]).refuses(&["64 MiB"]);
}

#[test]
fn deep_json() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let text = format!("{{\"class_type\":{}0{}}}", open.repeat(100_000), close.repeat(100_000));
        let folder = Folder::with("deep.json", text);
        for path in [".", "deep.json"] {
            let run = folder.check(&[path, "--fail-on", "warning"]);
            run.says(1, &["INPUT003", "nested deeper than 1000 levels", "deep.json:1:"]);
            assert!(run.out.len() < 2000, "{}", run.out.len());
        }
    }
}

#[test]
fn bytes_that_are_no_text() {
    let noise: Vec<u8> = (0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let folder = Folder::with("noise.json", &noise);
    folder.check(&["noise.json"]).says(1, &["INPUT001", "INPUT002", "not UTF-8"]);
    let script = Folder::with("noise.bat", [b"python main.py --listen\r\n".as_slice(), &noise].concat());
    script.check(&["."]).says(1, &["INPUT002", "not UTF-8"]);
    let zeros = Folder::with("zeros.sh", [b"python main.py\0--listen\n\0".as_slice(), &[0; 100]].concat());
    assert!(matches!(zeros.check(&["."]).code, Some(0 | 1)));
}

#[test]
fn utf16() {
    let units = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let script = Folder::with("launch.bat", [vec![0xff, 0xfe], units("python main.py\r\n")].concat());
    script.check(&["launch.bat"]).says(1, &["error[INPUT002]", "UTF-16", "UTF-8"]);
    let json = Folder::with("w.json", [vec![0xff, 0xfe], units(&workflow("", ""))].concat());
    json.check(&["w.json"]).says(1, &["error[INPUT002]", "UTF-16"]);
    json.check(&["."]).says(1, &["error[INPUT002]"]);
}

#[test]
fn names_outside_ascii() {
    let name = "vidéo \u{1f3ac} 動画.json";
    let folder = Folder::with(name, workflow("\"length\": 81", "\"length\": 80"));
    folder.check(&[name]).says(0, &["WF010", name]);
    folder.check(&["."]).says(0, &["WF010", name]);
    folder.check(&[name, "--output-format", "json"]).says(0, &[name]);
    folder.run(&["vram", name, "--gpu", "RTX 4090"]).says(0, &[name]);
}

#[test]
fn the_users_git_settings_hide_nothing() {
    let folder = Folder::with("launch.sh", "python ComfyUI/main.py --no-such-flag\n");
    let home = Folder::with(".config/git/ignore", "*.sh\n");
    let args = ["check", "--no-detect", "."];
    let output = folder.command(&args).env("HOME", home.0.path()).output().unwrap();
    super::seen(&output, &args).says(0, &["LAUNCH001"]);
}
