"""Ctrl-C and SIGTERM end a run within seconds wherever it is; it goes on from there, and the bits are the same."""
import signal
import time
import unittest

from runs import RunTest

PLACES = [("cold_start", "cold_start stage 1/6 step 25/"), ("validation", "cold_start stage 1/6 step 40/"),
          ("reasoning_rl", "reasoning_rl stage 2/6 step 9/"), ("evaluation", "eval_reasoning_rl stage 3/6"),
          ("rejection_sampling", "rejection_sampling stage 4/6"), ("sft", "\nsft stage 5/6 step 3/")]


class Stopping(RunTest):
    def test_a_stop_anywhere_is_clean_and_changes_no_bit(self):
        whole = self.run_of("small", called="whole")
        self.assertEqual(whole.finish(), 0, whole.said()[-2000:])
        run = self.run_of("small", called="stopped")
        for number, (place, words) in enumerate(PLACES):
            process = run.start()
            run.wait_for(words, process)
            began = time.monotonic()
            process.send_signal([signal.SIGINT, signal.SIGTERM][number % 2])
            self.assertEqual(process.wait(20), 130, f"{place}: {run.said()[-2000:]}")
            self.assertLess(time.monotonic() - began, 10, place)
            self.assertIn("go on with: troupe run ", run.said().splitlines()[-1], place)
            self.assertIn("--resume", run.said().splitlines()[-1], place)
            self.assert_accounted(run)
        self.assertEqual(run.finish(), 0, run.said()[-2000:])
        self.assert_accounted(run)
        self.assert_same_weights(run, whole)
        steps = [(line["stage"], line["step"]) for line in run.metrics(kind="step")]
        self.assertEqual(steps, [(line["stage"], line["step"]) for line in whole.metrics(kind="step")])
        for evaluation in ("eval_reasoning_rl", "eval_final"):
            self.assertEqual(run.heldout(evaluation), whole.heldout(evaluation))

    def test_twice_the_same_run_is_the_same_bits(self):
        runs = [self.run_of("small", called=name) for name in ("one", "two")]
        for run in runs:
            self.assertEqual(run.finish(), 0, run.said()[-2000:])
            gaps = [line["logprob_gap_max"] for line in run.metrics(kind="step", stage="reasoning_rl")]
            self.assertEqual(max(gaps), 0, "sampler and trainer differ")
        self.assertEqual(runs[0].weights(), runs[1].weights())


if __name__ == "__main__":
    unittest.main()
