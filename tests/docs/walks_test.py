#!/usr/bin/env python3
"""The walks of docs/architecture.md: every function that they name is defined in the file that they name."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEP = re.compile(r"`([\w/]+\.[ch]pp)`\s+`(\w+)`")
NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"', re.DOTALL)
# After the closing parenthesis of a definition: qualifiers, a return type, initialisers; then the body.
BODY = re.compile(r"\s*(?:(?:const|noexcept|override|final)\s*)*(?:->[^{;=()]*|:\s[^;]*?)?\{")


def end_of_parenthesis(text, at):
    """Behind the one that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i + 1
    return len(text)


def defines(text, name):
    """Whether C++ source has a function of this name with a body; comments and literals do not count."""
    text = NOISE.sub(" ", text)
    for found in re.finditer(rf"(?<![\w.>])(?<!return ){name}\s*\(", text):
        if BODY.match(text, end_of_parenthesis(text, found.end() - 1)):
            return True
    return False


class Walks(unittest.TestCase):
    def test_every_function_is_where_the_walks_say(self):
        page = (ROOT / "docs/architecture.md").read_text()
        steps = STEP.findall(page[page.index("## Walks"):])
        self.assertGreater(len(steps), 80, "five walks have more steps than that")
        missing = [f"`{file}` has no function `{name}`" for file, name in steps
                   if not (ROOT / file).exists() or not defines((ROOT / file).read_text(), name)]
        self.assertEqual(missing, [])

    def test_every_line_of_a_walk_names_a_file_and_a_function(self):
        page = (ROOT / "docs/architecture.md").read_text()
        walks = page[page.index("## Walks"):].split("\n## ")[0]
        vague = [line for line in walks.splitlines() if re.match(r" *(\d+\.|-) ", line) and not STEP.search(line)]
        self.assertEqual(vague, [])

    def test_a_call_a_comment_and_a_literal_are_no_definitions(self):
        self.assertTrue(defines("int a::f(int x) const noexcept {\n}", "f"))
        self.assertTrue(defines("a::f(int x) : x_(x), y_{1} {}", "f"))
        self.assertTrue(defines("auto f(int x) -> std::vector<int> {", "f"))
        for text in ["// int f() {", "/* int f() { */", 'auto t = "f() {";', "return f(1);", "if (f(x)) {", "int f(int);",
                     "a.f(x);", "b->f() {", "int gf() {"]:
            self.assertFalse(defines(text, "f"), text)


if __name__ == "__main__":
    unittest.main()
