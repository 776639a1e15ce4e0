#!/usr/bin/env python3
"""Breaks the code on purpose, one small change at a time, and asks the tests whether they see it.

usage: mutate.py [--seed N] [--count N] [--only FOLDER] [--build DIR] [--resume] [--table]

Draws COUNT sites, as many of each folder, builds the tests that could see each change and runs them, cheapest first, until one
is red. Results stay in BUILD/mutations.json: --resume goes on with them and asks again about those that no test saw; --table
writes docs/mutations.md and tries nothing. Exit status 1 when a change lives that equivalent.txt does not explain.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import report  # noqa: E402
import sites  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD_S = 600
TEST_S = 120
MEMORY_MAX = 12 << 30
# Long campaigns of the same cases, shortened: what they find after hundreds of rounds is not asked of a mutation.
SHORT = {
    "TROUPE_SIM_SEEDS": "100",
    "TROUPE_SEQUENCES": "500",
    "TROUPE_CRASH_CYCLES": "3",
    "TROUPE_POWER_CYCLES": "5",
    "TROUPE_BIT_FLIPS": "20",
}


@dataclasses.dataclass(frozen=True)
class Folder:
    files: tuple  # patterns
    tests: tuple  # command lines after build/tests/, cheapest first; the first word is the target


FOLDERS = {
    "cluster": Folder(("runtime/cluster/*.cpp",), ("cluster_test",)),
    "weights": Folder(("runtime/weights/*.cpp",), ("weights_test",)),
    "wire": Folder(tuple(f"runtime/wire/{name}.cpp" for name in ["request_book", "answer_book", "envelope"]), ("wire_test",)),
    "rollout": Folder(("runtime/rollout/*.cpp",), ("rollout_test", "simulation_test")),
    "schema": Folder(("schema/*.cpp",), ("schema_test",)),
    # The cuts of a log at every byte are left out: minutes for each change.
    "store": Folder(("runtime/store/*.cpp",), ("store_test --gtest_filter=-DamagedStore.ALogCut*:FullTmpfs.*",
                                               "store_test --gtest_filter=DamagedStore.ALogCutBehind*")),
    "training": Folder(
        tuple(f"gpu/training/{name}.cpp" for name in ["grpo_loss", "policy_*", "adamw", "packing"]),
        ("gpu_training_test --gtest_filter=GrpoLoss.*:SftLoss.*:Packing.*:TokenWeights.*:SplitMiniBatches.*", "golden_test",
         "gpu_training_test --gtest_filter=TorchTrainer.*:RanksTrainer.*"),
    ),
    "calls": Folder(("actors/*_calls*.cpp",), ("actors_test --gtest_filter=*Calls.*:LongAnswer.*:Remote*:remote*:BufferDoor.*:Weights*",)),
    "learner": Folder(
        ("actors/stage_training.cpp", "actors/learner_ranks.cpp", "actors/training_data.cpp"),
        ("actors_protocol_test -n", "actors_test"),
    ),
}


def text_of(path):
    return path.read_text(encoding="utf-8")


class Broken:
    """A file with one change, as long as the block lasts; then it is what it was, whatever happened."""

    def __init__(self, path, site):
        self.path, self.site = path, site

    def __enter__(self):
        self.was = self.path.read_bytes()
        self.path.write_text(self.site.apply(self.was.decode()), encoding="utf-8")

    def __exit__(self, *_):
        self.path.write_bytes(self.was)


def order(root, name, seed):
    """All sites of a folder, drawn: the kinds take turns, so that the many constants do not crowd out the few && and ||."""
    draw = random.Random(f"{seed} {name}")
    kinds = {}
    for pattern in FOLDERS[name].files:
        for path in sorted(root.glob(pattern)):
            for site in sites.sites(text_of(path)):
                kinds.setdefault(site.kind, []).append((path.relative_to(root).as_posix(), site))
    for kind in sorted(kinds):
        draw.shuffle(kinds[kind])
    taken = set()
    while kinds:
        names = sorted(kinds)
        draw.shuffle(names)
        for kind in names:
            file, site = kinds[kind].pop()
            if not kinds[kind]:
                del kinds[kind]
            if (file, site.line) not in taken:
                taken.add((file, site.line))
                yield file, site


def bounded():
    """A change that makes a loop endless may not take the machine with it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def ended(words, seconds):
    """Exit status and what was said; a timeout is 124."""
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                               start_new_session=True, env={**os.environ, **SHORT, "CCACHE_DISABLE": "1"}, preexec_fn=bounded)
    try:
        said, _ = process.communicate(timeout=seconds)
        return process.returncode, said
    except subprocess.TimeoutExpired:
        return 124, "timeout"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()


