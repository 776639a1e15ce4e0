"""Each role killed -9 in turn, in one run: the run goes on, and every sample is accounted for."""
import os
import random
import signal
import time
import unittest

from clusters import LONG, QUICK, ClusterTest, longer

ROLES = ("generator-0", "verifier-0", "buffer", "learner-0", "controller")
LIFE_S = 11.0  # who is killed sooner, five times in a row, counts as one that cannot start


class KilledRoles(ClusterTest):
    def kill(self, run, name):
        """kill -9, and until its successor is at work."""
        pid = run.pids()[name]
        os.kill(pid, signal.SIGKILL)
        run.wait_until(f"another {name}", lambda: run.pids().get(name, pid) != pid, 20)
        reached = run.steps()
        run.reach(reached + 3, within_s=40)

    def test_each_role_killed_in_turn(self):
        steps = 400
        run = self.cluster_of("small", *longer(steps), "lease_s=2", scale=["generator=2"])
        run.start(**QUICK)
        run.reach(5)
        for name in ROLES:
            with self.subTest(name):
                self.kill(run, name)
        run.end()
        self.assert_whole(run, steps, max_staleness=2)
        for name in ROLES:
            self.assertIn(f"{name} has ended (killed by signal 9) and is started again", run.said())
        self.note("cluster, kill -9 of each role", len(ROLES))

    @unittest.skipUnless(LONG, "TROUPE_LONG=1 kills them fifty times")
    def test_anybody_killed_at_any_moment(self):
        steps = 60 * int(os.environ.get("TROUPE_KILLS", 50))
        chance = random.Random(int(os.environ.get("TROUPE_KILL_SEED", 7)))
        run = self.cluster_of("small", *longer(steps), "lease_s=2", scale=["generator=3"])
        run.start(**QUICK)
        run.reach(5)
        kills = int(os.environ.get("TROUPE_KILLS", 50))
        last = dict.fromkeys([*ROLES, "generator-1", "generator-2"], 0.0)
        for _ in range(kills):
            run.wait_until("somebody who is long enough at work", lambda: min(last.values()) < time.monotonic() - LIFE_S)
            name = chance.choice([name for name, at in last.items() if at < time.monotonic() - LIFE_S])
            self.kill(run, name)
            last[name] = time.monotonic()
            reached = run.steps()
            run.reach(reached + chance.randrange(12), within_s=40)
        run.end()
        self.assert_whole(run, steps, max_staleness=2)
        self.note("cluster, kill -9 of random roles", kills)

    def test_a_role_that_cannot_start_ends_the_run_with_its_last_words(self):
        run = self.cluster_of("small", *longer(400))
        run.start(**QUICK)
        run.reach(5)
        (run.folder / "keys" / "verifier-0.curve").chmod(0o644)
        os.kill(run.pids()["verifier-0"], signal.SIGKILL)
        run.end(status=1, within_s=60)
        self.assertIn("verifier-0 cannot start", run.said())
        self.assertIn("verifier-0.curve", run.said().split("its last words:")[1])
        self.assert_accounted(run)
        (run.folder / "keys" / "verifier-0.curve").chmod(0o600)
        run.start(**QUICK)
        run.end()
        self.assert_whole(run, 400, max_staleness=2)


if __name__ == "__main__":
    unittest.main()
