"""The keys and the configuration of a distributed run, as an operator makes and checks them."""
import os
import shutil
import stat
import subprocess
import unittest

from runs import RunTest, troupe

MEMBERS = {"controller": "controller", "buffer": "buffer", "learner-0": "learner", "generator-0": "generator",
           "verifier-0": "verifier", "admin": "admin_operate", "viewer": "admin_read"}


def openssl(*words):
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, timeout=30)


class Keys(RunTest):
    def setUp(self):
        super().setUp()
        self.keys = self.folder / "keys"

    def keygen(self, *words, status=0):
        done = troupe("keygen", "--out", self.keys, *words)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def listing(self):
        return {p.name: p.read_bytes() for p in self.keys.iterdir()} if self.keys.exists() else {}

    def refused(self, *words, says, status=2):
        said = self.keygen(*words, status=status)
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertIn(says, said)

    def test_every_member_gets_keys(self):
        said = self.keygen()
        self.assertIn("ca.key lets anybody in who has it: keep it off the cluster", said)
        self.assertEqual(stat.S_IMODE(self.keys.stat().st_mode), 0o700)
        allowed = (self.keys / "allow-list").read_text()
        for name, role in MEMBERS.items():
            for secret in (f"{name}.key", f"{name}.curve"):
                self.assertEqual(stat.S_IMODE((self.keys / secret).stat().st_mode), 0o600, secret)
            public = (self.keys / f"{name}.curve.pub").read_text().strip()
            self.assertIn(f"{role} {name} {public}\n", allowed)
            self.assertIn(f"{name}: new keys", said)
        self.assertEqual(stat.S_IMODE((self.keys / "ca.key").stat().st_mode), 0o600)

    @unittest.skipUnless(shutil.which("openssl"), "no openssl program")
    def test_openssl_takes_the_certificates(self):
        self.keygen("--host", "buffer.troupe.svc", "--host", "10.0.0.5")
        ca = self.keys / "ca.crt"
        for name, role in MEMBERS.items():
            crt = self.keys / f"{name}.crt"
            for purpose in ("sslserver", "sslclient"):
                done = openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, crt)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            said = openssl("x509", "-in", crt, "-noout", "-text", "-subject", "-nameopt", "multiline").stdout
            self.assertRegex(said, rf"commonName += {name}\n")
            self.assertRegex(said, rf"organizationalUnitName += {role}\n")
            self.assertIn("prime256v1", said)
            self.assertIn("ecdsa-with-SHA256", said)
        for host, status in (("buffer.troupe.svc", 0), ("localhost", 0), ("other.svc", 2)):
            self.assertEqual(openssl("verify", "-CAfile", ca, "-verify_hostname", host, self.keys / "buffer.crt").returncode,
                             status, host)
        for address, status in (("10.0.0.5", 0), ("127.0.0.1", 0), ("10.0.0.6", 2)):
            self.assertEqual(openssl("verify", "-CAfile", ca, "-verify_ip", address, self.keys / "buffer.crt").returncode,
                             status, address)
        year = 365 * 86400
        self.assertEqual(openssl("x509", "-checkend", year - 3600, "-in", self.keys / "buffer.crt").returncode, 0)
        self.assertEqual(openssl("x509", "-checkend", year + 3600, "-in", self.keys / "buffer.crt").returncode, 1)
        self.assertEqual(openssl("x509", "-checkend", 10 * year - 3600, "-in", ca).returncode, 0)
        serials = {openssl("x509", "-serial", "-noout", "-in", self.keys / f"{name}.crt").stdout for name in MEMBERS}
        self.assertEqual(len(serials), len(MEMBERS))

    def test_a_second_run_adds(self):
        self.keygen()
        before = self.listing()
        said = self.keygen("--generators", "3", "--learners", "2")
        for name in ("generator-1", "generator-2", "learner-1"):
            self.assertIn(f"{name}: new keys", said)
        self.assertIn("7 members had theirs already", said)
        after = self.listing()
        self.assertEqual(len(after), len(before) + 3 * 4)
        self.assertTrue(after.pop("allow-list").startswith(before.pop("allow-list")))
        self.assertEqual({name: after[name] for name in before}, before)

    def test_wrong_inputs(self):
        self.refused("--host", "10.0.0.5:7400", says="host '10.0.0.5:7400' is neither a name nor an address")
        self.assertEqual(self.listing(), {})
        self.keygen("--generators", "-1", status=2)
        self.keygen("--days", "0", status=2)
        self.keygen()
        self.keys.chmod(0o750)
        self.refused(says=f"chmod 700 {self.keys}")
        self.keys.chmod(0o700)
        (self.keys / "ca.key").chmod(0o640)
        self.refused("--verifiers", "2", says=f"chmod 600 {self.keys}/ca.key")
        (self.keys / "ca.key").rename(self.folder / "ca.key")
        self.refused("--verifiers", "2", says="bring it back")
        (self.folder / "file").write_text("mine")
        done = troupe("keygen", "--out", self.folder / "file")
        self.assertEqual((done.returncode, (self.folder / "file").read_text()), (2, "mine"), done.stderr)


class Config(RunTest):
    def config(self, verb, yaml, *words, **environment):
        file = self.folder / "node.yaml"
        file.write_text(yaml)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TROUPE_")}
        return troupe("config", verb, file, *words, env=clean | environment)

    def test_check(self):
        good = "name: generator-0\nrecipe: r1-tiny\nbuffer:\n  address: tcp://127.0.0.1:9000\n"
        done = self.config("check", good, "--role", "generator")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, f"{self.folder}/node.yaml: fine for the generator, named generator-0\n")
        for yaml, words, environment, says in (
                (good + "drain: 5\n", (), {}, "node.yaml:5: drain: no such key; did you mean drain_s?"),
                (good, ("--role", "learner"), {}, "run: has no value"),
                (good, ("--role", "lerner"), {}, "did you mean learner?"),
                (good, (), {"TROUPE_DRAIN_S": "x"}, "environment TROUPE_DRAIN_S: drain_s: is x; it must be a number"),
                (good, (), {"TROUPE_CONTROL_LISTEN": "0.0.0.0:7400"}, "off loopback, and there are no keys"),
                (good + " x", (), {}, "not YAML")):
            done = self.config("check", yaml, *words, **environment)
            self.assertEqual((done.returncode, done.stdout), (2, ""), says)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(says, done.stderr)
        done = troupe("config", "check", self.folder / "none.yaml")
        self.assertEqual(done.returncode, 3, done.stderr)

    def test_show(self):
        yaml = "name: generator-0\nbuffer:\n  address: tcp://127.0.0.1:9000\n"
        done = self.config("show", yaml)
        self.assertEqual(done.stdout, yaml)
        done = self.config("show", yaml, "--resolved", "--origin", TROUPE_HEARTBEAT_S="2")
        lines = done.stdout.splitlines()
        self.assertIn("heartbeat_s: 2 # environment TROUPE_HEARTBEAT_S", lines)
        self.assertIn("drain_s: 30 # default", lines)
        self.assertIn(f"  address: tcp://127.0.0.1:9000 # {self.folder}/node.yaml:3", lines)
        again = self.config("show", done.stdout, "--resolved")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(again.stdout.splitlines(), [line.split(" # ")[0] for line in lines])


if __name__ == "__main__":
    unittest.main()
