#!/usr/bin/env python3
"""Fails when a file includes what its layer may not: schema <- runtime <- gpu, actors <- deploy."""
import re
import sys

ALLOWED = {
    "schema": {"schema"},
    "runtime": {"schema", "runtime"},
    "gpu": {"schema", "runtime", "gpu"},
    "actors": {"schema", "runtime", "actors", "gpu/engine.hpp"},
}
FORBIDDEN = {
    "schema": r"<(caf|torch|ATen|rocksdb|zmq|yaml-cpp|cuda)",
    "runtime": r"<(caf|torch|ATen|c10|cuda)",
    "gpu": r"<(caf|rocksdb|zmq|yaml-cpp)",
    "actors": r"<(torch|ATen|c10|cuda|rocksdb|zmq|yaml-cpp|capnp)",
}

status = 0
for path in sys.argv[1:]:
    layer = path.split("/")[0]
    if layer not in ALLOWED:
        continue
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        own = re.match(r'#include "([^"]+)"', line)
        if own and own[1].split("/")[0] not in ALLOWED[layer] and own[1] not in ALLOWED[layer]:
            print(f"{path}:{number}: {layer}/ may not include {own[1]}", file=sys.stderr)
            status = 1
        if line.startswith("#include") and re.search(FORBIDDEN[layer], line):
            print(f"{path}:{number}: {layer}/ may not include {line.strip()[9:]}", file=sys.stderr)
            status = 1
sys.exit(status)
