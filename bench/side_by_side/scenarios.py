"""The scenarios."""

from .compared import compare, main_rounds, problems, stall_round
from .direct import Crowd, direct_round
from .scenario import Scenario, Target, cost_targets, ratio_target
from .servers import BARE, OURS, PINNED, UNTOLD

ROUNDS_AT_ONCE = 4
COST = [("us/message", "cost", 2, 1)]
SPEED = [("messages/s", "speed", 0, 1)]


class MainLoad(Scenario):
    """A closed loop, as `overport compare` has it."""

    columns = COST + SPEED

    def __init__(self, machine, servers, name, load, cpus=None, more=""):
        super().__init__(machine, servers)
        self.name = name
        self.load = load
        self.server_cpus, self.load_cpus = cpus or (machine.server_cpus, machine.load_cpus)
        self.title = "{} connections x {} bytes, {} in flight each".format(*load) + more

    def measure(self, servers):
        connections, size, in_flight = self.load
        options = ["--views", "none", "--rounds", ROUNDS_AT_ONCE, "--connections", connections]
        options += ["--message-size", size, "--in-flight", in_flight]
        report = compare(self.machine, servers, options, self.server_cpus, self.load_cpus)
        return main_rounds(report), problems(report)

    def targets(self):
        targets = cost_targets(self)
        if self.name in TO_TOKIO:
            most = TO_TOKIO[self.name]
            targets.append(ratio_target(self, "tokio", OURS, "tokio", most))
            # At least 0.95 of its speed at the same processor time.
            targets.append(ratio_target(self, "a pinned port", OURS, PINNED, 1 / 0.95))
        return targets


# What ours is to need at most of tokio.
TO_TOKIO = {"small": 0.92, "many": 0.85}


class Churn(Scenario):
    """Clients that connect, exchange one message and go."""

    name = "churn"
    title = "64 clients that connect, exchange 64 bytes and go"
    columns = [("us/connection", "cost", 2, 1), ("connections/s", "speed", 0, 1)]

    def measure(self, servers):
        figures, found = direct_round(self.machine, servers, self.churn)
        return [figures], found

    def churn(self, server):
        options = ["--connections", 64, "--messages-per-connection", 1]
        server.load(options, 0.1)
        report, cpu_s = server.load(options, 0.4)
        opened = report["connection"]["opened"]
        return {"cost": cpu_s * 1e6 / opened, "speed": opened / report["elapsed_seconds"],
                "limited": report["generator_limit"] is not None}

    def targets(self):
        return cost_targets(self)


class Memory(Scenario):
    """What an idle connection takes of the server's own memory."""

    name = "memory"
    figure = "bytes"
    columns = [("bytes each, second half", "bytes", 0, 1), ("all", "bytes in all", 0, 1)]
    most_rounds = 6

    def __init__(self, machine, servers):
        super().__init__(machine, servers)
        self.connections = machine.at_most(10_000)
        self.title = f"{self.connections:,} idle connections that have exchanged 64 bytes each"

    def measure(self, servers):
        figures, found = direct_round(self.machine, servers, self.memory)
        return [figures], found

    def memory(self, server):
        half = self.connections // 2
        before = server.own_bytes()
        with Crowd(server.address) as crowd:
            crowd.grow(half)
            middle = server.own_bytes()
            crowd.grow(self.connections)
            after = server.own_bytes()
        # A pool that all connections share has been used by the first half.
        return {"bytes": (after - middle) / (self.connections - half),
                "bytes in all": (after - before) / self.connections}

    def decisive(self):
        return self.found.interval(OURS, self.figure)

    def targets(self):
        return [Target("bytes of own memory a connection", 512, self.decisive)]


class Idle(Scenario):
    """Active connections beside idle ones, against the active ones alone."""

    name = "idle"
    figure = "growth"
    columns = [("us/message alone", "alone", 2, 1), ("beside idle", "beside", 2, 1),
               ("growth", "growth", 3, 1)]

    def __init__(self, machine, servers):
        super().__init__(machine, servers)
        self.active = 100
        self.idle = machine.at_most(9_500) - self.active
        self.title = f"{self.active} active x 64 bytes beside {self.idle:,} idle, and alone"

    def measure(self, servers):
        figures, found = direct_round(self.machine, servers, self.growth)
        return [figures], found

    def growth(self, server):
        self.cost(server, 0.15)
        alone = self.cost(server, 0.5)
        with Crowd(server.address) as crowd:
            crowd.grow(self.idle)
            beside = self.cost(server, 0.5)
        return {"alone": alone, "beside": beside, "growth": beside / alone}

    def cost(self, server, seconds):
        report, cpu_s = server.load(["--connections", self.active], seconds)
        return cpu_s * 1e6 / report["messages"]

    def decisive(self):
        return self.found.interval(OURS, self.figure)

    def targets(self):
        return [Target("100 active alone", 1.15, self.decisive)]


