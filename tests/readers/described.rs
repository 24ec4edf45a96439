//! Realistic descriptions of a start - Dockerfiles, compose files, units, variables - and the facts that must come out of them.

use super::launches::Read;
use super::support::check;
use wanlint::facts::launch::{Launch, launches};
use wanlint::read::{compose, dockerfile, dotenv, service};

pub const SLIM: &str = "# syntax=docker/dockerfile:1\nFROM python:3.12-slim\nENV PYTHONUNBUFFERED=1 \\\n    PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True\n\
WORKDIR /app\nRUN apt-get update && apt-get install -y git \\\n    && git clone https://github.com/comfyanonymous/ComfyUI .\n\
RUN export TORCH_COMPILE=0\nRUN python main.py --quick-test-for-ci --cpu\nEXPOSE 8188\n\
CMD [\"python\", \"main.py\", \"--listen\", \"0.0.0.0\", \"--port\", \"8188\"]\n";

pub const STAGED: &str = "ARG CUDA=12.8.0\nFROM nvidia/cuda:${CUDA}-runtime AS base\nENV VENV=/venv\nENV PATH=\"$VENV/bin:$PATH\"\nFROM base AS build\n\
RUN pip install torch\nFROM base\nCOPY --from=build /venv /venv\nUSER comfy\nENTRYPOINT [\"/usr/bin/tini\", \"--\", \"python3\", \"/app/main.py\"]\nCMD [\"--lowvram\", \"--reserve-vram\", \"1.5\"]\n";

pub const SHELL_FORM: &str = "FROM x\nENV CLI_ARGS=\"--fast --use-sage-attention\"\nRUN <<EOF\nCMD [\"no\"]\nEOF\nCMD cd /app && exec python -u main.py ${CLI_ARGS} \\\n  # listen everywhere\n  --listen\n";

pub const SIMPLE: &str = "services:\n  comfyui:\n    build: .\n    command: python main.py --listen 0.0.0.0 --normalvram\n    environment:\n      - CUDA_VISIBLE_DEVICES=0\n      - HF_TOKEN\n    ports:\n      - \"8188:8188\"\n    deploy:\n      resources:\n        reservations:\n          devices:\n            - driver: nvidia\n              count: 1\n              capabilities: [gpu]\n";

pub const ANCHORED: &str = "x-base: &base\n  image: comfy:latest\n  runtime: nvidia\n  environment: &env\n    PYTORCH_CUDA_ALLOC_CONF: backend:cudaMallocAsync\n\
services:\n  one:\n    <<: *base\n    entrypoint: [\"python\", \"main.py\"]\n    command: [\"--port\", \"${PORT:-8188}\", \"--cuda-device\", \"0\"]\n  two:\n    <<: *base\n    environment:\n      <<: *env\n      TORCH_COMPILE: 1\n    entrypoint: [\"python\", \"main.py\", \"--cuda-device\", \"1\"]\n";

pub const FOLDED: &str = "services:\n  comfy:\n    image: x\n    command: >\n      bash -c \"source venv/bin/activate &&\n      python main.py --listen --disable-smart-memory\"\n";

pub const ONLY_ARGS: &str = "services:\n  webui:\n    image: yanwk/comfyui-boot:cu128\n    environment:\n      CLI_ARGS: \"--lowvram --fast\"\n    gpus: all\n";

pub const UNIT: &str = "[Unit]\nDescription=ComfyUI\nAfter=network.target\n\n[Service]\nType=simple\nUser=comfy\nWorkingDirectory=/opt/ComfyUI\n\
Environment=\"PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True\"\nEnvironment=CUDA_VISIBLE_DEVICES=0\nEnvironmentFile=-/etc/default/comfyui\n\
ExecStart=/opt/ComfyUI/venv/bin/python main.py \\\n    --listen 127.0.0.1 \\\n    --highvram\nRestart=on-failure\nMemoryMax=48G\n\n[Install]\nWantedBy=multi-user.target\n";

pub const UNIT_ARGS: &str = "[Service]\nEnvironment=\"ARGS=--port 8189 --cache-none\"\nExecStart=/usr/bin/env python3 %h/ComfyUI/main.py $ARGS --base-directory=${BASE}\n";

pub const UNIT_SHELL: &str =
    "[Service]\nExecStart=/bin/bash -lc 'cd /opt/ComfyUI && CUDA_VISIBLE_DEVICES=1 exec python main.py --cpu-vae'\n";

