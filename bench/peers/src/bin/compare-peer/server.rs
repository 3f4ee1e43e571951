//! A server as a child process: started on one core, asked for its processor time, ended.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{Signal, kill};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

/// How long a server may take to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct ServerCommand {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) core: usize,
}

/// A running server; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pid: Pid,
    address: SocketAddr,
    /// Disconnected when the server has closed its standard output, as its exit does.
    output: Receiver<SocketAddr>,
}

impl Server {
    /// Starts a server and waits until it says where it listens.
    pub(crate) fn start(command: &ServerCommand) -> anyhow::Result<Self> {
        let mut child = spawn(
            Command::new(&command.program)
                .args(&command.arguments)
                .args(["--listen", "127.0.0.1:0"])
                .stdout(Stdio::piped()),
            command.core,
        )?;
        let stdout = child.stdout.take().context("the output is piped")?;
        let (sender, output) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(address) = listening_address(&line) {
                    // Nobody listens any more once the server is being ended.
                    let _ = sender.send(address);
                }
            }
        });
        let address = output.recv_timeout(PATIENCE);
        let mut server = Self {
            pid: Pid::from_raw(child.id().try_into()?),
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            output,
        };
        server.address =
            address.with_context(|| format!("{} does not listen", command.program.display()))?;
        Ok(server)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The processor time of all threads so far, also of those that have exited.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<Duration> {
        Ok(clock_gettime(clock_getcpuclockid(self.pid)?)?.into())
    }

    /// Asks the server to end, and ends it by force if it does not.
    fn end(&mut self) {
        let ended = kill(self.pid, Signal::SIGTERM).is_ok()
            && loop {
                match self.output.recv_timeout(PATIENCE) {
                    Ok(_) => {}
                    Err(error) => break error == RecvTimeoutError::Disconnected,
                }
            };
        if !ended {
            eprintln!("server {} did not end when asked", self.pid);
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Spawns a process that has one core to run on. The core is inherited from this thread,
/// so that no thread of the child ever ran elsewhere.
pub(crate) fn spawn(command: &mut Command, core: usize) -> anyhow::Result<Child> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &cores).with_context(|| format!("no core {core}"))?;
    command
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {:?}", command.get_program()))
}

fn listening_address(line: &str) -> Option<SocketAddr> {
    let rest = line.strip_prefix("listening on ")?;
    rest.split_whitespace().next()?.parse().ok()
}
