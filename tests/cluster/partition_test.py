"""Members in network namespaces of their own, as on machines of their own, and the network between them taken away: cut
cables, links of one direction, slow ones, and connections that stay open and carry nothing. TROUPE_LONG=1: many of them."""
import json
import os
import pathlib
import random
import re
import signal
import time
import unittest

from clusters import LONG, QUICK, ClusterTest, longer
from networks import MEMBERS, Network, NodesOnANetwork, Proxy, why_not
from runs import recipe

NOT_HERE = why_not()


class Partitions(ClusterTest):
    def nodes(self, *settings):
        net = Network()
        self.addCleanup(net.remove)
        run = NodesOnANetwork(self.folder / "run", recipe("small"), net, *settings, environment=QUICK)
        self.addCleanup(run.put_away)
        text = pathlib.Path(recipe("small")).read_text()
        for setting in settings:  # as --set does; nodes are given a recipe and nothing else
            key, value = setting.split("=")
            text = (re.sub(r"(name: reasoning_rl.*\b" + key.rsplit(".", 1)[1] + r": )\d+", r"\g<1>" + value, text)
                    if "." in key else f"{text}{key}: {value}\n")
        run.configure(text)
        return run

    def why(self, run):
        done = run.ctl("why", "-o", "json")
        return json.loads(done.stdout)["culprits"] if done.returncode == 0 else []

    def goes_on(self, run):
        reached = run.steps()
        run.reach(reached + 3, within_s=60)

    def end(self, run, steps):
        run.end()
        for name, process in run.processes.items():
            self.assertEqual(process.wait(30), 0, f"{name}{run.tails()}")
        self.assert_whole(run, steps, max_staleness=2)

    @unittest.skipIf(NOT_HERE, NOT_HERE)
    def test_cut_one_way_and_slow(self):
        steps = 400
        run = self.nodes(*longer(steps), "lease_s=1")
        run.start()
        run.reach(5)
        for name in ("generator-0", "buffer"):
            with self.subTest(f"{name} cut"):
                run.net.cut(name)
                run.wait_until(f"{name} named", lambda name=name: name in self.why(run), 6)
                time.sleep(2)
                run.net.mend(name)
                self.goes_on(run)
        with self.subTest("the buffer does not hear the verifier"):
            run.net.deaf("verifier-0", "buffer")
            run.wait_until("the link named", lambda: "verifier-0 - buffer" in self.why(run), 8)
            run.net.heard("verifier-0", "buffer")
            self.goes_on(run)
        with self.subTest("a slow learner"):
            run.net.slow("learner-0")
            time.sleep(3)
            run.net.fast("learner-0")
            self.goes_on(run)
        self.end(run, steps)
        self.note("cluster, partitions", 4)

    @unittest.skipUnless(LONG, "TROUPE_LONG=1 makes twenty partitions at random times")
    @unittest.skipIf(NOT_HERE, NOT_HERE)
    def test_partitions_at_random(self):
        steps = 3000
        seed = int(os.environ.get("TROUPE_PARTITION_SEED", 11))
        chance = random.Random(seed)
        run = self.nodes(*longer(steps), "lease_s=1")
        run.start()
        run.reach(5)
        net = run.net
        for number in range(20):
            name = chance.choice(MEMBERS)
            other = chance.choice([one for one in MEMBERS[:3] if one != name])
            kind = chance.choice(("cut", "one way", "other way", "slow"))
            lasts = chance.uniform(1, 8)
            print(f"seed {seed}, {number}: {name}, {kind}, {other}, {lasts:.1f} s, step {run.steps()}", flush=True)
            break_, mend = {"cut": (lambda: net.cut(name), lambda: net.mend(name)),
                            "one way": (lambda: net.deaf(name, other), lambda: net.heard(name, other)),
                            "other way": (lambda: net.deaf(other, name), lambda: net.heard(other, name)),
                            "slow": (lambda: net.slow(name), lambda: net.fast(name))}[kind]
            break_()
            time.sleep(lasts)
            mend()
            self.goes_on(run)
            time.sleep(chance.uniform(0, 1))
        self.end(run, steps)
        self.note("cluster, partitions at random", number + 1)


# Who asks whom through a proxy that goes deaf; what `why` calls it.
LINKS = [("generator-0", "buffer", "generator-0 - buffer"), ("verifier-0", "buffer", "verifier-0 - buffer"),
         ("learner-0", "buffer", "learner-0 - buffer"), ("controller", "buffer", "controller - buffer"),
         ("generator-0", "control", "generator-0"), ("generator-0", "weights", "generator-0 - learner"),
         ("controller", "weights", "controller - learner")]


class HalfOpenLinks(ClusterTest):
    """Connections that stay open and carry nothing, on loopback: no namespaces needed."""

    def put_between(self, run, name, what):
        """A proxy between a member and whom it asks; the member is started again to use it."""
        file = run.folder / "nodes" / f"{name}.yaml"
        text = file.read_text()
        section = re.search(rf"^{what}:\n((?:  .*\n)+)", text, re.M).group(1)
        port = int(re.search(r"address: .*:(\d+)", section).group(1))
        proxy = Proxy(port)
        self.addCleanup(proxy.close)
        file.write_text(text.replace(section, re.sub(r"(address: .*:)\d+", rf"\g<1>{proxy.port}", section)))
        pid = run.pids()[name]
        os.kill(pid, signal.SIGKILL)
        run.wait_until(f"another {name}", lambda: run.pids().get(name, pid) != pid, 20)
        if name != "controller":
            run.ready(name)
        reached = run.steps()
        run.reach(reached + 3, within_s=40)
        return proxy

    def test_why_names_the_link(self):
        steps = 1200 if LONG else 400
        run = self.cluster_of("small", *longer(steps), "lease_s=1")
        run.start(**QUICK)
        run.reach(5)
        for name, what, culprit in LINKS if LONG else LINKS[-2:]:
            with self.subTest(culprit):
                proxy = self.put_between(run, name, what)
                proxy.deaf()
                began = time.monotonic()
                said = []

                def named():
                    done = run.ctl("why", "-o", "json")
                    said[:] = [done.stdout + done.stderr]
                    return done.returncode == 0 and culprit in json.loads(done.stdout)["culprits"]
                try:
                    run.wait_until(f"why names {culprit}", named, 6)
                except AssertionError as e:
                    self.fail(f"{str(e)[:200]}: {said[0]}")
                finally:
                    proxy.mend()
                print(f"{culprit} named after {time.monotonic() - began:.1f} s", flush=True)
                reached = run.steps()
                run.reach(reached + 3, within_s=40)
        run.end()
        self.assert_whole(run, steps, max_staleness=2)
        self.note("cluster, half-open links", len(LINKS) if LONG else 2)


if __name__ == "__main__":
    unittest.main()
