"""Figures of the same rounds, and the 95 % intervals of their ratios."""

import math
import statistics
from dataclasses import dataclass, field

# The least number of values whose extremes enclose their median with 95 %.
LEAST_ROUNDS = 6


@dataclass(frozen=True)
class Interval:
    """A median with its 95 % interval."""

    low: float
    centre: float
    high: float

    def within(self, part):
        """Whether both ends are no further from the centre than so large a part of it."""
        return self.high - self.centre <= part * self.centre and self.centre - self.low <= part * self.centre


def median_interval(values):
    """The median of the values and what encloses it with 95 %, whatever their distribution: two of
    the values themselves, by the binomial distribution. None of fewer than six."""
    ordered = sorted(values)
    count = len(ordered)
    if count < LEAST_ROUNDS:
        return None
    outside, tail = 0, 0.0
    while True:
        tail += math.comb(count, outside) / 2**count
        if 2 * tail > 0.05:
            break
        outside += 1
    return Interval(ordered[outside - 1], statistics.median(ordered), ordered[count - outside])


@dataclass
class Rounds:
    """What the rounds of a scenario gave: each has a server's figures by its name, as far as it
    has any, and the figures are numbers by their names."""

    rounds: list = field(default_factory=list)
    # Of a server that has no figures, or not all: why.
    problems: dict = field(default_factory=dict)

    def values(self, server, figure):
        """One value a round, none where there is no such figure."""
        return [one.get(server, {}).get(figure) for one in self.rounds]

    def median(self, server, figure):
        values = [value for value in self.values(server, figure) if value is not None]
        return statistics.median(values) if values else None

    def interval(self, server, figure):
        return median_interval([value for value in self.values(server, figure) if value is not None])

    def ratios(self, server, base, figure):
        """The server's ratio to the other one, in each round that has both."""
        pairs = zip(self.values(server, figure), self.values(base, figure))
        return [value / other for value, other in pairs if value is not None and other]

    def ratio(self, server, base, figure):
        """The ratio's median and its interval; none of too few rounds."""
        return median_interval(self.ratios(server, base, figure))

    def least(self, servers, base, figure):
        """Which of the servers has the least of the figure, by its ratios to the base."""
        by_ratio = {}
        for server in servers:
            ratios = self.ratios(server, base, figure)
            if ratios:
                by_ratio[server] = statistics.median(ratios)
        return min(by_ratio, key=by_ratio.get, default=None)
