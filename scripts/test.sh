#!/usr/bin/env bash
# Everything CI checks: release build with all tests, static checks, sanitizers on what needs no LibTorch.
# --full adds the thread sanitizer and longer campaigns. Ends with ctest's lines of the release tests.
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/setup.sh
if [[ ${1:-} == --full ]]; then
  export TROUPE_CRASH_CYCLES=${TROUPE_CRASH_CYCLES:-200} TROUPE_SIM_SEEDS=${TROUPE_SIM_SEEDS:-2000}
fi

build() {
  cmake --preset "$1" >/dev/null
  cmake --build --preset "$1"
}

build release
./scripts/check.sh
build asan
ctest --preset asan -j 2
if [[ ${1:-} == --full ]]; then
  build tsan
  ctest --preset tsan -j 2
fi
ctest --preset release -j 2
