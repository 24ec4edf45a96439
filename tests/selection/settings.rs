//! Settings of programs that start ComfyUI: their arguments are judged as those of a script, those of other programs are not read.

use std::process::Command;

fn check(paths: &[&str], args: &[&str]) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/settings");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.args(["check", "--isolated"]).args(args).args(paths).current_dir(root).env("CI", "1");
    let output = command.output().unwrap();
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat()
}

#[test]
fn every_kind_is_found_and_judged_at_the_argument() {
    let text = check(&["."], &["--output-format", "concise"]);
    for wanted in [
        "settings.json:18:57: error LAUNCH004 --lowvram and --highvram",
        "Backends.fds:8:14: error LAUNCH001 --use-sage-atention",
        "comfy.settings.json:5:6: error LAUNCH004 --lowvram and --highvram",
        "comfy.settings.json:6:22: error LAUNCH007 ",
        "config.ini:4:25: error SEC001 ",
        "config.ini:4:53: error LAUNCH004 --lowvram and --novram",
        "launch.json:10:26: error LAUNCH004 --cpu and --gpu-only",
        "launch.json:12:16: warning ENV015 ",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(!text.contains("others/"), "{text}");
    assert!(text.contains(" in 5 files"), "{text}");
}

#[test]
fn show_files_names_the_program() {
    let text = check(&["."], &["--show-files"]);
    let wanted = "Backends.fds: backends of SwarmUI, starts ComfyUI\n\
        comfy.settings.json: settings of ComfyUI Desktop, starts ComfyUI\n\
        config.ini: configuration of comfy-cli, starts ComfyUI\n\
        launch.json: launch configuration of VS Code, starts ComfyUI\n\
        settings.json: settings of Stability Matrix, starts ComfyUI\n";
    assert_eq!(text.replace("./", ""), wanted);
}

#[test]
fn arguments_come_as_the_program_gives_them() {
    let text = check(&["settings.json"], &["--show-facts"]);
    for wanted in [
        "main = Packages\\ComfyUI/main.py",
        "--listen = 127.0.0.1  (settings.json:12:20)",
        "--port = 8188",
        "--preview-method = auto",
        "--output-directory = D:\\my clips",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(!text.contains("--cpu") && !text.contains("--disable-xformers") && !text.contains("medvram"), "{text}");
    let text = check(&["Backends.fds"], &["--show-facts"]);
    assert!(text.contains("--reserve-vram = 2") && text.contains("further arguments are not known"), "{text}");
    assert!(!text.contains("--lowvram"), "a backend that is not enabled starts nothing: {text}");
}

#[test]
fn files_of_other_programs_are_silent() {
    for name in ["config.ini", "Backends.fds"] {
        let text = check(&[&format!("others/{name}")], &["--output-format", "concise"]);
        assert!(text.contains("no findings in 1 file"), "{name}: {text}");
    }
    for name in ["settings.json", "comfy.settings.json", "launch.json"] {
        let text = check(&[&format!("others/{name}")], &["--show-facts"]);
        assert!(!text.contains("launch at"), "{name}: {text}");
    }
}
