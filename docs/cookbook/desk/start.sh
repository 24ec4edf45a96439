#!/bin/sh
cd "$(dirname "$0")/ComfyUI" || exit 1
exec python main.py
