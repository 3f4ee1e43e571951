//! What a thread gets at a port.

use std::io;
use std::net::{SocketAddr, TcpStream};

use socket2::Socket;

use super::segment::Lent;
use crate::completion_port::{Completion, OperationId};

/// The end of one operation, or a post.
#[derive(Debug)]
#[doc(alias = "OVERLAPPED_ENTRY")]
pub struct Packet {
    /// What ended. Of a post the address may be anything, so that it must not be followed.
    pub kind: Kind,
    /// The key of the socket, or of the post.
    #[doc(alias = "lpCompletionKey")]
    pub key: usize,
    /// The address that names the operation, or that was posted.
    #[doc(alias = "OVERLAPPED")]
    pub overlapped: usize,
    /// How many bytes were transferred, or were posted; 0 where an operation transfers none.
    /// The errors are those of a [`Completion`](crate::completion_port::Completion).
    #[doc(alias = "lpNumberOfBytesTransferred")]
    pub result: io::Result<usize>,
    /// The connection that an accept took, in blocking mode and with no port yet. Dropping the
    /// packet closes it.
    pub accepted: Option<Socket>,
    /// Who sent the datagram, or is at the other end of the accepted connection.
    pub peer: Option<SocketAddr>,
}

/// What a packet tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`Handle::accept`](super::Handle::accept).
    Accept,
    /// [`Handle::connect`](super::Handle::connect).
    Connect,
    /// [`Handle::disconnect`](super::Handle::disconnect).
    Disconnect,
    /// [`Handle::receive`](super::Handle::receive).
    Receive,
    /// [`Handle::send`](super::Handle::send) or [`Handle::send_to`](super::Handle::send_to).
    Send,
    /// [`Port::post`](super::Port::post).
    Post,
}

/// What a program posts: the bytes, the key and the address of a packet.
pub(super) struct Post {
    pub(super) bytes: usize,
    pub(super) key: usize,
    pub(super) overlapped: usize,
}

impl From<Completion<usize, Lent, Post>> for Packet {
    fn from(completion: Completion<usize, Lent, Post>) -> Self {
        match completion {
            Completion::Accept { listener, result } => {
                accept(*listener.key(), listener.operation(), result)
            }
            Completion::Connect { stream, result } => {
                let result = result.map(|()| 0);
                plain(Kind::Connect, *stream.key(), stream.operation(), result)
            }
            Completion::Disconnect { stream, result } => {
                let result = result.map(|()| 0);
                plain(Kind::Disconnect, *stream.key(), stream.operation(), result)
            }
            Completion::Receive { stream, result, .. }
            | Completion::ReceiveVectored { stream, result, .. } => {
                plain(Kind::Receive, *stream.key(), stream.operation(), result)
            }
            Completion::Send { stream, result, .. }
            | Completion::SendVectored { stream, result, .. } => {
                plain(Kind::Send, *stream.key(), stream.operation(), result)
            }
            Completion::ReceiveFrom {
                datagram, result, ..
            }
            | Completion::ReceiveFromVectored {
                datagram, result, ..
            } => receive_from(*datagram.key(), datagram.operation(), result),
            Completion::SendTo {
                datagram, result, ..
            }
            | Completion::SendToVectored {
                datagram, result, ..
            } => plain(Kind::Send, *datagram.key(), datagram.operation(), result),
            Completion::Post(post) => Packet {
                overlapped: post.overlapped,
                ..plain(Kind::Post, post.key, None, Ok(post.bytes))
            },
        }
    }
}

fn plain(
    kind: Kind,
    key: usize,
    operation: Option<OperationId>,
    result: io::Result<usize>,
) -> Packet {
    Packet {
        kind,
        key,
        overlapped: operation.map_or(0, OperationId::address),
        result,
        accepted: None,
        peer: None,
    }
}

fn accept(
    key: usize,
    operation: Option<OperationId>,
    result: io::Result<(TcpStream, SocketAddr)>,
) -> Packet {
    let (accepted, peer, result) = match result {
        Ok((connection, peer)) => (Some(connection.into()), Some(peer), Ok(0)),
        Err(error) => (None, None, Err(error)),
    };
    Packet {
        accepted,
        peer,
        ..plain(Kind::Accept, key, operation, result)
    }
}

fn receive_from(
    key: usize,
    operation: Option<OperationId>,
    result: io::Result<(usize, SocketAddr)>,
) -> Packet {
    let peer = result.as_ref().ok().map(|&(_, peer)| peer);
    let result = result.map(|(length, _)| length);
    Packet {
        peer,
        ..plain(Kind::Receive, key, operation, result)
    }
}
