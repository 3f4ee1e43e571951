"""Rounds that `overport compare` makes."""

import json
import subprocess


class NoReport(Exception):
    """A command had nothing to say."""


def compare(machine, servers, options, server_cpus, load_cpus):
    """The report of these servers, by their names and in this order, without the nine models."""
    command = [machine.overport, "compare", "--models", "none", "--json"]
    command += ["--server-cpus", listed(server_cpus), "--load-cpus", listed(load_cpus)]
    for name, server in servers.items():
        command += ["--server", f"{name}={server}"]
    return json.loads(output(command + options))


def listed(cpus):
    return ",".join(map(str, cpus))


def output(command):
    """What the command prints, whatever it ends with: a report of errors is a report. It is ended
    when this is interrupted."""
    command = [str(word) for word in command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            text, _ = process.communicate()
        except BaseException:
            process.terminate() # It ends the servers that it has started.
            process.wait()
            raise
    if not text:
        raise NoReport(f"no report, and exit code {process.returncode}: {' '.join(command)}")
    return text


def main_rounds(report):
    """The rounds of the main load."""
    rounds = [{} for _ in range(report["settings"]["rounds"])]
    for run in report["runs"]:
        for one in run["rounds"]:
            if one["cpu_us_per_message"] is not None:
                rounds[one["round"] - 1][run["model"]] = {
                    "cost": one["cpu_us_per_message"],
                    "speed": one["messages_per_s"],
                    # On one processor for both, no load could send more.
                    "limited": one["load_limited"] and report["host"]["pinning"]["separate"],
                }
    return rounds


def stall_round(report):
    """The one round of the view of handlers that block."""
    return {run["model"]: {
        "p50": run["stall"]["with"]["p50"],
        "p99": run["stall"]["with"]["p99"],
        "calm p99": run["stall"]["without"]["p99"],
        "threads": run["stall"]["threads"],
    } for run in report["runs"] if run["stall"]}


def problems(report, figure="rounds"):
    """Why servers have no such figure."""
    found = {}
    for run in report["runs"]:
        reason = run["problem"] or run["unavailable"].get(figure)
        if reason:
            found[run["model"]] = " ".join(str(value) for value in reason.values())
    return found