pub const VARIABLES: &str = "# comfy\nCLI_ARGS=--listen --lowvram\nexport CUDA_VISIBLE_DEVICES=\"0\"\nHF_TOKEN='x' # mine\r\nTORCH_COMPILE = 0\n";

pub const WINDOWS: &str = "# escape=`\nFROM mcr.microsoft.com/windows/servercore\nENV A=C:\\ComfyUI `\n    B=1\nENTRYPOINT [\"C:\\\\python\\\\python.exe\", \"-s\", \"C:\\\\ComfyUI\\\\main.py\"]\n";

/// All descriptions of this page, for the property tests.
pub const ALL: [(&str, Read); 12] = [
    (SLIM, dockerfile::read),
    (STAGED, dockerfile::read),
    (SHELL_FORM, dockerfile::read),
    (WINDOWS, dockerfile::read),
    (SIMPLE, compose::read),
    (ANCHORED, compose::read),
    (FOLDED, compose::read),
    (ONLY_ARGS, compose::read),
    (UNIT, service::read),
    (UNIT_ARGS, service::read),
    (UNIT_SHELL, service::read),
    (VARIABLES, dotenv::read),
];

fn of(text: &str) -> Vec<Launch> {
    let read = ALL.iter().find(|(known, _)| *known == text).map_or(dotenv::read as Read, |known| known.1);
    let script = read(text);
    check(text, &script);
    assert!(script.unread.is_empty(), "{:?}", script.unread);
    launches(&script)
}

/// Each launch as its flags with values and, behind a bar, its variables; and all flags lie where they are written.
fn facts(text: &str) -> Vec<String> {
    of(text).iter().map(|launch| fact(text, launch)).collect()
}

fn fact(text: &str, launch: &Launch) -> String {
    let mut shown = Vec::new();
    for flag in &launch.flags {
        assert_eq!(&text[flag.span.range()], flag.written);
        shown.push(flag.written.clone());
        for value in &flag.values {
            let place = &text[value.span.range()];
            assert!(place.contains(&value.text), "{place} is not {}", value.text);
            shown.push(format!("{}{}", if value.known { "" } else { "~" }, value.text));
        }
    }
    shown.push("|".to_owned());
    shown.extend(launch.env.iter().map(|var| format!("{}={}", var.name.text, var.value.text)));
    shown.join(" ")
}

#[test]
fn dockerfiles() {
    assert_eq!(
        facts(SLIM),
        ["--listen 0.0.0.0 --port 8188 | PYTHONUNBUFFERED=1 PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"]
    );
    assert_eq!(facts(STAGED), ["--lowvram --reserve-vram 1.5 | PATH=/venv/bin:$PATH VENV=/venv"]);
    assert_eq!(facts(SHELL_FORM), ["--fast --use-sage-attention --listen | CLI_ARGS=--fast --use-sage-attention"]);
    assert_eq!(facts(WINDOWS), ["| A=C:\\ComfyUI B=1"]);
    let script = dockerfile::read(SLIM);
    assert_eq!(script.containers[0].building.len(), 5);
}

#[test]
fn compose_files() {
    assert_eq!(facts(SIMPLE), ["--listen 0.0.0.0 --normalvram | CUDA_VISIBLE_DEVICES=0 HF_TOKEN="]);
    assert_eq!(
        facts(ANCHORED),
        [
            "--port ~8188 --cuda-device 0 | PYTORCH_CUDA_ALLOC_CONF=backend:cudaMallocAsync",
            "--cuda-device 1 | TORCH_COMPILE=1 PYTORCH_CUDA_ALLOC_CONF=backend:cudaMallocAsync",
        ]
    );
    assert_eq!(facts(FOLDED), ["--listen --disable-smart-memory |"]);
    assert!(facts(ONLY_ARGS).is_empty());
    assert_eq!(super::support::show(&compose::read(ONLY_ARGS)), ["CLI_ARGS=--lowvram --fast "]);
    assert!(compose::read(ANCHORED).containers.iter().all(|container| container.gpu.is_some()));
}

#[test]
fn units_and_variables() {
    assert_eq!(
        facts(UNIT),
        ["--listen 127.0.0.1 --highvram | CUDA_VISIBLE_DEVICES=0 PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"]
    );
    assert_eq!(
        facts(UNIT_ARGS),
        ["--port 8189 --cache-none --base-directory ~${BASE} | ARGS=--port 8189 --cache-none"]
    );
    assert_eq!(facts(UNIT_SHELL), ["--cpu-vae | CUDA_VISIBLE_DEVICES=1"]);
    assert_eq!(dotenv::read(VARIABLES).steps.len(), 4);
}
