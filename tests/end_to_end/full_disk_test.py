#!/usr/bin/env python3
"""Runs on a disk that fills up: they wait, they can be stopped, and in the end it is as if nothing had been. Mounts small
tmpfs in a namespace of its own. Exits with 77, which ctest calls skipped, where such a namespace cannot be made.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

from runs import DEADLINE_S, Run, RunTest, recipe, troupe

SKIPPED = 77
INSIDE = "TROUPE_TEST_IN_NAMESPACE"
UNSHARE = ["unshare", "--map-root-user", "--mount"]
SMALL_MIB = 300  # of a disk to be filled: more than the 256 that a run asks for


class FullDisk(RunTest):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.mkdir()

    def mounted(self, mib):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "none", self.disk], check=True)
        self.addCleanup(subprocess.run, ["umount", self.disk], check=True)

    def filled(self, free_bytes=0):
        """A file that takes all the space there is, but for so much."""
        filler = self.disk / "filler"
        with open(filler, "wb", buffering=0) as out:
            try:
                while True:
                    out.write(bytes(min(shutil.disk_usage(self.disk).free, 1 << 20) or 4096))
            except OSError:
                pass  # full, as wanted
            out.truncate(max(0, out.tell() - free_bytes))
        return filler

    def filled_under(self, process, free_bytes=0):
        """The same while `process` stands still: it must not finish in the meantime."""
        process.send_signal(signal.SIGSTOP)
        filler = self.filled(free_bytes)
        process.send_signal(signal.SIGCONT)
        return filler

    def test_metrics_that_find_no_space_end_no_run(self):
        self.mounted(1)
        for late in (False, True):
            run = self.run_of("one_stage", called=f"run-{late}")
            run.folder.mkdir()
            for name in ("metrics.jsonl", "events.log"):
                (run.folder / name).symlink_to(self.disk / f"{late}-{name}")
            filler = self.filled()
            process = run.start()
            run.wait_for("events.log: cannot be written: No space left on device; the run goes on", process)
            if late:
                filler.unlink()
            self.assertEqual(process.wait(60), 0, run.said()[-2000:])
            self.assertEqual(run.said().count("the run goes on"), 1, run.said()[-2000:])
            steps = [line["step"] for line in run.metrics(kind="step")]
            if late:
                self.assertEqual(steps, [*range(1, 61)])
                self.assertIn("are written again; 0 entries are lost", run.said())
            else:
                self.assertEqual(steps, [])
                self.assertRegex(run.said(), "60 entries are lost: .*metrics.jsonl: cannot be written")
            self.assert_accounted(run)
            filler.unlink(missing_ok=True)

    def test_too_little_space_is_said_before_anything_is_written(self):
        self.mounted(8)
        done = troupe("run", recipe("small"), "--out", self.disk / "run")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("MiB free at", done.stderr)
        self.assertEqual([p for p in self.disk.rglob("*") if p.is_file()], [])

    def test_a_run_that_waits_for_space_can_be_stopped_and_loses_no_sample(self):
        self.mounted(SMALL_MIB)
        whole = self.run_of("small", called="whole")
        self.assertEqual(whole.finish(), 0, whole.said()[-2000:])
        run = Run(self.disk / "run", recipe("small"))
        (self.disk / "run.log").symlink_to(self.folder / "run.log")  # what it says must find room
        process = run.start()
        run.wait_for("reasoning_rl stage 2/6 step 3/", process)
        filler = self.filled_under(process)
        run.wait_for("the run waits for space", process)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 1, run.said()[-2000:])
        self.assertRegex(run.said().splitlines()[-1], "(?i)space|disk")
        filler.unlink()
        self.assert_accounted(run)
        self.assertEqual(run.finish(), 0, run.said()[-2000:])
        self.assert_accounted(run)
        self.assert_same_weights(run, whole)
        self.note("whole process, disk full in the middle of a run", 1)

    def test_a_run_waits_for_space_and_ends_as_if_nothing_had_been(self):
        self.mounted(SMALL_MIB)
        whole = self.run_of("small", called="whole")
        self.assertEqual(whole.finish(), 0, whole.said()[-2000:])
        for number, (after, free_kib) in enumerate([("cold_start stage 1/", 0), ("reasoning_rl stage 2/", 300),
                                                    ("reasoning_rl stage 2/", 1200)]):
            with self.subTest(after=after, free_kib=free_kib):
                run = Run(self.disk / f"run-{number}", recipe("small"))
                run.log = self.folder / f"{number}.log"
                process = run.start()
                run.wait_for(after, process)
                filler = self.filled_under(process, free_kib * 1024)
                run.wait_for("waits for space", process)
                filler.unlink()
                self.assertEqual(process.wait(DEADLINE_S), 0, run.said()[-2000:])
                self.assert_accounted(run)
                self.assert_same_weights(run, whole)
                shutil.rmtree(run.folder)
        self.note("whole process, disk full, waited for", 3)


if __name__ == "__main__":
    if INSIDE not in os.environ:
        if shutil.which("unshare") is None or subprocess.run([*UNSHARE, "true"], capture_output=True).returncode != 0:
            print("skipped: a mount namespace cannot be made here")
            sys.exit(SKIPPED)
        os.environ[INSIDE] = "1"
        os.execvp("unshare", [*UNSHARE, sys.executable, str(pathlib.Path(__file__).resolve()), *sys.argv[1:]])
    unittest.main()
