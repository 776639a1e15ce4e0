"""scripts/check_tree.py sees each violation in a small tree of its own, and only those."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import check_tree  # noqa: E402

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"


class CheckTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ["schema", "runtime", "gpu", "actors", "deploy", "tests", "build"]:
            (self.root / name).mkdir()
        rows = [f"| `{name}/` | x |" for name in ["schema", "runtime", "gpu", "actors", "deploy", "tests"]]
        (self.root / "README.md").write_text("\n".join(rows) + "\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LICENCE + text)

    def found(self):
        return list(check_tree.violations(self.root))

    def assert_one(self, *parts):
        found = self.found()
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_a_tree_that_keeps_the_rules_passes(self):
        self.write("schema/ids.hpp", '#pragma once\n#include "schema/other.hpp"\n#include <capnp/message.h>\n')
        self.write("actors/buffer.cpp", '#include "gpu/engine.hpp"\n#include "runtime/store/journal.hpp"\n#include <caf/all.hpp>\n')
        self.write("tests/actors/buffer_test.cpp", '#include "gpu/model/decoder.hpp"\n')
        self.assertEqual(self.found(), [])

    def test_schema_may_not_know_the_runtime(self):
        self.write("schema/ids.cpp", '#include "runtime/error.hpp"\n')
        self.assert_one("schema/ids.cpp:2", "runtime/error.hpp")

    def test_runtime_may_not_know_caf_torch_or_cuda(self):
        self.write("runtime/a.cpp", "#include <vector>\n#include <caf/all.hpp>\n#include <ATen/ATen.h>\n#include <cuda.h>\n")
        self.assertEqual([line.split(": ")[0] for line in self.found()], [f"runtime/a.cpp:{n}" for n in (3, 4, 5)])

    def test_runtime_may_not_know_the_layers_above(self):
        self.write("runtime/a.cpp", '#include "gpu/engine.hpp"\n')
        self.assert_one("runtime/a.cpp:2", "gpu/engine.hpp")

    def test_a_core_may_not_know_the_time(self):
        self.write("runtime/rollout/gate.cpp", "#include <chrono>\nauto t = std::chrono::steady_clock::now();\n")
        self.assert_one("runtime/rollout/gate.cpp:3", "clock")

    def test_a_core_may_not_wait(self):
        self.write("runtime/rollout/gate.cpp", "#include <thread>\n")
        self.assert_one("runtime/rollout/gate.cpp:2", "<thread>")

    def test_actors_know_the_plain_face_of_the_model_only(self):
        self.write("actors/learner.cpp", '#include "gpu/training/adamw.hpp"\n')
        self.assert_one("actors/learner.cpp:2", "gpu/training/adamw.hpp")

    def test_a_folder_may_not_know_another_that_stands_behind_it(self):
        self.write("runtime/wire/server.cpp", '#include "runtime/data/jsonl.hpp"\n#include "runtime/http/server.hpp"\n')
        self.assert_one("runtime/wire/server.cpp:3", "runtime/http/")

    def test_a_new_folder_says_what_it_may_include(self):
        self.write("runtime/news/wire.cpp", "int x;\n")
        self.assert_one("runtime/news/wire.cpp", "FOLDERS")

    def test_the_arrows_between_folders_go_one_way(self):
        known = set()
        for folder, others in check_tree.FOLDERS.items():
            layer = folder.split("/")[0]
            for other in others:
                self.assertIn(f"{layer}/{other}", known, f"{folder} includes {other}, which is named after it")
            known.add(folder)

    def test_an_indented_include_counts(self):
        self.write("gpu/a.cpp", '#if 1\n#  include "actors/buffer.hpp"\n#endif\n')
        self.assert_one("gpu/a.cpp:3", "actors/buffer.hpp")

    def test_a_missing_licence_line(self):
        (self.root / "gpu/a.cpp").write_text("int a;\n")
        self.assert_one("gpu/a.cpp:1", "SPDX")

    def test_400_lines_pass_and_401_do_not(self):
        self.write("gpu/a.cpp", "\n" * 399)
        self.assertEqual(self.found(), [])
        self.write("gpu/a.cpp", "\n" * 400)
        self.assert_one("gpu/a.cpp", "401 lines")

    def test_a_header_without_guard(self):
        self.write("gpu/a.hpp", "int a();\n")
        self.assert_one("gpu/a.hpp", "#pragma once")

    def test_a_test_of_nothing(self):
        self.write("tests/runtime/gone/x_test.cpp", "")
        self.assert_one("tests/runtime/gone/x_test.cpp", "runtime/gone/")

    def test_a_folder_that_the_readme_forgot(self):
        (self.root / "docs").mkdir()
        self.assert_one("names docs/ 0 times")

    def test_a_folder_that_is_gone(self):
        (self.root / "deploy").rmdir()
        self.assert_one("names deploy/, which is not there")


if __name__ == "__main__":
    unittest.main()
