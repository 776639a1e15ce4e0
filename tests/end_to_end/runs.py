"""Runs of the real programs, as tests drive them."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = pathlib.Path(os.environ.get("TROUPE_PROGRAMS", HERE.parents[1] / "build/release/bin"))
DEADLINE_S = 300


def recipe(name):
    return str(HERE / f"{name}.yaml")


def troupe(*arguments, **extra):
    """Runs `troupe` to its end; nothing waits for ever."""
    return subprocess.run([PROGRAMS / "troupe", *arguments], capture_output=True, text=True, timeout=DEADLINE_S, **extra)


class Run:
    """One run directory and the processes that work in it, one after the other."""

    def __init__(self, folder, what, *settings):
        self.folder = pathlib.Path(folder)
        self.log = pathlib.Path(f"{folder}.log")
        self.arguments = ["run", what, "--out", str(folder)]
        self.settings = [word for setting in settings for word in ("--set", setting)]

    def start(self, **environment):
        """Starts the run, or goes on with it."""
        words = ["--resume"] if (self.folder / "recipe.yaml").exists() else self.settings
        with open(self.log, "ab") as log:
            return subprocess.Popen([PROGRAMS / "troupe", *self.arguments, *words], stdout=log, stderr=log,
                                    env={**os.environ, **environment})

    def finish(self, **environment):
        """Exit status of the run when it ends by itself."""
        return self.start(**environment).wait(DEADLINE_S)

    def said(self):
        return self.log.read_text()

    def wait_for(self, words, process):
        """Until the run has said `words`; a run that ends before is an error."""
        end = time.monotonic() + DEADLINE_S
        while words not in self.said():
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"the run never said {words!r}:\n{self.said()[-2000:]}")
            time.sleep(0.005)  # polls a file that another process writes

    def doctor(self):
        """Exit status and figures of `troupectl doctor`."""
        done = subprocess.run([PROGRAMS / "troupectl", "--store", self.folder, "doctor", "-o", "json"],
                              capture_output=True, text=True, timeout=DEADLINE_S)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def look(self, *words):
        """What `troupectl` says of the run that is over."""
        done = subprocess.run([PROGRAMS / "troupectl", "--store", self.folder, *words], capture_output=True, text=True,
                              timeout=DEADLINE_S)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def metrics(self, **wanted):
        lines = map(json.loads, (self.folder / "metrics.jsonl").read_text().splitlines())
        return [line for line in lines if all(line.get(key) == value for key, value in wanted.items())]

    def heldout(self, evaluation, task="addition"):
        found = self.metrics(kind="eval", evaluated_by=evaluation, task=task)
        assert len(found) == 1, f"{len(found)} lines of {evaluation}"
        return found[0]["pass@1"]

    def weights(self):
        """Checkpoint folder -> hash of its weights."""
        files = sorted(self.folder.glob("checkpoints/*/*/model.safetensors"))
        return {str(f.parent.relative_to(self.folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


class RunTest(unittest.TestCase):
    """Gives each test a folder of its own, which stays when the test fails."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="troupe-test-"))
        self.addCleanup(self._tidy)

    def _tidy(self):
        outcome = self._outcome.result
        if any(test is self for test, _ in outcome.failures + outcome.errors):
            print(f"kept for a look: {self.folder}")
        else:
            shutil.rmtree(self.folder)

    def run_of(self, name, *settings, called="run"):
        return Run(self.folder / called, recipe(name), *settings)

    def assert_accounted(self, run):
        status, counts = run.doctor()
        self.assertEqual(status, 0, f"{counts}\n{run.said()[-2000:]}")
        self.assertTrue(counts["conserved"], counts)
        self.assertEqual(counts["duplicates"], 0, counts)
        report = run.folder / "report.html"
        if report.exists():
            self.assertIn("every one accounted for", report.read_text())
        return counts

    def assert_same_weights(self, run, whole):
        """Bit for bit, at every checkpoint of `whole`; `run` may keep others where it was stopped."""
        found = run.weights()
        expected = whole.weights()
        last = [name for name in expected if not any(other > name and other.startswith(name.rsplit("/", 1)[0] + "/")
                                                     for other in expected)]
        self.assertLessEqual(set(last), set(found))
        for name in expected.keys() & found.keys():
            self.assertEqual(found[name], expected[name], f"{name} is not that of the run that was never stopped")

    def note(self, test, cycles, lost=0, duplicated=0, torn=0):
        """A row of docs/reliability.md, where somebody asks for it."""
        if file := os.environ.get("TROUPE_RELIABILITY_LOG"):
            with open(file, "a") as log:
                log.write(json.dumps({"test": test, "cycles": cycles, "lost": lost, "duplicated": duplicated,
                                      "torn": torn}) + "\n")


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(DEADLINE_S)
