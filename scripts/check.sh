#!/usr/bin/env bash
# Static checks: format, the rules of the tree (scripts/check_tree.py), shell scripts, headers that stand on their own.
# Needs the Cap'n Proto headers of a release build. Prints every violation; exit status 1 when there is one.
#
# usage: scripts/check.sh [--full]
#   --full   compiles every header on its own, not only those without a .cpp of theirs
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/release
failed=0
full=0
case ${1:-} in
--full) full=1 ;;
'') ;;
*)
  printf 'check: unknown argument %s; usage: scripts/check.sh [--full]\n' "$1" >&2
  exit 2
  ;;
esac
complain() {
  printf 'check: %s\n' "$*" >&2
  failed=1
}

mapfile -t sources < <(find schema runtime gpu actors deploy tests -name '*.[ch]pp' | sort)
clang-format --dry-run -Werror "${sources[@]}" || complain "format: run clang-format -i on the files above"

python3 scripts/check_tree.py || complain "rules of the tree: see above"

mapfile -t scripts < <(find scripts deploy tests .ci -name '*.sh' -o -path .ci/run | sort)
shellcheck "${scripts[@]}" || complain "shellcheck: see above"

# A header is the only include of a file of its own. Without --full those are left out that a .cpp includes first, though
# precompiled headers may hide there what they lack. Through ccache: a header that has not changed costs nothing.
headers() {
  find schema runtime gpu actors deploy tests -name '*.hpp' | sort | while read -r header; do
    ((full)) || [[ ! -f ${header%.hpp}.cpp ]] && printf '%s\n' "$header"
  done
  true
}
if [[ -f $build/schema/rollout.capnp.h ]]; then
  alone=$build/headers
  mkdir -p "$alone"
  # shellcheck disable=SC2317 # xargs calls it
  compile_alone() {
    local header=$1 name=${1//\//.}
    printf '#include "%s"\n' "$header" >"$2/$name.cpp.new"
    cmp -s "$2/$name.cpp.new" "$2/$name.cpp" || mv "$2/$name.cpp.new" "$2/$name.cpp"
    rm -f "$2/$name.cpp.new"
    ccache g++ -std=c++20 -O0 -w -I. -I"$3" -isystem .deps/torch/include -c "$2/$name.cpp" -o "$2/$name.o" || {
      printf 'check: %s does not compile on its own\n' "$header" >&2
      return 1
    }
  }
  export -f compile_alone
  headers |
    xargs -P "$(nproc)" -I{} bash -c 'compile_alone "$@"' _ {} "$alone" "$build" || complain "headers: see above"
else
  complain "headers: $build/schema has no generated code; run cmake --preset release && cmake --build --preset release first"
fi
exit "$failed"
