"""A learner whose ranks are processes: it trains what one trains, and each rank may be killed -9."""
import json
import os
import signal
import unittest

from clusters import QUICK, ClusterTest, longer

RANKS = ("learner-0", "learner-1")
# As tests/end_to_end/learners_test.py states for ranks that are threads.
FIGURE_TOLERANCE = 1e-4


class LearnerRanks(ClusterTest):
    def test_two_processes_train_what_one_trains(self):
        one, two = (self.cluster_of("small", f"learners={n}", called=f"of{n}") for n in (1, 2))
        for run in (one, two):
            run.start(**QUICK)
            run.end()
            self.assert_whole(run)
        self.assertNotIn("learner-1", one.events())
        self.assertIn("learner-1 has left: the run is finished", two.events())
        self.assertIn("rank 1 of 2, serves at", (two.folder / "nodes" / "learner-1.log").read_text())
        for name in ("loss", "grad_norm", "entropy", "tokens"):
            first, same = ([line[name] for line in run.metrics(kind="step", stage="cold_start")][:20] for run in (one, two))
            self.assertEqual(len(first), 20)
            for step, (a, b) in enumerate(zip(first, same), 1):
                self.assertAlmostEqual(a, b, delta=FIGURE_TOLERANCE * max(1, abs(a)), msg=f"{name} of step {step}")

    def test_processes_train_the_bits_that_threads_train(self):
        threads = self.run_of("small", "learners=2", called="threads")
        self.assertEqual(threads.finish(), 0, threads.said()[-2000:])
        processes = self.cluster_of("small", "learners=2", called="processes")
        processes.start(**QUICK)
        processes.end()
        self.assert_same_weights(processes, threads)

    def test_each_rank_killed_in_turn(self):
        steps = 300
        run = self.cluster_of("small", *longer(steps), "learners=2", "lease_s=2")
        run.start(**QUICK)
        run.reach(5)
        run.ready(*RANKS)
        for name in RANKS:
            with self.subTest(name):
                pid = run.pids()[name]
                os.kill(pid, signal.SIGKILL)
                run.wait_until(f"another {name}", lambda: run.pids().get(name, pid) != pid, 20)
                run.reach(run.steps() + 3, within_s=60)
        run.end()
        self.assert_whole(run, steps, max_staleness=2)
        for name in RANKS:
            self.assertIn(f"{name} has ended (killed by signal 9) and is started again", run.said())
        self.note("cluster, kill -9 of each rank", len(RANKS))

    def test_a_rank_that_stands_still_is_named_and_waited_for(self):
        run = self.cluster_of("small", *longer(2000), "learners=2")
        run.start(**QUICK)
        run.reach(5)
        os.kill(run.pids()["learner-1"], signal.SIGSTOP)
        self.assertEqual(run.workers()["learner-1"]["role"], "learner")
        run.wait_until("learner-1 is found out", lambda: run.workers().get("learner-1", {}).get("state") == "lost")
        told = json.loads(run.ctl("why", "-o", "json").stdout)
        self.assertIn("learner-1", told["summary"])
        self.assertIn("learner-1", told["culprits"])
        os.kill(run.pids()["learner-1"], signal.SIGCONT)
        run.reach(run.steps() + 3, within_s=60)
        self.stop(run)

    def test_a_rank_that_cannot_start_ends_the_run_with_its_last_words(self):
        run = self.cluster_of("small", *longer(400), "learners=2")
        run.start(**QUICK)
        run.reach(5)
        (run.folder / "keys" / "learner-1.curve").chmod(0o644)
        os.kill(run.pids()["learner-1"], signal.SIGKILL)
        run.end(status=1, within_s=60)
        self.assertIn("learner-1 cannot start", run.said())
        self.assert_accounted(run)
        (run.folder / "keys" / "learner-1.curve").chmod(0o600)
        run.start(**QUICK)
        run.end()
        self.assert_whole(run, 400, max_staleness=2)


if __name__ == "__main__":
    unittest.main()
