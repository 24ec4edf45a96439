#!/bin/sh
cd /srv/ComfyUI || exit 1
exec python main.py --listen 10.0.0.11 --cuda-device 0 --port 8188 --reserve-vram 6
