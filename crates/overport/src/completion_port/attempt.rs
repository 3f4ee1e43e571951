//! The socket call behind each request, made without waiting whatever the socket's mode.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr, TcpStream};

use rustix::io::Errno;
use rustix::net::RecvFlags;
use socket2::{MaybeUninitSlice, SockAddr, Socket};

use crate::buffer::Buffer;
use crate::completion_port::operation::{Request, datagram_length};
use crate::completion_port::pool::PoolBuffer;
use crate::error::{from_errno, is_errno};
use crate::socket::internet_address;
use crate::sys::socket::{RECEIVE_AT_ONCE, SEND_AT_ONCE};

/// How a call ended.
pub(super) enum Attempt {
    /// It can't be done yet.
    Pending,
    /// It could be done if there were a buffer in its pool.
    Starved,
    /// It is done.
    Done(io::Result<()>),
    /// It is done, and for now there is no more to get.
    DoneShort,
}

/// How many segments one call takes; what is left goes with the next.
const SEGMENTS: usize = 64;

impl<B: Buffer> Request<B> {
    /// Tries to do what was asked, or as much of it as can be done now.
    pub(super) fn attempt(&mut self, socket: &Socket) -> Attempt {
        uninterrupted(|| self.attempt_once(socket))
    }

    fn attempt_once(&mut self, socket: &Socket) -> Attempt {
        match self {
            Self::Accept { accepted } => accept(socket, accepted),
            Self::Receive { buffer, received } => receive(socket, buffer, received),
            Self::ReceiveVectored { buffers, received } => {
                receive_vectored(socket, buffers, received)
            }
            Self::ReceivePooled { buffer, .. } => receive_pooled(socket, buffer),
            Self::ReceiveFrom { buffer, received } => Attempt::Done(
                receive_from(socket, buffer).map(|datagram| *received = Some(datagram)),
            ),
            Self::ReceiveFromVectored { buffers, received } => Attempt::Done(
                receive_from_vectored(socket, buffers).map(|datagram| *received = Some(datagram)),
            ),
            Self::Connect { peer, begun } => connect(socket, &SockAddr::from(*peer), begun),
            Self::Disconnect => Attempt::Done(socket.shutdown(Shutdown::Write)),
            Self::Send { buffer, sent } => send(socket, buffer.filled(), sent),
            Self::SendVectored { buffers, sent } => send_vectored(socket, buffers, sent),
            Self::SendTo { buffer, peer, sent } => Attempt::Done(
                socket
                    .send_to_with_flags(buffer.filled(), &SockAddr::from(*peer), send_flags())
                    .map(|length| *sent = datagram_length(length)),
            ),
            Self::SendToVectored {
                buffers,
                peer,
                sent,
            } => Attempt::Done(
                send_to_vectored(socket, buffers, *peer)
                    .map(|length| *sent = datagram_length(length)),
            ),
        }
    }
}

