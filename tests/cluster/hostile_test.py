"""Strangers at the ports of a run at work: nobody dies, nobody swells, nobody spins, the run finishes, and what was
refused is counted."""
import json
import random
import re
import shutil
import socket
import ssl
import struct
import subprocess
import time
import unittest
import urllib.request

from clusters import LONG, ClusterTest, cpu_seconds, longer, resident_mb
from runs import PROGRAMS

STEPS = 400
LASTING = 1_000_000  # of a run that the test stops: it must not end before the test does, however fast the machine
RSS_GROWTH_MB = 150  # what a process may grow by under attack; training itself takes some
IDLE_S = 5.0


def zmtp_greeting(mechanism, minor=1):
    return (b"\xff" + b"\x00" * 8 + b"\x7f" + bytes([3, minor]) + mechanism.ljust(20, b"\x00") + b"\x00" +
            b"\x00" * 31)


class Strangers(ClusterTest):
    def ports(self, run):
        text = (run.folder / "nodes" / "controller.yaml").read_text()
        found = {name: int(re.search(rf"^{name}:\n\s+listen: .*:(\d+)", text, re.M).group(1))
                 for name in ("control", "buffer", "weights", "admin")}
        for one in run.api()["members"]:
            if one["http"]:
                found[f"http of {one['name']}"] = int(one["http"].rsplit(":", 1)[1])
        return found

    def connect(self, port):
        made = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.open.append(made)
        return made

    def say(self, port, what):
        """Sends it and does not mind how it is taken."""
        try:
            self.connect(port).sendall(what)
        except OSError:
            pass

    def rejected(self, run):
        """Refused requests by (member, reason), as the pages of buffer and learner have them."""
        found = {}
        for one in run.api()["members"]:
            if one["http"]:
                with urllib.request.urlopen(f"http://{one['http']}/metrics", timeout=10) as page:
                    for reason, n in re.findall(r'troupe_wire_rejected_requests_total\{reason="(\w+)"\} (\d+)',
                                                page.read().decode()):
                        found[one["name"], reason] = int(n)
        return found

    def started(self, steps=LASTING):
        self.open = []
        self.addCleanup(lambda: [one.close() for one in self.open])
        run = self.cluster_of("small", *longer(steps))
        run.start()
        run.ready("buffer", "learner-0", "generator-0", "verifier-0")
        run.reach(5)
        return run

    def attack(self, ports, chance):
        """One round of everything, at every port."""
        for port in ports.values():
            self.connect(port)                                            # mute
            self.say(port, chance.randbytes(chance.randrange(1, 5000)))   # random bytes
            self.say(port, b"GET /v1/cluster HTTP/1.1\r\nHost: x\r\n\r\n")  # HTTP where TLS or ZMTP is spoken
            self.say(port, b"POST /v1/pause HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")
            self.say(port, b"\x16\x03\x01\xff\xff" + chance.randbytes(200))  # a TLS record that is none
            for mechanism in (b"NULL", b"PLAIN", b"CURVE"):
                self.say(port, zmtp_greeting(mechanism))
                self.say(port, zmtp_greeting(mechanism, minor=0))
                # a long frame that says it is 2^63 - 1 bytes, and a command of 4 GiB
                self.say(port, zmtp_greeting(mechanism) + b"\x02" + struct.pack(">Q", 2**63 - 1) + b"x" * 1000)
                self.say(port, zmtp_greeting(mechanism) + b"\x06" + struct.pack(">Q", 2**32) + b"\x05READY" * 50)
            self.say(port, b"\xff" + b"\x00" * 8 + b"\x7f\x01" + b"\x00" * 52)  # ZMTP 1
            self.say(port, zmtp_greeting(b"CURVE") + b"\x04\xc8\x05HELLO\x01\x00" + chance.randbytes(192))

    def test_strangers_at_every_port(self):
        chance = random.Random(5)
        run = self.started(STEPS)
        members = run.pids()
        ports = self.ports(run)
        self.assertGreaterEqual(len(ports), 8)
        before_mb = {name: resident_mb(pid) for name, pid in members.items()}
        for _ in range(20 if LONG else 3):
            self.attack(ports, chance)
            time.sleep(0.2)
        self.assertEqual(run.pids(), members, "somebody died")
        for name, pid in members.items():
            self.assertLess(resident_mb(pid), before_mb[name] + RSS_GROWTH_MB, name)
        reached = run.steps()
        run.reach(reached + 5, within_s=20)
        run.end()
        self.assert_whole(run, STEPS, max_staleness=2)
        self.assertNotIn("is lost", run.events())

    def impostor(self, run, name, pair, **changed):
        """`troupe node generator` with the run's public keys and this CURVE pair. Gives its exit status and words."""
        keys = self.folder / f"keys-of-{name}"
        keys.mkdir(mode=0o700)
        for public in (*run.folder.glob("keys/*.curve.pub"), run.folder / "keys" / "ca.crt"):
            shutil.copy(public, keys)
        shutil.copy(pair, keys / f"{name}.curve")
        text = (run.folder / "nodes" / "generator-0.yaml").read_text()
        text = text.replace("name: generator-0", f"name: {name}").replace(f"{run.folder}/keys", str(keys))
        for key, value in changed.items():
            text = re.sub(rf"^{key}: .*$", f"{key}: {value}", text, flags=re.M)
        file = self.folder / f"{name}.yaml"
        file.write_text(text)
        done = subprocess.run([PROGRAMS / "troupe", "node", "generator", "--config", file], capture_output=True,
                              text=True, timeout=60)
        return done.returncode, done.stderr

    def test_keys_that_are_not_those_of_the_role(self):
        run = self.started()
        before = self.rejected(run)
        other = self.folder / "other"
        subprocess.run([PROGRAMS / "troupe", "keygen", "--out", other], check=True, capture_output=True)
        status, words = self.impostor(run, "stranger", other / "generator-0.curve", join_s=2)
        self.assertEqual(status, 4, words)
        status, words = self.impostor(run, "generator-7", run.folder / "keys" / "verifier-0.curve", join_s=2)
        self.assertNotEqual(status, 0, words)
        after = self.rejected(run)
        risen = {key: n - before.get(key, 0) for key, n in after.items() if n > before.get(key, 0)}
        for server in ("buffer", "learner-0"):
            self.assertGreater(risen.get((server, "unauthenticated"), 0), 0, risen)
        self.stop(run)

    def test_mute_connections_cost_nothing(self):
        run = self.started()
        members = run.pids()
        run.ctl("pause", "--yes")
        run.wait_until("a paused run", lambda: "has paused the run" in run.events(), 10)
        time.sleep(1)
        def burnt():
            before = {name: cpu_seconds(pid) for name, pid in members.items()}
            time.sleep(IDLE_S)
            return {name: cpu_seconds(pid) - before[name] for name, pid in members.items()}
        alone = burnt()
        for port in self.ports(run).values():
            for _ in range(40):
                self.connect(port)
        for port in self.ports(run).values():
            self.say(port, zmtp_greeting(b"CURVE")[:11])  # and one that stops half way
        besieged = burnt()
        print({name: (round(alone[name], 2), round(besieged[name], 2)) for name in members}, flush=True)
        for name in members:
            self.assertLess(besieged[name], alone[name] + 0.3 * IDLE_S, f"{name} spins: {alone} before, {besieged}")
        done = run.ctl("resume", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.stop(run)

    def test_the_admin_port_wants_the_right_certificate(self):
        run = self.started()
        port = self.ports(run)["admin"]
        keys = run.folder / "keys"
        nobody = ssl.create_default_context(cafile=keys / "ca.crt")
        nobody.check_hostname = False
        with self.assertRaises((ssl.SSLError, OSError)):
            with nobody.wrap_socket(self.connect(port)) as said:
                said.sendall(b"GET /v1/cluster HTTP/1.1\r\nHost: x\r\n\r\n")
                if not said.recv(100):
                    raise OSError("closed")
        for name, status in (("viewer", 403), ("generator-0", 403), ("admin", 200)):
            context = ssl.create_default_context(cafile=keys / "ca.crt")
            context.check_hostname = False
            context.load_cert_chain(keys / f"{name}.crt", keys / f"{name}.key")
            with context.wrap_socket(self.connect(port)) as said:
                said.sendall(b"POST /v1/settings HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\n\r\n"
                             b'{"key":"max_staleness","value":2}')
                self.assertIn(f" {status} ".encode(), said.recv(4096).split(b"\r\n")[0], name)
        done = run.ctl("set", "max_staleness", "1025", "--yes")
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("max_staleness is a number of policy versions, from 0 to 1024", done.stderr)
        for words, status in ((["pause", "--yes"], 1), (["why"], 0)):
            self.assertEqual(run.ctl("--as", "viewer", *words).returncode, status, words)
        other = self.folder / "other"
        subprocess.run([PROGRAMS / "troupe", "keygen", "--out", other], check=True, capture_output=True)
        done = run.ctl("--keys", str(other), "why")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("is it a run of these keys?", done.stderr)
        audit = (run.folder / "audit.jsonl").read_text().splitlines()
        refused = [one for one in map(json.loads, audit) if one["who"] == "viewer"]
        self.assertTrue(refused and all(one["outcome"] != "done" for one in refused), audit)
        self.stop(run)


if __name__ == "__main__":
    unittest.main()
