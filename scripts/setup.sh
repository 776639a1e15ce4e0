#!/usr/bin/env bash
# Installs what Troupe builds with: Debian 12 packages (scripts/packages.txt) and LibTorch's CPU libraries from the pinned
# wheels (scripts/wheels.txt) into .deps/. Idempotent: a second run does nothing. Needs root or sudo for the packages.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

stamp=.deps/stamp
wanted=$(cat scripts/packages.txt scripts/wheels.txt | sha256sum | cut -d' ' -f1)
if [[ -f $stamp && $(cat "$stamp") == "$wanted" && -f .deps/torch/lib/libtorch_cpu.so ]] && command -v ninja capnp ccache >/dev/null; then
  exit 0
fi

command -v apt-get >/dev/null || fail "this script knows Debian 12 only; install the packages of scripts/packages.txt by hand"
root=()
if [[ $(id -u) != 0 ]]; then
  command -v sudo >/dev/null || fail "run it as root, or install sudo"
  root=(sudo)
fi
mapfile -t missing < <(while read -r p; do dpkg -s "$p" >/dev/null 2>&1 || echo "$p"; done <scripts/packages.txt)
if ((${#missing[@]} > 0)); then
  say "installing ${#missing[@]} Debian packages"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq || fail "apt-get update failed; is there a network?"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get install failed; see above"
fi

if [[ ! -f .deps/torch/lib/libtorch_cpu.so || ! -f .deps/nvidia/cu13/lib/libcudart.so.13 ]]; then
  say "fetching LibTorch's wheels (550 MB)"
  mkdir -p .deps
  wheels=$(mktemp -d .deps/wheels.XXXXXX)
  trap 'rm -rf "$wheels"' EXIT
  python3 -m pip download -q --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
    --implementation cp --python-version 3.11 --abi cp311 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 \
    -r scripts/wheels.txt -d "$wheels" || fail "the wheels could not be fetched; is PyPI reachable?"
  rm -rf .deps/torch .deps/nvidia
  unzip -q -o "$wheels"/torch-*.whl 'torch/include/*' torch/lib/libtorch_cpu.so torch/lib/libc10.so 'torch/lib/libgomp*' -d .deps
  for wheel in "$wheels"/nvidia_*.whl; do
    unzip -q -o "$wheel" 'nvidia/*' -d .deps
  done
fi
printf '%s' "$wanted" >"$stamp"
say "done"
