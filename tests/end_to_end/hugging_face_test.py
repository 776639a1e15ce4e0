#!/usr/bin/env python3
"""A checkpoint in `transformers`: what it computes there is what Troupe computes. Exits with 77, which ctest calls skipped,
where python3 cannot import torch and transformers. TROUPE_PYTHON names one that can: for example bin/python3 of a virtual
environment in which `pip install torch==2.11.0 transformers` ran.
"""
import json
import os
import shutil
import subprocess
import sys
import unittest

from runs import RunTest, troupe

SKIPPED = 77
TEXTS = ["12+34=<think>2+4+0=6 1+3+0=4</think><answer>46</answer>", "7+8=", "99+1=<answer>100</answer>"]


def can_load(python):
    asks = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ('torch', 'transformers'))))"
    return python is not None and subprocess.run([python, "-c", asks], timeout=60).returncode == 0


class HuggingFaceTest(RunTest):
    def lines(self, command, model, *lines):
        done = troupe(*command, str(model), input="".join(json.dumps(line) + "\n" for line in lines))
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_a_checkpoint_loads_and_gives_equal_log_probabilities(self):
        import torch
        import transformers

        run = self.run_of("one_stage")
        self.assertEqual(run.finish(), 0, run.said())
        folder = run.folder / "checkpoints/cold_start/step-000060"
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)

        generation = transformers.GenerationConfig.from_pretrained(folder)
        for config in (generation, model.generation_config, model.config):
            self.assertEqual(config.eos_token_id, tokenizer.eos_token_id)
            self.assertEqual(config.pad_token_id, tokenizer.pad_token_id)
        self.assertIsNotNone(tokenizer.eos_token_id)

        encoded = [line["ids"] for line in self.lines(["tokenize", "--tokenizer"], folder,
                                                      *({"id": i, "text": text} for i, text in enumerate(TEXTS)))]
        self.assertEqual([tokenizer(text)["input_ids"] for text in TEXTS], encoded)
        self.assertEqual([tokenizer.decode(ids) for ids in encoded], TEXTS)

        answered = self.lines(["generate", "--num-samples", "4", "--max-new-tokens", "40", "--temperature", "1", "--model"],
                              folder, {"id": 0, "ids": encoded[1]})[0]["samples"]
        sequences = encoded + [encoded[1] + sample["ids"] for sample in answered]
        scored = self.lines(["score", "--model"], folder, *({"id": i, "ids": ids} for i, ids in enumerate(sequences)))
        for ids, line in zip(sequences, scored, strict=True):
            with torch.no_grad():
                rows = model(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
            expected = rows.gather(1, torch.tensor(ids[1:]).unsqueeze(1)).squeeze(1)
            self.assertLess((torch.tensor(line["logprobs"]) - expected).abs().max().item(), 1e-4)
        for sample, line in zip(answered, scored[len(encoded):], strict=True):
            tail = line["logprobs"][-len(sample["ids"]):]
            self.assertLess(max(abs(a - b) for a, b in zip(sample["logprobs"], tail, strict=True)), 1e-4)

        # Greedy: the same tokens, up to and with the end token.
        greedy = self.lines(["generate", "--max-new-tokens", "40", "--temperature", "0", "--model"], folder,
                            {"id": 0, "ids": encoded[1]})[0]["samples"][0]
        theirs = model.generate(torch.tensor([encoded[1]]), max_new_tokens=40, do_sample=False)[0, len(encoded[1]):]
        self.assertEqual(greedy["ids"], theirs.tolist())


if __name__ == "__main__":
    if not can_load(sys.executable):
        other = os.environ.get("TROUPE_PYTHON", shutil.which("python3"))
        if not can_load(other):
            print(f"SKIPPED: {other} cannot import torch and transformers, so nothing was compared; TROUPE_PYTHON can name "
                  "a python3 that can", file=sys.stderr)
            sys.exit(SKIPPED)
        os.execv(other, [other, *sys.argv])
    unittest.main()
