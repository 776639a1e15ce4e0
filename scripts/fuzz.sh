#!/usr/bin/env bash
# Builds the fuzzers with clang and runs each for SECONDS (default 10) from its seeds in tests/fuzz/seeds/.
# What a fuzzer finds lies in build/fuzz/findings/; put the input into the seeds with the fix.
#
# usage: scripts/fuzz.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
new=()
[[ -f build/fuzz/build.ninja ]] || new=(-DCMAKE_UNITY_BUILD=ON)
cmake -S . -B build/fuzz -G Ninja "${new[@]}" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DTROUPE_TORCH=OFF -DTROUPE_FUZZ=ON -DTROUPE_SANITIZE=fuzzer-no-link,address,undefined >/dev/null
cmake --build build/fuzz --target troupe_fuzzers
mkdir -p build/fuzz/findings
for fuzzer in build/fuzz/fuzz/*_fuzz; do
  name=$(basename "$fuzzer" _fuzz)
  mkdir -p "build/fuzz/corpus/$name" "tests/fuzz/seeds/$name"
  printf 'fuzz: %s for %s s\n' "$name" "$seconds" >&2
  if ! ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/findings/$name-" "build/fuzz/corpus/$name" "tests/fuzz/seeds/$name" \
    >"build/fuzz/$name.log" 2>&1; then
    tail -40 "build/fuzz/$name.log" >&2
    printf 'fuzz: %s failed; the input is in build/fuzz/findings/, the whole log in build/fuzz/%s.log\n' "$name" "$name" >&2
    exit 1
  fi
  grep -h 'number_of_executed_units' "build/fuzz/$name.log" >&2
done
