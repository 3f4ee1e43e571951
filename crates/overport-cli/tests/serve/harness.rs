//! A server as a child process, and its clients.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::models::Model;
use crate::process::{Interrupt, apart, interrupt, take_small_segments};

/// Every wait ends here, with a failure.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// A running server; it is killed and reaped when this is dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
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

    pub(crate) fn spawn(mut command: Command, model: &Model, arguments: &[&str]) -> Self {
        apart(&mut command);
        Self::spawn_as(command, model, arguments)
    }

    /// Starts a server from a command that says where it belongs.
    pub(crate) fn spawn_as(mut command: Command, model: &Model, arguments: &[&str]) -> Self {
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

    pub(crate) fn interrupt(&self, how: Interrupt) {
        interrupt(&self.child, how);
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
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client whose small buffers are soon full, and those of the server for it too, where the system
/// sizes them by the segments.
pub(crate) fn connect_narrow(server: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket
        .set_recv_buffer_size(4 << 10)
        .and_then(|()| socket.set_send_buffer_size(32 << 10))
        .and_then(|()| take_small_segments(&socket))
        .and_then(|()| socket.connect_timeout(&server.into(), DEADLINE))
        .expect("it accepts");
    let client = with_deadlines(socket.into());
    client
        .set_write_timeout(Some(Duration::from_millis(60)))
        .expect("a socket takes timeouts");
    client
}

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_overport");

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
