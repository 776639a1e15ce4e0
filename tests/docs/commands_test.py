#!/usr/bin/env python3
"""Every command of the documentation runs, page by page, beside small runs; what cannot be run here is at least known to
the programs, and every recipe is one."""
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import unittest

from blocks import PAGES, ROOT, blocks_of

PROGRAMS = pathlib.Path(os.environ.get("TROUPE_PROGRAMS", ROOT / "build/release/bin")).resolve()
DEADLINE_S = 120
SMALL = ROOT / "tests/end_to_end/small.yaml"
# What stands around a part of a recipe, by its first word.
AROUND = {
    "tasks": "name: part\n{part}stages:\n  - {{name: s, type: sft, data: [{task}], max_steps: 1}}\n",
    "rewards": "name: part\ntasks: {{addition: {{}}}}\nstages:\n  - name: s\n    type: grpo\n    data: [addition]\n{part}",
}
NODE = "name: generator-0\nrecipe: small.yaml\n"


def run(words, cwd, status=0, said=""):
    """Standard output of a command that ends with `status`; anything else is an AssertionError with what it said."""
    place = {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": str(pathlib.Path(cwd) / "home")}
    process = subprocess.Popen(words, cwd=cwd, env=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, start_new_session=True)
    try:
        out, err = process.communicate(said, timeout=DEADLINE_S)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # what it left at work
    if process.returncode != status:
        raise AssertionError(f"{words} ended with {process.returncode}, not {status}:\n{out[-800:]}{err[-800:]}")
    return out


class Help:
    """What the programs say of their verbs."""

    def __init__(self):
        self.known = {}

    def of(self, *words):
        if words not in self.known:
            done = subprocess.run([PROGRAMS / words[0], *words[1:], "--help"], capture_output=True, text=True, timeout=DEADLINE_S)
            self.known[words] = done.stdout if done.returncode == 0 else None
        return self.known[words]

    def complaints(self, line):
        """What a line of usage names that its program does not know; `|` and `;` stand between alternatives."""
        line = re.sub(r"\s+#.*|^(nice -n \S+|\w+=\S+) ", "", line)
        program = line.split()[0]
        before = None
        for piece in re.split(r"\s\|\s|;\s|&&", line.replace("[", " ").replace("]", " ")):
            words = re.sub(r"--(run|store|endpoint|keys|context) \S+", "", piece).split()
            words = words[1:] if words[:1] == [program] else words
            if not words:
                continue
            said = self.of(program, *words[:2]) if program == "troupe" and words[1:] and words[1].isalpha() else None
            said = said or self.of(program, words[0])
            if said is None and before and re.search(rf"\b{words[0]}\b", before):
                continue  # another first word of the verb before
            if said is None:
                yield f"{program} has no {words[0]}"
                continue
            before = said
            for option in re.findall(r"(?<!\S)--?[a-zA-Z][\w-]*", piece):
                if not re.search(rf"(?<![\w-]){option}(?![\w-])", said + self.of(program)):
                    yield f"{program} {words[0]} has no {option}"


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troupe-docs-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        run(["troupe", "run", SMALL, "--out", "first"], cls.folder)
        cls.help = Help()

    def place_for(self, page):
        """A folder with the files and runs that the page speaks of."""
        at = self.folder / page.stem
        for made in ["home/.zfunc", "home/.config/fish/completions", "runs"]:
            (at / made).mkdir(parents=True)
        for name in ["first", "r1-tiny"]:
            shutil.copytree(self.folder / "first", at / "runs" / name)
        shutil.copy(SMALL, at / "small.yaml")
        (at / "node.yaml").write_text(NODE)
        (at / "puzzles.jsonl").write_text("".join(json.dumps({"prompt": f"{n}+1=", "answer": str(n + 1)}) + "\n" for n in range(400)))
        return at

    def test_every_command_runs(self):
        for page in PAGES:
            blocks = [b for b in blocks_of(page)[0] if b.kind in {"sh", "console", "python", "yaml", "usage"} and not b.note("from")]
            at = self.place_for(page) if blocks else None
            for b in blocks:
                with self.subTest(b.where):
                    self.do(b, at)

    def do(self, b, at):
        if b.note("file"):
            (at / b.note("file")).write_text(b.text)
        if b.kind == "usage" or b.note("not run"):
            self.assertEqual([c for line in b.text.splitlines() if line.strip() for c in self.unknown_in(line)], [])
        elif b.kind == "yaml":
            self.check_recipe(b, at)
        elif b.kind == "python":
            self.check_verifier(b, at)
        else:
            where = ROOT if b.note("in") == "tree" else at
            script = b.script().replace("build/release/", f"{PROGRAMS.parent}/")  # whatever the preset
            run(["bash", "-euo", "pipefail", "-c", script], where, int(b.note("exit") or 0))

    def unknown_in(self, line):
        if re.match(r"(nice -n \S+ )?(troupe|troupectl) ", line):
            yield from self.help.complaints(line)
        elif line.startswith("./"):
            script, *options = shlex.split(line, comments=True)
            yield from [] if os.access(ROOT / script, os.X_OK) else [f"there is no program {script}"]
            yield from [f"{script} has no {o}" for o in options if o.startswith("--") and o not in (ROOT / script).read_text()
                        and o not in "".join(p.read_text() for p in (ROOT / script).parent.glob("*.py"))]

    def check_recipe(self, b, at):
        """A whole recipe, or a part of one."""
        text = b.text + "\n"
        first = text.split(":")[0]
        if "stages:" not in text:
            self.assertIn(first, AROUND, "a part of a recipe that the test knows how to complete")
            task = (re.search(r"^ +(\w+):", text, re.MULTILINE) or [None, ""])[1]
            part = text if first == "tasks" else "".join(f"    {line}\n" for line in text.splitlines())
            text = AROUND[first].format(part=part, task=task)
        (at / "part.yaml").write_text(text)
        run(["troupe", "run", "part.yaml", "--dry-run"], at)

    def check_verifier(self, b, at):
        """A verifier answers each line with a verdict."""
        asked = {"id": "1t0/0", "prompt": "1+1=", "completion": "<answer>2</answer>", "answer": "2"}
        said = json.loads(run(["python3", b.note("file")], at, said=json.dumps(asked) + "\n"))
        self.assertEqual(said["id"], "1t0/0")
        self.assertIn(said["verdict"], {"correct", "incorrect"})

    def test_the_fields_of_troupectl_are_those_of_its_page(self):
        page = (ROOT / "docs/troupectl.md").read_text()
        for kind, asked in {"groups": "count groups --by", "samples": "count samples --by", "steps": "count steps --by",
                            "datasets": "count datasets --by", "dataset records": "export dataset sampled --fields"}.items():
            done = subprocess.run([PROGRAMS / "troupectl", "--store", self.folder / "first", *asked.split(), "nonsense"],
                                  capture_output=True, text=True, timeout=DEADLINE_S)
            self.assertEqual(done.returncode, 2, done.stderr)
            known = done.stderr.split("there are: ")[1].strip().split(", ")
            row = re.search(rf"^\| {kind} \| (.*) \|$", page, re.MULTILINE)[1]
            self.assertEqual(re.findall(r"`([^`]+)`", row), known, kind)


if __name__ == "__main__":
    unittest.main()
