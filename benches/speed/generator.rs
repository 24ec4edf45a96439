//! Scripts as people write them, out of a seeded generator: the same on every run and machine.

use std::fmt::Write as _;
use std::path::Path;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

const FLAGS: [&str; 24] = [
    "--listen",
    "--listen 0.0.0.0",
    "--port 8189",
    "--reserve-vram 1.5",
    "--reserve-vram 4",
    "--highvram",
    "--lowvram",
    "--normalvram",
    "--use-sage-attention",
    "--use-pytorch-cross-attention",
    "--fast",
    "--fast fp16_accumulation",
    "--cuda-malloc",
    "--cuda-device 0",
    "--disable-xformers",
    "--preview-method auto",
    "--fp8_e4m3fn-unet",
    "--fp16-vae",
    "--cache-none",
    "--cache-lru 10",
    "--disable-smart-memory",
    "--output-directory out",
    "--extra-model-paths-config extra.yaml",
    "--verbos",
];

const VARIABLES: [&str; 8] = [
    "CUDA_VISIBLE_DEVICES=0",
    "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True",
    "PYTORCH_CUDA_ALLOC_CONF=backend:cudaMallocAsync",
    "HF_HOME=models/hf",
    "HF_HUB_OFFLINE=1",
    "TORCH_COMPILE=1",
    "CUDA_LAUNCH_BLOCKING=1",
    "OMP_NUM_THREADS=8",
];

/// Writes one script.
type Writer = fn(&mut Random) -> String;

/// The file name and the writer of each kind, by turns.
const KINDS: [(&str, Writer); 9] = [
    ("launch.bat", batch),
    ("launch.sh", shell),
    ("launch.ps1", powershell),
    ("launch.py", python),
    ("launch.ipynb", notebook),
    ("Dockerfile", dockerfile),
    ("compose.yaml", compose),
    ("comfyui.service", service),
    ("comfyui.env", dotenv),
];

/// Writes `count` scripts below a folder, twenty in each subfolder.
pub fn write_scripts(folder: &Path, count: usize, seed: u64) {
    let mut random = Random(seed);
    for number in 0..count {
        let inner = folder.join(format!("{:02}/{number:04}", number / 20));
        std::fs::create_dir_all(&inner).unwrap();
        let (name, write) = KINDS[number % KINDS.len()];
        std::fs::write(inner.join(name), write(&mut random)).unwrap();
    }
}

/// One to eight flags.
fn flags(random: &mut Random) -> Vec<&'static str> {
    (0..=random.below(8)).map(|_| random.pick(&FLAGS)).collect()
}

fn variables(random: &mut Random) -> Vec<&'static str> {
    (0..random.below(4)).map(|_| random.pick(&VARIABLES)).collect()
}

/// What stands around a start: comments, messages, questions.
fn filler(random: &mut Random, lines: &[&'static str]) -> String {
    (0..random.below(24)).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "{} {number}", random.pick(lines));
        text
    })
}

fn batch(random: &mut Random) -> String {
    let lines = ["rem step", "echo Starting ComfyUI", ":: note", "if exist models echo found", "if \"%1\"==\"x\" echo"];
    let mut text = "@echo off\nsetlocal enabledelayedexpansion\ncd /d \"%~dp0\"\n".to_owned();
    variables(random).iter().for_each(|pair| text += &format!("set \"{pair}\"\n"));
    text += &filler(random, &lines);
    text += "set ARGS=--dont-print-server\n.\\python_embeded\\python.exe -s ComfyUI\\main.py %ARGS%";
    flags(random).iter().for_each(|flag| text += &format!(" ^\n    {flag}"));
    (text + "\npause\n").replace('\n', "\r\n")
}

fn shell(random: &mut Random) -> String {
    let lines =
        ["# step", "echo starting", "[ -d models ] && echo found", "if [ -f x ]; then echo y; fi #", "N=$((N + 1)) #"];
    let mut text =
        "#!/usr/bin/env bash\nset -euo pipefail\ncd \"$(dirname \"$0\")\"\nsource venv/bin/activate\n".to_owned();
    variables(random).iter().for_each(|pair| text += &format!("export {pair}\n"));
    text += &filler(random, &lines);
    text += "ARGS=(--dont-print-server)\nexec python main.py \"${ARGS[@]}\"";
    flags(random).iter().for_each(|flag| text += &format!(" \\\n  {flag}"));
    text + " \"$@\"\n"
}

