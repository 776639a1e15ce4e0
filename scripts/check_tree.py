#!/usr/bin/env python3
"""The rules of the tree that a machine can check: layers, licence line, length, mirrored tests, README's folder table.

usage: check_tree.py [ROOT]    prints one line for each violation; exit status 1 when there is one
"""
import pathlib
import re
import sys

# schema <- runtime <- gpu, actors <- deploy. A layer may include headers of ours below these folders (or these files) ...
OWN = {
    "schema": ["schema/"],
    "runtime": ["schema/", "runtime/"],
    "gpu": ["schema/", "runtime/", "gpu/"],
    "actors": ["schema/", "runtime/", "actors/", "gpu/engine.hpp"],
    # the cores: nothing that could do I/O, wait, or know the time
    "runtime/rollout": ["schema/", "runtime/rollout/", "runtime/check.hpp", "runtime/error.hpp"],
}
# ... and none of these headers of others.
FOREIGN = {
    "schema": r"caf/|torch/|ATen/|c10/|cuda|rocksdb/|zmq|yaml-cpp/|httplib",
    "runtime": r"caf/|torch/|ATen/|c10/|cuda",
    "gpu": r"caf/|rocksdb/|zmq|yaml-cpp/|httplib|capnp/",
    "actors": r"torch/|ATen/|c10/|cuda|rocksdb/|zmq|yaml-cpp/|capnp/",
    "runtime/rollout": r"(thread|mutex|atomic|condition_variable|future|fstream|iostream|filesystem|random)$"
    r"|rocksdb/|yaml-cpp/|httplib|nlohmann/|sys/|unistd",
}
LAYERS = ["schema", "runtime", "gpu", "actors", "deploy"]
# Below a layer, what a folder may include of its layer's others; files of the layer itself (runtime/error.hpp) are everybody's.
# The list is in order: a folder is named after those it includes.
FOLDERS = {
    "runtime/data": [],
    "runtime/rollout": [],
    "runtime/text": ["data"],
    "runtime/task": ["data", "text"],
    "runtime/verify": ["data", "rollout"],
    "runtime/store": ["data"],
    "runtime/weights": ["data"],
    "runtime/wire": ["data"],
    "runtime/cluster": ["wire"],
    "runtime/keys": ["data", "wire"],
    "runtime/config": ["data", "rollout", "store", "task", "text", "verify", "wire"],
    "runtime/metrics": ["data", "rollout", "wire"],
    "runtime/http": ["keys", "metrics", "wire"],
    "gpu/kernels": [],
    "gpu/model": ["kernels"],
    "gpu/sampling": ["kernels", "model"],
    "gpu/training": ["model"],
    "gpu/module": ["model", "sampling", "training"],
    "gpu/cuda": ["module"],
    "deploy/completion": [],
    "deploy/live": [],
    "deploy/troupectl": ["completion", "live"],
    "deploy/admin": ["live", "troupectl"],
    "deploy/troupe": ["admin", "completion", "live"],
}
LONGEST = 400
CLOCK = re.compile(r"\b(steady|system|high_resolution)_clock::now\b")
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := INCLUDE.match(line):
            yield number, found[1] == '"', found[2]


def allowed(name, places):
    return any(name == place or (place.endswith("/") and name.startswith(place)) for place in places)


def layer_violations(root, path):
    name = path.relative_to(root).as_posix()
    for scope, places in OWN.items():
        if not name.startswith(scope + "/"):
            continue
        for number, own, header in includes(path):
            if own and not allowed(header, places):
                yield f"{name}:{number}: {scope}/ may not include {header}; it may include {', '.join(places)}"
            if not own and re.match(FOREIGN[scope], header):
                yield f"{name}:{number}: {scope}/ may not include <{header}>: it belongs to another layer"
    if name.startswith("runtime/rollout/"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if CLOCK.search(line):
                yield f"{name}:{number}: a core is told the time, it does not ask a clock"


def folder_violations(root, path):
    layer, *below = path.parent.relative_to(root).parts
    if layer == "tests" or not below:
        return
    name, folder = path.relative_to(root).as_posix(), f"{layer}/{below[0]}"
    if folder not in FOLDERS:
        yield f"{name}: {folder}/ is not in FOLDERS of scripts/check_tree.py, which says what it may include"
        return
    for number, own, header in includes(path):
        other = header.split("/")
        if own and other[0] == layer and len(other) > 2 and other[1] not in [below[0], *FOLDERS[folder]]:
            yield f"{name}:{number}: {folder}/ may not include {layer}/{other[1]}/; FOLDERS of scripts/check_tree.py has the arrows"


def file_violations(root, path):
    name = path.relative_to(root).as_posix()
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != "// SPDX-License-Identifier: Apache-2.0":
        yield f"{name}:1: the first line must be // SPDX-License-Identifier: Apache-2.0"
    if len(lines) > LONGEST:
        yield f"{name}: {len(lines)} lines, more than {LONGEST}: it asks for a second noun"
    if path.suffix == ".hpp" and "#pragma once" not in lines:
        yield f"{name}: a header without #pragma once"
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            yield f"{name}:{number}: unfinished work belongs into an issue or docs/decisions.md, not into the code"


def mirror_violations(root):
    """tests/runtime/x holds the tests of runtime/x."""
    for layer in LAYERS:
        for test in sorted((root / "tests" / layer).rglob("*_test.cpp")):
            folder = test.parent.relative_to(root / "tests")
            if not (root / folder).is_dir():
                yield f"{test.relative_to(root).as_posix()}: there is no folder {folder.as_posix()}/ that it could test"


def table_violations(root):
    """README's folder table names exactly the folders that are there."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `([^`/]+)/` \|", readme, re.MULTILINE)
    passing = {"build", "runs"}  # made by building and running, not kept
    there = sorted(p.name for p in root.iterdir() if p.is_dir() and p.name[0] != "." and p.name not in passing)
    for folder in there:
        if named.count(folder) != 1:
            yield f"README.md: the folder table names {folder}/ {named.count(folder)} times, not once"
    for folder in named:
        if folder not in there:
            yield f"README.md: the folder table names {folder}/, which is not there"


def violations(root):
    for top in [*LAYERS, "tests"]:
        for path in sorted((root / top).rglob("*.[ch]pp")):
            yield from file_violations(root, path)
            yield from layer_violations(root, path)
            yield from folder_violations(root, path)
    yield from mirror_violations(root)
    yield from table_violations(root)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(violations(root))
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
