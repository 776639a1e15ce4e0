#!/usr/bin/env python3
"""`troupe generate` on a checkpoint that a run wrote."""
import json
import shutil
import unittest

from runs import RunTest, troupe


class GenerateTest(RunTest):
    def sampled(self, model, **line):
        done = troupe("generate", "--model", str(model), "--max-new-tokens", "40", "--temperature", "0",
                      input=json.dumps({"id": 1, **line}) + "\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["samples"][0]

    def test_a_checkpoint_names_its_end_token_and_generation_stops_where_it_says(self):
        run = self.run_of("one_stage")
        self.assertEqual(run.finish(), 0, run.said())
        model = run.folder / "checkpoints/cold_start/step-000060"
        ids = {token["content"]: token["id"] for token in json.loads((model / "tokenizer.json").read_text())["added_tokens"]}
        file = model / "generation_config.json"
        named = {"eos_token_id": ids["<|end|>"], "pad_token_id": ids["<|pad|>"]}
        self.assertEqual(json.loads(file.read_text()), named)
        config = json.loads((model / "config.json").read_text())
        self.assertEqual({key: config[key] for key in named}, named)

        whole = self.sampled(model, prompt="12+34=")
        self.assertGreater(len(whole["ids"]), 2)
        third = whole["ids"][2]
        file.write_text(json.dumps({"eos_token_id": [ids["<|end|>"], third]}))
        cut = self.sampled(model, prompt="12+34=")
        self.assertEqual(cut["finish_reason"], "stop")
        self.assertEqual(cut["ids"], whole["ids"][:whole["ids"].index(third) + 1])


    def test_every_command_that_computes_takes_a_device_and_says_the_same_of_one_that_is_not_there(self):
        run = self.run_of("one_stage")
        self.assertEqual(run.finish(), 0, run.said())
        model = str(run.folder / "checkpoints/cold_start/step-000060")
        for command in (["bench", "decode"], ["bench", "train"], ["eval", "--model", model, "--task", "addition"],
                        ["generate", "--model", model], ["score", "--model", model]):
            done = troupe(*command, "--device", "tpu", input="")
            self.assertEqual((done.returncode, done.stderr),
                             (2, 'troupe: device is "tpu"; it must be cpu, cuda or cuda:N\n'), command)
            if shutil.which("nvidia-smi") is None:
                done = troupe(*command, "--device", "cuda", input="")
                self.assertEqual(done.returncode, 4, command)
                self.assertIn("device cuda: its module could not be loaded. It needs an NVIDIA driver", done.stderr)
        for command in ("generate", "score"):
            self.assertEqual(troupe(command, "--model", model, "--dtype", "fp32", input="").returncode, 0, command)
            done = troupe(command, "--model", model, "--dtype", "bfloat16", input="")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("--dtype: bfloat16 not in {float32,fp32}", done.stderr)
        done = troupe("eval", "--model", model, "--task", "addition", "--device", "cpu", "--limit", "4")
        self.assertEqual(json.loads(done.stdout)["problems"], 4, done.stderr)


if __name__ == "__main__":
    unittest.main()
