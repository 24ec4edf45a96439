"""``python -m wanlint``: hands over to the program that the wheel installed."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

PROGRAM = "wanlint.exe" if os.name == "nt" else "wanlint"


def folders():
    """Where an installer puts programs: of this interpreter, of this user, and beside the package (``pip install --target``)."""
    yield sysconfig.get_path("scripts")
    yield sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))
    package = Path(__file__).resolve().parent.parent
    yield package / "bin"
    # An environment in which a package was installed and that another interpreter only looks into (``PYTHONPATH``).
    for above in package.parents[:3]:
        yield above / ("Scripts" if os.name == "nt" else "bin")


def find():
    """The program that belongs to this package, or None."""
    candidates = (Path(folder) / PROGRAM for folder in folders() if folder)
    return next((str(path) for path in candidates if path.is_file()), None)


def main():
    program = find()
    if program is None:
        sys.exit(f"error: {PROGRAM} is not where an installer puts programs: install the package again")
    arguments = [program, *sys.argv[1:]]
    if os.name == "nt":
        # Windows would return to the shell at once if the process were replaced.
        try:
            sys.exit(subprocess.run(arguments).returncode)
        except KeyboardInterrupt:
            sys.exit(130)
    os.execv(program, arguments)


if __name__ == "__main__":
    main()
