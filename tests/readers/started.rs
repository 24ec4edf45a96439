//! Realistic launchers in PowerShell, Python and notebooks, and the facts that must come out of them.

use wanlint::facts::launch::{Flag, Launch, launches};
use wanlint::read::{notebook, powershell, python};

use super::launches::Read;
use super::support::check;

const PS_PORTABLE: &str = "# portable build\r\n$ErrorActionPreference = \"Stop\"\r\nSet-Location $PSScriptRoot\r\n\
$env:CUDA_VISIBLE_DEVICES = \"0\"\r\n$env:PYTORCH_CUDA_ALLOC_CONF = 'expandable_segments:True'\r\n\
.\\python_embeded\\python.exe -s ComfyUI\\main.py `\r\n  --windows-standalone-build `\r\n  --reserve-vram 2.5\r\nPause\r\n";
const PS_SPLAT: &str = "param([int]$Port = 8188, [switch]$LowVram)\n$comfyArgs = @(\n  '--listen', '0.0.0.0'\n  \"--port\", $Port\n)\n\
if ($LowVram) { $comfyArgs += '--lowvram' }\n& \"$PSScriptRoot\\venv\\Scripts\\python.exe\" \"$PSScriptRoot\\main.py\" @comfyArgs\n";
const PS_START: &str = ". .\\venv\\Scripts\\Activate.ps1\nSet-Item Env:HF_HOME 'D:\\hf'\ntry {\n  $p = Start-Process -FilePath python -ArgumentList \"main.py\", \"--use-sage-attention\", \"--fast fp16_accumulation\" -PassThru\n} catch {\n  Write-Host \"failed\"\n}\n";
const PS_BROKEN: &str = "python main.py ` \n  --lowvram\n";
const PS_CMD: &str = "$env:X = '1'\ncmd /c \"cd ComfyUI && python main.py --cpu\"\n";
const PY_LAUNCHER: &str = "#!/usr/bin/env python3\nimport os, subprocess, sys\nfrom pathlib import Path\n\nROOT = Path(__file__).parent\n\
PORT = 8189\n\n\ndef main():\n    os.environ[\"PYTORCH_CUDA_ALLOC_CONF\"] = \"backend:cudaMallocAsync\"\n    cmd = [sys.executable, str(ROOT / \"ComfyUI\" / \"main.py\"), \"--port\", str(PORT)]\n    if os.environ.get(\"LOWVRAM\", \"0\") == \"1\":\n        cmd.append(\"--lowvram\")\n    cmd += [\"--preview-method\", \"auto\"]\n    subprocess.run(cmd, cwd=ROOT, check=True)\n\n\nif __name__ == \"__main__\":\n    main()\n";
const PY_SYSTEM: &str = "import os\nos.environ.setdefault('HF_HUB_OFFLINE', '1')\nos.chdir('ComfyUI')\nos.system('CUDA_VISIBLE_DEVICES=1 python main.py --listen --disable-auto-launch')\n";
const PY_ENV: &str = "import os, subprocess\n\ndef start(args):\n    env = {**os.environ, 'TORCH_COMPILE': '0'}\n    env['CUDA_MODULE_LOADING'] = 'LAZY'\n    return subprocess.Popen(['python3', '-u', 'main.py', *args], env=env)\n\nserver = start(['--highvram', '--fast'])\n";
const PY_FORMAT: &str = "import subprocess, shlex\nhost = '127.0.0.1'\nport = get_port()\nsubprocess.check_call(shlex.split(f'python main.py --listen {host} --port {port} --cache-none'))\n";
const NB_COLAB: &str = r##"{"nbformat": 4, "cells": [
 {"cell_type": "markdown", "source": ["# ComfyUI"]},
 {"cell_type": "code", "source": ["%cd /content\n", "!git clone https://github.com/comfyanonymous/ComfyUI\n", "!pip install -r ComfyUI/requirements.txt"]},
 {"cell_type": "code", "source": ["import os\n", "os.environ[\"HF_HOME\"] = \"/content/hf\"\n", "!cd /content/ComfyUI && python main.py --dont-print-server --preview-method auto"]}]}"##;
const NB_THREAD: &str = r##"{"cells": [{"cell_type": "code", "source": "%env CUDA_VISIBLE_DEVICES=0\nimport threading\nport = 8188\ndef tunnel(port):\n    !cloudflared tunnel --url http://127.0.0.1:{port}\nthreading.Thread(target=tunnel, args=(port,)).start()\n!python main.py \\\n  --port {port} \\\n  --lowvram"}]}"##;
const NB_POPEN: &str = r##"{"cells": [{"cell_type": "code", "source": ["import subprocess\n", "args = \"--listen --fast\"\n", "proc = subprocess.Popen(f\"python main.py {args}\", shell=True)\n"]}]}"##;

