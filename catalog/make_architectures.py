#!/usr/bin/env python3
"""Writes catalog/architectures.txt: names and shapes of all weights of models that are known by the names of their files.

Usage: make_architectures.py path/to/ComfyUI > catalog/architectures.txt   (with ComfyUI's torch; 0.33.0 was used)

ComfyUI's own classes are built without data (device "meta"), so nothing is downloaded. Format:
  '@ name' or '@ name < parent': an architecture, with the lines of its parent unless it has the same name and index sets;
  '# ...': the class and its arguments;
  'template|sides': weights. {0-39} stands for each number, {q,k} for each word; sides are joined by '.', '-' for a scalar;
  'template|sides|table': a matrix that is no Linear: an embedding, or a parameter of a class of its own.
"""
import collections
import re
import sys

ROOT = sys.argv[1]
sys.path.insert(0, ROOT)
sys.argv = [sys.argv[0], "--cpu"]
import comfy.options  # noqa: E402

comfy.options.enable_args_parsing()
import comfy.ops  # noqa: E402
import torch  # noqa: E402
from comfy.ldm.wan import model as wan, model_animate  # noqa: E402

BUILD = {"device": "meta", "dtype": torch.float16, "operations": comfy.ops.disable_weight_init}
B14 = {"dim": 5120, "ffn_dim": 13824, "num_layers": 40, "num_heads": 40, "out_dim": 16}
B5 = {"dim": 3072, "ffn_dim": 14336, "num_layers": 30, "num_heads": 24, "out_dim": 48}
B1 = {"dim": 1536, "ffn_dim": 8960, "num_layers": 30, "num_heads": 12, "out_dim": 16}

# Name, parent, class, arguments. Those of Wan are what comfy/model_detection.py reads from the published files.
MODELS = [
    ("wan-t2v-14B", None, wan.WanModel, {"model_type": "t2v", "in_dim": 16, **B14}),
    ("wan-i2v2.2-14B", "wan-t2v-14B", wan.WanModel, {"model_type": "t2v", "in_dim": 36, **B14}),
    ("wan-i2v-14B", "wan-t2v-14B", wan.WanModel, {"model_type": "i2v", "in_dim": 36, **B14}),
    ("wan-flf2v-14B", "wan-i2v-14B", wan.WanModel,
     {"model_type": "i2v", "in_dim": 36, "flf_pos_embed_token_number": 514, **B14}),
    ("wan-control2.2-14B", "wan-t2v-14B", wan.WanModel,
     {"model_type": "t2v", "in_dim": 52, "in_dim_ref_conv": 16, **B14}),
    ("wan-vace-14B", "wan-t2v-14B", wan.VaceWanModel,
     {"model_type": "vace", "in_dim": 16, "vace_layers": 8, "vace_in_dim": 96, **B14}),
    ("wan-s2v-14B", "wan-t2v-14B", wan.WanModel_S2V, {"in_dim": 16, **B14}),
    ("wan-humo-17B", "wan-t2v-14B", wan.HumoWanModel, {"in_dim": 36, **B14}),
    ("wan-animate-14B", "wan-i2v-14B", model_animate.AnimateWanModel, {"in_dim": 36, **B14}),
    ("wan-t2v-1.3B", None, wan.WanModel, {"model_type": "t2v", "in_dim": 16, **B1}),
    ("wan-vace-1.3B", "wan-t2v-1.3B", wan.VaceWanModel,
     {"model_type": "vace", "in_dim": 16, "vace_layers": 15, "vace_in_dim": 96, **B1}),
    ("wan-humo-1.7B", "wan-t2v-1.3B", wan.HumoWanModel, {"in_dim": 16, **B1}),
    ("wan-ti2v-5B", None, wan.WanModel, {"model_type": "t2v", "in_dim": 48, **B5}),
]


def weights(model):
    """Sides of every tensor of a file, and what is said of it, by name: parameters, and buffers that files hold as well."""
    held = {}
    for place, module in model.named_modules():
        linear = isinstance(module, torch.nn.Linear)
        for name, value in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
            if name in module.state_dict():
                note = "table" if value.dim() == 2 and not linear else ""
                held[f"{place}.{name}" if place else name] = (tuple(value.shape), note)
    return held


def numbers(values):
    """{0-3}, {0,4,8}."""
    values = sorted(values)
    runs = values == list(range(values[0], values[-1] + 1))
    return "{%s}" % (f"{values[0]}-{values[-1]}" if runs and len(values) > 1 else ",".join(map(str, values)))


def templates(held):
    """Template and sides of all weights, numbers first, then words."""
    groups = collections.defaultdict(set)
    for name, sides in held.items():
        parts = name.split(".")
        places = tuple(int(part) for part in parts if part.isdigit())
        text = ".".join("#" if part.isdigit() else part for part in parts)
        groups[text, sides].add(places)
    lines = {}
    for (text, sides), places in groups.items():
        for line in products(text, places):
            lines[line] = sides
    return words(lines)


def products(text, places):
    """Splits tuples of numbers into products of sets."""
    if not next(iter(places)):
        return [text]
    rest = collections.defaultdict(set)
    for first, *others in places:
        rest[tuple(others)].add(first)
    sets = collections.defaultdict(set)
    for others, firsts in rest.items():
        sets[frozenset(firsts)].add(others)
    out = []
    for firsts, others in sets.items():
        mark = numbers(firsts) if len(firsts) > 1 else str(next(iter(firsts)))
        out += products(text.replace("#", mark, 1), others)
    return out


def words(lines):
    """Joins lines that differ in one word and have the same sides."""
    for place in (-2, -3, -1):
        groups = collections.defaultdict(list)
        for text, sides in lines.items():
            parts = re.split(r"\.(?![^{]*})", text)
            if len(parts) < -place or parts[place].startswith("{"):
                groups[text, None, sides].append(None)
                continue
            end = parts[place + 1:] if place != -1 else []
            groups[".".join(parts[:place]), ".".join(end), sides].append(parts[place])
        lines = {}
        for (before, after, sides), found in groups.items():
            if found == [None]:
                lines[before] = sides
                continue
            middle = found[0] if len(found) == 1 else "{%s}" % ",".join(sorted(found))
            lines[".".join(part for part in (before, middle, after) if part)] = sides
    return lines


def main():
    print(f"# Made by catalog/make_architectures.py, which describes the format. ComfyUI {version()}.")
    all_lines = {}
    for name, parent, build, arguments in MODELS:
        model = build(**arguments, **BUILD)
        held = weights(model)
        all_lines[name] = held
        above = all_lines.get(parent, {})
        changed = {key: sides for key, sides in held.items() if above.get(key) != sides}
        gone = [key for key in above if key not in held]
        if gone:
            raise SystemExit(f"{name} lacks {gone[:3]} of {parent}")
        lines = templates(changed) if changed else {}
        print(f"@ {name}" + (f" < {parent}" if parent else ""))
        shown = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        print(f"# {build.__module__}.{build.__qualname__}({shown}): {sum(product(sides) for sides, _ in held.values())} elements")
        for text, (sides, note) in sorted(lines.items()):
            print("|".join([text, ".".join(map(str, sides)) or "-", *([note] if note else [])]))


def product(sides):
    out = 1
    for side in sides:
        out *= side
    return out


def version():
    text = open(f"{ROOT}/comfyui_version.py").read()
    return text.split('"')[-2]


main()
