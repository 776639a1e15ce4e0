"""All stages on a small task: the model learns where it should, does not where it must not, and every sample is accounted for."""
import json
import unittest

from runs import Run, RunTest, recipe


class Learning(RunTest):
    def control(self, rewards, *settings):
        """The first four stages of `tiny`, with other rewards and settings of the reinforcement learning."""
        keys = [f"  stages.reasoning_rl.{setting}" for setting in (f"rewards: {rewards}", *settings)]
        (self.folder / "control.yaml").write_text(
            f"extends: {recipe('tiny')}\nonly: [cold_start, eval_cold_start, reasoning_rl, eval_reasoning_rl]\nset:\n"
            + "\n".join([*keys, "  stages.eval_reasoning_rl.checkpoint: last", ""]))
        return Run(self.folder / "run", str(self.folder / "control.yaml"))

    def test_every_stage_adds_to_accuracy(self):
        run = self.run_of("tiny")
        self.assertEqual(run.finish(), 0, run.said()[-2000:])
        cold, rl, sft, final = (run.heldout(f"eval_{stage}") for stage in ("cold_start", "reasoning_rl", "sft", "final"))
        self.assertGreater(rl, cold + 0.08, "reasoning RL")
        self.assertGreater(sft, rl + 0.08, "SFT on what RL sampled")
        self.assertGreater(final, rl + 0.08, "final RL")

        steps = run.metrics(kind="step", stage="reasoning_rl")
        self.assertEqual([line["step"] for line in steps], list(range(1, 61)))
        self.assertLessEqual(max(line["staleness/max"] for line in steps), 1)
        # a batch whose samples all went through a swap of weights has none to measure
        gaps = [line["logprob_gap_max"] for line in steps if "logprob_gap_max" in line]
        self.assertGreater(len(gaps), 10)
        self.assertLess(max(gaps), 1e-4)
        self.assertGreater(max(line["overlap_ratio"] for line in steps), 0, "sampling and training never overlapped")
        for name in ("loss", "reward", "rewards/exact/mean", "completions/mean_length", "grad_norm", "entropy"):
            self.assertIn(name, steps[0])

        counts = self.assert_accounted(run)
        self.assertEqual(counts["pending"] + counts["ready"] + counts["leased"], 0, "a finished run has nothing open")
        self.assertEqual(counts["trained"], (60 + 20) * 16)
        self.assertEqual(counts["collected"], 512)
        last = run.folder / "checkpoints/final_rl/step-000020"
        tokens = json.loads((last / "tokenizer.json").read_text())["added_tokens"]
        ends = [token["id"] for token in tokens if token["content"] == "<|end|>"]
        self.assertEqual([json.loads((last / "generation_config.json").read_text())["eos_token_id"]], ends)
        page = (run.folder / "report.html").read_text()
        self.assertNotRegex(page, r"(src|href)=\"?https?:", "the report loads something from a network")
        self.assertIn("What became of every sample", page)

    def test_random_rewards_teach_nothing(self):
        run = self.control("[{verifier: random, weight: 1}, {verifier: exact, weight: 0}]", "max_steps: 40")
        self.assertEqual(run.finish(), 0, run.said()[-2000:])
        self.assertLess(run.heldout("eval_reasoning_rl"), run.heldout("eval_cold_start") + 0.05)
        self.assert_accounted(run)

    def test_a_learning_rate_of_zero_changes_nothing(self):
        run = self.control("[exact]", "learning_rate: 0", "max_steps: 10")
        self.assertEqual(run.finish(), 0, run.said()[-2000:])
        self.assertEqual(run.heldout("eval_reasoning_rl"), run.heldout("eval_cold_start"))
        weights = run.weights()
        cold = [name for name in weights if "cold_start" in name][-1]
        self.assertEqual(weights[cold], weights["checkpoints/reasoning_rl/step-000010"])


if __name__ == "__main__":
    unittest.main()
