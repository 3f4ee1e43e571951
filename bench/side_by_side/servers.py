"""The servers that take part, and how they are started."""

import shlex
import subprocess
from pathlib import Path

OURS = "overport"
# The same server where handlers block and the port is not told, and with a pinned port.
UNTOLD = "overport untold"
PINNED = "overport pinned"
# The reference, which is no library.
BARE = "uring"
PEERS = ["tokio", "mio", "compio", "monoio", "ringline", "smol", "asio", BARE]
# Those that serve on several threads when they are told to.
THREADED = ["tokio", "compio", "monoio", "ringline", "asio", BARE]


class Servers:
    """The programs, in the folder that they were built into."""

    def __init__(self, folder, peers, added):
        self.folder = Path(folder)
        self.overport = self.folder / "overport"
        self.peers = peers
        self.added = added
        command = [self.overport, "serve", "--help"]
        self.help = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def offers(self, option):
        """Whether `overport serve` takes the option."""
        return option in self.help

    def back_end(self):
        """What carries our completion port here, as it says itself when it listens."""
        command = [self.overport, "serve", "--model", "completion-port", "--quiet", "--listen", "127.0.0.1:0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            line = process.stdout.readline()
            process.terminate()
        return line.strip().removesuffix(")").partition("(")[2].partition(", ")[2]

    def on_one_thread(self, options=""):
        """Ours and the peers with these options, and what was added, by their names."""
        servers = {OURS: self.ours(options)}
        servers |= {name: self.peer(name, options) for name in self.peers}
        return servers | {name: given.replace("{threads}", "1") for name, given in self.added.items()}

    def on_threads(self, threads):
        """The same of those that serve on several threads."""
        option = f"--threads {threads}"
        servers = {OURS: self.ours(option)}
        servers |= {name: self.peer(name, option) for name in self.peers if name in THREADED}
        added = self.added.items()
        return servers | {name: given.replace("{threads}", str(threads))
                          for name, given in added if "{threads}" in given}

    def with_pinned(self):
        """Those on one thread, and ours with a pinned port."""
        pinned = {PINNED: self.ours("--pinned")} if self.offers("--pinned") else {}
        return self.on_one_thread() | pinned

    def blocking(self, threads):
        """Those whose handlers block, by what they are compared with: `threads` run at once, and
        ours has eight more."""
        servers = {OURS: self.ours_blocking()}
        if self.offers("--untold"):
            servers[UNTOLD] = self.ours_blocking("--untold")
        stall = "--stall-ms {stall_ms} --threads"
        if "tokio" in self.peers:
            servers["tokio told"] = self.peer("tokio", f"{stall} {threads}")
            servers[f"tokio {threads + 8}"] = self.peer("tokio", f"{stall} {threads + 8} --untold")
            servers[f"tokio {threads}"] = self.peer("tokio", f"{stall} {threads} --untold")
        if "monoio" in self.peers:
            servers[f"monoio {threads}"] = self.peer("monoio", f"{stall} {threads}")
        added = self.added.items()
        return servers | {name: given.replace("{threads}", str(threads))
                          for name, given in added if "{stall_ms}" in given}

    def ours(self, options=""):
        serve = "serve --model completion-port --quiet --listen 127.0.0.1:{port}"
        return f"{shlex.quote(str(self.overport))} {serve} {options}".strip()

    def ours_blocking(self, options=""):
        # Its --stall-ms is left out, rather than 0, while no handler blocks.
        more = f"${{ms:+--stall-ms $ms {options}}}"
        script = f"ms={{stall_ms}}; [ $ms != 0 ] || ms=; exec {self.ours()} {more}"
        return f"sh -c {shlex.quote(script)}"

    def peer(self, name, options=""):
        program = shlex.quote(str(self.folder / f"{name}-echo"))
        return f"{program} --listen 127.0.0.1:{{port}} {options}".strip()
