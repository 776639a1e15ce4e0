"""Whole runs under kill -9: at every named point, at random moments, and in the middle of the learner's step."""
import os
import pathlib
import random
import re
import subprocess
import unittest

from runs import RunTest, kill

SOURCES = pathlib.Path(__file__).resolve().parents[2]
# The visit at which a point hurts most, where it is not the first; step 184 is the last one of reasoning_rl.
VISITS = {"before_write": 40, "after_wal_before_ack": 60, "after_train_before_commit": 165,
          "after_commit_before_publish": 184, "mid_checkpoint": 6, "after_rename_before_commit": 6}


def named_points():
    found = set()
    for file in (f for layer in ("runtime", "gpu", "actors", "deploy") for f in (SOURCES / layer).rglob("*.cpp")):
        found.update(re.findall(r'kill_point\("(\w+)"\)', file.read_text()))
    return sorted(found)


# What can be forgotten is, at once: no recovery may miss it.
FORGETFUL = "retention.max_age_s=0.001"


class KilledRun(RunTest):
    @classmethod
    def setUpClass(cls):
        cls.kills = int(os.environ.get("TROUPE_KILL_RUNS", 25))
        cls.learner_kills = int(os.environ.get("TROUPE_LEARNER_KILLS", 5))

    def whole(self):
        run = self.run_of("small", called="whole")
        self.assertEqual(run.finish(), 0, run.said()[-2000:])
        return run

    def test_every_named_point(self):
        whole = self.whole()
        points = named_points()
        self.assertGreater(len(points), 8)
        for point in points:
            with self.subTest(point):
                run = self.run_of("small", FORGETFUL, called=point)
                status = run.finish(TROUPE_KILL_POINT=f"{point}:{VISITS.get(point, 1)}")
                self.assertEqual(status, -9, f"{point} was never reached: {run.said()[-1000:]}")
                self.assert_accounted(run)
                self.assertEqual(run.finish(), 0, run.said()[-2000:])
                self.assert_accounted(run)
                self.assert_same_weights(run, whole)
        self.note("whole process, kill -9 at every named point", len(points))

    def test_random_moments(self):
        whole = self.whole()
        seed = int(os.environ.get("TROUPE_KILL_SEED", 7))
        chance = random.Random(seed)
        done = 0
        number = 0
        while done < self.kills:
            number += 1
            run = self.run_of("small", FORGETFUL, called=f"run-{number}")
            for _ in range(5):
                process = run.start()
                try:
                    process.wait(chance.uniform(0.15, 1.3))
                    break  # it was finished before its kill
                except subprocess.TimeoutExpired:
                    kill(process)
                done += 1
                if "half made" not in str(run.doctor()[1]) and (run.folder / "store" / "CURRENT").exists():
                    self.assert_accounted(run)
                if done == self.kills:
                    break
            self.assertEqual(run.finish(), 0, f"seed {seed}, run {number}: {run.said()[-2000:]}")
            self.assert_accounted(run)
            self.assert_same_weights(run, whole)
        self.note("whole process, kill -9 at random moments", done)

    def test_the_learner_in_the_middle_of_a_step(self):
        whole = self.whole()
        run = self.run_of("small", called="run")
        for number in range(self.learner_kills):
            point = ("after_train_before_commit", "after_commit_before_publish")[number % 2]
            visit = 163 if number == 0 else 3 + number
            self.assertEqual(run.finish(TROUPE_KILL_POINT=f"{point}:{visit}"), -9, run.said()[-1000:])
            self.assert_accounted(run)
        self.assertEqual(run.finish(), 0, run.said()[-2000:])
        self.assert_same_weights(run, whole)
        self.note("learner killed mid-step, parameters bit-equal", self.learner_kills)


if __name__ == "__main__":
    unittest.main()
