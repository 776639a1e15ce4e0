"""Networks that tests make and break: one namespace a process, a switch between them, and a proxy that goes deaf."""
import asyncio
import os
import subprocess
import threading

from clusters import Cluster
from runs import PROGRAMS

MEMBERS = ("controller", "buffer", "learner-0", "generator-0", "generator-1", "verifier-0")


def sh(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=20)
    if done.returncode != 0:
        raise OSError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def why_not():
    """Why no namespaces can be made here; nothing when they can."""
    name = f"tr{os.getpid()}x"
    try:
        sh("ip", "netns", "add", name)
        try:
            sh("ip", "-n", name, "link", "add", "b0", "type", "bridge")
            sh("ip", "-n", name, "link", "set", "lo", "up")
            sh("ip", "-n", name, "link", "add", "v0", "type", "veth", "peer", "name", "v1")
            sh("tc", "-n", name, "qdisc", "add", "dev", "v0", "root", "tbf", "rate", "1mbit", "burst", "32kbit",
               "latency", "400ms")
        finally:
            sh("ip", "netns", "del", name)
    except (OSError, subprocess.TimeoutExpired) as e:
        return f"network namespaces cannot be made here: {e}"
    return None


class Network:
    """A switch in a namespace of its own, and a namespace with an address for each member."""

    def __init__(self, members=MEMBERS):
        self.tag = f"tr{os.getpid()}"
        self.numbers = {name: i + 1 for i, name in enumerate(members)}
        self.spaces = [f"{self.tag}s"] + [self.space(name) for name in members]
        switch = self.spaces[0]
        for space in self.spaces:
            sh("ip", "netns", "add", space)
            sh("ip", "-n", space, "link", "set", "lo", "up")
        sh("ip", "-n", switch, "link", "add", "b0", "type", "bridge")
        sh("ip", "-n", switch, "link", "set", "b0", "up")
        for name, number in self.numbers.items():
            space = self.space(name)
            sh("ip", "-n", switch, "link", "add", f"p{number}", "type", "veth", "peer", "name", "e0", "netns", space)
            sh("ip", "-n", switch, "link", "set", f"p{number}", "master", "b0", "up")
            sh("ip", "-n", space, "addr", "add", f"{self.address(name)}/24", "dev", "e0")
            sh("ip", "-n", space, "link", "set", "e0", "up")

    def remove(self):
        for space in self.spaces:
            subprocess.run(["ip", "netns", "del", space], capture_output=True, timeout=20)

    def space(self, name):
        return f"{self.tag}n{self.numbers[name]}"

    def address(self, name):
        return f"10.231.7.{self.numbers[name]}"

    def within(self, name, *words):
        return ["ip", "netns", "exec", self.space(name), *map(str, words)]

    def cut(self, name):
        """The cable of a member is out."""
        sh("ip", "-n", self.spaces[0], "link", "set", f"p{self.numbers[name]}", "down")

    def mend(self, name):
        sh("ip", "-n", self.spaces[0], "link", "set", f"p{self.numbers[name]}", "up")

    def deaf(self, name, to):
        """Nothing that `name` sends arrives at `to`; what comes from there does."""
        sh("ip", "-n", self.space(name), "neigh", "replace", self.address(to), "lladdr", "02:00:00:00:00:fe", "dev",
           "e0", "nud", "permanent")

    def heard(self, name, to):
        sh("ip", "-n", self.space(name), "neigh", "del", self.address(to), "dev", "e0")

    def slow(self, name, rate="64kbit"):
        sh("tc", "-n", self.space(name), "qdisc", "add", "dev", "e0", "root", "tbf", "rate", rate, "burst", "8kb",
           "latency", "500ms")

    def fast(self, name):
        sh("tc", "-n", self.space(name), "qdisc", "del", "dev", "e0", "root")


class NodesOnANetwork(Cluster):
    """A run whose members are `troupe node`, each in its namespace, as somebody would start them on machines."""

    def __init__(self, folder, recipe_file, net, *settings, environment):
        super().__init__(folder, recipe_file, *settings)
        self.net = net
        self.processes = {}
        self.environment = environment
        self.folder.mkdir()
        self.given = self.folder.parent / "given"  # what an administrator writes
        self.given.mkdir()
        self.keys = self.given / "keys"
        hosts = [word for name in net.numbers for word in ("--host", net.address(name))]
        sh(PROGRAMS / "troupe", "keygen", "--out", self.keys, "--generators", "2", "--verifiers", "1", *hosts)

    def configure(self, recipe_text):
        (self.given / "recipe.yaml").write_text(recipe_text)
        at = {name: self.net.address(name) for name in self.net.numbers}
        for name in self.net.numbers:
            (self.given / f"{name}.yaml").write_text("\n".join([
                f"name: {name}", f"run: {self.folder}", f"recipe: {self.given}/recipe.yaml", f"keys: {self.keys}",
                f'control: {{listen: "{at["controller"]}:7400", address: "{at["controller"]}:7400"}}',
                f'buffer: {{listen: "tcp://{at["buffer"]}:7401", address: "tcp://{at["buffer"]}:7401"}}',
                f'weights: {{listen: "tcp://{at["learner-0"]}:7402", address: "tcp://{at["learner-0"]}:7402"}}',
                f'admin: {{listen: "{at[name]}:7403"}}' if name in ("controller", "buffer") else ""]) + "\n")

    def start(self):
        (self.folder / "nodes").mkdir(exist_ok=True)
        for name in self.net.numbers:
            with open(self.folder / "nodes" / f"{name}.log", "ab") as log:
                self.processes[name] = subprocess.Popen(
                    self.net.within(name, PROGRAMS / "troupe", "node", name.split("-")[0], "--config",
                                    self.given / f"{name}.yaml"),
                    stdout=log, stderr=log, env={**os.environ, **self.environment})
        self.up = self.processes["controller"]
        self.log.touch()
        return self.up

    def pids(self):
        return {name: one.pid for name, one in self.processes.items()}

    def ctl(self, *words, within_s=30):
        if self.up.poll() is not None:
            return subprocess.run([PROGRAMS / "troupectl", "--store", self.folder, *words], capture_output=True,
                                  text=True, timeout=within_s)
        return subprocess.run(self.net.within("controller", PROGRAMS / "troupectl", "--endpoint",
                                              f"https://{self.net.address('controller')}:7403", "--keys", self.keys,
                                              *words), capture_output=True, text=True, timeout=within_s)

    def put_away(self):
        for one in self.processes.values():
            if one.poll() is None:
                one.kill()
            one.wait(10)


class Proxy:
    """Passes TCP on to a port of this machine; told to go deaf, it keeps all connections and passes nothing on."""

    def __init__(self, port):
        self.to = port
        self.loop = asyncio.new_event_loop()
        self.passing = None
        self.listening = threading.Event()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=[self._serve()], daemon=True)
        self.thread.start()
        assert self.listening.wait(10)

    async def _serve(self):
        self.passing = asyncio.Event()
        self.passing.set()
        self.over = asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        await self.over.wait()
        server.close()

    async def _accept(self, reader, writer):
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass(reader, there_writer), self._pass(there_reader, writer))

    async def _pass(self, reader, writer):
        try:
            while data := await reader.read(65536):
                await self.passing.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    def deaf(self):
        self.loop.call_soon_threadsafe(self.passing.clear)

    def mend(self):
        self.loop.call_soon_threadsafe(self.passing.set)

    def close(self):
        self.mend()
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(10)
