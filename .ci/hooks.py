"""The hooks under the real pre-commit, in a scratch repository: what is refused, what passes, what is mended.

Usage: hooks.py WHEEL PROGRAM_FOLDER, with an interpreter that has pre-commit. The hooks are those of .pre-commit-hooks.yaml, but for the
way in which pre-commit gets the program: building it anew would take minutes.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
BASE = ROOT / "fixtures/rules/base/two-pass.api.json"
TYPO = "python main.py --use-sage-atention\n"
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


class Scratch:
    """A repository of its own with nothing of this user's settings."""

    def __init__(self, folder, programs):
        self.folder = Path(folder) / "a project"
        self.folder.mkdir()
        path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "a"), ("EMAIL", "a@example.org"))}
        cache = os.environ.get("PRE_COMMIT_HOME", str(Path(folder) / "cache"))
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "WANLINT_", "PRE_COMMIT"))}
        self.env = {**kept, **who, "PATH": path, "HOME": str(folder), "PRE_COMMIT_HOME": cache, "PRE_COMMIT_COLOR": "never"}
        self.done("git", "init", "--quiet", "--initial-branch=main")

    def run(self, *command):
        run = subprocess.run(command, cwd=self.folder, env=self.env, text=True, capture_output=True, timeout=300)
        return run.returncode, run.stdout + run.stderr

    def done(self, *command):
        code, text = self.run(*command)
        assert code == 0, f"{command} exits with {code}:\n{text}"
        return text

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def read(self, name):
        return (self.folder / name).read_bytes().decode()

    def configure(self, hooks):
        self.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}))
        self.done("git", "add", ".pre-commit-config.yaml")

    def commits(self, *names):
        self.done("git", "add", "--", *names)
        return self.done("git", "commit", "--quiet", "-m", "change")

    def refused(self, *names):
        self.done("git", "add", "--", *names)
        code, text = self.run("git", "commit", "--quiet", "-m", "change")
        assert code == 1 and "Failed" in text, f"not refused ({code}):\n{text}"
        return text

    def past_hooks(self, *names):
        self.done("git", "add", "--", *names)
        self.done("git", "commit", "--quiet", "--no-verify", "-m", "history")

    def reset(self):
        self.done("git", "reset", "--quiet", "--hard")
        self.done("git", "clean", "--quiet", "-fd")


def hook(name, **ways):
    found = next(entry for entry in HOOKS if entry["id"] == name)
    return {**found, "language": "system", **ways}


def workflow(**changed):
    graph = json.loads(BASE.read_text())
    for place, value in changed.items():
        node, key = place.removeprefix("n").split("_", 1)
        graph[node]["inputs"][key] = value
    return json.dumps(graph, indent=2)


def refused_then_passes(repo, name="flows/two words.json"):
    repo.write(name, workflow(n85_start_at_step=3))
    text = repo.refused(name)
    assert "WF020" in text and name in text, text
    repo.write(name, workflow())
    repo.commits(name)


def only_what_is_handed_over(repo):
    repo.write("old/start.sh", TYPO)
    repo.past_hooks("old/start.sh")
    repo.write("old/clip.json", workflow(n98_width=640))
    repo.commits("old/clip.json")
    repo.done("git", "rm", "--quiet", "old/start.sh")
    repo.done("git", "commit", "--quiet", "-m", "deleted")


def partners_are_context(repo):
    repo.write("custom/flow.json", (ROOT / "fixtures/rules/base/wrapper.api.json").read_text())
    repo.write("custom/other.sh", TYPO)
    repo.past_hooks("custom/flow.json", "custom/other.sh")
    repo.write("custom/start.sh", "python main.py --disable-all-custom-nodes\n")
    text = repo.refused("custom/start.sh")
    assert "LAUNCH047" in text and "custom/flow.json" in text and "LAUNCH001" not in text, text
    repo.reset()


