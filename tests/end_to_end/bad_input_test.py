"""What is wrong is said at once, with where and what to do, and nothing on the disk is damaged by it."""
import json
import os
import subprocess
import unittest

from runs import PROGRAMS, Run, RunTest, recipe, troupe

AT_ONCE_S = 60  # on a machine that is busy with other tests; alone it takes a tenth of a second


def listing(folder):
    """Every path below `folder` with its content: what a refused run must leave as it was."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


class BadInput(RunTest):
    def refused(self, *arguments, status, says, prefix=()):
        """Runs `troupe run ARGUMENTS`: it must end at once with `status` and one line that holds each of `says`."""
        done = subprocess.run([*prefix, PROGRAMS / "troupe", "run", *map(str, arguments)], capture_output=True, text=True,
                              timeout=AT_ONCE_S)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for words in says:
            self.assertIn(words, done.stderr)
        self.assertEqual(done.stdout, "")

    def recipe_on(self, lines, task="", **keys):
        """A recipe of one stage on a JSONL file of `lines`."""
        (self.folder / "problems.jsonl").write_text("".join(line + "\n" for line in lines))
        stage = {"name": "learn", "type": "sft", "data": ["mine"], "max_steps": 2, "train_batch_size": 2} | keys
        (self.folder / "mine.yaml").write_text(
            "name: mine\nmodel: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1, "
            f"intermediate_size: 32}}\ntasks:\n  mine: {{path: {self.folder}/problems.jsonl, validation_size: 0, "
            f"heldout_size: 0{task}}}\nstages:\n  - {json.dumps(stage)}\n")
        return self.folder / "mine.yaml"

    def test_a_folder_that_cannot_be_made(self):
        (self.folder / "file").write_text("mine")
        out = self.folder / "file" / "run"
        before = listing(self.folder)
        self.refused(recipe("small"), "--out", out, status=2, says=[str(out), "choose another with --out"])
        self.assertEqual(listing(self.folder), before)

    def test_a_read_only_folder(self):
        locked = self.folder / "locked"
        locked.mkdir()
        locked.chmod(0o555)
        # root writes everywhere; without this capability it obeys the bits like any other
        plain = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if os.geteuid() == 0 else []
        for out in (locked, locked / "run"):
            self.refused(recipe("small"), "--out", out, status=2, says=[str(out), "choose another with --out"], prefix=plain)
        self.assertEqual(listing(locked), {})

    def test_a_folder_that_already_holds_a_run(self):
        mine = self.recipe_on([f'{{"prompt":"{i}=","answer":"{i}"}}' for i in range(30)])
        run = Run(self.folder / "run", str(mine))
        self.assertEqual(run.finish(), 0, run.said())
        before = listing(run.folder)
        self.refused(mine, "--out", run.folder, status=2, says=[str(run.folder), "already holds a run", "--resume"])
        self.refused(mine, "--out", run.folder, "--resume", "--set", "seed=9", status=2,
                     says=["differs", "recipe.yaml", "go on with `troupe run "])
        self.assertEqual(listing(run.folder), before)

    def test_nothing_to_resume(self):
        self.refused(recipe("small"), "--out", self.folder / "none", "--resume", status=3, says=[str(self.folder / "none")])
        self.assertEqual(listing(self.folder), {})

    def test_a_line_that_does_not_parse(self):
        good = [f'{{"prompt":"{i}=","answer":"{i}"}}' for i in range(30)]
        lines = [*good[:6], '{"prompt":"7=","answer":', *good[6:], '{"answer":"no prompt"}']
        mine = self.recipe_on(lines)
        before = listing(self.folder)
        self.refused(mine, "--out", self.folder / "run", status=2, says=["problems.jsonl:7:", "skip_bad_lines: true"])
        self.assertEqual(listing(self.folder), before)

        mine = self.recipe_on(lines, task=", skip_bad_lines: true")
        planned = troupe("run", mine, "--dry-run")
        self.assertEqual(planned.returncode, 0, planned.stderr)
        self.assertIn("task mine: 2 lines skipped", planned.stderr)
        self.assertIn("problems.jsonl:7: not JSON", planned.stderr)
        self.assertIn("problems.jsonl:32: neither", planned.stderr)
        run = Run(self.folder / "run", str(mine))
        self.assertEqual(run.finish(), 0, run.said())
        self.assert_accounted(run)

    def test_no_prompts(self):
        for lines, task in (([], ""), (["no", "problem"], ", skip_bad_lines: true")):
            mine = self.recipe_on(lines, task=task)
            before = listing(self.folder)
            self.refused(mine, "--out", self.folder / "run", status=2, says=["problems.jsonl", "no prompt"])
            self.assertEqual(listing(self.folder), before)

    def test_a_vocabulary_without_a_character_of_the_task(self):
        mine = self.recipe_on(['{"prompt":"cafe=","answer":"caf\u00e9"}'])
        out = self.folder / "run"
        self.refused(mine, "--out", out, "--set", "model.alphabet=acfe=", status=2, says=["task mine", "\u00e9", "model.alphabet"])
        self.assertFalse((out / "store").exists())
        done = troupe("run", mine, "--out", out)  # what was left does not stand in the way of the mended run
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(Run(out, str(mine)).doctor()[0], 0)

    def thirty(self, answer="7", **keys):
        return self.recipe_on([f'{{"prompt":"{i}=","answer":"{answer}"}}' for i in range(30)], **keys)

    def test_a_run_keeps_its_recipe_and_its_data(self):
        mine = self.thirty()
        run = Run(self.folder / "run", str(mine), "seed=5")
        self.assertEqual(run.finish(), 0, run.said())
        self.assertEqual(run.finish(), 0, run.said())  # under the settings of its start
        mine.write_text(mine.read_text().replace('"max_steps": 2', '"max_steps": 3'))
        self.refused(mine, "--out", run.folder, "--resume", status=2, says=["`max_steps: 2` there, `max_steps: 3` here"])
        self.refused("nosuch", "--out", run.folder, "--resume", status=3, says=["nosuch"])
        self.refused(run.folder / "recipe.yaml", "--out", run.folder, "--resume", "--set", "seed=6", status=2,
                     says=["`seed: 5` there, `seed: 6` here"])
        self.thirty(answer="8")
        self.refused(run.folder / "recipe.yaml", "--out", run.folder, "--resume", status=2,
                     says=["problems.jsonl is not what it was when this run began"])
        self.thirty()
        self.assertEqual(troupe("run", run.folder / "recipe.yaml", "--out", run.folder, "--resume").returncode, 0)

    def test_a_start_that_came_to_nothing_stands_in_nobodys_way(self):
        mine = self.thirty()
        first = Run(self.folder / "first", str(mine))
        self.assertEqual(first.finish(), 0, first.said())
        weights = next(first.folder.glob("checkpoints/learn/step-*/model.safetensors"))
        weights.write_bytes(weights.read_bytes()[:1000])
        other = self.folder / "other.yaml"
        other.write_text(f"model: {{path: {weights.parent}}}\n" + mine.read_text()[mine.read_text().index("tasks:"):])
        out = self.folder / "second"
        self.assertEqual(troupe("run", other, "--out", out).returncode, 2)
        done = troupe("run", mine, "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        foreign = self.folder / "foreign"
        (foreign / "store").mkdir(parents=True)
        (foreign / "store" / "mine.txt").write_text("mine")
        troupe("run", mine, "--out", foreign)
        self.assertEqual((foreign / "store" / "mine.txt").read_text(), "mine")

    def test_contradictions_and_programs_that_are_not_there(self):
        mine = self.thirty(rewards=[{"name": "own", "verifier": {"command": ["no-such-program"]}}])
        self.refused(mine, "--out", self.folder / "run", status=2, says=["rewards.own", "no-such-program"])
        self.refused(mine, "--dry-run", status=2, says=["no-such-program"])
        mine.write_text(mine.read_text().replace("model: {", f"model: {{path: {self.folder}, "))
        self.refused(mine, "--dry-run", status=2, says=["model.hidden_size", "model.path"])
        self.assertFalse((self.folder / "run").exists())

    def test_a_command_that_does_not_exist_and_an_output_that_takes_nothing(self):
        for program in "troupe", "troupectl":
            done = subprocess.run([PROGRAMS / program, "bogus"], capture_output=True, text=True, timeout=AT_ONCE_S)
            self.assertEqual(done.returncode, 2)
            self.assertIn("there is no command bogus; there are: ", done.stderr)
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAMS / "troupe", "recipe", "list"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=AT_ONCE_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn("could not be written", done.stderr)


if __name__ == "__main__":
    unittest.main()
