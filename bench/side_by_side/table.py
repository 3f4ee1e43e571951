"""The tables and the verdicts, for a terminal and for a file."""

from dataclasses import asdict

from .scenario import CLOSE

# Where the load was the limit in more than this part of the rounds, the table says so.
LIMITED = 0.5


def table(scenario):
    """What to print of a scenario, one string a line."""
    lines = [f"{scenario.name}: {scenario.title}", state(scenario)]
    best = scenario.best()
    rows = [["server"] + [head for head, *_ in scenario.columns] + ([f"to {best}", "95 %"] if best else [])]
    rows += [row(scenario, server, best) for server in by_figure(scenario)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for cells in rows:
        lines.append("  " + "  ".join([cells[0].ljust(widths[0])] + [
            cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]))
    if any(cells[0].endswith("*") for cells in rows):
        lines.append("  * the load could not send more: the server had time to spare")
    lines += [f"  {server}: {why}" for server, why in scenario.found.problems.items()]
    return lines


def state(scenario):
    return (f"  {len(scenario.found.rounds)} rounds in {scenario.elapsed_s:.0f} s: {scenario.ended}; "
            f"others used about {scenario.foreign:.0%} of the processors")


def by_figure(scenario):
    def key(server):
        median = scenario.found.median(server, scenario.figure)
        return (median is None, median)
    return sorted(scenario.servers, key=key)


def row(scenario, server, best):
    found = scenario.found
    limited = [value for value in found.values(server, "limited") if value is not None]
    mark = " *" if limited and sum(limited) > LIMITED * len(limited) else ""
    cells = [server + mark]
    for _, figure, digits, factor in scenario.columns:
        median = found.median(server, figure)
        cells.append("-" if median is None else f"{median * factor:,.{digits}f}")
    if best is None:
        return cells
    if server == best:
        return cells + ["1", ""]
    ratio = found.ratio(server, best, scenario.figure)
    if ratio is None:
        return cells + ["-", ""]
    return cells + [f"{ratio.centre:.3f}", f"{ratio.low:.3f} .. {ratio.high:.3f}"]


def verdicts(scenario):
    """The targets of a scenario: what was wanted, the interval or why there is none, and whether it is
    reached, which it is when the low end is."""
    found = []
    for target in scenario.targets():
        interval = target.interval()
        if interval is None:
            interval = "too few rounds"
        if isinstance(interval, str):
            found.append((target, None, interval))
            continue
        word = "reached" if interval.low <= target.most else "not reached"
        if not interval.within(CLOSE):
            word += f", by an interval wider than {CLOSE:.0%}"
        found.append((target, interval, word))
    return found


def verdict_lines(scenarios):
    lines = ["targets (reached when the low end of the interval is):"]
    for scenario in scenarios:
        for target, interval, word in verdicts(scenario):
            figures = "" if interval is None else (
                f"{interval.centre:.3f} ({interval.low:.3f} .. {interval.high:.3f})")
            wanted = f"at most {target.most:.4g}"
            lines.append(f"  {scenario.name:<10}  {target.text:<40}  {wanted:<14}  {figures:<26}  {word}")
    return lines


def as_json(scenario):
    """The same and each round, for json.dump."""
    found, best = scenario.found, scenario.best()
    ratios = {server: found.ratio(server, best, scenario.figure) for server in scenario.servers if best}
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "servers": scenario.servers,
        "rounds": found.rounds,
        "problems": found.problems,
        "ended": scenario.ended,
        "elapsed_s": scenario.elapsed_s,
        "foreign_part": scenario.foreign,
        "figure": scenario.figure,
        "best": best,
        "ratio_to_best": {server: ratio and asdict(ratio) for server, ratio in ratios.items()},
        "targets": [{"to": target.text, "at_most": target.most, "ratio": interval and asdict(interval),
                     "verdict": word} for target, interval, word in verdicts(scenario)],
    }
