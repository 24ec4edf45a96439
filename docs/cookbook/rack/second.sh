#!/bin/sh
cd /srv/ComfyUI || exit 1
exec python main.py --listen 10.0.0.11 --cuda-device 1 --port 8189 --cache-none --lowvrm
