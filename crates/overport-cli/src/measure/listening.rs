//! Finding out that a server that was started listens.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ChildStdout;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::sys::group::Group;

/// How long one look at a server takes at most when nothing happens. The user's wish to end it
/// all is seen no later than that, and the start of a given server is.
const INTERVAL: Duration = Duration::from_millis(5);

/// How long a connect may take that is neither accepted nor refused.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);

/// Where the probing clients come from: not the address that they go to. Else one might be given
/// the very port that it tries while nobody listens there, and reach itself.
const PROBE_FROM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// How a started server is seen to listen.
#[derive(Debug)]
pub(super) enum Probe {
    /// It prints the address. The stream is none when it has ended.
    Announcement {
        output: Option<ChildStdout>,
        read: String,
    },
    /// A client can connect to it.
    Connect { address: SocketAddr },
}

/// A port of 127.0.0.1 that is free now.
pub(super) fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

impl Probe {
    pub(super) fn announcement(output: Option<ChildStdout>) -> Self {
        let read = String::new();
        Self::Announcement { output, read }
    }

    pub(super) fn connect(port: u16) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self::Connect { address }
    }

    /// Where the server listens, if it does. Waits a moment for it, unless it ends.
    pub(super) fn look(&mut self, server: &Group) -> io::Result<Option<SocketAddr>> {
        match self {
            Self::Announcement { output, read } => {
                let readable = server.wait(output.as_ref(), INTERVAL)?;
                if let Some(stream) = output.as_mut().filter(|_| readable) {
                    let mut chunk = [0; 256];
                    match stream.read(&mut chunk)? {
                        0 => *output = None,
                        count => read.push_str(&String::from_utf8_lossy(&chunk[..count])),
                    }
                }
                Ok(announced(read))
            }
            Self::Connect { address } => {
                if connects(*address)? {
                    return Ok(Some(*address));
                }
                server.wait(None::<&ChildStdout>, INTERVAL)?;
                Ok(None)
            }
        }
    }
}

/// The address in the first line, once that is whole: "listening on ADDRESS (...)".
fn announced(read: &str) -> Option<SocketAddr> {
    let (line, _) = read.split_once('\n')?;
    line.split_ascii_whitespace()
        .find_map(|word| word.parse().ok())
}

fn connects(address: SocketAddr) -> io::Result<bool> {
    let client = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    client.bind(&SocketAddr::from((PROBE_FROM, 0)).into())?;
    Ok(client
        .connect_timeout(&address.into(), CONNECT_TIMEOUT)
        .is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_announced_by_a_whole_line() {
        assert_eq!(announced("listening on 127.0.0.1:70"), None);
        let address = announced("listening on 127.0.0.1:7000 (select, poll)\n");
        assert_eq!(address, Some("127.0.0.1:7000".parse().unwrap()));
        assert_eq!(announced("hello\n"), None);
    }

    #[test]
    fn a_listener_is_told_from_a_free_port() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(connects(listener.local_addr().unwrap()).unwrap());
        let port = free_port().unwrap();
        assert!(!connects((Ipv4Addr::LOCALHOST, port).into()).unwrap());
    }
}
