//! Launch scripts resolved to program, arguments, environment and folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wanlint::catalog::nodes::Catalog;
use wanlint::discover::Kind;
use wanlint::project::{Content, interpret};
use wanlint::read::script::Dialect;
use wanlint::run::command::{Command, Host};
use wanlint::source::Source;

/// A folder with `main.py`, a virtual environment and a script in `scripts`.
pub struct Room {
    pub folder: TempDir,
    pub host: Host,
}

impl Room {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let env = BTreeMap::from([
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
            ("HOME".to_owned(), folder.path().display().to_string()),
        ]);
        let room = Self { host: Host { windows: false, env, folder: folder.path().to_path_buf() }, folder };
        room.write("main.py", "");
        room.write("venv/pyvenv.cfg", "home = /usr/bin\n");
        room.write("venv/bin/activate", "");
        room.program("venv/bin/python", "#!/bin/sh\nexec sh \"$@\"\n");
        room
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[cfg(unix)]
    pub fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(name, text);
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[cfg(not(unix))]
    pub fn program(&self, name: &str, text: &str) {
        self.write(name, text);
    }

    pub fn of(&self, name: &str, dialect: Dialect, text: &str, exec: bool) -> Result<Command, String> {
        let source = Source::from_text(self.path(name), text);
        let file = interpret(source, Kind::Script(dialect), true, true, &Catalog::default()).unwrap();
        let Content::Script(script) = &file.content else { panic!("no script") };
        let make = if exec { Command::exec_script } else { Command::of_script };
        make(&file.source, script, &self.host)
    }

    /// The start in `scripts/launch.sh`.
    pub fn shell(&self, text: &str) -> Result<Command, String> {
        self.of("scripts/launch.sh", Dialect::Shell, text, false)
    }

    fn refused(&self, text: &str) -> String {
        self.shell(text).unwrap_err()
    }
}

fn var<'a>(command: &'a Command, name: &str) -> Option<&'a str> {
    command.env.get(name)?.as_deref()
}

#[test]
fn a_script_with_all_usual_idioms() {
    let mut room = Room::new();
    room.host.env.insert("CLIPS".to_owned(), "/mnt/clips".to_owned());
    let command = room
        .shell(
            "#!/usr/bin/env bash\nset -euo pipefail\nHERE=\"$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)\"\ncd \"$HERE/..\"\n\
             source venv/bin/activate\nexport PATH=\"$HERE/bin:$PATH\"\nexport HF_HOME=\"${HF_HOME:-$HOME/hf}\"\nunset LD_PRELOAD\n\
             git pull --ff-only\nexec python main.py --port \"${PORT:-8190}\" --output-directory \"$CLIPS\" \"$@\"\n",
        )
        .unwrap();
    let root = room.folder.path();
    assert_eq!(command.program, root.join("venv/bin/python"));
    assert_eq!(command.args, ["main.py", "--port", "8190", "--output-directory", "/mnt/clips"]);
    assert_eq!(command.folder, root);
    assert_eq!(command.listen.url(), "http://127.0.0.1:8190");
    let programs = format!("{0}/venv/bin:{0}/scripts/bin:/usr/bin:/bin", root.display());
    assert_eq!(var(&command, "PATH"), Some(programs.as_str()));
    assert_eq!(var(&command, "HF_HOME"), Some(format!("{}/hf", root.display()).as_str()));
    assert_eq!(command.env.get("LD_PRELOAD"), Some(&None));
    assert_eq!(command.env.get("PYTHONHOME"), Some(&None));
    assert_eq!(command.left_out, ["git pull --ff-only (launch.sh, line 9)"]);
    room.host.env.insert("PORT".to_owned(), "9000".to_owned());
    let command = room.shell("cd ..\nvenv/bin/python main.py --port ${PORT:-8190}").unwrap();
    assert_eq!(command.args, ["main.py", "--port", "9000"], "a default gives way to the environment");
}

