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
    pub(super) fn announcement(output: Option<ChildStdout>) -> Self {
        let read = String::new();
        Self::Announcement { output, read }
    }

    pub(super) fn connect(port: u16) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self::Connect { address }
    }

    /// Where the server listens, if it does. Waits a moment for it, unless it ends.
    pub(super) fn look(&mut self, server: &Group) -> io::Result<Option<Listening>> {
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
                    return Ok(Some(Listening {
                        address: *address,
                        rests_on: None,
                    }));
                }
                server.wait(None::<&ChildStdout>, INTERVAL)?;
                Ok(None)
            }
        }
    }
}

/// What the first line says, once that is whole: "listening on ADDRESS (MODEL, WHAT IT RESTS ON)".
fn announced(read: &str) -> Option<Listening> {
    let (line, _) = read.split_once('\n')?;
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
