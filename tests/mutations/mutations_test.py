"""The scripts that break the code: which sites they find in a small file, what an edit makes of it, and that it does not stay."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import mutate  # noqa: E402
import report  # noqa: E402
import sites  # noqa: E402

SOURCE = """\
#include "a < b"
namespace troupe {
constexpr int limit = 7;
bool gate::open(int a, int b) const {
  // a < b && b < 3
  TROUPE_CHECK(a < b, "a ", a, " < ", b);
  if (a < b && ready_) {
    count_ += 2;
    log("closed at " + std::to_string(a));
    close(a, b);
    std::sort(all.begin(), all.end());
    return std::min(a, b) > 0;
  }
  throw error{errc::failed, a == b ? "x" : "y"};
}
} // namespace troupe
"""


def changed(line):
    """What the sites of a line of SOURCE make of it."""
    return sorted((s.kind, s.apply(SOURCE).split("\n")[line - 1].strip()) for s in sites.sites(SOURCE) if s.line == line)


class Sites(unittest.TestCase):
    def test_a_condition_has_one_for_each_part_and_one_for_the_whole(self):
        self.assertEqual(changed(7), [
            ("comparison", "if (a <= b && ready_) {"),
            ("condition", "if (!(a < b && ready_)) {"),
            ("logic", "if (a < b || ready_) {"),
        ])

    def test_a_write_is_dropped_turned_round_or_of_another_amount(self):
        self.assertEqual(changed(8), [("arithmetic", "count_ -= 2;"), ("constant", "count_ += 3;"), ("statement", "{}")])

    def test_a_call_is_dropped_or_has_its_arguments_swapped(self):
        self.assertEqual(changed(10), [("arguments", "close(b, a);"), ("statement", "{}")])

    def test_ends_of_a_range_and_arguments_that_may_be_swapped_stay(self):
        self.assertEqual(changed(11), [("statement", "{}")])
        self.assertEqual(changed(12), [("comparison", "return std::min(a, b) >= 0;"), ("constant", "return std::min(a, b) > 1;")])

    def test_words_checks_comments_and_what_stands_outside_of_bodies_are_left_alone(self):
        self.assertEqual({s.line for s in sites.sites(SOURCE)}, {7, 8, 10, 11, 12})

    def test_an_edit_touches_its_line_only(self):
        for site in sites.sites(SOURCE):
            old, new = SOURCE.split("\n"), site.apply(SOURCE).split("\n")
            self.assertEqual([i for i in range(len(old)) if old[i] != new[i]], [site.line - 1])


class InAFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.path = self.root / "runtime/cluster/gate.cpp"
        self.path.parent.mkdir(parents=True)
        self.path.write_text(SOURCE)

    def test_a_broken_file_is_whole_again_whatever_ends_the_block(self):
        site = sites.sites(SOURCE)[0]
        for what in (KeyboardInterrupt, SystemExit, ValueError):
            with self.assertRaises(what):
                with mutate.Broken(self.path, site):
                    self.assertEqual(self.path.read_text(), site.apply(SOURCE))
                    raise what
            self.assertEqual(self.path.read_text(), SOURCE)

    def test_one_seed_draws_one_order_of_one_site_a_line(self):
        drawn = list(mutate.order(self.root, "cluster", 3))
        self.assertEqual(drawn, list(mutate.order(self.root, "cluster", 3)))
        self.assertEqual(sorted(site.line for _, site in drawn), [7, 8, 10, 11, 12])
        self.assertNotEqual([drawn], [[*mutate.order(self.root, "cluster", seed)] for seed in range(4, 6)])

    def test_the_page_counts_and_says_why_what_lives_is_the_same(self):
        entry = {"file": "a.cpp", "line": 4, "column": 1, "old": "a || b", "new": "a && b"}
        survived = entry | {"result": "survived"}
        entries = [entry | {"result": "killed", "by": "a_test: A.B"}, survived | {"line": 5, "old": "a < b", "new": "a <= b"},
                   survived | {"line": 6, "old": "c", "new": "{}"}, entry | {"line": 7, "result": "does not compile"}]
        told = self.root / "equivalent.txt"
        told.write_text("# words\n\na.cpp\n- a < b\n+ a <= b\n= never equal\n")
        reasons = report.equivalents(told)
        self.assertEqual(reasons, {("a.cpp", "a < b", "a <= b"): "never equal"})
        self.assertEqual(report.counts(entries, reasons), (3, 1, 1))
        self.assertEqual(list(report.rows(entries, reasons)), [
            "| a.cpp:4 | `a \\|\\| b` | `a && b` | a_test: A.B |\n",
            "| a.cpp:5 | `a < b` | `a <= b` | equivalent: never equal |\n",
            "| a.cpp:6 | `c` | `{}` | **nothing** |\n",
        ])


if __name__ == "__main__":
    unittest.main()
