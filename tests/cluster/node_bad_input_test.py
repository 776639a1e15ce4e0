"""`troupe node` and `troupe up` that cannot go well say what is wrong, where and what to do, with the status that stands
for it: 1 failure, 2 invalid, 3 not found, 4 unavailable."""
import re
import shutil
import socket
import subprocess
import time
import unittest

from clusters import ClusterTest, longer
from runs import PROGRAMS, recipe, troupe

BASE = {"control": "{listen: '127.0.0.1:1', address: '127.0.0.1:1'}", "join_s": 2, "heartbeat_s": 0.2,
        "member_timeout_s": 0.5}


class BadNodes(ClusterTest):
    def node(self, role, within_s=30, **keys):
        keys = {**BASE, "name": f"{role}-0", "recipe": recipe("small"), "run": self.folder / "run", **keys}
        file = self.folder / "node.yaml"
        file.write_text("".join(f"{key}: {value}\n" for key, value in keys.items() if value is not None))
        began = time.monotonic()
        done = subprocess.run([PROGRAMS / "troupe", "node", role, "--config", file], capture_output=True, text=True,
                              timeout=within_s)
        return done.returncode, done.stderr, time.monotonic() - began

    def keygen(self, name):
        troupe("keygen", "--out", str(self.folder / name)).check_returncode()
        return self.folder / name

    def assert_refused(self, got, status, *words):
        self.assertEqual(got[0], status, got)
        for word in words:
            self.assertRegex(got[1], word)

    def test_a_controller_that_cannot_be_reached(self):
        for role, words in (("verifier", "controller at 127.0.0.1:1 did not answer for [23] s"),
                            ("generator", "did not answer|no connection")):
            got = self.node(role)
            self.assert_refused(got, 4, words)
            self.assertLess(got[2], 8)

    def test_keys_of_the_configuration(self):
        self.assert_refused(self.node("verifier", joins_s=3), 2, "node.yaml:8: joins_s: .*did you mean join_s")
        self.assert_refused(self.node("verifier", join_s="soon"), 2, "join_s")
        self.assert_refused(self.node("verifier", member_timeout_s=0.1), 2, "member_timeout_s")
        self.assert_refused(self.node("verifier", name=None), 2, "name")
        self.assert_refused(self.node("verifier", recipe="nothing-like-it"), 3, "nothing-like-it")
        self.assert_refused(self.node("verifer"), 2, "verifier")
        done = troupe("node", "verifier", "--config", str(self.folder / "nowhere.yaml"))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("nowhere.yaml", done.stderr)

    def test_an_open_address_without_keys(self):
        got = self.node("controller", name="controller", control="{listen: '0.0.0.0:7400'}")
        self.assert_refused(got, 2, "control.listen", "keys")

    def test_key_files(self):
        keys = self.keygen("keys")
        (keys / "verifier-0.curve").chmod(0o644)
        self.assert_refused(self.node("verifier", keys=keys), 2, "verifier-0.curve", "chmod 600")
        (keys / "verifier-0.curve").unlink()
        self.assert_refused(self.node("verifier", keys=keys), 3, "verifier-0.curve")
        (keys / "generator-0.curve").write_text("no key\n")
        self.assert_refused(self.node("generator", keys=keys), 2, "generator-0.curve")

    def test_ports_that_are_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for role, key, address in (("buffer", "buffer", f"tcp://127.0.0.1:{port}"),
                                       ("learner", "weights", f"tcp://127.0.0.1:{port}"),
                                       ("controller", "control", f"127.0.0.1:{port}"),
                                       ("controller", "admin", f"127.0.0.1:{port}"),
                                       ("verifier", "http", f"127.0.0.1:{port}")):
                with self.subTest(f"{role} {key}"):
                    control = {} if key == "control" else {"control": "{listen: '127.0.0.1:0', address: '127.0.0.1:1'}"}
                    got = self.node(role, **control, **{key: "{listen: '" + address + "'}"})
                    self.assertIn(got[0], (1, 4), got)
                    self.assertIn(str(port), got[1])
                    self.assertRegex(got[1], "in use")
                    self.assertLess(got[2], 8)

    def test_members_of_another_run(self):
        run = self.cluster_of("small", *longer(2000))
        run.start()
        run.ready("verifier-0")
        text = (run.folder / "nodes" / "verifier-0.yaml").read_text()
        address = re.search(r"address: \"?(127.0.0.1:\d+)", text).group(1)
        control = {"control": "{address: '" + address + "'}"}
        keys = {"keys": run.folder / "keys"}
        troupe("keygen", "--out", str(run.folder / "keys"), "--verifiers", "2").check_returncode()
        time.sleep(1)  # the controller reads its allow-list again
        self.assert_refused(self.node("verifier", name="verifier-1", **control, **keys), 4, "another recipe",
                            "recipe.yaml")
        other = self.keygen("other")
        shutil.copy(run.folder / "keys" / "controller.curve.pub", other)
        self.assert_refused(self.node("verifier", **control, keys=other), 4)
        self.stop(run)
        self.assertNotIn("is lost", run.events())

    def test_up(self):
        for words, status, said in (([recipe("small"), "--scale", "learner=2"], 2, "generator=N"),
                                    ([recipe("small"), "--scale", "generator=0"], 2, "generator=N"),
                                    ([recipe("small"), "--set", "lease_s=never"], 2, "lease_s"),
                                    (["nothing-like-it"], 3, "nothing-like-it"),
                                    ([recipe("small"), "--resume"], 3, "no run to resume")):
            done = troupe("up", *words, "--out", str(self.folder / "run"))
            self.assertEqual(done.returncode, status, f"{words}: {done.stderr}")
            self.assertIn(said, done.stderr)

    def test_a_run_of_processes_that_keeps_its_recipe(self):
        run = self.folder / "its run"
        run.mkdir()
        shutil.copy(recipe("small"), run / "recipe.yaml")
        done = troupe("up", recipe("small"), "--resume", "--set", "seed=9", "--out", str(run))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(f"go on with `troupe up '{run}/recipe.yaml' --out '{run}' --resume`", done.stderr)


if __name__ == "__main__":
    unittest.main()
