//! The program's own server in one of the models, started to be loaded.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, Signal, kill_process};

use crate::failure::Failure;
use crate::serve::Model;

/// A server in a child process; dropping it ends it.
#[derive(Debug)]
pub(super) struct Served {
    child: Child,
    address: SocketAddr,
    cpu_before: Option<Duration>,
}

impl Served {
    /// Starts `serve --model MODEL` on a free port of the loopback interface, with as many
    /// threads as it needs for so many clients.
    pub(super) fn start(model: &Model, clients: u64) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(|error| cannot_start(model, &error))?;
        let threads = model
            .threads_for(clients)
            .map(|threads| threads.to_string());
        let mut command = Command::new(program);
        let mut child = command
            .args([
                "serve",
                "--quiet",
                "--listen",
                "127.0.0.1:0",
                "--model",
                model.name(),
            ])
            .args(threads.iter().flat_map(|threads| ["--threads", threads]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Ctrl-C is for the load, which ends the server when its connections are closed.
            .process_group(0)
            .spawn()
            .map_err(|error| cannot_start(model, &error))?;
        match announced(&mut child) {
            Ok(address) => Ok(Self {
                cpu_before: cpu(&child),
                child,
                address,
            }),
            Err(error) => {
                // It has ended, or it has to.
                let _ = child.kill();
                let _ = child.wait();
                Err(cannot_start(model, &error))
            }
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The processor's time, user and system, that it has used since it listens.
    pub(super) fn cpu(&self) -> Option<Duration> {
        cpu(&self.child)?.checked_sub(self.cpu_before?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Its clients are gone, so it ends at once; if it can't be asked it is made to.
        let asked = kill_process(Pid::from_child(&self.child), Signal::TERM);
        if asked.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The address in the line with which a server says that it listens.
fn announced(child: &mut Child) -> io::Result<SocketAddr> {
    let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    line.split_ascii_whitespace()
        .find_map(|word| word.parse().ok())
        .ok_or_else(|| io::Error::other("it did not say where it listens"))
}

/// Fields 14 and 15 of /proc/PID/stat, in clock ticks (proc(5)).
fn cpu(child: &Child) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    let (_name, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields
        .split_ascii_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Some(Duration::from_secs_f64(
        ticks as f64 / clock_ticks_per_second() as f64,
    ))
}

fn cannot_start(model: &Model, error: &io::Error) -> Failure {
    Failure::failed(format!(
        "cannot start the server in the model {}: {error}",
        model.name()
    ))
}
