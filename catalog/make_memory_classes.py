#!/usr/bin/env python3
"""Writes catalog/memory_classes.txt from a table of ComfyUI's model classes (memory_classes.json, schema memory_classes/1).

Usage: make_memory_classes.py memory_classes.json path/to/comfy/supported_models.py > catalog/memory_classes.txt

One class a line, fields divided by '|':
  name (comfy/supported_models.py), class that the log names (comfy/model_base.py, what get_model builds),
  key=value pairs of the detected configuration that must match ('-' for None, lists joined by '.'),
  latent: dimensions, pixels of a cell along a side, frames of a cell ('-' where sampling does not work on such cells),
  bytes of the widest type it computes in, first release whose estimate counts reference latents ('-' for none),
  memory_usage_factor: 'release value' or 'release key default divisor multiplier', oldest first, joined by ';'.
Classes stand in the order in which ComfyUI tries them; the first match wins.
"""
import ast
import json
import sys

# Video and sound, or all channels, packed into one axis: an area of cells says nothing about the estimate.
PACKED = {"LTXAV", "MiniMaxH3"}


def logged(path):
    """Which model class each entry of supported_models.py builds."""
    built = {}
    for item in ast.parse(open(path).read()).body:
        if not isinstance(item, ast.ClassDef):
            continue
        names = set()
        for node in ast.walk(item):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("model_base."):
                names.add(ast.unparse(node.func)[len("model_base."):])
        built[item.name] = ([ast.unparse(base) for base in item.bases], names)

    def of(name):
        bases, names = built.get(name, ([], set()))
        if names:
            return sorted(names)
        return next((found for found in map(of, bases) if found), [])

    return of


def value(item):
    if item is None:
        return "-"
    if isinstance(item, bool):
        return "true" if item else "false"
    return ".".join(map(str, item)) if isinstance(item, list) else str(item)


def factor(row):
    release = row["from"].removeprefix("v")
    if row["kind"] == "const":
        return f"{release} {row['value']}"
    return f"{release} {row['key']} {row['default'] or '-'} {row['div']} {row['mul']}"


def line(entry, of):
    names = of(entry["class"])
    name = names[0] if len(names) == 1 else ("BaseModel" if entry["class"].startswith("SD") else "-")
    match = ",".join(f"{key}={value(item)}" for key, item in entry["match_unet_config"].items())
    latent = entry["latent"]
    cells = [latent["dims"], latent["spatial_downscale"], latent["temporal_downscale"]]
    if entry["class"] in PACKED or None in cells or latent["dims"] == 1:
        cells = ["-"]
    widths = {"float16": 2, "bfloat16": 2, "float32": 4}
    width = min(widths[dtype] for dtype in entry.get("inference_dtypes") or ["float16"])
    terms = entry.get("cond_area_terms")
    since = terms.get("since", "v0.3.38").removeprefix("v") if terms else "-"
    rows = ";".join(map(factor, entry["factor_by_version"]))
    return "|".join([entry["class"], name, match, " ".join(map(str, cells)), str(width), since, rows])


def main():
    classes = json.load(open(sys.argv[1]))["classes"]
    of = logged(sys.argv[2])
    known = [entry for entry in classes if entry.get("order_v0_33_0") is not None and entry["factor_by_version"]]
    print("# Made by catalog/make_memory_classes.py, which describes the fields. ComfyUI v0.3.16 to v0.33.0.")
    for entry in sorted(known, key=lambda entry: entry["order_v0_33_0"]):
        # Classes that only two keys in the file tell from another (Stable Zero123) are left out.
        if entry.get("required_keys"):
            continue
        print(line(entry, of))


if __name__ == "__main__":
    main()
