//! What /proc tells of a server and of its connections, and servers under a shell's limits.

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::harness::{PROGRAM, Server, connect_narrow, pattern};
use crate::models::Model;

impl Server {
    /// Starts a server that may have so many descriptors open at most.
    pub(crate) fn start_limited(descriptors: u32, model: &Model, arguments: &[&str]) -> Self {
        Self::spawn(limited(descriptors), model, arguments)
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .expect("the server runs");
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .expect("the status has VmRSS in it")
    }

    /// The processor time that its threads took in a while.
    pub(crate) fn busy_within(&self, window: Duration) -> Duration {
        let before = self.processor_time();
        thread::sleep(window);
        self.processor_time().saturating_sub(before)
    }

    /// Whether everything that the client sent has come to the server's side of the
    /// connection, read by the server or not.
    pub(crate) fn has_all_of(&self, client: &TcpStream) -> bool {
        let client = client.local_addr().expect("it is connected");
        let [unacknowledged, _] = queues(client, self.address);
        unacknowledged == 0
    }

    /// As [`connect_and_fill`] does.
    pub(crate) fn connect_and_fill(&self) -> (TcpStream, usize) {
        connect_and_fill(self.address)
    }

    fn processor_time(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let nanoseconds = tasks
            .expect("the server runs")
            .filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok())
            .filter_map(|stat| stat.split(' ').next()?.parse::<u64>().ok())
            .sum();
        Duration::from_nanos(nanoseconds)
    }
}

/// Connects a client whose small buffers are soon full to a server, and sends the pattern
/// without reading a byte, until the server leaves it unread and the connection has come to rest.
/// The client, and how much it sent.
fn connect_and_fill(server: SocketAddr) -> (TcpStream, usize) {
    let mut client = connect_narrow(server);
    let peer = client.local_addr().expect("it is connected");
    let pattern = pattern(251 * 256);
    let mut filled = 0;
    let mut refusals = 0;
    loop {
        match client.write(&pattern[filled % pattern.len()..]) {
            Ok(length) => {
                filled += length;
                refusals = 0;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                refusals += 1;
                if refusals >= REFUSALS_AT_REST && queues(server, peer)[1] > 0 {
                    return (client, filled);
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("the connection failed: {error}"),
        }
    }
}

/// How often in a row nothing must be taken before nothing more ever will be: the kernel
/// probes a closed window after 200 ms first, and may still enlarge the buffer behind it.
const REFUSALS_AT_REST: usize = 4;

/// The program under a lowered limit of open descriptors.
pub(crate) fn limited(descriptors: u32) -> Command {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        &format!("ulimit -n {descriptors} && exec \"$0\" \"$@\""),
        PROGRAM,
    ]);
    command
}

/// The bytes at one end of an IPv4 connection that the other end has not acknowledged, and
/// those that were not read yet (/proc/net/tcp).
fn queues(local: SocketAddr, remote: SocketAddr) -> [u64; 2] {
    let table = fs::read_to_string("/proc/net/tcp").expect("the system lists connections");
    let ends = format!(
        " 0100007F:{:04X} 0100007F:{:04X} ",
        local.port(),
        remote.port()
    );
    let line = table.lines().find(|line| line.contains(&ends));
    let queues = line.and_then(|line| line.split_whitespace().nth(4)?.split_once(':'));
    let (unacknowledged, unread) = queues.expect("the connection is listed");
    [unacknowledged, unread].map(|queue| u64::from_str_radix(queue, 16).expect("a number"))
}

/// Lets a client whose receive buffer was small take what comes without a stall.
pub(crate) fn widen(client: &TcpStream) {
    SockRef::from(client)
        .set_recv_buffer_size(1 << 20)
        .expect("a socket takes options");
}
