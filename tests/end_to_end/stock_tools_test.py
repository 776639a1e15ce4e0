#!/usr/bin/env python3
"""A store is RocksDB's own: the tools that come with it read every family, and find no file wrong."""
import json
import subprocess
import unittest

from runs import DEADLINE_S, PROGRAMS, RunTest, Run, recipe


def said(*words):
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=DEADLINE_S)
    if done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}:\n{done.stdout[-500:]}{done.stderr[-500:]}")
    return done.stdout


class StockTools(RunTest):
    def test_ldb_and_sst_dump_read_a_store(self):
        run = Run(self.folder / "run", recipe("small"))
        self.assertEqual(run.finish(), 0, run.said())
        said(PROGRAMS / "troupectl", "--store", run.folder, "compact")
        store = run.folder / "store"
        families = said("ldb", f"--db={store}", "list_column_families")
        counts = json.loads(said(PROGRAMS / "troupectl", "--store", run.folder, "count", "groups", "-o", "json"))
        for family in ["default", "group", "prompt", "sample", "judgement", "step", "checkpoint", "stage", "record"]:
            self.assertIn(family, families)
            lines = said("ldb", f"--db={store}", f"--column_family={family}", "scan", "--hex").splitlines()
            self.assertTrue(lines, f"{family} is empty")
            if family == "group":
                self.assertEqual(len(lines), counts["count"])
        files = list(store.glob("*.sst"))
        self.assertTrue(files)
        for file in files:
            self.assertIn("The file is ok", said("sst_dump", f"--file={file}", "--command=verify"))


if __name__ == "__main__":
    unittest.main()
