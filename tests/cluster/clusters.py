"""Runs of `troupe up`, as tests drive, hurt and question them."""
import contextlib
import json
import math
import os
import pathlib
import signal
import ssl
import subprocess
import time
import urllib.request

from runs import DEADLINE_S, PROGRAMS, Run, RunTest, recipe

LONG = bool(os.environ.get("TROUPE_LONG"))
# Silence is noticed within a second, so that tests need not be longer than what they look at.
QUICK = {"TROUPE_HEARTBEAT_S": "0.2", "TROUPE_MEMBER_TIMEOUT_S": "1"}
GROUPS_PER_BATCH = 4


def longer(steps, max_staleness=2):
    """Settings that have small.yaml train for so many steps, some 40 a second."""
    return f"stages.reasoning_rl.max_steps={steps}", f"stages.reasoning_rl.max_staleness={max_staleness}"


def accounts_of_small(steps):
    """What small.yaml comes to, however often it is interrupted; `dropped` alone depends on the weather."""
    evaluated = 16 * (160 // 40 + math.ceil(steps / 8) + 2)
    return {"pending": 0, "ready": 0, "leased": 0, "corrupt_records": 0, "trained": GROUPS_PER_BATCH * steps,
            "collected": 32, "scored": evaluated}


def of_this_run(pid, folder):
    """Whether the process is there and works in the folder: a pid may have been given to another by now."""
    try:
        return str(folder) in pathlib.Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def state_of(pid):
    """R, S, D, T (stopped), Z; None when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return None


def resident_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Cluster(Run):
    """A run directory and the processes of `troupe up` that work in it."""

    def __init__(self, folder, what, *settings, scale=()):
        super().__init__(folder, what, *settings)
        self.arguments[0] = "up"
        self.settings += [word for one in scale for word in ("--scale", one)]
        self.up = None
        self.seen = set()

    def start(self, **environment):
        self.up = super().start(**environment)
        return self.up

    def tails(self):
        """What everybody said last, for who reads a failure."""
        files = [self.log, self.folder / "events.log", *sorted(self.folder.glob("nodes/*.log"))]
        return "".join(f"\n--- {f.name}\n{f.read_text()[-1500:]}" for f in files if f.exists())

    def wait_until(self, what, true, within_s=60.0):
        """Until `true()`; a run that ends before is an error."""
        end = time.monotonic() + within_s
        while not (got := true()):
            if self.up.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"not within {within_s} s, or not before the end: {what}{self.tails()}")
            time.sleep(0.05)  # polls what other processes write
        return got

    def end(self, status=0, within_s=None):
        """The run ends by itself, in this way: within this time, or, where none is said, as long as something happens."""
        metrics = self.folder / "metrics.jsonl"
        written, until = -1, time.monotonic() + (within_s or DEADLINE_S)
        last = until + 3 * DEADLINE_S  # whoever goes back again and again does not end either
        while (got := self.up.poll()) is None:
            size = metrics.stat().st_size if metrics.exists() else 0
            if within_s is None and size > written:  # a busy machine has time
                written, until = size, min(last, time.monotonic() + DEADLINE_S)
            elif time.monotonic() > until:
                raise AssertionError(f"the run has not ended in time{self.tails()}")
            time.sleep(0.05)  # polls what other processes write
        if got != status:
            raise AssertionError(f"exit status {got}, not {status}{self.tails()}")

    def pids(self):
        """Name -> pid, as RUN/cluster.json has it."""
        try:
            file = json.loads((self.folder / "cluster.json").read_text())
        except OSError:
            return {}
        found = {one["name"]: one["pid"] for one in file["processes"]}
        self.seen.update(found.values())
        return found

    def ctl(self, *words, within_s=30):
        return subprocess.run([PROGRAMS / "troupectl", "--run", self.folder, *words], capture_output=True, text=True,
                              timeout=within_s)

    def workers(self):
        """Name -> what `get workers` says; {} while nobody answers."""
        done = self.ctl("get", "workers", "-o", "json")
        return {one["name"]: one for one in json.loads(done.stdout)} if done.returncode == 0 else {}

    def api(self, path="/v1/cluster", name="admin"):
        """What the controller's admin API answers."""
        keys = self.folder / "keys"
        context = ssl.create_default_context(cafile=keys / "ca.crt")
        context.load_cert_chain(keys / f"{name}.crt", keys / f"{name}.key")
        endpoint = json.loads((self.folder / "cluster.json").read_text())["endpoint"]
        with urllib.request.urlopen(endpoint + path, timeout=10, context=context) as answer:
            return json.loads(answer.read())

    def ready(self, *names):
        """Until these have joined and are at work."""
        def all_there():
            here = self.workers()
            return all(here.get(name, {}).get("state") == "ready" for name in names)
        self.wait_until(f"{names} ready", all_there)

    def steps(self, stage="reasoning_rl"):
        try:
            return len(self.metrics(kind="step", stage=stage))
        except (OSError, json.JSONDecodeError):  # being replaced, or its last line half written
            return 0

    def reach(self, step, stage="reasoning_rl", within_s=120.0):
        self.wait_until(f"step {step} of {stage}", lambda: self.steps(stage) >= step, within_s)

    def events(self):
        with contextlib.suppress(OSError):
            return (self.folder / "events.log").read_text()
        return ""

    def samples(self, where):
        done = self.ctl("get", "samples", "--where", where, "-o", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def put_away(self):
        """Ends whatever of this run is left."""
        self.pids()
        if self.up is not None and self.up.poll() is None:
            self.up.kill()
            self.up.wait(10)
        for pid in self.seen:
            if of_this_run(pid, self.folder):
                os.kill(pid, signal.SIGKILL)


class ClusterTest(RunTest):
    def cluster_of(self, name, *settings, scale=(), called="run"):
        run = Cluster(self.folder / called, recipe(name), *settings, scale=scale)
        self.addCleanup(run.put_away)
        return run

    def stop(self, run):
        """Ends the run before it is finished; what it has is accounted for."""
        run.up.send_signal(signal.SIGTERM)
        run.end(status=130, within_s=40)
        self.assertIn("go on with: troupe up ", run.said())
        counts = self.assert_accounted(run)
        self.assertEqual(counts["leased"], 0, counts)

    def assert_whole(self, run, steps=24, max_staleness=0):
        """Every group where it belongs, each step's batch trained once, nobody older than allowed."""
        counts = self.assert_accounted(run)
        wanted = accounts_of_small(steps)
        self.assertEqual({key: counts[key] for key in wanted}, wanted, f"{counts}{run.tails()}")
        lines = run.metrics(kind="step", stage="reasoning_rl")
        told = [line["step"] for line in lines]  # a controller that ends between a commit and its line leaves it out
        self.assertEqual(told, sorted(set(told)), "no step twice, and in order")
        stored = json.loads(run.ctl("get", "steps", "--where", 'stage == "reasoning_rl"', "-o", "json").stdout)
        self.assertEqual(sorted(one["version"] for one in stored), list(range(1, steps + 1)))
        self.assertLessEqual(max(line["staleness/max"] for line in lines), max_staleness)
        trained = run.samples('fate == "trained" and stage == "reasoning_rl"')
        self.assertEqual(len(trained), 4 * GROUPS_PER_BATCH * steps)
        self.assertEqual(len({one["id"] for one in trained}), len(trained))
        self.assertLessEqual(max(one["staleness"] for one in trained), max_staleness)
        return counts
