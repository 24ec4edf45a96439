#!/usr/bin/env python3
"""Writes catalog/nodes.txt from ComfyUI's own /object_info answers.

    python3 catalog/make_nodes.py NEWEST_OBJECT_INFO [OLDER_OBJECT_INFO...] > catalog/nodes.txt

The first file wins; classes that only an older one has are added. Partner (paid, remote) nodes are left out: they load
no local model. The format is described in src/catalog/nodes.rs, the slot rules come from ComfyUI_frontend.
"""

import json
import math
import sys

SCALARS = {"INT": "i", "FLOAT": "f", "STRING": "s", "BOOLEAN": "b", "COMBO": "c", "COMFY_DYNAMICCOMBO_V3": "d"}
UPLOADS = ("image_upload", "audio_upload", "video_upload", "file_upload")

# Custom nodes that hold a number or load a file; everything else about custom nodes stays unknown.
# Sources: kijai/ComfyUI-KJNodes nodes/nodes.py, city96/ComfyUI-GGUF nodes.py.
CUSTOM = {
    "INTConstant": "INT\tvalue=i0",
    "FloatConstant": "FLOAT\tvalue=f50.0",
    "UnetLoaderGGUF": "MODEL\tunet_name=c",
    "CLIPLoaderGGUF": "CLIP\tclip_name=c\ttype=c\"stable_diffusion\"",
}


def is_partner(spec):
    return bool(spec.get("api_node")) or "partner" in spec.get("category", "") or "api node" in spec.get("category", "")


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def precision(options):
    """Decimals a PrimitiveNode rounds to before it writes into this widget (frontend default step 0.5)."""
    step = options.get("step") or 0.5
    return min(9, max(0, -math.floor(math.log10(step))))


def default(kind, options, choices):
    if "default" in options and options["default"] is not None:
        return compact(options["default"])
    if kind == "c" and choices and isinstance(choices[0], (str, int, float)):
        return compact(choices[0])
    if kind == "d" and choices:
        return compact(choices[0]["key"])
    return ""


def kind_of(type_, options):
    if options.get("forceInput") or options.get("defaultInput"):
        return None
    if isinstance(type_, list):
        return "c"
    widget = options.get("widgetType")
    if widget:
        return SCALARS.get(widget, "x")
    if type_ in SCALARS:
        return SCALARS[type_]
    return "x" if options.get("socketless") or type_ in ("COLOR", "LOAD_3D", "WEBCAM", "AUDIO_RECORD") else None


def has_control(name, kind, options):
    flag = options.get("control_after_generate")
    return bool(flag) if flag is not None else kind == "i" and name in ("seed", "noise_seed")


class Line:
    """One class: collects its entries in the order of the widgets."""

    def __init__(self):
        self.entries = []

    def group(self, inputs, order, optional, prefix="", guard=()):
        uploads = False
        for name in order or inputs:
            spec = inputs.get(name)
            if spec is None:
                continue
            options = spec[1] if len(spec) > 1 and isinstance(spec[1], dict) else {}
            self.entry(prefix + name, spec[0], options, optional, guard)
            uploads = uploads or any(options.get(key) for key in UPLOADS) and not options.get("widgetType")
        if uploads and not optional:
            self.entries.append("=u")

    def entry(self, name, type_, options, optional, guard):
        assert not any(mark in name for mark in "=:\t@?") and not any("@" in key or "/" in key for key in guard), name
        head = ("@" + "/".join(guard) + "@" if guard else "") + name + ("?" if optional else "")
        kind = kind_of(type_, options)
        if kind is None:
            self.entries.append(f"{head}:{type_}")
            return
        choices = type_ if isinstance(type_, list) else options.get("options") or []
        digits = str(precision(options)) if kind == "f" else ""
        marks = ("+" if has_control(name, kind, options) else "") + ("~" if options.get("dynamicPrompts") else "")
        self.entries.append(f"{head}={kind}{digits}{marks}{default(kind, options, choices)}")
        for choice in choices if kind == "d" else []:
            self.choice(name, choice, guard)

    def choice(self, name, choice, guard):
        inner = choice.get("inputs") or {}
        for group, optional in (("required", False), ("optional", True)):
            self.group(inner.get(group) or {}, None, optional, name + ".", guard + (choice["key"],))


def line(class_, spec):
    out, order = Line(), spec.get("input_order") or {}
    for group, optional in (("required", False), ("optional", True)):
        out.group(spec["input"].get(group) or {}, order.get(group), optional)
    outputs = "|".join("COMBO" if isinstance(kind, list) else kind for kind in spec.get("output") or [])
    return "\t".join([class_, "O" if spec.get("output_node") else "", outputs, *out.entries])


def main(paths):
    lines = {class_: f"{class_}\tC\t{rest}" for class_, rest in CUSTOM.items()}
    for path in reversed(paths):
        with open(path, encoding="utf-8") as file:
            lines |= {class_: line(class_, spec) for class_, spec in json.load(file).items() if not is_partner(spec)}
    for class_ in sorted(lines, key=str.encode):
        assert "\n" not in lines[class_], class_
        print(lines[class_])


main(sys.argv[1:])
