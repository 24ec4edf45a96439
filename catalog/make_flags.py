#!/usr/bin/env python3
"""Writes catalog/flags.json from the researched table: python3 catalog/make_flags.py PATH/TO/cli_flags.json

One flag per line, empty fields left out, so that a change of one flag is a change of one line.
"""

import json
import pathlib
import sys

# The number of values that the flag's own action accepts, and the flags whose first value alone is a choice.
LIMITS = {("--cache-ram", "0..n"): 2, ("--verbose", "0..n"): 2}
FIRST_ONLY = {"--verbose"}
# From which version on a flag is accepted and read by nothing.
IDLE_SINCE = {"--normalvram": "0.0.0", "--enable-assets": "0.33.1"}
# argparse adds it itself.
HELP = {"name": "--help", "shapes": [{"arity": "0"}], "notes": ["prints the flags and exits"]}


def version(text):
    """'v0.3.31' -> '0.3.31'; what was there before the first release -> None."""
    if text is None or text.startswith(("<=", "<")):
        return None
    return text.lstrip("v")


def since(flag):
    text = flag["since"]
    if text.startswith("after "):
        major, minor, patch = version(text.removeprefix("after ")).split(".")
        return {"since": f"{major}.{minor}.{int(patch) + 1}", "since_inexact": True}
    return {"since": version(text)}


def until(flag):
    text = flag["until"]
    if text is None:
        return {}
    return {"until": "0.0.0" if text.startswith("before ") else version(text)}


def shape(name, flag, change):
    kind = change.get("value_type", flag["value_type"])
    arity = change.get("arity", flag["arity"])
    choices = change.get("choices", flag["choices"])
    start = version(change.get("version"))
    return {
        "since": None if start == "0.0.1" else start,
        "arity": arity,
        "type": None if arity == "0" or kind in ("str", "enum", "path", None) else kind.replace("existing_dir", "dir"),
        "choices": None if arity == "0" else choices,
        "bare": None if arity == "0" else as_text(change.get("value_when_bare", flag["value_when_bare"])),
        "limit": LIMITS.get((name, arity)),
        "first_only": name in FIRST_ONLY and arity != "0" or None,
    }


def as_text(value):
    return None if value is None or value == [] else str(value)


def full(entry):
    return {key: value for key, value in entry.items() if value not in (None, [], False)}


def convert(name, flag):
    changes = flag.get("changes") or [{}]
    status = flag["status"]
    return full(
        {
            "name": name,
            "shapes": [full(shape(name, flag, change)) for change in changes],
            "group": flag["exclusive_group"],
            **since(flag),
            **until(flag),
            "status": None if status == "current" else status,
            "repeats": flag["repeat"].startswith("append"),
            "default": as_text(flag["default"] or None),
            "idle_since": IDLE_SINCE.get(name),
            # Without escapes the reader borrows every text from the binary.
            "notes": [note.replace('"', "'") for note in flag["notes"]],
        }
    )


def main():
    table = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    flags = [convert(name, flag) for name, flag in table["flags"].items()] + [HELP]
    flags.sort(key=lambda flag: flag["name"])
    lines = ",\n".join(json.dumps(flag, ensure_ascii=False) for flag in flags)
    text = f'{{"source": {json.dumps(table["source"])},\n"flags": [\n{lines}\n]}}\n'
    pathlib.Path(__file__).with_name("flags.json").write_text(text, encoding="utf-8")


main()
