#!/usr/bin/env python3
"""Every block of the documentation says what it is, and what stands in the tree is quoted as it is."""
import json
import re
import unittest

from blocks import NOTE, PAGES, ROOT, WORDS, all_blocks, blocks_of

KINDS = {"sh", "console", "usage", "python", "yaml", "json", "text", "cpp", "capnp", "cmake"}
QUOTES = {"cpp", "capnp", "cmake"}  # say from which file
COMMAND = re.compile(r"(\$ |\./scripts/|(troupe|troupectl|ctest|cmake) )")


def stands_in(excerpt, source):
    """Whether the runs of lines between `...` stand in the source, in this order; each may be indented as a whole."""
    at = 0
    have = source.splitlines()
    for run in re.split(r"^ *(?://|#)? ?\.\.\.$", excerpt, flags=re.MULTILINE):
        want = [line for line in run.strip("\n").splitlines()]
        if not want:
            continue
        for start in range(at, len(have) - len(want) + 1):
            if have[start:start + len(want)] == want:
                at = start + len(want)
                break
        else:
            return False
    return True


class Blocks(unittest.TestCase):
    def test_every_block_is_fenced_and_says_what_it_is(self):
        wrong = [f"{page.name}:{n}: code without a fence: {line}" for page in PAGES for n, line in blocks_of(page)[1]]
        wrong += [f"{b.where}: `{b.kind}` is none of {sorted(KINDS)}" for b in all_blocks() if b.kind not in KINDS]
        self.assertEqual(wrong, [])

    def test_what_is_shown_as_text_is_no_command(self):
        wrong = [f"{b.where}: {line}" for b in all_blocks() if b.kind == "text" for line in b.text.splitlines()
                 if COMMAND.match(line)]
        self.assertEqual(wrong, [])

    def test_comments_are_understood(self):
        for page in PAGES:
            for n, line in enumerate(page.read_text().splitlines(), 1):
                if re.match(rf"<!-- *({'|'.join(WORDS)})\b", line):
                    self.assertTrue(NOTE.fullmatch(line), f"{page.name}:{n}: {line}")

    def test_quotes_stand_in_the_tree(self):
        for b in all_blocks():
            if b.kind in QUOTES or b.note("from"):
                with self.subTest(b.where):
                    self.assertIsNotNone(b.note("from"), "from which file?")
                    self.assertTrue(stands_in(b.text, (ROOT / b.note("from")).read_text()), f"{b.note('from')} has another")

    def test_json_is_json(self):
        for b in all_blocks():
            if b.kind == "json":
                with self.subTest(b.where):
                    json.loads(b.text)

    def test_a_quote_is_verbatim(self):
        source = "int a;\n  int b;\nint c;\n"
        self.assertTrue(stands_in("int a;\n// ...\nint c;", source))
        self.assertFalse(stands_in("int c;\n// ...\nint a;", source))
        self.assertFalse(stands_in("int b;", source))
        self.assertFalse(stands_in("int a;\nint c;", source))


if __name__ == "__main__":
    unittest.main()
