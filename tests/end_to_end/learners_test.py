"""A learner of two ranks: it trains what one rank trains, loses nothing when a rank fails, and its bits are its own."""
import unittest

from runs import RunTest, kill

TRAINED = 24 * 4  # groups of the one grpo stage


class Learners(RunTest):
    def assert_whole(self, run, status):
        self.assertEqual(status, 0, run.said()[-2000:])
        self.assertEqual(self.assert_accounted(run)["trained"], TRAINED)

    def test_two_ranks_train_what_one_trains(self):
        one, two = (self.run_of("small", f"learners={n}", called=f"of{n}") for n in (1, 2))
        for run in (one, two):
            self.assert_whole(run, run.finish())
        for name in ("loss", "grad_norm", "entropy", "tokens"):
            first, same = ([line[name] for line in run.metrics(kind="step", stage="cold_start")][:20] for run in (one, two))
            for step, (a, b) in enumerate(zip(first, same), 1):
                self.assertAlmostEqual(a, b, delta=1e-4 * max(1, abs(a)), msg=f"{name} of step {step}")

    def test_a_rank_that_fails_costs_no_sample_and_changes_no_bit(self):
        whole = self.run_of("small", "learners=2", called="whole")
        self.assert_whole(whole, whole.finish())
        for place, visit in (("sft", 50), ("grpo", 160 + 11)):
            run = self.run_of("small", "learners=2", called=place)
            status = run.finish(TROUPE_FAIL_POINT=f"rank_trains:{visit}")
            self.assertIn("rank 1: TROUPE_FAIL_POINT", (run.folder / "events.log").read_text())
            if status != 0:  # the run ended there, and goes on by hand
                self.assertEqual(status, 4, run.said()[-2000:])
                self.assert_accounted(run)
                status = run.finish()
            self.assert_whole(run, status)
            self.assert_same_weights(run, whole)

    def test_a_kill_changes_no_bit(self):
        whole = self.run_of("small", "learners=2", called="whole")
        self.assert_whole(whole, whole.finish())
        run = self.run_of("small", "learners=2", called="killed")
        process = run.start()
        run.wait_for("reasoning_rl stage 2/6 step 9/", process)
        kill(process)
        self.assert_whole(run, run.finish())
        self.assert_same_weights(run, whole)

    def test_the_number_of_ranks_may_change_on_the_way(self):
        run = self.run_of("small", "learners=2")
        for ranks, words in ((3, "cold_start stage 1/6 step 25/"), (1, "reasoning_rl stage 2/6 step 9/")):
            process = run.start()
            run.wait_for(words, process)
            kill(process)
            run.arguments += ["--set", f"learners={ranks}"]
        self.assert_whole(run, run.finish())


if __name__ == "__main__":
    unittest.main()
