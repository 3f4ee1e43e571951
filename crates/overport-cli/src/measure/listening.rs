//! Finding out that a server that was started listens.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
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

/// The longest announcement.
const LINE_BYTES: u64 = 4096;

/// How a started server is seen to listen.
#[derive(Debug)]
pub(super) enum Probe {
    /// It prints the address. Disconnected when the first line has come, or will not.
    Announcement { first_line: Receiver<String> },
    /// A client can connect to it.
    Connect { address: SocketAddr },
}

/// What is known of a server that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listening {
    pub(super) address: SocketAddr,
    /// What its model rests on, as it announced.
    pub(super) rests_on: Option<String>,
}

/// A port of 127.0.0.1 that is free now.
pub(super) fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

impl Probe {
    /// The first line of `output`, which a thread of its own waits for.
    pub(super) fn announcement(output: impl Read + Send + 'static) -> io::Result<Self> {
        let (sender, first_line) = channel();
        let reading = thread::Builder::new().name("announcement".into());
        reading.spawn(move || {
            let mut line = String::new();
            let mut output = BufReader::new(output.take(LINE_BYTES));
            if output.read_line(&mut line).is_ok() {
                // Nobody waits for it any more where the start was given up.
                let _ = sender.send(line);
            }
        })?;
        Ok(Self::Announcement { first_line })
    }

    pub(super) fn connect(port: u16) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self::Connect { address }
    }

    /// Where the server listens, if it does. Waits a moment for it, unless it ends.
    pub(super) fn look(&mut self, server: &Group) -> io::Result<Option<Listening>> {
        match self {
            Self::Announcement { first_line } => match first_line.recv_timeout(INTERVAL) {
                Ok(line) => Ok(announced(&line)),
                Err(RecvTimeoutError::Timeout) => Ok(None),
                Err(RecvTimeoutError::Disconnected) => {
                    server.wait(INTERVAL);
                    Ok(None)
                }
            },
            Self::Connect { address } => {
                if connects(*address)? {
                    return Ok(Some(Listening {
                        address: *address,
                        rests_on: None,
                    }));
                }
                server.wait(INTERVAL);
                Ok(None)
            }
        }
    }
}

/// What the first line says, once that is whole: "listening on ADDRESS (MODEL, WHAT IT RESTS ON)".
fn announced(line: &str) -> Option<Listening> {
    let line = line.strip_suffix('\n')?;
    let (address, model) = line.strip_prefix("listening on ")?.split_once(' ')?;
    let (_, rests_on) = model.split_once(", ")?;
    Some(Listening {
        address: address.parse().ok()?,
        rests_on: rests_on.strip_suffix(')').map(str::to_owned),
    })
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
    fn an_address_and_what_the_model_rests_on_are_announced_by_a_whole_line() {
        let line = "listening on 127.0.0.1:7000 (overlapped-event, an engine thread, and poll)\n";
        assert_eq!(announced(&line[..25]), None);
        let listening = Listening {
            address: "127.0.0.1:7000".parse().unwrap(),
            rests_on: Some("an engine thread, and poll".to_owned()),
        };
        assert_eq!(announced(line), Some(listening));
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
