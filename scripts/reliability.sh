#!/usr/bin/env bash
# Runs the reliability tests of the release build and writes docs/reliability.md from the rows that they log themselves.
#
# usage: scripts/reliability.sh [LOG]
#   LOG   rows of an earlier run (TROUPE_RELIABILITY_LOG); nothing is run
# Sizes, each from the environment: TROUPE_CRASH_CYCLES, TROUPE_POWER_CYCLES, TROUPE_BIT_FLIPS, TROUPE_SIM_SEEDS,
# TROUPE_KILL_RUNS, TROUPE_LEARNER_KILLS.
set -euo pipefail
cd "$(dirname "$0")/.."

log=${1:-}
if [[ -z $log ]]; then
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  TROUPE_RELIABILITY_LOG=$log ctest --preset release -j 2 \
    -R 'KilledWriter|PowerCut|DamagedStore|FullDisk|FullTmpfs|Simulation|crash/|cluster/|full_disk' >&2
fi
[[ -s $log ]] || { printf 'reliability: %s holds no rows\n' "$log" >&2; exit 1; }

{
  cat <<'HEAD'
# Reliability

What the tests found, written by `scripts/reliability.sh` from rows that they log themselves. A longer run is one variable:
`TROUPE_CRASH_CYCLES`, `TROUPE_POWER_CYCLES`, `TROUPE_BIT_FLIPS`, `TROUPE_SIM_SEEDS`, `TROUPE_KILL_RUNS`,
`TROUPE_LEARNER_KILLS`; `TROUPE_LONG=1` for clusters.

| test | cycles | lost | duplicated | torn or undetected | commit | date |
|---|---|---|---|---|---|---|
HEAD
  python3 - "$log" "$(git rev-parse --short HEAD)" "$(date -u +%F)" <<'ROWS'
import json
import sys

log, commit, date = sys.argv[1:]
with open(log) as lines:
    for row in sorted(map(json.loads, lines), key=lambda row: row["test"]):
        print("|", " | ".join(str(row[k]) for k in ("test", "cycles", "lost", "duplicated", "torn")), f"| {commit} | {date} |")
ROWS
} >docs/reliability.md.new
mv docs/reliability.md.new docs/reliability.md
