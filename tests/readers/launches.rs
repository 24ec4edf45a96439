//! Realistic launchers and the facts that must come out of them.

use wanlint::catalog::flags::ValueType;
use wanlint::facts::launch::{Fault, Launch, launches};
use wanlint::facts::versions::Version;
use wanlint::read::script::Script;
use wanlint::read::{batch, shell};

/// Another project's `main.py`: two flags that ComfyUI does not have against one that it has.
pub const STRANGER: &str = "#!/bin/sh\npython main.py --epochs 5 --lr 0.1 --verbose\n";
pub const STOCK: &str = ".\\python_embeded\\python.exe -s ComfyUI\\main.py --windows-standalone-build\r\npause\r\n";

pub const FOUNDING: &str = "@echo off\r\nREM Wan 2.2 on an RTX 5090\r\nsetlocal\r\ncd /d \"%~dp0..\"\r\n\
set TORCH_COMPILE=0\r\nset DISABLE_COMFYUI_MANAGER_FRONT=1\r\n\r\npython main.py ^\r\n  --normalvram ^\r\n\
  --reserve-vram 4 ^\r\n  --cuda-malloc ^\r\n  --preview-method auto ^\r\n  --verbose INFO\r\n\r\npause\r\n";

pub const IN_VARIABLE: &str = "@echo off\nset \"PYTHON=%~dp0venv\\Scripts\\python.exe\"\nset ARGS=--listen 0.0.0.0 --port=8189\n\
set ARGS=%ARGS% --fast fp16_accumulation\n\"%PYTHON%\" -X utf8 \"%~dp0ComfyUI\\main.py\" %ARGS% %*\n";

pub const STARTED: &str = "@echo off\ntitle ComfyUI\nset CUDA_VISIBLE_DEVICES=0 & rem first card\n\
start \"ComfyUI\" /d \"C:\\AI\\ComfyUI\" /min cmd /k \"venv\\Scripts\\activate && python main.py --lowvram > log.txt 2>&1\"\n\
set CUDA_VISIBLE_DEVICES=1\n";

pub const BY_GPU: &str = "@echo off\nset GPU=nvidia\nif /i \"%1\"==\"amd\" (\n  set HSA=1\n  python main.py --directml --lowvram\n\
) else (\n  set PYTORCH_CUDA_ALLOC_CONF=backend:native\n  python main.py --use-sage-attention\n)\nif errorlevel 1 pause\n";

pub const JUMPS: &str = "@echo off\nif not exist venv goto install\n:run\ncall venv\\Scripts\\activate.bat\n\
py -3.11 main.py --auto-launch\ngoto :eof\n:install\npython -m venv venv\ngoto run\n";

pub const VENV: &str = "#!/usr/bin/env bash\nset -euo pipefail\ncd \"$(dirname \"$0\")\"\nsource venv/bin/activate\n\n\
export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True\nTORCH_COMPILE=1\nARGS=(\n  --listen 0.0.0.0\n  --port 8188  # default\n\
  --reserve-vram 1.5\n)\nif [[ \"${1:-}\" == lowvram ]]; then\n  ARGS+=(--lowvram)\nfi\nexec python3 main.py \"${ARGS[@]}\" \"$@\"\n";

pub const CONTINUED: &str = "#!/bin/sh\nCUDA_VISIBLE_DEVICES=1 HF_HOME=~/hf nohup python -u main.py \\\n  --use-flash-attention \\\n\
  --preview-method \"taesd\" \\\n  --extra-model-paths-config \"${CONFIG:-extra.yaml}\" \\\n  > comfy.log 2>&1 &\n";

pub const COMFY_CLI: &str = "comfy --workspace ~/comfy launch --background -- --listen --vram-headroom 2\n";

pub const UV: &str = "uv run --python 3.12 python main.py --reserve 2 --fast=autotune --cache-lru x --norm --listen=\n";

pub const DOCKER_STYLE: &str = "set -e\npip install -r requirements.txt\nsudo -E env \"PATH=$PATH\" python /app/main.py --cpu stray --bf16-unet=1 --port\n";

/// A script reader.
pub type Read = fn(&str) -> Script;

/// All launchers of this page, for the property tests.
pub const ALL: [(&str, Read); 11] = [
    (STOCK, batch::read),
    (FOUNDING, batch::read),
    (IN_VARIABLE, batch::read),
    (STARTED, batch::read),
    (BY_GPU, batch::read),
    (JUMPS, batch::read),
    (VENV, shell::read),
    (CONTINUED, shell::read),
    (COMFY_CLI, shell::read),
    (UV, shell::read),
    (DOCKER_STYLE, shell::read),
];