#[test]
fn where_the_start_stands() {
    let room = Room::new();
    let folder = |text: &str| room.shell(text).map(|command| command.folder);
    let root = room.folder.path().to_path_buf();
    // Without `cd` a script is started from its own folder or from that of the caller, whichever has main.py.
    assert_eq!(folder("venv/bin/python main.py"), Ok(root.clone()));
    assert_eq!(folder("cd ~ && venv/bin/python main.py"), Ok(root.clone()));
    assert_eq!(
        folder("if [ -d ../scripts ]; then cd ../scripts; fi\ncd ..\nvenv/bin/python main.py"),
        Ok(root.clone())
    );
    assert_eq!(folder("[ -d ../venv ] && cd ../venv\n../venv/bin/python ../main.py"), Ok(root.join("venv")));
    assert_eq!(folder("[ -d gone ] && cd gone\ncd ..\nvenv/bin/python main.py"), Ok(root.clone()));
    assert_eq!(folder("(cd /tmp && make)\ncd ..\nvenv/bin/python main.py"), Ok(root.clone()));
    assert_eq!(folder("(cd .. && venv/bin/python main.py)"), Ok(root.clone()));
    assert_eq!(folder("pushd ..\npopd\ncd ..\nvenv/bin/python main.py"), Ok(root));
    assert!(room.refused("cd /gone/away\npython main.py").contains("line 1: there is no folder /gone/away"));
    assert!(room.refused("[ \"$1\" = x ] && cd ..\npython main.py").contains("only a run decides"));
}

#[test]
fn what_only_a_run_decides_is_refused() {
    let room = Room::new();
    for (text, why) in [
        ("cd ..\npython main.py --port $(cat port)", "line 2: only a run of the script decides what $(cat port) is"),
        ("read -r PORT\ncd ..\npython main.py --port $PORT", "decides what $PORT is"),
        ("read -r PORT\ncd ..\npython main.py --port \"${PORT:-8188}\"", "decides what 8188 is"),
        ("cd ..\nsource env.sh\npython main.py", "line 2: source env.sh may change how ComfyUI starts"),
        ("cd ..\nconda activate comfy\npython main.py", "conda activate comfy may change"),
        ("cd ..\nsource gone/bin/activate\npython main.py", "gone/bin/activate is no script of a virtual environment"),
        ("cd ..\n[ -t 0 ] && export X=1\npython main.py", "in 2 ways (line 3, unless [ -t 0 ]; line 3, when [ -t 0 ])"),
        ("cd ..\nif grep -q x /etc/fstab; then A=--lowvram; fi\npython main.py $A", "in 2 ways"),
        ("cd ..\nsudo -u comfy python main.py", "does not stay under wanlint"),
        ("cd ..\nno-such-python3 main.py", "starts no ComfyUI"),
        ("cd ..\ngone/python main.py", "there is no program gone/python"),
        ("python gone/main.py", "there is no "),
        ("cd ..\ncomfy launch --background -- --listen", "does not stay under wanlint"),
        ("ls", "starts no ComfyUI"),
    ] {
        let refused = room.refused(text);
        assert!(refused.contains(why), "{text}\n{refused}");
    }
}

#[test]
fn conditions_that_can_be_told_choose_the_start() {
    let mut room = Room::new();
    room.host.env.insert("FAST".to_owned(), "1".to_owned());
    let args = |room: &Room, text: &str| room.shell(text).map(|command| command.args[1..].join(" "));
    let menu = "cd ..\nif [ \"${1:-}\" = low ]; then A=--lowvram\nelif [[ -n \"$FAST\" ]]; then A=--fast\nelse A=--highvram\nfi\n\
                venv/bin/python main.py $A\n";
    assert_eq!(args(&room, menu).as_deref(), Ok("--fast"));
    room.host.env.clear();
    assert_eq!(args(&room, menu).as_deref(), Ok("--highvram"));
    let two = "cd ..\nif [ $# -gt 0 ]; then venv/bin/python main.py --cpu; else venv/bin/python main.py; fi";
    assert!(room.refused(two).contains("in 2 ways"));
    let two = "cd ..\nif [ -z \"$1\" ]; then venv/bin/python main.py --cpu; else venv/bin/python main.py; fi";
    assert_eq!(args(&room, two).as_deref(), Ok("--cpu"));
    let real = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/real/wan_video.sh");
    room.host.env.insert("HOME".to_owned(), room.path("").display().to_string());
    room.write("ComfyUI/main.py", "");
    room.program("ComfyUI/venv/bin/python", "");
    let command = room.shell(&std::fs::read_to_string(real).unwrap()).unwrap();
    assert_eq!(command.folder, room.path("ComfyUI"));
    assert!(command.args.ends_with(&["--fast".to_owned(), "fp16_accumulation".to_owned()]), "{:?}", command.args);
    room.host.env.insert("DEBUG".to_owned(), "1".to_owned());
    let command = room.shell(&std::fs::read_to_string(real).unwrap()).unwrap();
    assert!(command.args.ends_with(&["--verbose".to_owned(), "DEBUG".to_owned()]), "{:?}", command.args);
    room.host.windows = true;
    room.write("venv/Scripts/python.exe", "");
    let menu = "cd /d %~dp0..\r\nif /i \"%1\"==\"low\" (set A=--lowvram) else (set A=--fast)\r\nif not defined DEBUG set B=--dont-print-server\r\n\
                venv\\Scripts\\python.exe main.py %A% %B%\r\n";
    let command = room.of("scripts/launch.bat", Dialect::Batch, menu, false).unwrap();
    assert_eq!(command.args, ["main.py", "--fast"]);
}