fn powershell(random: &mut Random) -> String {
    let lines = ["# step", "Write-Host 'starting'", "if (Test-Path models) { Write-Host 'found' } #", "$n = $n + 1 #"];
    let mut text = "Set-Location $PSScriptRoot\n".to_owned();
    for pair in variables(random) {
        let (name, value) = pair.split_once('=').unwrap();
        text += &format!("$env:{name} = '{value}'\n");
    }
    text += &filler(random, &lines);
    text += "& .\\venv\\Scripts\\python.exe main.py";
    flags(random).iter().for_each(|flag| text += &format!(" `\n  {flag}"));
    text + "\n"
}

fn python(random: &mut Random) -> String {
    let lines = ["# step", "print('starting')", "if os.path.isdir('models'): print('found') #", "count = 1 #"];
    let mut text = "import os\nimport subprocess\nimport sys\n\n".to_owned();
    for pair in variables(random) {
        let (name, value) = pair.split_once('=').unwrap();
        text += &format!("os.environ[\"{name}\"] = \"{value}\"\n");
    }
    text += &filler(random, &lines);
    text += "command = [sys.executable, \"main.py\"";
    flags(random).iter().flat_map(|flag| flag.split(' ')).for_each(|word| text += &format!(",\n    \"{word}\""));
    text + "]\nsubprocess.run(command, check=True)\n"
}

fn notebook(random: &mut Random) -> String {
    let cell = |lines: Vec<String>| serde_json::json!({ "cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": lines });
    let env = variables(random).iter().map(|pair| format!("%env {pair}\n")).collect();
    let notes = filler(random, &["# step", "print('starting')", "!ls models #"]);
    let start = vec!["%cd ComfyUI\n".to_owned(), format!("!python main.py {}\n", flags(random).join(" "))];
    let notes = notes.lines().map(|line| format!("{line}\n")).collect();
    let cells = [cell(env), cell(notes), cell(start)];
    format!("{:#}\n", serde_json::json!({ "cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5 }))
}

fn dockerfile(random: &mut Random) -> String {
    let mut text = "FROM nvidia/cuda:12.8.1-runtime-ubuntu24.04\nWORKDIR /app\n".to_owned();
    variables(random).iter().for_each(|pair| text += &format!("ENV {pair}\n"));
    text += &filler(random, &["# step", "RUN apt-get update && apt-get install -y git curl #", "RUN mkdir -p /data #"]);
    text += "RUN pip install -r requirements.txt\nCMD [\"python3\", \"main.py\"";
    flags(random).iter().flat_map(|flag| flag.split(' ')).for_each(|word| text += &format!(", \"{word}\""));
    text + "]\n"
}

fn compose(random: &mut Random) -> String {
    let mut text =
        "services:\n  comfyui:\n    image: example/comfyui:cu128\n    gpus: all\n    mem_limit: 48g\n".to_owned();
    text += "    ports: [\"127.0.0.1:8188:8188\"]\n    environment:\n      - TZ=UTC\n";
    variables(random).iter().for_each(|pair| text += &format!("      - {pair}\n"));
    filler(random, &["    # step", "    # note"]).lines().for_each(|line| text += &format!("{line}\n"));
    text + &format!("    command: python main.py {}\n  db:\n    image: postgres:16\n", flags(random).join(" "))
}

fn service(random: &mut Random) -> String {
    let mut text =
        "[Unit]\nDescription=ComfyUI\nAfter=network.target\n\n[Service]\nWorkingDirectory=/opt/ComfyUI\n".to_owned();
    variables(random).iter().for_each(|pair| text += &format!("Environment={pair}\n"));
    text += &filler(random, &["# step", "; note"]);
    text += "ExecStart=/opt/ComfyUI/venv/bin/python main.py";
    flags(random).iter().for_each(|flag| text += &format!(" \\\n  {flag}"));
    text + "\n\n[Install]\nWantedBy=multi-user.target\n"
}

fn dotenv(random: &mut Random) -> String {
    let mut text = filler(random, &["# step", "# note"]);
    variables(random).iter().for_each(|pair| text += &format!("{pair}\n"));
    text + &format!("CLI_ARGS=\"{}\"\n", flags(random).join(" "))
}