def built(build, name):
    targets = sorted({line.split()[0] for line in FOLDERS[name].tests})
    return ended(["ninja", "-C", str(build), "-j1", *targets], BUILD_S)


def red(build, name):
    """Which test binary and case saw it, or None."""
    for line in FOLDERS[name].tests:
        program, *words = line.split()
        first = ["--gtest_fail_fast"] if "actors_protocol" not in program else []
        status, said = ended([str(build / "tests" / program), *words, *first], TEST_S)
        if status != 0:
            case = re.search(r"\[  FAILED  \] ([\w/]+\.[\w/]+)", said)
            begun = re.findall(r"\[ RUN      \] ([\w/]+\.[\w/]+)", said)
            how = "a failed check" if status > 0 else f"signal {-status}" + (f" in {begun[-1]}" if begun else "")
            return f"{program}: {case[1] if case else 'timeout' if status == 124 else how}"
    return None


def tried(build, name, file, site):
    """killed, survived, or refused by the compiler."""
    with Broken(ROOT / file, site):
        status, said = built(build, name)
        if status != 0:
            return {"result": "does not compile"}
        seen = red(build, name)
        return {"result": "killed", "by": seen} if seen else {"result": "survived"}


def row(name, file, site):
    line = text_of(ROOT / file).split("\n")[site.line - 1]
    changed = line[: site.begin] + site.text + line[site.end :]
    return {"folder": name, "file": file, "line": site.line, "column": site.begin, "kind": site.kind,
            "old": line.strip(), "new": changed.strip()}


def campaign(build, name, seed, count, known, keep):
    """Draws until `count` sites of the folder are judged that compile."""
    judged = 0
    green = False
    for file, site in order(ROOT, name, seed):
        if judged == count:
            break
        entry = row(name, file, site)
        key = f"{name} {file}:{site.line}:{site.begin} {entry['new']}"
        before = known.get(key, {})
        explained = report.key(entry) in report.equivalents()
        if before.get("result") not in ("killed", "does not compile") and not (before and explained):
            if not green:
                status, said = built(build, name)
                if status != 0 or red(build, name):
                    raise SystemExit(f"{name}: does not build, or is red before anything is broken:\n{said[-2000:]}")
                green = True
            started = time.monotonic()
            entry |= tried(build, name, file, site)
            known[key] = entry | {"seconds": round(time.monotonic() - started)}
            keep()
            print(f"{entry['result']:16} {file}:{site.line} {site.kind}: {entry['new']}  {entry.get('by', '')}", flush=True)
        judged += known[key]["result"] != "does not compile"


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--count", type=int, default=63)
    parse.add_argument("--only", choices=sorted(FOLDERS))
    parse.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parse.add_argument("--resume", action="store_true")
    parse.add_argument("--table", action="store_true")
    asked = parse.parse_args()
    for told in (signal.SIGINT, signal.SIGTERM):  # also where a shell in the background ignores the first
        signal.signal(told, lambda number, _: sys.exit(128 + number))
    results = asked.build / "mutations.json"
    known = json.loads(text_of(results)) if (asked.resume or asked.table) and results.exists() else {}

    def keep():
        results.write_text(json.dumps(known, indent=1), encoding="utf-8")

    if not asked.table:
        for name in [asked.only] if asked.only else FOLDERS:
            campaign(asked.build.resolve(), name, asked.seed, asked.count // len(FOLDERS), known, keep)
    else:
        report.write(ROOT / "docs/mutations.md", known.values())
    living = [e for e in known.values() if e["result"] == "survived" and report.key(e) not in report.equivalents()]
    for entry in living:
        print(f"lives: {entry['file']}:{entry['line']}\n- {entry['old']}\n+ {entry['new']}")
    return 1 if living else 0


if __name__ == "__main__":
    sys.exit(main())