#[test]
fn wrappers_stay_and_absent_files_do_not_matter() {
    let room = Room::new();
    room.program("bin/nice", "");
    let mut room = room;
    room.host.env.insert("PATH".to_owned(), room.path("bin").display().to_string());
    let command = room
        .shell("cd ..\n[ -f env.sh ] && . ./env.sh\nCUDA_VISIBLE_DEVICES=1 nice -n 5 venv/bin/python main.py")
        .unwrap();
    assert_eq!(command.program, room.path("bin/nice"));
    assert_eq!(command.args, ["-n", "5", "venv/bin/python", "main.py"]);
    assert_eq!(var(&command, "CUDA_VISIBLE_DEVICES"), Some("1"));
    room.write("env.sh", "");
    assert!(room.refused("cd ..\n[ -f env.sh ] && . ./env.sh\nvenv/bin/python main.py").contains("may change"));
}

#[test]
fn scripts_of_windows() {
    let mut room = Room::new();
    let batch = "@echo off\r\ncd /d \"%~dp0..\"\r\nif exist venv\\Scripts\\activate.bat call venv\\Scripts\\activate.bat\r\n\
                 set \"OUT=%USERPROFILE%\\my clips\"\r\nset LD=\r\n\".\\python_embeded\\python.exe\" -s main.py --output-directory \"%OUT%\" %*\r\npause\r\n";
    let refused = room.of("scripts/launch.bat", Dialect::Batch, batch, false).unwrap_err();
    assert!(refused.contains("starts ComfyUI on Windows, and this is another system"), "{refused}");
    room.host.windows = true;
    room.host.env.insert("UserProfile".to_owned(), "C:\\Users\\me".to_owned());
    room.program("python_embeded/python.exe", "");
    let command = room.of("scripts/launch.bat", Dialect::Batch, batch, false).unwrap();
    let root = room.folder.path();
    assert_eq!(command.program, root.join("python_embeded/python.exe"));
    assert_eq!(command.args, ["-s", "main.py", "--output-directory", "C:\\Users\\me\\my clips"]);
    assert_eq!((command.folder.as_path(), command.env.get("LD")), (root, Some(&None)));
    assert_eq!(var(&command, "OUT"), Some("C:\\Users\\me\\my clips"));
    room.write("venv/Scripts/activate.bat", "");
    let command = room.of("scripts/launch.bat", Dialect::Batch, batch, false).unwrap();
    assert_eq!(var(&command, "VIRTUAL_ENV"), Some(root.join("venv").display().to_string().as_str()));
    let powershell = "Set-Location \"$PSScriptRoot\\..\"\n. .\\venv\\Scripts\\Activate.ps1\n$env:HF_HOME = \"$env:USERPROFILE\\hf\"\n\
                      & .\\python_embeded\\python.exe main.py --port 8189 $args\n";
    room.write("venv/Scripts/Activate.ps1", "");
    let command = room.of("scripts/launch.ps1", Dialect::PowerShell, powershell, false).unwrap();
    assert_eq!((command.folder.as_path(), command.listen.port), (root, 8189));
    assert_eq!(var(&command, "HF_HOME"), Some("C:\\Users\\me\\hf"));
    for (text, why) in [
        ("start \"x\" /d C:\\AI python main.py", "names its own folder"),
        ("call env.bat\r\npython main.py", "call env.bat may change"),
        ("set /p PORT=Port?\r\ncd ..\r\npython main.py --port %PORT%", "only a run"),
    ] {
        let refused = room.of("scripts/launch.bat", Dialect::Batch, text, false).unwrap_err();
        assert!(refused.contains(why), "{text}\n{refused}");
    }
}