fn of(text: &str, read: Read) -> Vec<Launch> {
    let script = read(text);
    super::support::check(text, &script);
    assert!(script.unread.is_empty(), "{:?}", script.unread);
    launches(&script)
}

fn only(text: &str, read: Read) -> Launch {
    let mut launches = of(text, read);
    assert_eq!(launches.len(), 1);
    launches.remove(0)
}

/// `--flag value value`, one per flag.
fn flags(launch: &Launch) -> Vec<String> {
    let show = |flag: &wanlint::facts::launch::Flag| {
        let values: Vec<_> = flag.values.iter().map(|value| value.text.as_str()).collect();
        [flag.name.unwrap_or("?")].into_iter().chain(values).collect::<Vec<_>>().join(" ")
    };
    launch.flags.iter().map(show).collect()
}

fn env(launch: &Launch) -> Vec<String> {
    launch.env.iter().map(|var| format!("{}={}", var.name.text, var.value.text)).collect()
}

#[test]
fn stock() {
    let launch = only(STOCK, batch::read);
    assert_eq!(launch.interpreter.as_ref().unwrap().text, ".\\python_embeded\\python.exe");
    assert_eq!(launch.main.text, "ComfyUI\\main.py");
    assert_eq!(flags(&launch), ["--windows-standalone-build"]);
    assert_eq!(launch.os.unwrap().to_string(), "Windows");
    assert!(launch.certain && launch.stray.is_empty() && !launch.unknown_args);
}

#[test]
fn founding_case() {
    let launch = only(FOUNDING, batch::read);
    let expected = ["--normalvram", "--reserve-vram 4", "--cuda-malloc", "--preview-method auto", "--verbose INFO"];
    assert_eq!(flags(&launch), expected);
    assert_eq!(env(&launch), ["DISABLE_COMFYUI_MANAGER_FRONT=1", "TORCH_COMPILE=0"]);
    let reserve = launch.flag("--reserve-vram").unwrap();
    assert_eq!(&FOUNDING[reserve.whole.range()], "--reserve-vram 4");
    assert_eq!(&FOUNDING[reserve.values[0].span.range()], "4");
    assert!(FOUNDING[launch.span.range()].starts_with("python") && FOUNDING[launch.span.range()].ends_with("INFO"));
    assert!(launch.problems(None).is_empty());
}

#[test]
fn arguments_in_a_variable() {
    let launch = only(IN_VARIABLE, batch::read);
    assert_eq!(flags(&launch), ["--listen 0.0.0.0", "--port 8189", "--fast fp16_accumulation %*"]);
    assert!(launch.unknown_args);
    let port = launch.flag("--port").unwrap();
    assert_eq!((&IN_VARIABLE[port.span.range()], &IN_VARIABLE[port.whole.range()]), ("--port", "--port=8189"));
    assert_eq!(&IN_VARIABLE[launch.flag("--listen").unwrap().whole.range()], "--listen 0.0.0.0");
    assert_eq!(launch.assignments.len(), 3);
}

#[test]
fn started_in_a_window() {
    let launch = only(STARTED, batch::read);
    assert_eq!(
        (flags(&launch), env(&launch)),
        (vec!["--lowvram".to_owned()], vec!["CUDA_VISIBLE_DEVICES=0 ".to_owned()])
    );
    assert!(launch.certain);
    assert_eq!(launch.assignments.len(), 2);
}

#[test]
fn one_launch_per_gpu() {
    let launches = of(BY_GPU, batch::read);
    assert_eq!(launches.len(), 2);
    assert!(launches.iter().all(|launch| !launch.certain));
    assert_eq!(flags(&launches[1]), ["--use-sage-attention"]);
    assert!(!launches[1].env("pytorch_cuda_alloc_conf").unwrap().certain);
}

#[test]
fn jumps() {
    let launch = only(JUMPS, batch::read);
    assert_eq!(flags(&launch), ["--auto-launch"]);
}

#[test]
fn venv_with_an_array() {
    let launch = only(VENV, shell::read);
    assert_eq!(flags(&launch)[..3], ["--listen 0.0.0.0", "--port 8188", "--reserve-vram 1.5"]);
    assert_eq!(env(&launch), ["PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"]);
    assert!(launch.certain && launch.unknown_args);
    assert_eq!(launch.os.unwrap().to_string(), "Linux");
}

