"""A user's own problems and a user's own verifier, through the real program."""
import json
import pathlib
import sys
import unittest

from runs import Run, RunTest, troupe

# The one of README, and one that says the opposite: who decides must show in the reward.
VERIFIER = """import json, sys

for line in sys.stdin:
    asked = json.loads(line)
    given = asked["completion"].split("<answer>")[-1].split("</answer>")[0]
    correct = (given.strip() == asked["answer"]) ^ {inverted}
    print(json.dumps({{"id": asked["id"], "verdict": "correct" if correct else "incorrect", "reward": float(correct)}}), flush=True)
"""


class OwnData(RunTest):
    def own(self, called, rewards, judged=None, more="", of_task="seed: 0"):
        """Three hundred lines of {"prompt","answer"}, two steps of grpo from a new model, an evaluation `judged` by others."""
        with open(self.folder / "mine.jsonl", "a" if "skip" in of_task else "w") as out:
            for i in range(300):
                out.write(json.dumps({"prompt": f"{i}+1=", "answer": str(i + 1)}) + "\n")
        (self.folder / f"{called}.yaml").write_text(f"""name: mine
{more}
model: {{hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1, intermediate_size: 32}}
tasks:
  mine: {{path: {self.folder}/mine.jsonl, heldout_size: 16, {of_task}}}
stages:
  - name: learn
    type: grpo
    data: [mine]
    rewards: {json.dumps(rewards)}
    num_generations: 4
    groups_per_batch: 4
    max_steps: 2
    max_completion_length: 8
  - {{name: eval_learn, type: eval, data: [mine], rewards: {json.dumps(judged or rewards)}, num_problems: 16, max_completion_length: 8}}
""")
        run = Run(self.folder / called, str(self.folder / f"{called}.yaml"))
        self.assertEqual(run.finish(), 0, run.said()[-2000:])
        counts = self.assert_accounted(run)
        self.assertEqual((counts["trained"], counts["scored"], counts["steps"]), (8, 16, 2))
        return run, run.metrics(kind="step", stage="learn")

    def verifier(self, inverted):
        file = self.folder / f"verifier_{inverted}.py"
        file.write_text(VERIFIER.format(inverted=inverted))
        return [{"name": "own", "verifier": {"command": [sys.executable, str(file)]}, "weight": 1}]

    def test_problems_of_a_file_and_the_exact_reward(self):
        run, steps = self.own("run", ["exact"])
        self.assertEqual([line["step"] for line in steps], [1, 2])
        self.assertIn("rewards/exact/mean", steps[0])
        self.assertEqual(run.metrics(kind="eval", evaluated_by="eval_learn")[0]["n"], 16)

    def test_a_verifier_of_ones_own_decides_the_reward(self):
        # A new model knows no answer: nothing is right for the one, everything for its opposite.
        for inverted, share in ((False, 0), (True, 1)):
            run, steps = self.own(f"run-{inverted}", self.verifier(inverted))
            for line in steps:
                self.assertEqual((line["reward"], line["accuracy"], line["rewards/own/mean"]), (share,) * 3)
            self.assertEqual(run.heldout("eval_learn", task="mine"), share)

    def test_the_reward_that_the_readme_shows_is_taken(self):
        readme = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text().splitlines()
        shown = [line.strip() for line in readme if "command: [python3, my_verifier.py]" in line]
        self.assertEqual(len(shown), 1, shown)
        (self.folder / "mine.yaml").write_text("name: mine\ntasks:\n  addition: {digits: 3}\nstages:\n  - name: learn\n    "
                                               "type: grpo\n    data: [addition]\n    rewards:\n      " + shown[0] + "\n")
        done = troupe("run", str(self.folder / "mine.yaml"), "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_verifier_that_crashes_makes_answers_undecided_and_ends_nothing(self):
        file = self.folder / "broken.py"
        file.write_text("raise SystemExit(3)\n")
        broken = [{"name": "own", "verifier": {"command": [sys.executable, str(file)]}, "weight": 1}]
        run, _ = self.own("run", ["exact"], judged=broken)
        evaluation = run.metrics(kind="eval", evaluated_by="eval_learn")[0]
        self.assertEqual((evaluation["n"], evaluation["undecided"], evaluation["pass@1"]), (16, 16, 0))

    def test_a_verifier_that_never_answers_makes_answers_undecided_and_ends_nothing(self):
        # 16 groups of one lease wait 0.5 s each, longer than the lease lasts: what is judged must be handed in before.
        silent = {"command": [sys.executable, "-c", "import time; time.sleep(1000)"]}
        run, _ = self.own("run", ["exact"], [{"name": "own", "verifier": silent, "timeout_s": 0.5, "weight": 1}],
                          "lease_s: 3")
        evaluation = run.metrics(kind="eval", evaluated_by="eval_learn")[0]
        self.assertEqual((evaluation["n"], evaluation["undecided"], evaluation["pass@1"]), (16, 16, 0))
        shown = run.look("show", "sample", "1e0/0")
        self.assertIn("timeout: the verifier gave no answer within 0.5 s", shown)

    def test_skipped_lines_of_a_file_are_told_when_a_run_starts(self):
        with open(self.folder / "mine.jsonl", "w") as out:
            out.write('{"prompt": "no answer"}\n')
        run, _ = self.own("run", ["exact"], None, "", "skip_bad_lines: true")
        for words in (run.said(), (run.folder / "events.log").read_text()):
            self.assertEqual(words.count("task mine: 1 lines skipped"), 1, words)
            self.assertIn("mine.jsonl:1", words)


if __name__ == "__main__":
    unittest.main()
