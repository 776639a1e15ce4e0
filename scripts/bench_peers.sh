#!/usr/bin/env bash
# The sampling and the training loop of r1-tiny in plain PyTorch beside Troupe's, on this machine with the same number of
# threads; prints one JSON object with tokens a second of both and the ratios. PyTorch goes into .deps/peers (5 GB of disk:
# its Python part does not load without its CUDA libraries); delete the folder to be rid of it.
#
# usage: scripts/bench_peers.sh [--threads N] [--batch N] [--seconds S] [--rounds N]
set -euo pipefail
cd "$(dirname "$0")/.."
fail() {
  printf 'bench_peers: %s\n' "$*" >&2
  exit 1
}

[[ -x build/release/bin/troupe ]] || fail "build/release/bin/troupe is not built; run scripts/quickstart.sh or scripts/test.sh"
python=python3
[[ $("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') == 3.11 ]] || python=/usr/bin/python3
[[ $("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') == 3.11 ]] ||
  fail "the pinned PyTorch wheels are for Python 3.11, which Debian 12 has"

lists=(scripts/wheels.txt scripts/wheels-cuda.txt scripts/wheels-peers.txt)
stamp=$(cat "${lists[@]}" | sha256sum | cut -c1-16)
if [[ ! -f .deps/peers/stamp || $(<.deps/peers/stamp) != "$stamp" ]]; then
  free_mb=$(df --output=avail -m . | tail -1)
  ((free_mb >= 9000)) || fail "$PWD has ${free_mb} MB free; installing PyTorch takes 9000"
  printf 'bench_peers: installing PyTorch into .deps/peers\n' >&2
  rm -rf .deps/peers
  requirements=()
  for list in "${lists[@]}"; do requirements+=(-r "$list"); done
  "$python" -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-cache-dir --no-deps \
    --require-hashes --only-binary=:all: --target .deps/peers "${requirements[@]}" >&2 || fail "PyTorch could not be installed, see above"
  printf '%s' "$stamp" >.deps/peers/stamp
fi
PYTHONPATH=.deps/peers exec "$python" scripts/bench_peers.py --troupe build/release/bin/troupe "$@"
