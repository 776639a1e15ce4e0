#!/usr/bin/env bash
# Everything CI checks: release build with all tests, static checks, sanitizers and fuzzers on what needs no LibTorch, the
# CUDA module where it can be built. Ends with ctest's closing lines of the release tests.
#
# usage: scripts/test.sh [--full]
#   --full   adds the thread sanitizer, the checks of the undefined-behaviour sanitizer that take longest to compile (null,
#            alignment, object-size, vptr), and longer campaigns: TROUPE_CRASH_CYCLES (200) kills, TROUPE_SIM_SEEDS (2000)
#            simulated runs, TROUPE_FUZZ_SECONDS (120) of each fuzzer, TROUPE_LONG (1) for clusters; each can be set from
#            outside, with or without --full; the sanitizers have small campaigns of their own (CMakePresets.json)
set -euo pipefail
cd "$(dirname "$0")/.."

full=0
case ${1:-} in
--full) full=1 ;;
'') ;;
*)
  printf 'test: unknown argument %s; usage: scripts/test.sh [--full]\n' "$1" >&2
  exit 2
  ;;
esac
if ((full)); then
  export TROUPE_CRASH_CYCLES=${TROUPE_CRASH_CYCLES:-200} TROUPE_SIM_SEEDS=${TROUPE_SIM_SEEDS:-2000} TROUPE_LONG=${TROUPE_LONG:-1}
fi
fuzz_seconds=${TROUPE_FUZZ_SECONDS:-$((full ? 120 : 10))}

section() { printf '\n--- %s (%s s since the start)\n' "$1" "$SECONDS" >&2; }
# From nothing several files are compiled at once, but with --full, which would find an include that is missing.
build() {
  local new=()
  [[ -f build/$1/build.ninja ]] || new=(-DCMAKE_UNITY_BUILD=ON)
  ((full)) && new=(-DCMAKE_UNITY_BUILD=OFF)
  cmake --preset "$1" "${new[@]}" "${@:2}" >/dev/null
  cmake --build --preset "$1"
}

section "setup"
./scripts/setup.sh
section "release build"
build release
section "static checks"
if ((full)); then ./scripts/check.sh --full; else ./scripts/check.sh; fi
section "address and undefined-behaviour sanitizers"
if ((full)); then build asan -DTROUPE_SANITIZE_NOT=; else build asan; fi
ctest --preset asan -j 2
section "fuzzers"
./scripts/fuzz.sh "$fuzz_seconds"
if ((full)); then
  section "thread sanitizer"
  build tsan
  ctest --preset tsan -j 2
fi
section "CUDA module"
if [[ -f build/release/lib/libtroupe_torch_cuda.so ]]; then
  printf 'test: the CUDA module is built; its tests say below whether a device is here\n' >&2
  ctest --test-dir build/release -L gpu --output-on-failure
else
  printf 'test: CUDA module left out: neither a CUDA toolkit nor the CUDA wheels (scripts/setup.sh --cuda) are here\n' >&2
fi
section "release tests"
ctest --preset release -j 2
