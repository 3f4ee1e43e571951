//! What the system is given to perform an operation.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;

use crate::buffer::Buffer;
use crate::overlapped::buffers;
use crate::overlapped::call::{Answer, Call, Ended};
use crate::sys::codes::normalised;
use crate::sys::overlapped::{Begun, Lent, Notify, Record, acceptor, bind_if_unbound};

/// What is in a record beside what the system needs.
pub(super) struct Tail {
    pub(super) kind: Kind,
    pub(super) buffers: Vec<buffers::Lent>,
    /// The socket for the connection that is to be accepted.
    pub(super) accepted: Option<Arc<socket2::Socket>>,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Accept,
    Connect,
    Receive,
    ReceiveFrom,
    Send,
}

/// Refuses what has no buffers, and what the system could not count the bytes of.
pub(super) fn check(call: &Call) -> io::Result<()> {
    let is_allowed = match call {
        Call::Accept | Call::Connect(_) | Call::Disconnect => true,
        Call::Receive(buffers) | Call::ReceiveFrom(buffers) => !buffers.is_empty(),
        Call::Send(buffers) | Call::SendTo(buffers, _) => {
            let bytes = buffers.iter().map(|buffer| buffer.filled().len());
            !buffers.is_empty() && bytes.sum::<usize>() <= u32::MAX as usize
        }
    };
    match is_allowed {
        true => Ok(()),
        false => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// What comes of an operation that is not started.
pub(super) fn fail(call: Call, error: io::Error) -> Ended {
    let buffers = match call {
        Call::Accept | Call::Connect(_) | Call::Disconnect => Vec::new(),
        Call::Receive(buffers)
        | Call::ReceiveFrom(buffers)
        | Call::Send(buffers)
        | Call::SendTo(buffers, _) => buffers,
    };
    Ended {
        result: Err(error),
        buffers,
    }
}

/// Has the system perform an operation; what comes of it if it ends by that, and the system
/// tells nobody.
pub(super) fn begin(
    socket: &socket2::Socket,
    call: Call,
    notify: Notify<'_>,
) -> Result<Lent<Tail>, Ended> {
    let begun = match call {
        Call::Accept => match acceptor(socket) {
            Ok(acceptor) => {
                let mut record = record(Kind::Accept, Vec::new());
                record.tail.accepted = Some(Arc::clone(&acceptor));
                record.accept(socket, notify, &acceptor)
            }
            Err(error) => return Err(Ended::failed(error)),
        },
        Call::Connect(peer) => match bind_if_unbound(socket, peer) {
            Ok(()) => record(Kind::Connect, Vec::new()).connect(socket, notify, &peer.into()),
            Err(error) => return Err(Ended::failed(error)),
        },
        Call::Disconnect => {
            let result = socket.shutdown(Shutdown::Write).map_err(normalised);
            return Err(Ended {
                result: result.map(|()| Answer::Done),
                buffers: Vec::new(),
            });
        }
        Call::Receive(buffers) => {
            let record = record(Kind::Receive, buffers);
            record.receive(socket, notify, usize::MAX, |tail| &mut tail.buffers)
        }
        Call::ReceiveFrom(buffers) => {
            let record = record(Kind::ReceiveFrom, buffers);
            record.receive_from(socket, notify, |tail| &mut tail.buffers)
        }
        Call::Send(buffers) => {
            let record = record(Kind::Send, buffers);
            record.send(socket, notify, 0, usize::MAX, |tail| &tail.buffers)
        }
        Call::SendTo(buffers, peer) => {
            let record = record(Kind::Send, buffers);
            record.send_to(socket, notify, &peer.into(), |tail| &tail.buffers)
        }
    };
    match begun {
        Begun::UnderWay(lent) => Ok(lent),
        Begun::Failed(mut record, error) => {
            fill(&mut record);
            Err(Ended {
                result: Err(error),
                buffers: record.tail.buffers,
            })
        }
    }
}

fn record(kind: Kind, buffers: Vec<buffers::Lent>) -> Box<Record<Tail>> {
    Record::new(Tail {
        kind,
        buffers,
        accepted: None,
    })
}

/// Gives the buffers of a receive what has come, of a datagram that was too long as well.
pub(super) fn fill(record: &mut Record<Tail>) {
    if matches!(record.tail.kind, Kind::Receive | Kind::ReceiveFrom) {
        record.fill(|tail| &mut tail.buffers);
    }
}