/// All launchers of this page, for the property tests.
pub const ALL: [(&str, Read); 12] = [
    (PS_PORTABLE, powershell::read),
    (PS_SPLAT, powershell::read),
    (PS_START, powershell::read),
    (PS_BROKEN, powershell::read),
    (PS_CMD, powershell::read),
    (PY_LAUNCHER, python::read),
    (PY_SYSTEM, python::read),
    (PY_ENV, python::read),
    (PY_FORMAT, python::read),
    (NB_COLAB, notebook::read),
    (NB_THREAD, notebook::read),
    (NB_POPEN, notebook::read),
];

fn only(text: &str, read: Read) -> Launch {
    let script = read(text);
    check(text, &script);
    assert!(script.unread.is_empty(), "{:?}", script.unread);
    let mut launches = launches(&script);
    assert_eq!(launches.len(), 1, "{script:?}");
    launches.remove(0)
}

/// Flags with their values; a question mark before those that only some runs have.
fn flags(launch: &Launch) -> Vec<String> {
    let show = |flag: &Flag| {
        let values: Vec<String> = flag.values.iter().map(|value| format!(" {}", value.text)).collect();
        format!("{}{}{}", if flag.known { "" } else { "?" }, flag.name.unwrap_or("no flag"), values.concat())
    };
    launch.flags.iter().map(show).collect()
}

fn env(launch: &Launch) -> Vec<String> {
    let show = |var: &wanlint::facts::launch::EnvVar| {
        format!("{}{}={}", if var.certain { "" } else { "?" }, var.name.text, var.value.text)
    };
    launch.env.iter().map(show).collect()
}

#[track_caller]
fn expect(text: &str, read: Read, expected_flags: &[&str], expected_env: &[&str]) -> Launch {
    let launch = only(text, read);
    assert_eq!(flags(&launch), expected_flags);
    assert_eq!(env(&launch), expected_env);
    launch
}

#[test]
fn powershell_launchers() {
    let variables = ["CUDA_VISIBLE_DEVICES=0", "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"];
    let launch =
        expect(PS_PORTABLE, powershell::read, &["--windows-standalone-build", "--reserve-vram 2.5"], &variables);
    assert!(launch.certain && launch.os.is_some_and(|os| os.to_string() == "Windows"));
    assert!(launch.env("pytorch_cuda_alloc_conf").is_some());
    let reserve = launch.flag("--reserve-vram").unwrap();
    assert_eq!(&PS_PORTABLE[reserve.whole.range()], "--reserve-vram 2.5");
    let launch = expect(PS_SPLAT, powershell::read, &["--listen 0.0.0.0", "--port 8188", "?--lowvram"], &[]);
    assert!(launch.certain && !launch.flag("--port").unwrap().values[0].known);
    expect(PS_START, powershell::read, &["--use-sage-attention", "--fast fp16_accumulation"], &["HF_HOME=D:\\hf"]);
    let launch = expect(PS_BROKEN, powershell::read, &[], &[]);
    assert_eq!(launch.stray[0].text, " ");
    expect(PS_CMD, powershell::read, &["--cpu"], &["X=1"]);
}

#[test]
fn python_launchers() {
    let expected = ["--port 8189", "?--lowvram", "--preview-method auto"];
    let launch = expect(PY_LAUNCHER, python::read, &expected, &["PYTORCH_CUDA_ALLOC_CONF=backend:cudaMallocAsync"]);
    assert!(launch.certain && launch.main.text.ends_with("ComfyUI/main.py"));
    assert_eq!(&PY_LAUNCHER[launch.flag("--lowvram").unwrap().span.range()], "\"--lowvram\"");
    let launch = expect(
        PY_SYSTEM,
        python::read,
        &["--listen", "--disable-auto-launch"],
        &["?HF_HUB_OFFLINE=1", "CUDA_VISIBLE_DEVICES=1"],
    );
    assert_eq!(&PY_SYSTEM[launch.flag("--listen").unwrap().span.range()], "--listen");
    expect(PY_ENV, python::read, &["--highvram", "--fast"], &["TORCH_COMPILE=0", "CUDA_MODULE_LOADING=LAZY"]);
    let launch = expect(PY_FORMAT, python::read, &["--listen 127.0.0.1", "--port {port}", "--cache-none"], &[]);
    assert!(!launch.flag("--port").unwrap().values[0].known);
}

#[test]
fn notebooks() {
    let launch =
        expect(NB_COLAB, notebook::read, &["--dont-print-server", "--preview-method auto"], &["HF_HOME=/content/hf"]);
    assert_eq!(&NB_COLAB[launch.flags[1].whole.range()], "--preview-method auto");
    assert!(launch.certain && launch.os.is_none());
    let launch = expect(NB_THREAD, notebook::read, &["--port 8188", "--lowvram"], &["CUDA_VISIBLE_DEVICES=0"]);
    assert_eq!(&NB_THREAD[launch.flags[1].whole.range()], "--lowvram");
    let launch = expect(NB_POPEN, notebook::read, &["--listen", "--fast"], &[]);
    assert_eq!(&NB_POPEN[launch.flags[1].whole.range()], "--fast");
}
