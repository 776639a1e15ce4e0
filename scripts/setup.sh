#!/usr/bin/env bash
# Installs what Troupe builds with, and does nothing when it is there already:
#   Debian 12 packages   scripts/packages.txt, with apt-get (root or sudo; neither is needed when none is missing)
#   LibTorch             scripts/wheels.txt: pinned wheels with their hashes, unpacked into .deps/ without their Python
#
# usage: scripts/setup.sh [--cuda] [--no-packages]
#   --cuda         also the CUDA libraries that LibTorch's CUDA part needs (scripts/wheels-cuda.txt, 2.3 GB)
#   --no-packages  leave the system's packages to you
# Where a CUDA toolkit is found, LibTorch's own CUDA libraries are unpacked too, so that the CUDA module can be linked.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

level=cpu
packages=1
for argument in "$@"; do
  case $argument in
  --cuda) level=cuda ;;
  --no-packages) packages=0 ;;
  *)
    say "unknown argument $argument; usage: scripts/setup.sh [--cuda] [--no-packages]"
    exit 2
    ;;
  esac
done
if [[ $level == cpu ]] && { command -v nvcc || [[ -x /usr/local/cuda/bin/nvcc ]]; } >/dev/null; then
  level=toolkit
fi

# --- Debian packages -----------------------------------------------------------------------------------------------

missing_packages() { # prints those of scripts/packages.txt that are not installed
  local wanted installed
  mapfile -t wanted <scripts/packages.txt
  # dpkg-query exits 1 when it knows one of the names not at all: that one is missing, which is the question here
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/ installed$//p') || true
  comm -23 <(sort -u scripts/packages.txt) <(sort -u <<<"$installed")
}

install_packages() {
  local system missing as_root=()
  # shellcheck source=/dev/null
  system=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}") || system=unknown
  if [[ $system != "debian 12" ]]; then
    fail "this is ${system}; only Debian 12 is known here. Install the like of scripts/packages.txt, then run" \
      "scripts/setup.sh --no-packages"
  fi
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} > 0)) || return 0
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null ||
      fail "no rights to install packages: run as root, or install sudo. Missing: ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" update >/dev/null || fail "apt-get update failed, see above; is there a network?"
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get install failed, see above"
}

# --- LibTorch ------------------------------------------------------------------------------------------------------

# `.deps/stamp` holds what is unpacked: the hash of the lists, and the level (cpu < toolkit < cuda).
lists=(scripts/wheels.txt)
[[ $level != cuda ]] || lists+=(scripts/wheels-cuda.txt)
stamp="$(sha256sum scripts/wheels.txt | cut -c1-16) $(sha256sum scripts/wheels-cuda.txt | cut -c1-16)"

unpacked() {
  [[ -f .deps/stamp && -f .deps/torch/lib/libtorch_cpu.so && -f .deps/nvidia/cu13/lib/libcudart.so.13 ]] || return 1
  local have
  have=$(<.deps/stamp)
  case $level in
  cpu) [[ $have == "$stamp "* ]] ;;
  toolkit) [[ $have == "$stamp toolkit" || $have == "$stamp cuda" ]] ;;
  cuda) [[ $have == "$stamp cuda" ]] ;;
  esac
}

unpack_wheels() {
  [[ $(uname -m) == x86_64 ]] || fail "this is $(uname -m); the pinned LibTorch wheels are for x86_64"
  command -v unzip >/dev/null || fail "unzip is missing; install it"
  local python=python3 needed_mb=2500 free_mb work
  "$python" -m pip --version >/dev/null 2>&1 || python=/usr/bin/python3
  "$python" -m pip --version >/dev/null 2>&1 || fail "python3 has no pip; install the package python3-pip"
  [[ $level != cuda ]] || needed_mb=9000
  mkdir -p .deps || fail "cannot write to $PWD; the checkout must be writable"
  free_mb=$(df --output=avail -m .deps | tail -1)
  ((free_mb >= needed_mb)) || fail "$PWD/.deps has ${free_mb} MB free; unpacking LibTorch takes ${needed_mb}"

  work=$(mktemp -d .deps/unpacking.XXXXXX)
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$work'" EXIT
  say "fetching LibTorch (${needed_mb} MB of disk while it is unpacked)"
  local list requirements=() quiet=(-q)
  for list in "${lists[@]}"; do requirements+=(-r "$list"); done
  [[ ! -t 2 ]] || quiet=()
  "$python" -m pip download "${quiet[@]}" --disable-pip-version-check --no-cache-dir --no-deps --require-hashes \
    --only-binary=:all: --implementation cp --python-version 3.11 --abi cp311 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --platform manylinux_2_18_x86_64 \
    "${requirements[@]}" -d "$work" >&2 ||
    fail "the wheels could not be fetched, see above; is the Python package index reachable?"

  local libraries=(torch/lib/libtorch_cpu.so torch/lib/libc10.so 'torch/lib/libgomp*')
  [[ $level == cpu ]] || libraries+=(torch/lib/libtorch_cuda.so torch/lib/libtorch_cuda_linalg.so torch/lib/libc10_cuda.so
    torch/lib/libtorch_nvshmem.so torch/lib/libcaffe2_nvrtc.so)
  unzip -q "$work"/torch-*.whl 'torch/include/*' "${libraries[@]}" -d "$work/tree"
  rm "$work"/torch-*.whl
  local wheel
  for wheel in "$work"/nvidia_*.whl; do
    unzip -q -o "$wheel" 'nvidia/*' -d "$work/tree"
    rm "$wheel"
  done
  # of the profiler's wheel only libcupti itself is loaded
  find "$work/tree/nvidia" -name '*.a' -delete -o -name '*.py' -delete -o -name 'libnvperf_*' -delete \
    -o -name libcheckpoint.so -delete -o -name libpcsamplingutil.so -delete
  rm -rf .deps/stamp .deps/torch .deps/nvidia
  mv "$work/tree/torch" "$work/tree/nvidia" .deps/
  printf '%s %s\n' "$stamp" "$level" >.deps/stamp
}

if ((packages)); then
  install_packages
fi
if ! unpacked; then
  unpack_wheels
  say "done"
fi
