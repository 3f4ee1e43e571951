//! A server as a child process, and its clients.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use socket2::{Domain, SockRef, Socket, Type};

use crate::models::Model;

/// Every wait ends here, with a failure.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// A running server; it is killed and reaped when this is dropped.
pub(crate) struct Server {
    child: Child,
    /// The line it printed when it listened.
    pub(crate) announcement: String,
    pub(crate) address: SocketAddr,
    log: Receiver<String>,
}

impl Server {
    pub(crate) fn start(model: &Model, arguments: &[&str]) -> Self {
        Self::spawn(Command::new(PROGRAM), model, arguments)
    }

    /// Starts a server with a variable in its environment.
    pub(crate) fn start_with(variable: (&str, &str), model: &Model, arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.env(variable.0, variable.1);
        Self::spawn(command, model, arguments)
    }

    /// Starts a server that may have so many descriptors open at most.
    pub(crate) fn start_limited(descriptors: u32, model: &Model, arguments: &[&str]) -> Self {
        Self::spawn(limited(descriptors), model, arguments)
    }

    fn spawn(mut command: Command, model: &Model, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--model", model.name])
            .args(model.options)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = lines(child.stdout.take().expect("standard output is piped"));
        let log = lines(child.stderr.take().expect("standard error is piped"));
        let mut server = Self {
            child,
            announcement: String::new(),
            address: SocketAddr::from(([0; 4], 0)),
            log,
        };
        server.announcement = output.recv_timeout(DEADLINE).expect("it listens");
        server.address = server
            .announcement
            .split(' ')
            .nth(2)
            .and_then(|address| address.parse().ok())
            .expect("the announcement has the address in it");
        server
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect_timeout(&self.address, DEADLINE).expect("it accepts");
        with_deadlines(stream)
    }

    /// A client that has been served once already.
    pub(crate) fn connect_and_echo(&self) -> TcpStream {
        let mut client = self.connect();
        assert_echo(&mut client, b"here I am");
        client
    }

    /// The next line of the log with `text` in it.
    pub(crate) fn logged(&self, text: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(error) => panic!("no line with '{text}' in the log: {error}"),
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process has an id"), signal).expect("the server runs");
    }

    /// Waits for the end; the exit code and the rest of the log.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<String>) {
        let deadline = Instant::now() + DEADLINE;
        let mut rest = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) => rest.push(line),
                // It closed standard error, so it has ended.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the server does not end: {rest:?}"),
            }
        }
        let status = self.child.wait().expect("the server is a child");
        (status.code(), rest)
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

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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

/// A client whose small buffers are soon full, and those of the server for it too: with small
/// segments the server's send buffer stays small as well, since the kernel sizes it by them.
pub(crate) fn connect_narrow(server: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket
        .set_recv_buffer_size(4 << 10)
        .and_then(|()| socket.set_send_buffer_size(32 << 10))
        .and_then(|()| socket.set_tcp_mss(536))
        .and_then(|()| socket.connect_timeout(&server.into(), DEADLINE))
        .expect("it accepts");
    let client = with_deadlines(socket.into());
    client
        .set_write_timeout(Some(Duration::from_millis(60)))
        .expect("a socket takes timeouts");
    client
}

/// How often in a row nothing must be taken before nothing more ever will be: the kernel
/// probes a closed window after 200 ms first, and may still enlarge the buffer behind it.
const REFUSALS_AT_REST: usize = 4;

const PROGRAM: &str = env!("CARGO_BIN_EXE_overport");

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

/// Runs a command that fails at once: its exit code, and the one line that says why.
pub(crate) fn failure(mut command: Command, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command.args(arguments).output().expect("the program runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let message = String::from_utf8(output.stderr).expect("the message is text");
    let line = message.strip_suffix('\n').expect("the line has an end");
    assert!(line.starts_with("overport: "), "{line}");
    assert!(!line.contains('\n'), "{line}");
    (output.status.code(), line.to_owned())
}

/// The program itself, to be given arguments.
pub(crate) fn program() -> Command {
    Command::new(PROGRAM)
}

pub(crate) fn with_deadlines(stream: TcpStream) -> TcpStream {
    stream
        .set_read_timeout(Some(DEADLINE))
        .and_then(|()| stream.set_write_timeout(Some(DEADLINE)))
        .expect("a socket takes timeouts");
    stream
}

/// Bytes in which a piece that is lost, repeated or moved shows.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

/// Sends `message` and takes the same bytes back, both at once.
pub(crate) fn assert_echo(client: &mut TcpStream, message: &[u8]) {
    let mut writing = client.try_clone().expect("a second descriptor");
    let mut answer = vec![0; message.len()];
    thread::scope(|scope| {
        scope.spawn(move || writing.write_all(message).expect("it takes the message"));
        client.read_exact(&mut answer).expect("it answers");
    });
    assert!(answer == message, "the echo of {} bytes", message.len());
}

/// Lets a client whose receive buffer was small take what comes without a stall.
pub(crate) fn widen(client: &TcpStream) {
    SockRef::from(client)
        .set_recv_buffer_size(1 << 20)
        .expect("a socket takes options");
}

/// Reads to the end of the stream.
pub(crate) fn read_to_end(client: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).expect("the stream ends");
    rest
}

/// Ends sending; the echo that is still to come, up to the end of the stream.
pub(crate) fn finish(client: &mut TcpStream) -> Vec<u8> {
    client.shutdown(Shutdown::Write).expect("still connected");
    read_to_end(client)
}

/// Waits until the server has let go of the client, by ending or by resetting.
pub(crate) fn assert_closed(client: &mut TcpStream) {
    let closed = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
    match client.read_exact(&mut [0]) {
        Err(error) if closed.contains(&error.kind()) => {}
        other => panic!("the connection lasts: {other:?}"),
    }
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

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Nobody listens any more; what comes is still to be taken off the pipe.
            let _ = sender.send(line);
        }
    });
    receiver
}
