#!/usr/bin/env python3
"""A run on a disk that fills up: it waits, and when there is room again it ends as if nothing had been. Mounts a small
tmpfs in a namespace of its own. Exits with 77, which ctest calls skipped, where such a namespace cannot be made.
"""
import errno
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from runs import DEADLINE_S, Run, RunTest, recipe

SKIPPED = 77
INSIDE = "TROUPE_TEST_IN_NAMESPACE"
UNSHARE = ["unshare", "--map-root-user", "--mount"]


class FullDisk(RunTest):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "none", self.disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=True)

    def leave(self, free_bytes):
        """Fills the disk but for so much."""
        ballast = self.disk / "ballast"
        with open(ballast, "wb") as out:
            while True:
                try:
                    os.posix_fallocate(out.fileno(), 0, shutil.disk_usage(self.disk).free - free_bytes)
                    return ballast
                except OSError as e: # the run took some in between
                    if e.errno != errno.ENOSPC:
                        raise

    def test_a_run_waits_for_space_and_ends_as_if_nothing_had_been(self):
        whole = self.run_of("small", called="whole")
        self.assertEqual(whole.finish(), 0, whole.said()[-2000:])
        for number, (after, free_kib) in enumerate([("cold_start stage 1/", 0), ("reasoning_rl stage 2/", 300),
                                                    ("reasoning_rl stage 2/", 1200)]):
            with self.subTest(after=after, free_kib=free_kib):
                run = Run(self.disk / f"run-{number}", recipe("small"))
                run.log = self.folder / f"{number}.log"
                process = run.start()
                run.wait_for(after, process)
                ballast = self.leave(free_kib * 1024)
                run.wait_for("waits for space", process)
                ballast.unlink()
                self.assertEqual(process.wait(DEADLINE_S), 0, run.said()[-2000:])
                self.assert_accounted(run)
                self.assert_same_weights(run, whole)
                shutil.rmtree(run.folder)


if __name__ == "__main__":
    if INSIDE not in os.environ:
        if shutil.which("unshare") is None or subprocess.run([*UNSHARE, "true"], capture_output=True).returncode != 0:
            print("skipped: a mount namespace cannot be made here")
            sys.exit(SKIPPED)
        os.environ[INSIDE] = "1"
        os.execvp("unshare", [*UNSHARE, sys.executable, str(pathlib.Path(__file__).resolve()), *sys.argv[1:]])
    unittest.main()
