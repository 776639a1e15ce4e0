"""What is known of mutations: those judged equivalent, and the page of all of them."""
import pathlib
import re

EQUIVALENT = pathlib.Path(__file__).resolve().parent / "equivalent.txt"
TABLE = "| file:line | was | became | killed by |\n|---|---|---|---|\n"


def key(entry):
    return entry["file"], entry["old"], entry["new"]


def equivalents(path=EQUIVALENT):
    """(file, old line, new line) -> the reason. Blocks of four lines: the file, - old, + new, = reason."""
    found = {}
    file = old = new = None
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        if line[:2] == "- ":
            old = line[2:]
        elif line[:2] == "+ ":
            new = line[2:]
        elif line[:2] == "= ":
            found[file, old, new] = line[2:]
        elif line and line[0] != "#":
            file = line
    return found


def cell(text):
    return "`" + text.replace("|", "\\|") + "`"


def rows(entries, reasons):
    for e in sorted(entries, key=lambda e: (e["file"], e["line"], e["column"])):
        if e["result"] == "does not compile":
            continue
        verdict = e["by"] if e["result"] == "killed" else f"equivalent: {reasons[key(e)]}" if key(e) in reasons else "**nothing**"
        yield f"| {e['file']}:{e['line']} | {cell(e['old'])} | {cell(e['new'])} | {verdict} |\n"


def counts(entries, reasons):
    """drawn, killed, equivalent"""
    compiled = [e for e in entries if e["result"] != "does not compile"]
    killed = sum(e["result"] == "killed" for e in compiled)
    return len(compiled), killed, sum(e["result"] == "survived" and key(e) in reasons for e in compiled)


def write(page, entries):
    """Puts figures and table behind the page's words, which end at its line `## Results`."""
    entries, reasons = list(entries), equivalents()
    drawn, killed, same = counts(entries, reasons)
    words = re.split(r"^## Results\n", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[0]
    figures = (f"{drawn} drawn, {killed} killed, {same} equivalent, {drawn - killed - same} unseen; {len(entries) - drawn} more do not"
               " compile.\n\n")
    page.write_text(words + "## Results\n\n" + figures + TABLE + "".join(rows(entries, reasons)), encoding="utf-8")
