//! The overlapped call behind each request, and what its end means.

use std::io;
use std::net::Shutdown;
use std::slice;
use std::sync::Arc;

use rustix::io::Errno;
use socket2::{SockAddr, Socket};

use windows_sys::Win32::Networking::WinSock::WSA_IO_INCOMPLETE;

use crate::buffer::Buffer;
use crate::completion_port::operation::{Operation, Request, datagram_length};
use crate::socket::internet_address;
use crate::sys::overlapped::{
    Begun, Notify, Outcome, Record, acceptor, bind_if_unbound, complete_accept, complete_connect,
};

/// What is with the system besides what that needs.
pub(super) struct Tail<K, B, P> {
    pub(super) operation: Option<Operation<K, B, P>>,
    /// The socket of a connection that is yet to come.
    accepting: Option<Arc<Socket>>,
}

pub(super) type Flying<K, B, P> = Record<Tail<K, B, P>>;

/// How far an operation is whose call has succeeded.
pub(super) enum Progress {
    Done,
    /// What is left takes another call.
    More,
    /// There is something to receive, into a buffer that is yet to be taken.
    Fetch,
}

/// How many segments of a stream one call takes; what is left goes with the next.
const SEGMENTS: usize = 64;

impl<K, B, P> Tail<K, B, P> {
    pub(super) fn new(operation: Option<Operation<K, B, P>>) -> Self {
        Self {
            operation,
            accepting: None,
        }
    }

    fn request(&self) -> Option<&Request<B>> {
        self.operation.as_ref().map(|operation| &operation.request)
    }

    fn buffers(&self) -> &[B] {
        self.request().map_or(&[], buffers)
    }

    fn buffers_mut(&mut self) -> &mut [B] {
        match &mut self.operation {
            Some(operation) => buffers_mut(&mut operation.request),
            None => &mut [],
        }
    }
}

/// Whether nothing of its direction may be with the system beside it: it takes more than one
/// call, or waits for what was sent before.
pub(super) fn is_alone<B: Buffer>(request: &Request<B>) -> bool {
    match request {
        Request::Connect { .. } | Request::Disconnect | Request::ReceivePooled { .. } => true,
        Request::Send { .. } | Request::SendVectored { .. } => {
            let buffers = buffers(request);
            buffers.len() > SEGMENTS || total(buffers) > u32::MAX as usize
        }
        _ => false,
    }
}

/// Gives the operation to the system. One that takes no call there is done, or has failed.
pub(super) fn begin<K, B: Buffer, P>(
    mut record: Box<Flying<K, B, P>>,
    socket: &Socket,
) -> Begun<Tail<K, B, P>> {
    let Some(request) = record.tail.request() else {
        return Begun::Failed(record, Errno::INVAL.into());
    };
    match request {
        Request::Accept { .. } => match acceptor(socket) {
            Ok(acceptor) => {
                record.tail.accepting = Some(Arc::clone(&acceptor));
                record.accept(socket, Notify::Port, &acceptor)
            }
            Err(error) => Begun::Failed(record, error),
        },
        Request::Receive { .. }
        | Request::ReceiveVectored { .. }
        | Request::ReceivePooled { .. } => {
            record.receive(socket, Notify::Port, SEGMENTS, Tail::buffers_mut)
        }
        Request::ReceiveFrom { .. } | Request::ReceiveFromVectored { .. } => {
            record.receive_from(socket, Notify::Port, Tail::buffers_mut)
        }
        &Request::Connect { peer, .. } => match bind_if_unbound(socket, peer) {
            Ok(()) => record.connect(socket, Notify::Port, &SockAddr::from(peer)),
            Err(error) => Begun::Failed(record, error),
        },
        Request::Disconnect => Begun::Failed(record, io::ErrorKind::Unsupported.into()),
        &Request::Send { sent, .. } | &Request::SendVectored { sent, .. } => {
            record.send(socket, Notify::Port, sent, SEGMENTS, |tail| tail.buffers())
        }
        &Request::SendTo { peer, .. } | &Request::SendToVectored { peer, .. } => {
            record.send_to(socket, Notify::Port, &SockAddr::from(peer), |tail| {
                tail.buffers()
            })
        }
    }
}

/// Gives the buffers of a receive what has come, of a datagram that was too long as well.
pub(super) fn fill<K, B: Buffer, P>(record: &mut Flying<K, B, P>) {
    if record.tail.request().is_some_and(Request::is_reading) {
        record.fill(Tail::buffers_mut);
    }
}