/// What a call comes to that is begun again when a signal ends it, and says of itself that it
/// can't be done yet.
fn uninterrupted(mut once: impl FnMut() -> Attempt) -> Attempt {
    loop {
        match once() {
            Attempt::Done(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Attempt::Done(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                return Attempt::Pending;
            }
            attempt => return attempt,
        }
    }
}

fn accept(socket: &Socket, accepted: &mut Option<(TcpStream, SocketAddr)>) -> Attempt {
    match socket.accept() {
        Ok((connection, peer)) => match peer.as_socket() {
            Some(peer) => {
                *accepted = Some((connection.into(), peer));
                Attempt::Done(Ok(()))
            }
            None => Attempt::Done(Err(from_errno(Errno::AFNOSUPPORT))),
        },
        // The connection was gone before it could be taken; the next one will do.
        Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {
            Attempt::Done(Err(io::ErrorKind::Interrupted.into()))
        }
        Err(error) => Attempt::Done(Err(error)),
    }
}

#[expect(unsafe_code, reason = "the system has filled the buffer")]
fn receive<B: Buffer>(socket: &Socket, buffer: &mut B, received: &mut usize) -> Attempt {
    let spare = buffer.spare();
    let room = spare.len();
    if room == 0 {
        return peek(socket);
    }
    match socket.recv_with_flags(spare, receive_flags()) {
        Ok(length) => {
            // SAFETY: recv(2) has written the first `length` bytes of the spare room.
            unsafe { buffer.advance(length) };
            *received = length;
            done(length, room)
        }
        Err(error) => Attempt::Done(Err(error)),
    }
}

/// The buffer is an empty one of its pool.
fn receive_pooled(socket: &Socket, buffer: &mut PoolBuffer) -> Attempt {
    let mut received = 0;
    receive(socket, buffer, &mut received)
}

#[expect(unsafe_code, reason = "the system has filled the buffers")]
fn receive_vectored<B: Buffer>(
    socket: &Socket,
    buffers: &mut [B],
    received: &mut usize,
) -> Attempt {
    let mut slices = [const { None::<MaybeUninitSlice<'_>> }; SEGMENTS];
    let mut room = 0;
    let mut used = 0;
    for buffer in buffers.iter_mut() {
        let spare = buffer.spare();
        if used < SEGMENTS && !spare.is_empty() {
            room += spare.len();
            slices[used] = Some(MaybeUninitSlice::new(spare));
            used += 1;
        }
    }
    if room == 0 {
        return peek(socket);
    }
    let mut slices = slices.map(|slice| slice.unwrap_or_else(|| MaybeUninitSlice::new(&mut [])));
    match socket.recv_vectored_with_flags(&mut slices[..used], receive_flags()) {
        Ok((length, _)) => {
            // SAFETY: recvmsg(2) has filled the buffers in their order, passing over those
            // without room.
            unsafe { advance(buffers, length) };
            *received = length;
            done(length, room)
        }
        Err(error) => Attempt::Done(Err(error)),
    }
}

/// Divides what was received among the buffers that were filled in their order.
///
/// # Safety
/// The spare room of all of them together holds `length` bytes that are initialised.
#[expect(unsafe_code, reason = "the system has filled the buffers")]
unsafe fn advance<B: Buffer>(buffers: &mut [B], length: usize) {
    let mut left = length;
    for buffer in buffers {
        let part = left.min(buffer.spare().len());
        // SAFETY: the caller promises that these are filled one after the other, so this one
        // has got the first `part` bytes of its spare room.
        unsafe { buffer.advance(part) };
        left -= part;
    }
}

fn done(length: usize, room: usize) -> Attempt {
    if length < room && length > 0 {
        Attempt::DoneShort
    } else {
        Attempt::Done(Ok(()))
    }
}

/// A receive of zero bytes: done once there is something to receive.
fn peek(socket: &Socket) -> Attempt {
    let mut byte = [MaybeUninit::uninit()];
    let flags = receive_flags() | flag(RecvFlags::PEEK.bits());
    Attempt::Done(socket.recv_with_flags(&mut byte, flags).map(|_| ()))
}

#[expect(unsafe_code, reason = "the system has filled the buffer")]
fn receive_from<B: Buffer>(socket: &Socket, buffer: &mut B) -> io::Result<(u32, SocketAddr)> {
    let mut slices = [MaybeUninitSlice::new(buffer.spare())];
    let received = socket.recv_from_vectored_with_flags(&mut slices, receive_flags())?;
    // SAFETY: recvmsg(2) has written so many bytes of the spare room.
    unsafe { buffer.advance(received.0) };
    whole(received)
}

#[expect(unsafe_code, reason = "the system has filled the buffers")]
fn receive_from_vectored<B: Buffer>(
    socket: &Socket,
    buffers: &mut [B],
) -> io::Result<(u32, SocketAddr)> {
    // All of them, since what does not fit is lost; so their number has no bound here.
    let mut slices: Vec<_> = buffers
        .iter_mut()
        .map(|buffer| MaybeUninitSlice::new(buffer.spare()))
        .collect();
    let received = socket.recv_from_vectored_with_flags(&mut slices, receive_flags())?;
    // SAFETY: recvmsg(2) has filled the buffers in their order.
    unsafe { advance(buffers, received.0) };
    whole(received)
}

/// The length and the sender of a datagram, unless it was cut.
fn whole(
    (length, flags, sender): (usize, socket2::RecvFlags, SockAddr),
) -> io::Result<(u32, SocketAddr)> {
    if flags.is_truncated() {
        return Err(from_errno(Errno::MSGSIZE));
    }
    Ok((datagram_length(length), internet_address(&sender)?))
}

fn send_to_vectored<B: Buffer>(
    socket: &Socket,
    buffers: &[B],
    peer: SocketAddr,
) -> io::Result<usize> {
    let slices: Vec<_> = buffers
        .iter()
        .map(|buffer| IoSlice::new(buffer.filled()))
        .collect();
    socket.send_to_vectored_with_flags(&slices, &SockAddr::from(peer), send_flags())
}

/// Begins to connect, or looks how it went. The same call does both: while the handshake is
/// under way a further connect(2) changes nothing and says so, and at its end it tells how it
/// ended, also if another call has taken the error from the socket.
fn connect(socket: &Socket, peer: &SockAddr, begun: &mut bool) -> Attempt {
    if !*begun {
        if let Err(error) = socket.set_nonblocking(true) {
            return Attempt::Done(Err(error));
        }
    }
    let result = socket.connect(peer);
    let under_way = match &result {
        Err(error) if *begun => is_errno(error, Errno::ALREADY),
        Err(error) => is_errno(error, Errno::INPROGRESS),
        Ok(()) => false,
    };
    *begun = true;
    if under_way {
        Attempt::Pending
    } else {
        Attempt::Done(result)
    }
}

fn send(socket: &Socket, bytes: &[u8], sent: &mut usize) -> Attempt {
    if *sent == bytes.len() {
        return Attempt::Done(Ok(()));
    }
    match socket.send_with_flags(&bytes[*sent..], send_flags()) {
        Ok(length) => {
            *sent += length;
            if *sent == bytes.len() {
                Attempt::Done(Ok(()))
            } else {
                // The send buffer is full; an edge tells when there is room again.
                Attempt::Pending
            }
        }
        Err(error) => Attempt::Done(Err(error)),
    }
}

fn send_vectored<B: Buffer>(socket: &Socket, buffers: &[B], sent: &mut usize) -> Attempt {
    loop {
        let mut slices = [IoSlice::new(&[]); SEGMENTS];
        let mut skip = *sent;
        let mut used = 0;
        let mut size = 0;
        for buffer in buffers {
            let bytes = buffer.filled();
            let begin = skip.min(bytes.len());
            skip -= begin;
            if begin < bytes.len() && used < SEGMENTS {
                slices[used] = IoSlice::new(&bytes[begin..]);
                size += bytes.len() - begin;
                used += 1;
            }
        }
        if size == 0 {
            return Attempt::Done(Ok(()));
        }
        match socket.send_vectored_with_flags(&slices[..used], send_flags()) {
            Ok(length) => {
                *sent += length;
                if length < size {
                    return Attempt::Pending;
                }
            }
            Err(error) => return Attempt::Done(Err(error)),
        }
    }
}

fn receive_flags() -> i32 {
    flag(RECEIVE_AT_ONCE.bits())
}

fn send_flags() -> i32 {
    flag(SEND_AT_ONCE.bits())
}

/// `rustix` keeps the flags of socket calls unsigned, `socket2` signed.
fn flag(bits: u32) -> i32 {
    i32::try_from(bits).expect("the flags of socket calls are small")
}
