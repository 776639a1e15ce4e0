#!/usr/bin/env bash
# Static checks: format, layering, shell scripts, README's folder table, headers that stand on their own.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
complain() {
  printf 'check: %s\n' "$*" >&2
  failed=1
}

mapfile -t sources < <(git ls-files '*.cpp' '*.hpp')
clang-format --dry-run -Werror "${sources[@]}" || complain "format: run clang-format -i on the files above"

python3 scripts/layering.py "${sources[@]}" || complain "layering: see DESIGN's table in docs/architecture.md"

mapfile -t shells < <(git ls-files '*.sh' .ci/run)
shellcheck "${shells[@]}" || complain "shellcheck"

while read -r folder; do
  grep -q "^| \`$folder/\`" README.md || complain "README.md: the folder table lacks $folder/"
done < <(git ls-files | grep / | cut -d/ -f1 | sort -u | grep -v '^\.')

# A header that needs LibTorch is compiled by the module that owns it; the rest must stand on their own.
mapfile -t headers < <(git ls-files '*.hpp' | grep -vE '^gpu/(model|training|sampling)/|^tests/')
printf '#include "%s"\n' "${headers[@]}" | split -l 40 - /tmp/troupe-headers.$$.
for part in /tmp/troupe-headers.$$.*; do
  while read -r line; do
    printf '%s\n' "$line" | g++ -std=c++20 -fsyntax-only -I. -Ibuild/release -x c++ - || complain "not self-contained: $line"
  done <"$part" &
done
wait
rm -f /tmp/troupe-headers.$$.*
exit "$failed"