#[test]
fn containers_services_and_scripts_themselves() {
    let room = Room::new();
    let docker =
        room.of("Dockerfile", Dialect::Dockerfile, "FROM x\nCMD [\"python\", \"main.py\"]\n", false).unwrap_err();
    assert!(docker.contains("starts ComfyUI in a container"), "{docker}");
    let service = "[Service]\nExecStart=/opt/venv/bin/python main.py\n";
    assert!(room.of("c.service", Dialect::Service, service, false).unwrap_err().contains("start the service"));
    let command =
        room.of("scripts/launch.sh", Dialect::Shell, "cd ..\npython main.py --port 8200 $(date)", true).unwrap();
    assert_eq!(command.program.file_name().unwrap(), "sh");
    assert_eq!(command.args, [room.path("scripts/launch.sh").display().to_string()]);
    assert_eq!((command.folder, command.listen.port), (room.path("scripts"), 8200));
}

#[test]
fn a_checkout_and_a_portable_build() {
    let mut room = Room::new();
    let args = ["--port".to_owned(), "8201".to_owned()];
    let command = Command::of_checkout(Path::new(""), &args, &room.host).unwrap();
    assert_eq!(command.program, room.path("venv/bin/python"));
    assert_eq!((command.args.join(" ").as_str(), command.listen.port), ("main.py --port 8201", 8201));
    room.host.windows = true;
    room.write("portable/ComfyUI/main.py", "");
    room.write("portable/python_embeded/python.exe", "");
    let command = Command::of_checkout(Path::new("portable"), &[], &room.host).unwrap();
    assert_eq!(command.program, room.path("portable/python_embeded/python.exe"));
    assert_eq!((command.folder, command.args.join(" ").as_str()), (room.path("portable/ComfyUI"), "-s main.py"));
    let refused = Command::of_checkout(Path::new("venv"), &[], &room.host).unwrap_err();
    assert!(refused.starts_with("there is no main.py in "), "{refused}");
}

#[test]
fn secrets_are_not_shown() {
    let room = Room::new();
    let key = "hf_aB3dE5gH7jK9mN1pQ3sT5vX7z";
    let text = format!(
        "cd ..\nexport HF_TOKEN={key}\nlogin --token {key}\nvenv/bin/python main.py --output-directory \"{key} x\""
    );
    let command = room.shell(&text).unwrap();
    assert_eq!(var(&command, "HF_TOKEN"), Some(key));
    assert_eq!(command.env.get("COMFY_API_KEY"), None, "nothing to take out");
    let mut room = room;
    room.host.env.insert("COMFY_API_KEY".to_owned(), key.to_owned());
    assert_eq!(room.shell(&text).unwrap().env.get("COMFY_API_KEY"), Some(&None));
    let shown = command.shown().join("\n");
    assert!(!shown.contains("dE5gH7") && shown.contains("with HF_TOKEN=hf_****"), "{shown}");
    assert!(shown.contains("left out: login --token hf_***"), "{shown}");
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Parts of scripts, whole and broken.
    fn part() -> impl Strategy<Value = String> {
        let idioms = prop::sample::select(vec![
            "cd \"$(dirname \"$0\")\"",
            "cd \"$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)/..\"",
            "source venv/bin/activate",
            "export X=${Y:-${Z:-1}}",
            "export PATH=\"$HERE:$PATH\"",
            "A=\"--port ${PORT:-8188}",
            "if [ -n \"$1\" ]; then A=--cpu; fi",
            "[ ! -d venv ] || cd venv",
            "(cd x; pwd)",
            "python main.py $A \"$@\" $(x) ${B%/*} ~/y",
            "venv/bin/python main.py --listen :: --port 99999",
            "$(",
            "${",
            "\"",
            "'",
            "`",
            "%~",
            "%",
            "!x!",
            "$((1+1))",
            "é",
            "&&",
            "\n",
        ]);
        prop_oneof![3 => idioms.prop_map(str::to_owned), 1 => "[ -~é\\n]{0,12}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn any_script_gives_a_start_that_exists_or_a_sentence(parts in prop::collection::vec(part(), 0..8), batch: bool) {
            let mut room = Room::new();
            room.host.windows = batch;
            let text = parts.join("\n") + "\nvenv/bin/python main.py $A %A%\n";
            let (name, dialect) =
                if batch { ("scripts/x.bat", Dialect::Batch) } else { ("scripts/x.sh", Dialect::Shell) };
            match room.of(name, dialect, &text, false) {
                Ok(command) => {
                    prop_assert!(command.program.is_file() && command.folder.join("main.py").is_file(), "{command:?}");
                    prop_assert!(command.args.iter().any(|arg| arg.ends_with("main.py")));
                    prop_assert!(!command.args.iter().any(|arg| arg.contains("$(") || arg.contains("${")), "{command:?}");
                }
                Err(why) => prop_assert!(why.len() > 10 && !why.contains('\n'), "{why}"),
            }
        }
    }
}
