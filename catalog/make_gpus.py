"""Writes catalog/gpus.txt from a table of graphics cards (JSON). Usage: make_gpus.py GPUS.json > catalog/gpus.txt

One line a card, fields separated by '|':
  name | short name | class | compute capability | nominal MiB | reported MiB | source of it | 16-bit TFLOP/s | bandwidth GB/s | PCIe generation | lanes | measured 16-bit TFLOP/s
'reported' is the total that the driver or ComfyUI's "Total VRAM" line shows; empty where none is on record.
'measured' is the median over hosts of torch's matrix products (bf16; fp16 where bf16 is emulated), from
https://github.com/zzc0721/torch-performance-test-data; empty where none is on record.
"""

import json
import statistics
import sys


def measured(card):
    kind = "bf16" if card["formats"]["bf16"] else "fp16"
    rates = [host[kind] for host in card["measured_gemm"] or [] if host[kind]]
    return round(statistics.median(rates), 2) if rates else ""


cards = json.load(open(sys.argv[1]))["gpus"]
print("# Made by make_gpus.py; sources are in the sixth and seventh field. Sorted as in the input.")
for card in cards:
    source = (card["vram_source"] or "").split("(")[0].strip().rstrip(",")
    fields = [
        card["name"], card["short"], card["klass"], card["compute_capability"],
        card["vram_nominal_mib"], card["vram_reported_mib"] or "", source,
        card["tflops_dense"]["fp16_fp32acc"] or "", card["mem_bandwidth_gbs"] or "", card["pcie_gen"] or "", card["pcie_lanes"] or "",
        measured(card),
    ]
    print("|".join(str(field).replace("|", "/") for field in fields))
