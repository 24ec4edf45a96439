#!/usr/bin/env python3
"""Writes catalog/model_folders.txt from the official workflow templates: python3 make_model_folders.py TEMPLATES > catalog/model_folders.txt

The nodes of the templates carry `properties.models` with the name of each file and the folder below ComfyUI's `models` that it belongs in.
One line a file, sorted: name in lower case | folder. A name with two folders is left out, and so are names that say nothing by themselves.
"""

import json
import pathlib
import sys

VAGUE = {"model.safetensors", "diffusion_pytorch_model.safetensors"}


def models(value):
    if isinstance(value, dict):
        for model in value.get("models") or [] if isinstance(value.get("models"), list) else []:
            if isinstance(model, dict) and model.get("name") and model.get("directory"):
                yield model["name"], model["directory"]
        for inner in value.values():
            yield from models(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from models(inner)


folders = {}
for path in pathlib.Path(sys.argv[1]).rglob("*.json"):
    for name, folder in models(json.loads(path.read_text(encoding="utf-8"))):
        folders.setdefault(name.split("/")[-1].lower(), set()).add(folder.split("/")[0])
print("# Made by make_model_folders.py from comfyui-workflow-templates-json 0.1.123.")
for name, found in sorted(folders.items()):
    if len(found) == 1 and name not in VAGUE:
        print(f"{name}|{found.pop()}")
