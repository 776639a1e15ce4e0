"""`troupe up`: the same run as in one process, scaled while it goes on, stopped and taken up again."""
import os
import signal
import time
import unittest

from clusters import LONG, ClusterTest, accounts_of_small, longer, of_this_run

STEPS = 500 if LONG else 240


class ClusterOfProcesses(ClusterTest):
    def test_a_run_of_processes_comes_to_the_same_as_one_process(self):
        one = self.run_of("small", called="one")
        self.assertEqual(one.finish(), 0, one.said()[-2000:])
        many = self.cluster_of("small", scale=["generator=2"], called="many")
        many.start()
        many.wait_until("six processes", lambda: len(many.pids()) == 6)
        many.end()
        self.assertFalse((many.folder / "cluster.json").exists(), "it names processes that are gone")
        counts = self.assert_whole(many)
        whole = self.assert_accounted(one)
        for fate in accounts_of_small(24):
            self.assertEqual(counts[fate], whole[fate], fate)
        for evaluation in ("eval_reasoning_rl", "eval_final"):
            self.assertEqual(many.heldout(evaluation), one.heldout(evaluation), evaluation)
        self.assert_same_weights(many, one)

    def test_generators_are_scaled_while_the_run_goes_on(self):
        run = self.cluster_of("small", *longer(2 * STEPS))
        run.start()
        run.reach(5)
        for number in (4, 1):
            done = run.ctl("scale", "generator", str(number), "--yes")
            self.assertEqual(done.returncode, 0, done.stderr)
            run.wait_until(f"{number} generators at work", lambda number=number: number == sum(
                one["role"] == "generator" and one["state"] == "ready" for one in run.workers().values()), 20)
            run.wait_until(f"{number} processes", lambda number=number: number == sum(
                name.startswith("generator") for name in run.pids()), 20)
            reached = run.steps()
            run.reach(reached + 5)
        run.end()
        self.assert_whole(run, 2 * STEPS, max_staleness=2)
        self.assertNotIn("is lost", run.events(), "who is told to leave hands back and says goodbye")

    def test_who_is_drained_leaves_alone(self):
        run = self.cluster_of("small", *longer(1_000_000))
        run.start()
        run.reach(5)
        done = run.ctl("scale", "generator", "3", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        run.ready("generator-0", "generator-1", "generator-2")
        before = run.pids()
        done = run.ctl("drain", "generator-1", "--yes")  # not the last one, which fewer generators would cost
        self.assertEqual(done.returncode, 0, done.stderr)
        run.wait_until("generator-1 to leave", lambda: "generator-1" not in run.pids(), 20)
        reached = run.steps()
        run.reach(reached + 20)
        del before["generator-1"]
        self.assertEqual(run.pids(), before)
        self.assertNotIn("is lost", run.events())
        self.stop(run)

    def test_signals_drain_everybody_and_the_run_goes_on_from_there(self):
        run = self.cluster_of("small", *longer(STEPS))
        for number, ending in enumerate((signal.SIGTERM, signal.SIGINT)[:2 if LONG else 1]):
            run.start()
            run.reach(50 * (number + 1))
            members = run.pids()
            began = time.monotonic()
            run.up.send_signal(ending)
            run.end(status=130, within_s=40)
            self.assertLess(time.monotonic() - began, 15)
            for name, pid in members.items():
                self.assertFalse(of_this_run(pid, run.folder), f"{name} is left over")
            counts = self.assert_accounted(run)
            self.assertEqual(counts["leased"], 0, "handed back, all of them")
            self.assertLess(run.steps(), STEPS)
        run.start()
        run.end()
        self.assert_whole(run, STEPS, max_staleness=2)

    def test_without_its_supervisor_a_run_ends_and_can_be_taken_up_again(self):
        run = self.cluster_of("small", *longer(STEPS))
        run.start()
        run.reach(60)
        members = run.pids()
        self.assertEqual(len(members), 5)
        run.up.send_signal(signal.SIGKILL)
        run.up.wait(10)
        end = time.monotonic() + 15
        left = dict(members)
        while left and time.monotonic() < end:
            left = {name: pid for name, pid in left.items() if of_this_run(pid, run.folder)}
            time.sleep(0.05)
        self.assertEqual(left, {}, f"orphans{run.tails()}")
        self.assert_accounted(run)
        run.start()
        reached = run.steps()
        run.reach(reached + 30)
        run.pids()
        run.up.send_signal(signal.SIGKILL)
        run.up.wait(10)
        run.start()  # at once: its predecessors are still leaving
        run.end()
        self.assert_whole(run, STEPS, max_staleness=2)

    def test_a_generator_that_is_told_to_stop_hands_back_at_once(self):
        run = self.cluster_of("small", *longer(1000), "lease_s=120", scale=["generator=2"])
        run.start()
        run.ready("generator-0", "generator-1")
        run.reach(20)
        pid = run.pids()["generator-1"]
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        run.wait_until("generator-1 to leave", lambda: "generator-1 has left" in run.events(), 10)
        self.assertLess(time.monotonic() - began, 8)
        reached = run.steps()
        run.reach(reached + 30, within_s=20)  # nothing waits for a lease of two minutes
        self.stop(run)


if __name__ == "__main__":
    unittest.main()
