"""What the scenarios may use of this machine, and how busy it is with something else."""

import os
import resource
import time

# Descriptors that a process has beside its connections.
HEADROOM = 200


class Machine:
    """The processors of the servers and of the load, and the limit of connections."""

    def __init__(self, overport):
        self.overport = overport
        usable = sorted(os.sched_getaffinity(0))
        self.load_cpus = usable[:1]
        self.server_cpus = usable[1:2] or usable[:1]
        # For a server with two threads the load has its processor only where there is a third.
        self.two_server_cpus = usable[1:3] if len(usable) > 2 else usable[:2]
        self.two_load_cpus = self.load_cpus if len(usable) > 2 else usable
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.connections = hard - HEADROOM

    def at_most(self, wanted, of=None):
        """So many connections, or in proportion to the most that the descriptors allow where `of`
        are too many."""
        of = of or wanted
        return wanted if of <= self.connections else wanted * self.connections // of


class Foreign:
    """Counts what others use of the processors, from now on."""

    def __init__(self):
        self.began = time.monotonic()
        self.before = busy_s() - own_s()

    def part(self):
        """The part of all processors' time. About: the system counts clock ticks."""
        elapsed = time.monotonic() - self.began
        return max(0.0, busy_s() - own_s() - self.before) / (elapsed * os.cpu_count())


def busy_s():
    with open("/proc/stat") as lines:
        user, nice, system, _idle, _iowait, irq, softirq, *_ = map(int, next(lines).split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def own_s():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