def files_of_others(repo):
    repo.write("package.json", '{"name": "site"}')
    repo.write("tsconfig.json", '{\n  // comment\n  "files": [],\n}\n')
    repo.write("build.py", "def main(:\n")
    repo.write("notes.md", TYPO)
    repo.commits("package.json", "tsconfig.json", "build.py", "notes.md")
    repo.write("notes.md", TYPO * 2)
    repo.done("git", "add", "notes.md")
    assert "no files to check" in repo.done("pre-commit", "run", "wanlint")
    repo.commits("notes.md")


def renamed(repo):
    repo.write("moved/start.sh", TYPO)
    repo.past_hooks("moved/start.sh")
    repo.done("git", "mv", "moved/start.sh", "moved/go.sh")
    assert "moved/go.sh:1:16" in repo.refused("moved/go.sh")
    repo.reset()


def the_index_counts(repo):
    """What is staged is checked, not what lies in the work tree."""
    repo.write("staged.sh", TYPO)
    repo.done("git", "add", "staged.sh")
    repo.write("staged.sh", "python main.py\n")
    code, text = repo.run("git", "commit", "--quiet", "-m", "change")
    assert code == 1 and "LAUNCH001" in text, text
    assert repo.read("staged.sh") == "python main.py\n"
    repo.done("git", "add", "staged.sh")
    repo.write("staged.sh", TYPO)
    repo.done("git", "commit", "--quiet", "-m", "change")
    repo.reset()


def hundreds(repo):
    names = [f"many/{number}/start {number}.sh" for number in range(400)]
    for name in names:
        repo.write(name, "python main.py --lowvram\n")
    repo.write(names[217], TYPO)
    text = repo.refused("many")
    assert "many/217/start 217.sh:1:16" in text and len(re.findall("LAUNCH001", text)) == 1, text
    repo.write(names[217], "python main.py\n")
    repo.commits("many")


def mended(repo):
    repo.configure([hook("wanlint-fix")])
    repo.commits(".pre-commit-config.yaml")
    repo.write("go.bat", "set CUDA_VISIBLE_DEVICES = 0\r\npython main.py\r\n")
    text = repo.refused("go.bat")
    assert "files were modified by this hook" in text, text
    assert repo.read("go.bat") == 'set "CUDA_VISIBLE_DEVICES=0"\r\npython main.py\r\n', repo.read("go.bat")
    repo.commits("go.bat")


def from_the_wheel(repo, wheel):
    repo.configure([hook("wanlint", language="python", additional_dependencies=[str(wheel)])])
    repo.commits(".pre-commit-config.yaml")
    refused_then_passes(repo, "wheel/flow.json")


def from_init(folder, programs):
    """An empty repository, one command, and the next bad commit is refused."""
    place = Path(folder) / "from init"
    place.mkdir()
    repo = Scratch(place, programs)
    assert "pre-commit install" in repo.done("wanlint", "init", "--pre-commit")
    repo.done("pre-commit", "install")
    repo.commits(".pre-commit-config.yaml")
    refused_then_passes(repo)
    files_of_others(repo)


def told(repo):
    """How long the hook takes with the program at hand: told, not judged."""
    text = repo.done("pre-commit", "run", "--verbose", "--files", "flows/two words.json")
    return next(line.removeprefix("- duration: ") for line in text.splitlines() if line.startswith("- duration"))


def main(wheel, programs):
    cases = [refused_then_passes, only_what_is_handed_over, partners_are_context, files_of_others, renamed, the_index_counts, hundreds]
    with tempfile.TemporaryDirectory() as folder:
        repo = Scratch(folder, programs)
        repo.configure([hook("wanlint")])
        repo.done("pre-commit", "install")
        repo.commits(".pre-commit-config.yaml")
        for case in cases:
            case(repo)
        duration = told(repo)
        mended(repo)
        from_the_wheel(repo, wheel)
        from_init(folder, programs)
    print(f"pre-commit: {len(cases) + 3} cases pass; the hook takes {duration} on one workflow")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