class Active(Scenario):
    """Many active connections against few: what a message's cost grows by."""

    name = "active"
    figure = "growth"
    columns = [("us/message few", "few", 2, 1), ("many", "many", 2, 1), ("growth", "growth", 3, 1)]

    def __init__(self, machine, servers):
        super().__init__(machine, servers)
        self.few = 100
        self.many = machine.at_most(9_500)
        self.title = f"{self.many:,} active connections x 64 bytes against {self.few}"

    def measure(self, servers):
        few, few_problems = self.costs(servers, self.few)
        many, many_problems = self.costs(servers, self.many)
        rounds = []
        for one, other in zip(few, many):
            both = [name for name in one if name in other]
            rounds.append({name: {
                "few": one[name]["cost"],
                "many": other[name]["cost"],
                "growth": other[name]["cost"] / one[name]["cost"],
            } for name in both})
        return rounds, few_problems | many_problems

    def costs(self, servers, connections):
        options = ["--views", "none", "--rounds", 2, "--connections", connections]
        report = compare(self.machine, servers, options, self.machine.server_cpus, self.machine.load_cpus)
        return main_rounds(report), problems(report)

    def decisive(self):
        return self.found.ratio(OURS, BARE, self.figure)

    def targets(self):
        return [ratio_target(self, "the bare loop's growth", OURS, BARE, 1.05)]


class Blocking(Scenario):
    """Handlers that block, at a fixed rate; the others' latency counts."""

    name = "blocking"
    figure = "p99"
    title = ("64 connections x 64 bytes, 12,000 messages a second, 1 % block their handler for 10 ms: "
             "latency of the others")
    columns = [("p50 ms", "p50", 3, 1e-3), ("p99 ms", "p99", 3, 1e-3),
               ("p99 ms, none blocks", "calm p99", 3, 1e-3), ("threads", "threads", 0, 1)]

    def measure(self, servers):
        machine = self.machine
        options = ["--views", "stall", "--stall-rate", 12_000, "--rounds", 2]
        report = compare(machine, servers, options, machine.two_server_cpus, machine.two_load_cpus[:1])
        return [stall_round(report)], problems(report, "stall")

    def decisive(self):
        return self.found.ratio(OURS, "tokio told", self.figure)

    def targets(self):
        wanted = [("told, to tokio's block_in_place", OURS, "tokio told", 1.0),
                  ("not told, to tokio with as many threads", UNTOLD, "tokio 10", 1.0),
                  ("not told, to tokio with two", UNTOLD, "tokio 2", 1 / 5),
                  ("not told, to monoio with two", UNTOLD, "monoio 2", 1 / 5)]
        return [ratio_target(self, *one) for one in wanted]


def small(machine, servers):
    return MainLoad(machine, servers.with_pinned(), "small", (64, 64, 1))


def many(machine, servers):
    return MainLoad(machine, servers.with_pinned(), "many", (1000, 512, 1))


def large(machine, servers):
    # With less room a message takes several receives, and their number decides.
    roomy = servers.on_one_thread(f"--buffer-size {16 << 10}")
    return MainLoad(machine, roomy, "large", (16, 16 << 10, 1), more=", received 16 KiB at once")


def ping_pong(machine, servers):
    one = (machine.server_cpus, machine.server_cpus)
    more = ", client and server on one processor"
    return MainLoad(machine, servers.on_one_thread(), "ping-pong", (1, 64, 1), one, more)


def threads(machine, servers):
    two = (machine.two_server_cpus, machine.two_load_cpus)
    more = f", two server threads on processors {two[0]}, the load on {two[1]}"
    return MainLoad(machine, servers.on_threads(2), "threads", (64, 64, 1), two, more)


def in_flight(machine, servers):
    return MainLoad(machine, servers.on_one_thread(), "in-flight", (64, 64, 16))


def active(machine, servers):
    few = servers.on_one_thread()
    wanted = [OURS, "tokio", BARE, *servers.added]
    return Active(machine, {name: few[name] for name in few if name in wanted})


MAKERS = {
    "small": small,
    "many": many,
    "large": large,
    "ping-pong": ping_pong,
    "churn": lambda machine, servers: Churn(machine, servers.on_one_thread()),
    "threads": threads,
    "in-flight": in_flight,
    "memory": lambda machine, servers: Memory(machine, servers.on_one_thread()),
    "idle": lambda machine, servers: Idle(machine, servers.on_one_thread()),
    "active": active,
    "blocking": lambda machine, servers: Blocking(machine, servers.blocking(2)),
}

NAMES = list(MAKERS)


def scenarios(machine, servers, names):
    """The scenarios of these names."""
    return [MAKERS[name](machine, servers) for name in names]
