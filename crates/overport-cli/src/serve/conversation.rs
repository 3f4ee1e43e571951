//! A client of the models that make blocking calls, and how the receive that its thread waits in is
//! ended when the server is stopped.

use std::io;
use std::net::Shutdown;
use std::time::Duration;

use overport::Socket;
use overport::select::{FdSet, select};

use super::session::Session;
use crate::sys::receiving::{self, Receiving};

/// A client's socket, and whether its thread receives.
#[derive(Debug)]
pub(super) struct Conversation {
    socket: Socket,
    receiving: Receiving,
}

impl Conversation {
    pub(super) fn new(socket: Socket) -> Self {
        Self {
            socket,
            receiving: Receiving::new(),
        }
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Ends the stream behind what has come already. Where a shutdown does not end a receive that
    /// waits, the socket's close does.
    pub(super) fn finish(&self) {
        if receiving::ENDS_BY_SHUTDOWN {
            let _ = self.socket.shutdown(Shutdown::Read);
            return;
        }
        self.receiving.cancel(|| {
            if !self.has_more() {
                self.socket.close();
            }
        });
    }

    /// recv; nothing at a client that is drained and has sent no more.
    pub(super) fn receive(&self, session: &Session, buffer: &mut [u8]) -> io::Result<usize> {
        if receiving::ENDS_BY_SHUTDOWN {
            return self.socket.receive(buffer);
        }
        let nothing_more = || session.is_drained() && !self.has_more();
        if self.receiving.begin(nothing_more) {
            return Ok(0);
        }
        let result = self.socket.receive(buffer);
        self.receiving.ended();
        match result {
            Err(_) if session.is_drained() && self.socket.is_closed() => Ok(0),
            result => result,
        }
    }

    /// Whether a receive would not wait.
    fn has_more(&self) -> bool {
        let mut read = FdSet::new();
        let ready = read.add(&self.socket);
        let ready = ready.and_then(|()| select(Some(&mut read), None, None, Some(Duration::ZERO)));
        ready.is_ok_and(|ready| ready > 0)
    }
}
