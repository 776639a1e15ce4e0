"""The code blocks of the documentation, with what the comments above them say.

A block may have above it, each a line `<!-- WORD: ... -->` that GitHub does not show:
  not run: WHY                 a shell block that is not run; its programs, verbs and options are looked up all the same
  run with: s#OLD#NEW#; WHY    run with OLD (a regular expression) replaced; more than one such line may stand there
  then: COMMANDS               run after it
  exit: N                      its exit status, where that is not 0
  file: NAME                   written to NAME, where later blocks use it
  from: PATH                   stands in that file of the tree, line for line; `...` leaves lines out
  in: tree                     run in the source tree, not in a folder of its own
"""
import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [page for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))] if page.exists()]
WORDS = ["not run", "run with", "then", "exit", "file", "from", "in"]
NOTE = re.compile(rf"<!-- ({'|'.join(WORDS)}): (.*) -->")
REPLACEMENT = re.compile(r"s#((?:[^#\\]|\\.)*)#((?:[^#\\]|\\.)*)#; (\S.*)")


@dataclasses.dataclass
class Block:
    page: str
    line: int
    kind: str  # the fence's info string
    text: str
    notes: dict  # word -> list of what was said

    @property
    def where(self):
        return f"{self.page}:{self.line}"

    def note(self, word):
        return self.notes.get(word, [None])[-1]

    def script(self):
        """The commands, with their replacements; each must replace something and say why."""
        text = self.text
        if self.kind == "console":
            text = "\n".join(line[2:] for line in text.splitlines() if line.startswith("$ "))
        for said in self.notes.get("run with", []):
            rule = REPLACEMENT.fullmatch(said)
            if not rule:
                raise ValueError(f"{self.where}: `run with: {said}` is not s#OLD#NEW#; WHY")
            old, new = (side.replace(r"\#", "#") for side in rule.group(1, 2))
            text, n = re.subn(old, new.replace(r"\&", "&"), text, flags=re.MULTILINE)
            if n == 0:
                raise ValueError(f"{self.where}: there is nothing to replace with `{said}`")
        return text + "\n" + (self.note("then") or "")


def blocks_of(page):
    """Blocks of one page, and the lines (number, text) of code that stands in no fence."""
    found, loose, notes = [], [], {}
    lines = page.read_text().splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("```"):
            end = next(i for i in range(at + 1, len(lines)) if lines[i] == "```")
            found.append(Block(page.relative_to(ROOT).as_posix(), at + 1, line[3:].strip(), "\n".join(lines[at + 1:end]), notes))
            at, notes = end, {}
        elif said := NOTE.fullmatch(line):
            notes.setdefault(said[1], []).append(said[2])
        else:
            notes = {}
            if line.startswith("    ") and at > 0 and not lines[at - 1].strip():
                loose.append((at + 1, line))
        at += 1
    return found, loose


def all_blocks():
    return [block for page in PAGES for block in blocks_of(page)[0]]
