#!/usr/bin/env bash
# From a fresh checkout to a rising reward: installs, builds, and trains a tiny model through all four stages of R1 on the
# CPU. Arguments go to `troupe quickstart` (for example --out DIR).
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/setup.sh
[[ -f build/release/build.ninja ]] || cmake --preset release -DCMAKE_UNITY_BUILD=ON >/dev/null
cmake --build --preset release --target troupe troupectl troupe_torch >&2
exec build/release/bin/troupe quickstart "$@"