/// What the end of the call means for the operation.
pub(super) fn end<K, B: Buffer, P>(
    request: &mut Request<B>,
    record: &mut Flying<K, B, P>,
    socket: Option<&Socket>,
) -> io::Result<Progress> {
    let accepting = record.tail.accepting.take().and_then(Arc::into_inner);
    let Outcome { bytes, result } = record.outcome(socket);
    if request.is_reading() && is_unknown(&result) {
        return Ok(Progress::More);
    }
    match request {
        Request::Accept { accepted } => {
            if is_gone(&result) {
                return Ok(Progress::More);
            }
            result?;
            if let (Some(listener), Some(connection)) = (socket, accepting) {
                complete_accept(&connection, listener)?;
                let peer = internet_address(&record.peer(listener)?)?;
                *accepted = Some((connection.into(), peer));
            }
        }
        Request::Receive { received, .. } | Request::ReceiveVectored { received, .. } => {
            *received = bytes;
            result?;
        }
        Request::ReceivePooled { .. } => {
            result?;
            return Ok(Progress::Fetch);
        }
        Request::ReceiveFrom { received, .. } | Request::ReceiveFromVectored { received, .. } => {
            result?;
            *received = Some((datagram_length(bytes), internet_address(&record.sender())?));
        }
        Request::Connect { .. } => {
            result?;
            if let Some(socket) = socket {
                complete_connect(socket)?;
            }
        }
        Request::Disconnect => result?,
        Request::Send { sent, .. } | Request::SendVectored { sent, .. } => {
            *sent += bytes;
            let sent = *sent;
            result?;
            if sent < total(buffers(request)) {
                return Ok(Progress::More);
            }
        }
        Request::SendTo { sent, .. } | Request::SendToVectored { sent, .. } => {
            *sent = datagram_length(bytes);
            result?;
        }
    }
    Ok(Progress::Done)
}

/// A connection that a plain call has accepted has the mode of its listener.
pub(super) fn make_blocking<B>(accepting: &Request<B>) -> io::Result<()> {
    match accepting {
        Request::Accept {
            accepted: Some((connection, _)),
        } => connection.set_nonblocking(false),
        _ => Ok(()),
    }
}

/// Ends sending, behind what was sent before.
pub(super) fn disconnect(socket: &Socket) -> io::Result<()> {
    socket.shutdown(Shutdown::Write)
}

/// Whether there is a packet, but no result. Windows has none such; under Wine a receive ends so
/// whose thread exits as something comes, and has taken nothing.
fn is_unknown(result: &io::Result<()>) -> bool {
    let code = result.as_ref().err().and_then(io::Error::raw_os_error);
    code == Some(WSA_IO_INCOMPLETE)
}

/// Whether the connection was gone before it could be taken; the next one will do.
fn is_gone(accepted: &io::Result<()>) -> bool {
    let kind = accepted.as_ref().err().map(io::Error::kind);
    kind == Some(io::ErrorKind::ConnectionReset)
}

fn buffers<B>(request: &Request<B>) -> &[B] {
    match request {
        Request::Receive { buffer, .. }
        | Request::ReceiveFrom { buffer, .. }
        | Request::Send { buffer, .. }
        | Request::SendTo { buffer, .. } => slice::from_ref(buffer),
        Request::ReceiveVectored { buffers, .. }
        | Request::ReceiveFromVectored { buffers, .. }
        | Request::SendVectored { buffers, .. }
        | Request::SendToVectored { buffers, .. } => buffers,
        _ => &[],
    }
}

fn buffers_mut<B>(request: &mut Request<B>) -> &mut [B] {
    match request {
        Request::Receive { buffer, .. }
        | Request::ReceiveFrom { buffer, .. }
        | Request::Send { buffer, .. }
        | Request::SendTo { buffer, .. } => slice::from_mut(buffer),
        Request::ReceiveVectored { buffers, .. }
        | Request::ReceiveFromVectored { buffers, .. }
        | Request::SendVectored { buffers, .. }
        | Request::SendToVectored { buffers, .. } => buffers,
        _ => &mut [],
    }
}

fn total<B: Buffer>(buffers: &[B]) -> usize {
    let lengths = buffers.iter().map(|buffer| buffer.filled().len());
    lengths.fold(0, usize::saturating_add)
}
