"""Where the code can be broken on purpose: sites of small mutations in the function bodies of a C++ file.

Lines are read by regular expressions, as clang-format leaves them; what is no code, or only words, is blanked out first.
"""
import dataclasses
import re

LITERAL = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|(?<![\w])'(?:\\.|[^'\\\n])+'", re.DOTALL)
# Calls that only say something, or that end the program where it is wrong: what is inside their parentheses is left alone.
TALK = re.compile(
    r"\b(?:TROUPE_CHECK|static_assert|assert|throw \w[\w:]*|\w*fail\w*|refuse\w*|refusal|note\w*|log|warn|describe\w*"
    r"|reserve|\w*error)\s*(?=[({])"
)
# Lines without behaviour of their own.
QUIET = re.compile(r"^\s*(?:#|case\b|default:|using\b|namespace\b|template\b|struct\b|class\b|\[\[noreturn)|metrics::|figures\b.*\bset\(")
NAMESPACE = re.compile(r"\bnamespace\b[^;{}]*$")

SWAPS = {
    "comparison": {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == "},
    "logic": {" && ": " || ", " || ": " && "},
    "arithmetic": {" + ": " - ", " - ": " + ", " += ": " -= ", " -= ": " += "},
}
NUMBER = re.compile(r"(?<![\w.'])(\d[\d']*)(\.\d+)?(U|F|UL|ULL)?(?![\w.'])")
TRUTH = re.compile(r"\b(true|false)\b")
IF = re.compile(r"(?<!constexpr )\bif \(")
CALL = re.compile(r"^(\s*)((?!return\b|throw\b|co_\w+\b|delete\b|break\b|else\b)[\w:.\->\[\]*]+(?:\(.*\)|(?: [+\-|&]?= .*)|(?:\+\+|--)));$")
PAIR = re.compile(r"(?<=\()((?!const\b)[\w.>\-]+(?:\(\))?), ([\w.>\-]+(?:\(\))?)(?=[,)])")

RANGE = re.compile(r"begin\(\)$")  # swapped with its end it is no range at all: nothing to learn
SYMMETRIC = re.compile(r"\b(min|max)(<[^()]*>)?\($")


@dataclasses.dataclass(frozen=True)
class Site:
    line: int  # from 1
    begin: int  # columns of the line, from 0
    end: int
    kind: str
    text: str  # what stands there instead

    def apply(self, source):
        lines = source.split("\n")
        was = lines[self.line - 1]
        lines[self.line - 1] = was[: self.begin] + self.text + was[self.end :]
        return "\n".join(lines)


def blank(text):
    return re.sub(r"[^\n]", "~", text)


def closing(text, at):
    """The place of the bracket that closes the one at `at`; -1 without one."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] in "({") - (text[i] in ")}")
        if depth == 0:
            return i
    return -1


def masked(source):
    """`source` with as many characters, in which comments, literals and talk are blank."""
    text = LITERAL.sub(lambda found: blank(found[0]), source)
    at = 0
    while found := TALK.search(text, at):
        end = closing(text, found.end())
        at = found.end()
        if end > 0:
            text = text[: found.start()] + blank(text[found.start() : end + 1]) + text[end + 1 :]
    return text


def bodies(text):
    """For each line of masked text: does it begin inside a function body?"""
    inside, stack = [], []
    for line in text.split("\n"):
        inside.append("body" in stack)
        for i, c in enumerate(line):
            if c == "{":
                head = line[:i]
                kind = "namespace" if NAMESPACE.search(head) else "type" if re.match(r"\s*(struct|class|enum)\b", line) else "body"
                stack.append(kind)
            elif c == "}" and stack:
                stack.pop()
    return inside


def plus_one(found):
    return str(int(found[1].replace("'", "")) + 1) + (found[2] or "") + (found[3] or "")


def sites(source):
    """All sites of a file, in the order of its lines."""
    text = masked(source)
    found = []
    for number, (line, inside) in enumerate(zip(text.split("\n"), bodies(text)), 1):
        if not inside or QUIET.search(line):
            continue
        for kind, swaps in SWAPS.items():
            for old, new in swaps.items():
                for i in (m.start() for m in re.finditer(re.escape(old), line)):
                    if not (kind == "arithmetic" and "~" in (line[i - 1], line[i + len(old) : i + len(old) + 1])):  # of texts
                        found.append(Site(number, i, i + len(old), kind, new))
        for m in NUMBER.finditer(line):
            found.append(Site(number, m.start(), m.end(), "constant", plus_one(m)))
        for m in TRUTH.finditer(line):
            found.append(Site(number, m.start(), m.end(), "constant", "false" if m[0] == "true" else "true"))
        for m in IF.finditer(line):
            end = closing(line, m.end() - 1)
            condition = line[m.end() : end]
            if end > 0 and ";" not in condition and " = " not in condition and "~" not in condition:
                found.append(Site(number, m.end(), end, "condition", f"!({condition})"))
        if (m := CALL.match(line)) and line.count("(") == line.count(")") and line.count("{") == line.count("}"):
            found.append(Site(number, len(m[1]), len(line), "statement", "{}"))
        for m in PAIR.finditer(line):
            if m[1] != m[2] and not RANGE.search(m[1]) and not SYMMETRIC.search(line[: m.start()]):
                found.append(Site(number, m.start(), m.end(), "arguments", f"{m[2]}, {m[1]}"))
    return found
