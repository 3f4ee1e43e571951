"""Rounds that are made here, on a server that stays the same for several loads: its processor time
is read from its clock, and connections that are idle are held by this program."""

import json
import os
import shlex
import signal
import socket
import subprocess
import time

from .compared import NoReport, output

PATIENCE_S = 10
MESSAGE = b"x" * 64
# Connections that are established and greeted together.
BATCH = 100


class Trouble(Exception):
    """Something is wrong with a server."""


class Server:
    """A running server; a context that ends it, and all that it has started."""

    def __init__(self, machine, command):
        self.machine = machine
        self.command = command
        self.address = ("127.0.0.1", free_port())

    def __enter__(self):
        words = shlex.split(self.command.replace("{port}", str(self.address[1])).replace("{stall_ms}", "0"))
        cpus = self.machine.server_cpus
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus))
        try:
            self.wait_until_it_listens()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # What was measured is known: there is nothing to finish.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def wait_until_it_listens(self):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return socket.create_connection(self.address, timeout=PATIENCE_S).close()
            except OSError:
                if self.process.poll() is not None:
                    raise Trouble(f"it ended with {self.process.returncode}")
                if time.monotonic() > deadline:
                    raise Trouble("it does not listen")
                time.sleep(0.01)

    def cpu_s(self):
        """The processor time of the process, user and system, by its clock."""
        # The clock of a process has the complement of its number above three bits, of which 2
        # asks for what it has run.
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def own_bytes(self):
        """The memory of the process that no file stands behind."""
        with open(f"/proc/{self.process.pid}/smaps_rollup") as lines:
            for line in lines:
                if line.startswith("Anonymous:"):
                    return int(line.split()[1]) * 1024
        raise Trouble("the system does not tell its memory")

    def load(self, options, seconds):
        """The report of a load, and the processor time that the server needed for it."""
        cpus = self.machine.load_cpus
        command = [self.machine.overport, "load", "--connect", "%s:%d" % self.address, "--json"]
        command += ["--seconds", seconds, "--threads", len(cpus)] + options
        before = self.cpu_s()
        report = json.loads(output(["taskset", "--cpu-list", ",".join(map(str, cpus))] + command))
        if report["errors"] or not report["messages"]:
            raise Trouble(f"{report['errors']} errors in {report['messages']} messages")
        return report, self.cpu_s() - before


class Crowd:
    """Connections that have each exchanged a message and are idle; a context that closes them."""

    def __init__(self, address):
        self.address = address
        self.sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()

    def grow(self, count):
        """Adds connections until there are so many."""
        while len(self.sockets) < count:
            new = []
            for _ in range(min(BATCH, count - len(self.sockets))):
                new.append(socket.create_connection(self.address, timeout=PATIENCE_S))
                self.sockets.append(new[-1])
            for one in new:
                one.sendall(MESSAGE)
            for one in new:
                greet(one)


def greet(one):
    left = len(MESSAGE)
    while left:
        received = len(one.recv(left))
        if not received:
            raise Trouble("it closed a connection")
        left -= received


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def direct_round(machine, servers, measure):
    """One round: what `measure` finds of each running server, and why it finds nothing."""
    figures, problems = {}, {}
    for name, command in servers.items():
        try:
            with Server(machine, command) as server:
                figures[name] = measure(server)
        except (Trouble, NoReport, OSError) as error:
            problems[name] = str(error)
    return figures, problems
