"""What all scenarios have in common: rounds are added until they tell enough."""

import time

from .machine import Foreign
from .paired import Rounds
from .servers import BARE, OURS

# What the interval is narrowed to, on both sides of the ratio.
CLOSE = 0.03


class Target:
    """A ratio, or a figure, that must be at most so much."""

    def __init__(self, text, most, interval):
        self.text = text
        self.most = most
        # Makes the interval of a scenario; or a text that says why there is none.
        self.interval = interval


class Scenario:
    """A load that all servers are put under, in rounds.

    A subclass has a `name`, a `title`, `columns` (what to print: head, figure, digits, factor) and
    the `figure` by which servers are compared, the less the better.
    """

    figure = "cost"
    most_rounds = None

    def __init__(self, machine, servers):
        self.machine = machine
        self.servers = servers
        self.found = Rounds()
        self.ended = ""
        self.elapsed_s = 0.0
        self.foreign = 0.0

    def measure(self, servers):
        """Some more rounds, and the problems of servers. The servers come in another order each time."""
        raise NotImplementedError

    def targets(self):
        return []

    def peers(self):
        return [name for name in self.servers if not name.startswith(OURS)]

    def best(self, among=None):
        """Who of the peers needs the least."""
        return self.found.least(among or self.peers(), OURS, self.figure)

    def decisive(self):
        """The interval that is to be narrowed."""
        best = self.best()
        return best and self.found.ratio(OURS, best, self.figure)

    def run(self, time_limit):
        """Makes rounds until the interval is close, or no more fit into the time. A server that has a
        problem is left out from then on."""
        began, foreign = time.monotonic(), Foreign()
        longest = 0.0
        turn = 0
        while not self.ended:
            begin = time.monotonic()
            sound = {name: self.servers[name] for name in self.servers if name not in self.found.problems}
            rounds, problems = self.measure(rotated(sound, turn))
            self.found.rounds += rounds
            self.found.problems |= problems
            turn += 1
            now = time.monotonic()
            longest = max(longest, now - begin)
            self.ended = self.end(now - began + longest > time_limit)
        self.elapsed_s = time.monotonic() - began
        self.foreign = foreign.part()

    def end(self, is_over):
        decisive = self.decisive()
        if OURS in self.found.problems:
            return f"{OURS} has a problem"
        if self.most_rounds and len(self.found.rounds) >= self.most_rounds:
            return "as many rounds as it needs"
        if not self.most_rounds and decisive and decisive.within(CLOSE):
            return f"the interval is within {CLOSE:.0%}"
        if is_over:
            return "the time is over" + ("" if decisive else " without an interval")
        return ""


def rotated(servers, turn):
    """The servers in another order each turn: another one is first, and every second goes backwards."""
    names = list(servers)
    first = turn // 2 % len(names)
    names = names[first:] + names[:first]
    return {name: servers[name] for name in (names if turn % 2 == 0 else reversed(names))}


def cost_targets(scenario):
    """At most 1.05 of the best library, and of the bare loop where that leads."""
    found, figure = scenario.found, scenario.figure

    def to_library():
        best = scenario.best([name for name in scenario.peers() if name != BARE])
        return found.ratio(OURS, best, figure) if best else "there is no library"

    def to_bare():
        if scenario.best() != BARE:
            return "it does not lead"
        return found.ratio(OURS, BARE, figure)

    return [Target("the best library", 1.05, to_library),
            Target("the bare loop where it leads", 1.05, to_bare)]


def ratio_target(scenario, text, server, base, most):
    """At most so much of another server's figure."""
    def interval():
        for name in (server, base):
            if name not in scenario.servers:
                return f"{name} does not take part"
        return scenario.found.ratio(server, base, scenario.figure)
    return Target(text, most, interval)
