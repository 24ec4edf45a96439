//! Odd but plausible scripts, each judged by hand: which codes a sceptical user would accept, whatever machine is stated.

use wanlint::finding::Severity;

use super::{Facts, NOTHING, RTX_5090, codes, lint_text};

/// Old enough to know hardly any newer flag.
const OLD: Facts = Facts { comfyui: "0.3.64", torch: "", ..RTX_5090 };

/// File name, text, codes on any machine, codes that are added with ComfyUI 0.3.64.
#[rustfmt::skip]
const CASES: &[(&str, &str, &[&str], &[&str])] = &[
    // Flags out of variables and arguments.
    ("a.bat", "@echo off\r\nset ARGS=--listen 0.0.0.0 --port 8188 --use-sage-attention\r\npython main.py %ARGS%\r\npause\r\n", &[], &[]),
    ("a.bat", "set \"COMMANDLINE_ARGS=--highvram --fp16-vae\"\r\npython main.py %COMMANDLINE_ARGS% %*\r\n", &[], &[]),
    ("a.bat", "set /p MODE=Mode? \r\nif \"%MODE%\"==\"1\" set EXTRA=--lowvram\r\nif \"%MODE%\"==\"2\" set EXTRA=--highvram\r\npython main.py %EXTRA%\r\n", &[], &[]),
    ("a.sh", "ARGS=(--listen)\nif [[ $LOW == 1 ]]; then ARGS+=(--lowvram); else ARGS+=(--highvram); fi\nexec python3 main.py \"${ARGS[@]}\" \"$@\"\n", &[], &[]),
    ("a.sh", "case \"$1\" in\n low) F=--lowvram;;\n high) F=--highvram;;\n *) F=;;\nesac\nnohup python main.py $F > log.txt 2>&1 &\n", &[], &[]),
    ("a.sh", "python main.py --listen \"$HOST\" --port ${PORT:-8188} --extra-model-paths-config extra.yaml\n", &[], &[]),
    // Ways to write a flag.
    ("a.bat", ".\\python_embeded\\python.exe -s ComfyUI\\main.py --windows-standalone-build --fast\r\npause\r\n", &[], &[]),
    ("a.bat", "python main.py --reserve 2 --use-sage --listen\r\n", &[], &[]),
    ("a.sh", "python main.py --port=8188 --listen=0.0.0.0 --reserve-vram=1.5 --preview-method=auto\n", &[], &[]),
    ("a.bat", "python main.py ^\r\n  --listen 127.0.0.1 ^\r\n  --disable-xformers ^\r\n  --preview-method latent2rgb\r\n", &[], &[]),
    ("a.bat", "python main.py --lowvram --lowvram --port 1 --port 2\r\n", &["LAUNCH009"], &[]),
    ("a.bat", "python main.py --fast fp16_accumulation cublas_ops --cuda-malloc\r\n", &[], &[]),
    ("a.bat", "python main.py --enable-manager --use-sage-attention\r\n", &[], &["LAUNCH003"]),
    ("a.sh", "python main.py --cache-ram 16\n", &[], &["LAUNCH003"]),
    ("a.bat", "python main.py -listen -lowvram\r\n", &["LAUNCH001"], &[]),
    ("a.bat", "PYTHON MAIN.PY --LOWVRAM\r\n", &["LAUNCH001"], &[]),
    ("a.bat", "python main.py --lowvram --highvram\r\n", &["LAUNCH004"], &[]),
    ("a.bat", "python main.py --cache-none --cache-lru 5\r\n", &["LAUNCH004"], &[]),
    // Several starts, and lines that start nothing.
    ("a.bat", "if \"%1\"==\"low\" goto low\r\npython main.py --highvram\r\ngoto end\r\n:low\r\npython main.py --lowvram\r\n:end\r\n", &[], &[]),
    ("a.bat", "start \"\" python main.py --port 8188 --cuda-device 0\r\nstart \"\" python main.py --port 8189 --cuda-device 1\r\n", &[], &[]),
    ("a.bat", "REM python main.py --foo --bar\r\n:: python main.py --lowvrm\r\n@rem python main.py --nope\r\npython main.py\r\n", &[], &[]),
    ("a.bat", "echo python main.py --bogus > run.bat\r\necho Usage: python main.py --nothing\r\npython main.py\r\n", &[], &[]),
    ("a.sh", "cat > run.sh <<EOF\npython main.py --bogus-flag\nEOF\n# python main.py --bogus\npython main.py --listen\n", &[], &[]),
    // Started through something else.
    ("a.sh", "comfy launch -- --lowvram --listen 0.0.0.0\ncomfy node install ComfyUI-Manager --fast-deps\n", &[], &[]),
    ("a.sh", "comfy --workspace=/opt/comfy launch --background -- --port 8189 --cpu-vae\n", &[], &[]),
    ("a.sh", "comfy launch -- --lowvrm\n", &["LAUNCH001"], &[]),
    ("a.sh", "conda run -n comfy --no-capture-output python main.py --listen --preview-method auto\n", &[], &[]),
    ("a.sh", "OMP_NUM_THREADS=8 CUDA_VISIBLE_DEVICES=1 uv run python main.py --listen\n", &[], &[]),
    ("a.bat", "wsl -d Ubuntu -e bash -lc \"cd ~/ComfyUI && python main.py --listen\"\r\nwsl python3 /home/me/ComfyUI/main.py --reserve-vram 1\r\n", &[], &[]),
    ("a.sh", "docker run --rm --gpus all -p 8188:8188 image python3 main.py --listen --lowvram\n", &[], &[]),
    ("a.sh", "tmux new-session -d -s comfy \"cd ~/ComfyUI && ./venv/bin/python main.py --listen --port 8188\"\n", &[], &[]),
    ("a.bat", "start \"ComfyUI\" /min cmd /k \"call venv\\Scripts\\activate && python main.py --auto-launch\"\r\n", &[], &[]),
    ("a.bat", "powershell -Command \"& {python main.py --lowvram}\"\r\n", &[], &[]),
    // Programs of other people.
    ("a.sh", "cd yolo\npython main.py --data coco.yaml --batch-size 16\n", &[], &[]),
    ("a.sh", "export COMPILE=1\npython main.py train --epochs 10 --lr 1e-4\n", &[], &[]),
    ("a.sh", "python -c \"import main\" --foo\npython -m main --foo\npython train.py --lowvrm\n", &[], &[]),
    // Variables.
    ("a.bat", "set /a N = 1 + 2\r\nset\r\nset PATH\r\nset URL=http://x/?a = b\r\nif \"%A%\" == \"\" set A=1\r\npython main.py\r\n", &[], &[]),
    ("a.bat", "for /f \"tokens=1,2 delims==\" %%a in (x.txt) do set %%a=%%b\r\npython main.py\r\n", &[], &[]),
    ("a.bat", "set \"HF_HOME=D:\\hf\" && set CUDA_VISIBLE_DEVICES=0&& python main.py --disable-smart-memory --bf16-unet\r\n", &[], &[]),
    ("a.bat", "set TORCH_COMPILE = 1\r\npython main.py\r\n", &["ENV001"], &[]),
    ("a.bat", "set TORCH_COMPILE=1 \r\npython main.py\r\n", &["ENV002", "ENV017"], &[]),
    ("a.sh", "env TORCH_COMPILE=0 python main.py\n", &[], &[]),
];

#[test]
fn odd_scripts_are_judged_as_by_hand() {
    for (name, text, always, old) in CASES {
        for facts in [NOTHING, Facts { gpu: "", ..RTX_5090 }, RTX_5090, OLD] {
            let added: &[&str] = if facts.comfyui == OLD.comfyui { old } else { &[] };
            let mut expected = [*always, added].concat();
            expected.sort_unstable();
            let mut outcome = lint_text(name, text, facts);
            // What is only worth knowing is no alarm, unless this case is about it.
            outcome.findings.retain(|found| found.severity > Severity::Info || expected.contains(&found.rule.code));
            // An open server is a true finding wherever it stands; its own examples test it.
            outcome.findings.retain(|found| found.rule.code != "SEC001");
            let found = codes(&outcome);
            assert_eq!(found, expected, "{facts:?}\n{text}");
        }
    }
}