#[test]
fn continued_in_the_background() {
    let launch = only(CONTINUED, shell::read);
    let expected = ["--use-flash-attention", "--preview-method taesd", "--extra-model-paths-config extra.yaml"];
    assert_eq!(flags(&launch), expected);
    assert_eq!(env(&launch), ["CUDA_VISIBLE_DEVICES=1", "HF_HOME=~/hf"]);
    assert!(!launch.flags[2].values[0].known);
}

#[test]
fn comfy_cli() {
    let launch = only(COMFY_CLI, shell::read);
    assert_eq!(flags(&launch), ["--listen", "--vram-headroom 2"]);
    assert!(launch.interpreter.is_none());
}

#[test]
fn abbreviations_and_wrong_values() {
    let launch = only(UV, shell::read);
    let expected = ["--reserve-vram 2", "--fast autotune", "--cache-lru x", "--normalvram", "--listen "];
    assert_eq!(flags(&launch), expected);
    assert!(launch.flags[0].abbreviated && launch.flags[3].abbreviated);
    let found = launch.problems(None);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].fault, Fault::WrongType { wanted: ValueType::Int });
    assert_eq!(&UV[found[0].span.range()], "x");
    let old = launch.problems(Some(Version::new(0, 3, 30)));
    assert!(matches!(&old[0].fault, Fault::WrongChoice { choices } if choices.len() == 3), "{old:?}");
    assert_eq!(&UV[old[0].span.range()], "autotune");
}

#[test]
fn strays_switches_with_values_and_missing_values() {
    let launch = only(DOCKER_STYLE, shell::read);
    assert_eq!(launch.stray.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), ["stray"]);
    let faults: Vec<_> = launch.problems(None).into_iter().map(|problem| problem.fault).collect();
    assert_eq!(faults, [Fault::UnexpectedValue, Fault::MissingValue]);
}

fn shell_flags(args: &str) -> Vec<String> {
    let text = format!("python main.py {args}");
    flags(&only(&text, shell::read))
}

#[test]
fn argparse_details() {
    assert_eq!(shell_flags("--verbose DEBUG log.txt --listen -- --port 1"), ["--verbose DEBUG log.txt", "--listen"]);
    assert_eq!(shell_flags("--cuda-device -1 --directml -1"), ["--cuda-device -1", "--directml -1"]);
    assert_eq!(shell_flags("--use-sage-atention --use-s -h"), ["?", "?", "--help"]);
    let text = "python main.py --use-s --cache-ram 1 2 3";
    let launch = only(text, shell::read);
    assert_eq!(launch.flags[0].ambiguous, ["--use-sage-attention", "--use-split-cross-attention"]);
    let newest = launch.problems(Some(Version::new(0, 33, 0)));
    assert_eq!(newest[0].fault, Fault::TooManyValues { limit: 2 });
}

#[test]
fn what_is_no_launch() {
    for text in [
        "echo python main.py",
        "python -m pip install x",
        "python -c main.py",
        "python other.py main.py",
        "pip main.py",
    ] {
        assert!(of(text, shell::read).is_empty(), "{text}");
    }
    let there = [
        "main.py --listen",
        "./main.py",
        "$PYTHON -s main.py",
        "accelerate launch --x 1 main.py",
        "nice -n 5 python main.py",
    ];
    for text in there {
        assert_eq!(of(text, shell::read).len(), 1, "{text}");
    }
}

#[test]
fn the_main_py_of_another_project_is_no_launch() {
    assert!(launches(&shell::read(STRANGER)).is_empty());
    let named = STRANGER.replace("main.py", "ComfyUI/main.py");
    assert_eq!(launches(&shell::read(&named)).len(), 1);
}

#[test]
fn a_title_may_stand_behind_the_options_of_start() {
    let text = "start /b \"\" /d C:\\x .\\python_embeded\\python.exe -s ComfyUI\\main.py --lowvram >nul 2>nul\r\n";
    let found = launches(&batch::read(text));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].main.text, "ComfyUI\\main.py");
}

#[test]
fn an_entry_point_hands_its_arguments_on() {
    for entry in ["[\"/entrypoint.sh\"]", "[\"/bin/bash\", \"/entrypoint.sh\"]"] {
        let text = format!("FROM x\nENTRYPOINT {entry}\nCMD [\"python\", \"main.py\", \"--listen\"]\n");
        let found = launches(&wanlint::read::dockerfile::read(&text));
        assert_eq!(found.len(), 1, "{entry}");
        assert!(found[0].flag("--listen").is_some());
    }
}
