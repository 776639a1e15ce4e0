#!/usr/bin/env bash
# Installs, builds and runs all four stages of R1 on a tiny model, on the CPU. Arguments go to `troupe quickstart`.
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/setup.sh
[[ -f build/release/build.ninja ]] || cmake --preset release >/dev/null
cmake --build --preset release --target troupe troupectl
exec build/release/bin/troupe quickstart "$@"
