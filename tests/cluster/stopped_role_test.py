"""SIGSTOP of each role beyond its lease and beyond the time after which a member is lost: `why` names it while it stands
still, and once it goes on nothing is lost and nothing counts twice."""
import json
import os
import signal
import time
import unittest

from clusters import LONG, QUICK, ClusterTest, longer, state_of

STEPS = 400
STOPPED_S = 3.0  # leases last one second here, silence is noticed after another
WITHIN_S = 6.0


class StoppedRoles(ClusterTest):
    def why(self, run):
        done = run.ctl("why", "-o", "json")
        return json.loads(done.stdout) if done.returncode == 0 else {"summary": done.stderr, "lines": [], "culprits": []}

    def stop_and_go(self, name, others=()):
        """Stops the process until `why` has named it, and longer than its leases."""
        run = self.run
        pid = run.pids()[name]
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        try:
            run.wait_until("a stopped process", lambda: state_of(pid) == "T", 5)
            told = run.wait_until(f"why names {name}", lambda: self.names(run, name), WITHIN_S)
            named_after = time.monotonic() - began
            self.assertLess(named_after, WITHIN_S)
            innocent = [one for one in told["culprits"] if one in run.pids() and one != name]
            self.assertEqual(innocent, [], told)
            self.assertIn(name, told["summary"], told)
            time.sleep(max(0.0, STOPPED_S - (time.monotonic() - began)))  # beyond every lease
        finally:
            os.kill(pid, signal.SIGCONT)
        return named_after

    def names(self, run, name):
        told = self.why(run)
        return told if name in told["culprits"] else None

    def run_with(self, *settings, scale=("generator=2",)):
        self.run = self.cluster_of("small", *longer(STEPS), "lease_s=1", *settings, scale=list(scale))
        self.run.start(**QUICK)
        self.run.reach(5)
        return self.run

    def test_each_role_but_the_controller(self):
        run = self.run_with()
        for name in ("generator-0", "verifier-0", "learner-0", "buffer"):
            pid = run.pids()[name]
            with self.subTest(name):
                after = self.stop_and_go(name)
                print(f"{name} named after {after:.1f} s")
                run.wait_until(f"{name} is lost", lambda name=name: f"{name} is lost: silent" in run.events(), 10)
                run.wait_until(f"{name} has joined again", lambda name=name: run.workers().get(name, {}).get(
                    "state") == "ready", 20)
                reached = run.steps()
                run.reach(reached + 3, within_s=40)
                self.assertEqual(run.pids()[name], pid, "the same process goes on")
        run.end()
        self.assert_whole(run, STEPS, max_staleness=2)
        self.note("cluster, SIGSTOP of each role beyond its lease", 4)

    def test_the_controller(self):
        run = self.run_with()
        pid = run.pids()["controller"]
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        try:
            done = run.ctl("why", "-o", "json")
            self.assertEqual(done.returncode, 4, done)
            self.assertLess(time.monotonic() - began, 2 * WITHIN_S)
            self.assertIn("controller", done.stderr)
            time.sleep(max(0.0, STOPPED_S - (time.monotonic() - began)))  # members are left to themselves meanwhile
        finally:
            os.kill(pid, signal.SIGCONT)
        reached = run.steps()
        run.reach(reached + 3, within_s=40)
        self.stop(run)

    @unittest.skipUnless(LONG, "TROUPE_LONG=1: the only generator and the only verifier, too")
    def test_whom_nothing_can_be_done_without_is_named(self):
        """The only generator and the only verifier: the run stands still, and says for whom."""
        run = self.run_with(scale=("generator=1",))
        for name in ("generator-0", "verifier-0"):
            self.stop_and_go(name)
            reached = run.steps()
            run.reach(reached + 3, within_s=40)
        run.end()
        self.assert_whole(run, STEPS, max_staleness=2)


if __name__ == "__main__":
    unittest.main()
